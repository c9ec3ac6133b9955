"""Which champion of a back-test is used for what, and by what evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.report.words import MODELS, known

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

Names = dict[str, dict[str, str]]
DECIDED = _(
    "{model} speaks here: over {origins} {origins:window|windows} of {length} no model that scores can rest on was reliably better for {purpose}."
)
LEFT = _(
    "Over {origins} {origins:window|windows} of {length} no model was reliably better than a rule of thumb for {purpose}: {model} was chosen as without a back-test."
)
RULE_KEPT = _("{name} ({figure}); no model is reliably better")
BETTER = _("{name} ({figure}) against {rule} ({theirs}); the gain is {times} standard errors")
ALONE = _("{name} ({figure}); no rule of thumb to compare with")
USED = _("{name} ({figure})")
SAME_MONEY = _("Money is given as the model says it: no factor on it would have helped in these windows.")
NOT_JUDGED = _(
    "Money is given as the model says it: these windows cover too little of a year to tell a lasting error from a season."
)
ONE_FACTOR = _("All money to come is multiplied by {factor}: in later windows that brought the total closer.")
TEN_FACTORS = _(
    "Money to come is multiplied by {low} to {high}, by where a customer stands: in later windows that brought each tenth of the customers closer."
)
ABOUT_ROWS = _(
    "All scores but dates come from one model that can be written down, so that they fit together; a champion with a calendar, a mixture or a rule of thumb is shown, not used."
)


def choice_block(figures: Figures, _names: Names, formats: Formats) -> Block | None:
    """For each purpose who was best, by what evidence, and who is used; None without a back-test behind the scores."""
    choice = figures["model"].get("champions")
    if not choice or not choice["purposes"] or not figures["model"]["name"]:
        return None
    from evergrove.report.back_test.words import PURPOSES, capital  # noqa: PLC0415 - only behind a back-test

    rows = [
        (
            capital(formats.say(PURPOSES[each["purpose"]])),
            _evidence(each, formats),
            _used(each, formats),
        )
        for each in choice["purposes"]
    ]
    titles = (_("For"), _("Best in the back-test"), _("Used here"))
    return Block(
        "champions",
        formats.say(_("Who was best in the past, and who speaks here?")),
        _answer(figures, choice, formats),
        table=table([formats.say(title) for title in titles], rows, words=3),
        note=formats.sentences(
            _money(choice, formats),
            formats.say(ABOUT_ROWS),
            formats.say(_("Back-test as of {day}."), day=formats.day(choice["as_of"])),
        ),
        link=(choice["page"], formats.say(_("The whole back-test"))) if choice["page"] else None,
        is_wide=True,
    )


def _answer(figures: Figures, choice: Figures, formats: Formats) -> str:
    from evergrove.report.back_test.words import PURPOSES  # noqa: PLC0415 - as above

    decided = choice["deciding"]
    return formats.say(
        DECIDED if decided else LEFT,
        model=known(MODELS, figures["model"]["name"], formats),
        origins=choice["origins"],
        length=formats.days(choice["window_days"]),
        purpose=formats.say(PURPOSES[decided or choice["purposes"][0]["purpose"]]),
    )


def _evidence(each: Figures, formats: Formats) -> str:
    """The champion with its figure, and the rule that it beats, or that stays."""
    from evergrove.report.back_test.words import capital, figure, spoken_title  # noqa: PLC0415 - as above

    purpose, naive = each["purpose"], each["naive"]
    told = {
        "name": spoken_title(each["name"], each["parts"], formats),
        "figure": figure(purpose, each["loss"], formats),
    }
    if naive is None:
        return capital(formats.say(ALONE, **told))
    if not each["replaced"] or not each["standard_error"]:
        return capital(formats.say(RULE_KEPT, **told))
    return capital(
        formats.say(
            BETTER,
            **told,
            rule=spoken_title(naive["name"], None, formats),
            theirs=figure(purpose, naive["loss"], formats),
            times=formats.number(each["gain"] / each["standard_error"], 1),
        )
    )


def _used(each: Figures, formats: Formats) -> str:
    from evergrove.report.back_test.words import figure  # noqa: PLC0415 - as above

    name = known(MODELS, each["used"], formats)
    if each["used_loss"] is None:
        return name
    return formats.say(USED, name=name, figure=figure(each["purpose"], each["used_loss"], formats))


def _money(choice: Figures, formats: Formats) -> str:
    """What the past windows changed of the money."""
    factors = choice["decile_factors"]
    if factors:
        low, high = (formats.number(end(factors), 2) for end in (min, max))
        return formats.say(TEN_FACTORS, low=low, high=high)
    if choice["total_factor"] != 1:
        return formats.say(ONE_FACTOR, factor=formats.number(choice["total_factor"], 3))
    return formats.say(SAME_MONEY if choice["money_judged"] else NOT_JUDGED)
