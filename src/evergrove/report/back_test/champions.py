"""A card for every purpose: who is to be used, by what figure, and what a rule of thumb would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.back_test.words import capital, champion_title, figure, names, titles
from evergrove.scoring.rolling.words import purpose_words

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

KEPT = _("The rule of thumb stays: nothing beats it by more than one standard error.")
BEATS = _("{rule}: {value}. The gain of {gain} is {times} standard errors.")
ALONE = _("There is no rule of thumb to compare with.")
NEXT = _("Next best: {name}, {value}.")


@dataclass(frozen=True)
class ChampionCard:
    """One purpose: its name, who is to be used, the figure, and the evidence in words."""

    purpose: str
    name: str
    value: str
    evidence: str


def champion_cards(figures: Figures, formats: Formats) -> list[ChampionCard]:
    """A card for every purpose that somebody serves."""
    return [_card(each, figures, formats) for each in figures["champions"]]


def _card(champion: Figures, figures: Figures, formats: Formats) -> ChampionCard:
    purpose = champion["purpose"]
    evidence = formats.sentences(
        _over_the_rule(champion, figures, formats), _next(champion, figures, formats)
    )
    return ChampionCard(
        purpose=capital(formats.say(purpose_words(purpose, champion["name"]))),
        name=capital(champion_title(champion, figures, formats)),
        value=figure(purpose, champion["loss"], formats),
        evidence=evidence,
    )


def _over_the_rule(champion: Figures, figures: Figures, formats: Formats) -> str:
    rule, gain = champion["naive"], champion["gain"]
    if rule is None:
        return formats.say(ALONE)
    if not champion["replaced"]:
        return formats.say(KEPT)
    error = gain["standard_error"] if gain else None
    if not error:
        return ""
    return formats.say(
        BEATS,
        rule=titles(figures).get(rule["name"], rule["name"]),
        value=figure(champion["purpose"], rule["loss"], formats),
        gain=formats.number(gain["mean"], 3),
        times=formats.number(gain["mean"] / error, 1),
    )


def _next(champion: Figures, figures: Figures, formats: Formats) -> str:
    following = champion["runner_up"]
    if following is None:
        return ""
    name = names(figures).get(following["name"], following["name"])
    return formats.say(NEXT, name=name, value=figure(champion["purpose"], following["loss"], formats))
