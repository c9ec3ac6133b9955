"""Whether an order of customers is used, or all or none are treated by what it earns: proof first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import Sentence, _

if TYPE_CHECKING:
    from evergrove.models.uplift.ranking import Ranking
    from evergrove.models.uplift.types import Interval

Use = Literal["ranking", "all", "none"]
DIGITS = 4

PROVEN = _("Ranking brings {gain} a person over random order ({low} to {high}).")
UNPROVEN = _("Whether ranking beats random order is not known: {gain} a person ({low} to {high}).")
BACKWARDS = _("Ranking is worse than random order: {gain} a person ({low} to {high}).")
TIED = _("Nothing tells customers apart: all have the same score.")
ALL = _(
    "On average the offer brings {effect} a person ({low} to {high}) and costs {cost}: without a ranking it goes to all."
)
NONE = _(
    "On average the offer brings {effect} a person ({low} to {high}) and costs {cost}: without a ranking it goes to nobody."
)


@dataclass(frozen=True)
class Verdict:
    """
    What to do with an offer.

    Attributes:
        offer: Its name.
        use: "ranking": by expected effect; else to "all" or to "none".
        reason: Why ranking is used or is not.
        average: What the offer earns on average.
    """

    offer: str
    use: Use
    reason: Sentence
    average: Sentence

    def document(self) -> dict[str, Any]:
        """Codes and parameters; words are put to them where they are shown."""
        told = {name: getattr(self, name) for name in ("reason", "average")}
        sentences = {name: {"code": each.code, "params": dict(each.params)} for name, each in told.items()}
        return {"offer": self.offer, "use": self.use} | sentences


def judge(offer: str, seen: Ranking, cost: float = 0.0, effect: Interval | None = None) -> Verdict:
    """
    Use an order only if its Qini on customers left out is above 0 with both bounds, else treat all or none by profit.

    Args:
        offer: Its name.
        seen: The order, measured on customers whom it was not learned from.
        cost: Of one contact, in the unit of the outcome; what a discount takes is in the outcome already.
        effect: The average effect; None takes that of the customers left out.
    """
    proven = not seen.tied and seen.qini.low > 0.0
    mean = effect or seen.effect
    pays = mean.value > cost
    average = Sentence(
        "models.offer_to_all" if pays else "models.offer_to_none",
        ALL if pays else NONE,
        _told("effect", mean) | {"cost": _figure(cost)},
    )
    return Verdict(offer, "ranking" if proven else "all" if pays else "none", _reason(seen), average)


def _reason(seen: Ranking) -> Sentence:
    if seen.tied:
        return Sentence("models.ranking_tied", TIED)
    told = _told("gain", seen.qini)
    if seen.qini.low > 0.0:
        return Sentence("models.ranking_proven", PROVEN, told)
    if seen.qini.high < 0.0:
        return Sentence("models.ranking_backwards", BACKWARDS, told)
    return Sentence("models.ranking_unproven", UNPROVEN, told)


def _told(name: str, seen: Interval) -> dict[str, str]:
    return {name: _figure(seen.value), "low": _figure(seen.low), "high": _figure(seen.high)}


def _figure(value: float) -> str:
    return f"{value:.{DIGITS}g}"
