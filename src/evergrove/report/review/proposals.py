"""What there is to decide: proposals, each with its reason and the command that accepts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.measurement.targets import words

if TYPE_CHECKING:
    from evergrove.report.types import Figures
    from evergrove.text import Formats

PAUSE = _(
    "Let “{name}” rest: it has cost {effect} a customer so far, and its whole interval ({low} to {high}) lies below 0."
)
START = _("Start “{name}”: it works on “{target}”, which is missed.")
QUANTILES = _(
    "Set bounds of tiers at shares of this shop's customers: {customers} ({share}) would stand in another tier."
)
SETTING = _('In evergrove.toml, under [tiers]: bounds = "quantiles"')
NONE = _("Nothing needs a decision this month.")
SOME = _("{n} {n:proposal|proposals} to accept or to leave.")


@dataclass(frozen=True)
class Proposal:
    """One proposal, written: what and why, and what accepts it."""

    says: str
    accept: str


def proposals_of(review: Figures, formats: Formats) -> list[Proposal]:
    """All of a review's proposals in the reader's language."""
    return [_proposal(each, review, formats) for each in review["proposals"]]


def headline(review: Figures, formats: Formats) -> str:
    """How many there are."""
    count = len(review["proposals"])
    return formats.say(SOME, n=formats.number(count)) if count else formats.say(NONE)


def _proposal(each: Figures, review: Figures, formats: Formats) -> Proposal:
    if each["kind"] == "quantiles":
        fields = {"customers": formats.number(each["customers"]), "share": formats.percent(each["share"])}
        return Proposal(formats.say(QUANTILES, **fields), formats.say(SETTING))
    name = formats.say(review["playbooks"][each["playbook"]]["name"])
    if each["kind"] == "pause":
        amounts = {key: formats.money(each[key]) for key in ("effect", "low", "high")}
        return Proposal(formats.say(PAUSE, name=name, **amounts), each["command"])
    target = next(one for one in review["targets"]["targets"] if one["key"] == each["target"])
    says = formats.say(START, name=name, target=words.name_of(target, formats))
    return Proposal(says, each["command"])
