"""What was measured, in sentences that answer first and then say how far to trust the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.measurement.experiments import TOO_FEW_TO_WATCH
from evergrove.measurement.types import PROGRAMME
from evergrove.stats.mismatch import ALARM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.text import Formats

WHOLE = _("The programme as a whole")
QUOTED = _("“{name}”")

ANSWERS: Mapping[str, str] = {
    "earned": _(
        "{what} earned {effect} a customer ({level} interval {low} to {high}); {treated} treated against {control} control."
    ),
    "earned_so_far": _(
        "{what} has earned {effect} a customer so far ({level} interval {low} to {high}); {treated} treated against {control} control."
    ),
    "lost": _(
        "{what} lost money: {effect} a customer ({level} interval {low} to {high}); {treated} treated against {control} control."
    ),
    "lost_so_far": _(
        "{what} has lost money so far: {effect} a customer ({level} interval {low} to {high}); {treated} treated against {control} control."
    ),
    "unclear": _(
        "{what}: not clear yet. {effect} a customer, but anything from {low} to {high} is possible ({level} interval); {treated} treated against {control} control."
    ),
    "nothing": _("{what}: nothing can be said yet. {treated} treated against {control} control so far."),
    "mistrusted": _(
        "{what}: not to be trusted. {treated} treated and {control} control do not fit the planned control share of {share} (p below {p})."
    ),
}
REASONS: Mapping[str, str] = {
    "stats.too_few_units": _("Each group needs at least 2 customers."),
    "stats.no_variance": _(
        "Nobody has brought more than anybody else since, so there is nothing to compare."
    ),
    TOO_FEW_TO_WATCH: _("Each group needs 50 customers whose window is over before it is watched."),
}
SUBSIDY_REASONS: Mapping[str, str] = {
    "measurement.subsidy_no_playbook": _(
        "No playbook has given out its codes, so there is nobody to compare with."
    ),
    "measurement.subsidy_not_measured": _(
        "Nobody has measured since its codes were given out: evergrove measure does."
    ),
    "measurement.subsidy_nobody_yet": _("Nobody was assigned to the playbook before the day of the figures."),
    "measurement.subsidy_no_control": _(
        "The playbook has kept no control group, so nobody knows who would have bought anyway."
    ),
    "measurement.subsidy_nobody_redeemed": _("Nobody of those who were assigned has used a code yet."),
    "measurement.subsidy_too_few": _("Too few have used a code yet to tell the rate from chance."),
}
"""Why the subsidy rate of a coupon campaign is not known yet."""
MISTRUST = _(
    "Something has put customers into one of the groups or taken them out. Find out what before you believe any of these figures."
)
STOPPED_EARLY = _(
    "Stopped early, biased: it was looked at until it was low enough, so the loss is smaller than it seems here."
)
TOTAL = _(
    "For all treated customers together that is {effect} ({low} to {high}); the {cost} for {messages} {messages:message|messages} is not taken off."
)
COST = _("{messages} {messages:message was|messages were} sent for {cost}.")
COMPLETE = _("Every customer has been watched for at least {needed}, long enough for the effect to show.")
INCOMPLETE = _(
    "Window incomplete: it takes {needed} until the effect has shown, and {done} of {people} {people:customer has|customers have} been watched that long ({days} on average)."
)
UNKNOWN_WINDOW = _(
    "Window incomplete: how long it takes until the effect has shown cannot be said, because nobody has bought twice yet."
)
FORETOLD: Mapping[str, str] = {
    "risen": _(
        "Model-based: what models expect of a treated customer after {as_of} has risen by {effect} against control since the assignment ({level} interval {low} to {high})."
    ),
    "fallen": _(
        "Model-based: what models expect of a treated customer after {as_of} has fallen against control since the assignment: {effect} ({level} interval {low} to {high})."
    ),
    "unclear": _(
        "Model-based: whether models expect more of a treated customer after {as_of} is not clear: {effect} against control, but anything from {low} to {high} is possible ({level} interval)."
    ),
}
FORETOLD_BY = _(
    "Told of {people} {people:customer who had|customers who had} bought before, by models that had seen nothing after {day}."
)
CAUTION = _(
    "An order that was merely pulled forward raises model-based figures too, so nothing is decided by them."
)
HELD = _("The simulated shop knows the truth over the same days: {effect} a customer. The interval holds it.")
MISSED = _(
    "The simulated shop knows the truth over the same days: {effect} a customer. The interval misses it, as {share} of such intervals do."
)
TRUTH_ONLY = _("The simulated shop knows the truth over the same days: {effect} a customer.")


@dataclass(frozen=True)
class Said:
    """
    One result in words.

    Attributes:
        kind: Which answer it is, a key of ``ANSWERS``.
        answer: The sentence that answers what was earned.
        doubts: Why it is not to be believed, or cannot be given.
        total: What it is in all, and what the messages cost.
        truth: Beside it, where a simulation knows it.
        window: Whether the customers have been watched for long enough.
        foretold: What models expect of the time after, and by what.
        caution: Why nothing is decided by that; the same for all results.
    """

    kind: str
    answer: str
    doubts: str
    total: str
    truth: str
    window: str
    foretold: str
    caution: str

    @property
    def own_notes(self) -> tuple[str, ...]:
        """What is to be known of this answer and of no other."""
        every = (self.doubts, self.total, self.truth, self.window, self.foretold)
        return tuple(note for note in every if note)

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be known of the answer."""
        return (*self.own_notes, self.caution) if self.caution else self.own_notes


def said(result: Mapping[str, Any], name: str, formats: Formats) -> Said:
    """
    One result in the reader's language.

    Args:
        result: As ``Measured.as_json`` gives it; with ``true_effect``, where a simulation knows it.
        name: Of the playbook, English as marked for translation; empty: its key stands for it.
        formats: The reader's language.
    """
    kind = verdict(result)
    foretold = "" if kind == "mistrusted" else _foretold(result, formats)
    fields = {
        "what": what(result, name, formats),
        "treated": formats.number(result["people_treated"]),
        "control": formats.number(result["people_control"]),
        "share": formats.percent(result["planned_control"]),
        "p": formats.number(ALARM, 3),
        "level": formats.percent(result["level"], 0),
        **_amounts(result["margin"], 1, formats),
    }
    return Said(
        kind,
        formats.say(ANSWERS[kind], **fields),
        _doubts(result, kind, formats),
        _total(result, kind, formats),
        "" if kind == "mistrusted" else _truth(result, formats),
        _window(result, formats),
        foretold,
        formats.say(CAUTION) if foretold else "",
    )


def what(result: Mapping[str, Any], name: str, formats: Formats) -> str:
    """The playbook by its name, or the programme."""
    if result["playbook"] == PROGRAMME:
        return formats.say(WHOLE)
    return formats.say(QUOTED, name=formats.say(name) if name else result["playbook"])


def verdict(result: Mapping[str, Any]) -> str:
    """Which of ``ANSWERS`` a result gives."""
    margin, so_far = result["margin"], "" if result["complete"] else "_so_far"
    if not result["trustworthy"]:
        return "mistrusted"
    if margin is None:
        return "nothing"
    if margin["low"] > 0:
        return f"earned{so_far}"
    return f"lost{so_far}" if margin["high"] < 0 else "unclear"


def _amounts(margin: Mapping[str, float] | None, times: float, formats: Formats) -> dict[str, str]:
    """Effect and bounds, per customer or for so many."""
    names = ("effect", "low", "high")
    return {name: formats.money(None if margin is None else margin[name] * times) for name in names}


def _doubts(result: Mapping[str, Any], kind: str, formats: Formats) -> str:
    if kind == "mistrusted":
        return formats.say(MISTRUST)
    if result.get("stopped_early"):
        return formats.say(STOPPED_EARLY)
    return formats.say(REASONS[result["reason"]]) if result["reason"] in REASONS else ""


def _total(result: Mapping[str, Any], kind: str, formats: Formats) -> str:
    sent = {"messages": formats.number(result["messages"]), "cost": formats.money(result["cost"])}
    if kind in {"mistrusted", "nothing"}:
        return formats.say(COST, **sent) if result["messages"] else ""
    return formats.say(TOTAL, **_amounts(result["margin"], result["people_treated"], formats), **sent)


def _truth(result: Mapping[str, Any], formats: Formats) -> str:
    true, margin = result.get("true_effect"), result["margin"]
    if true is None:
        return ""
    if margin is None:
        return formats.say(TRUTH_ONLY, effect=formats.money(true))
    held = margin["low"] <= true <= margin["high"]
    share = formats.percent(1.0 - result["level"], 0)
    return formats.say(
        HELD if held else MISSED, effect=formats.money(true), **({} if held else {"share": share})
    )


def _foretold(result: Mapping[str, Any], formats: Formats) -> str:
    told = result.get("surrogate")  # results that an earlier release kept have none
    if told is None:
        return ""
    kind = "risen" if told["low"] > 0 else "fallen" if told["high"] < 0 else "unclear"
    level, as_of = formats.percent(result["level"], 0), formats.day(result["as_of"])
    people, day = formats.number(result["surrogate_people"]), formats.day(result["surrogate_fitted_on"])
    return formats.sentences(
        formats.say(FORETOLD[kind], **_amounts(told, 1, formats), level=level, as_of=as_of),
        formats.say(FORETOLD_BY, people=people, day=day),
    )


def _window(result: Mapping[str, Any], formats: Formats) -> str:
    if result["window_needed"] is None:
        return formats.say(UNKNOWN_WINDOW)
    needed = formats.days(result["window_needed"])
    if result["complete"]:
        return formats.say(COMPLETE, needed=needed)
    return formats.say(
        INCOMPLETE,
        needed=needed,
        done=formats.number(result["people_complete"]),
        people=formats.number(result["people_treated"] + result["people_control"]),
        days=formats.days(result["window_days"]),
    )
