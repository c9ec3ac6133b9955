"""
Who stays untreated: a coin weighted by the control share, thrown once a customer and layer, and kept.

The global layer comes first: its control customers receive no playbook at all and are never assigned within
one. It is drawn anew every few months, for people who are left alone for ever become unlike the others; each period
is a layer key of its own, and what was drawn before is kept. The coin is a hash of salt, layer, its key and customer,
so that a run that is repeated throws it the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.campaigns.types import Proposal
    from evergrove.settings import OutreachSettings

Arm = Literal["treated", "control"]
Layer = Literal["global", "playbook"]
Place = tuple[str, str, str]
"""Layer, its key, customer."""

GLOBAL = "global"
DIGITS = 13
"""Hexadecimal digits of the hash that are used: as many as a float holds exactly."""


@dataclass(frozen=True)
class Assignment:
    """
    One throw of the coin.

    Attributes:
        layer: "global", or within a "playbook".
        layer_key: The playbook's key; of all playbooks together, ``period_of`` the day.
        customer_id: Who.
        arm: What came up.
        probability: Of being treated, whatever came up; 1 - probability is that of control.
        salt: Mixed into the hash.
        tier: Of the customer on that day, for strata.
        stage: The same.
    """

    layer: Layer
    layer_key: str
    customer_id: str
    arm: Arm
    probability: float
    salt: str
    tier: str
    stage: str

    @property
    def id(self) -> str:
        """The same for the same layer and customer."""
        return stable_id("assignment", self.layer, self.layer_key, self.customer_id)

    @property
    def place(self) -> Place:
        """What it is unique by."""
        return self.layer, self.layer_key, self.customer_id


@dataclass(frozen=True)
class Drawn:
    """
    Arms of some proposals, in their order, and which of their assignments are new.

    Attributes:
        arms: Of each proposal.
        probabilities: Of being treated, in the layer that decided the arm.
        new: To be stored before anything is sent.
    """

    arms: tuple[Arm, ...]
    probabilities: tuple[float, ...]
    new: tuple[Assignment, ...]


def period_of(as_of: date, months: int) -> str:
    """
    Which draw of the global control holds on a day: periods of so many months, counted from January of year 0.

    Args:
        as_of: The last day whose orders are known.
        months: Length of a period; 0: one period for all time.
    """
    if months == 0:
        return GLOBAL
    first = (12 * as_of.year + as_of.month - 1) // months * months
    return f"{GLOBAL} {first // 12:04}-{first % 12 + 1:02}"


def begins(period: str) -> date:
    """The first day of a period of the global control; of the one for all time, the first day there is."""
    name = period.removeprefix(GLOBAL).strip()
    return date.fromisoformat(f"{name}-01") if name else date.min


def chance_of(salt: str, layer: str, layer_key: str, customer_id: str) -> float:
    """A number in [0, 1) that looks drawn at random, and is the same at every asking."""
    return int(stable_id("arm", salt, layer, layer_key, customer_id)[:DIGITS], 16) / float(16**DIGITS)


def draw(
    proposals: Sequence[Proposal],
    stored: Mapping[Place, Assignment],
    settings: OutreachSettings,
    as_of: date,
) -> Drawn:
    """
    The arm of every proposal: as stored where there is one, else thrown now.

    Args:
        proposals: Already eligible in every other respect.
        stored: Assignments of their customers.
        settings: Control shares and salt.
        as_of: The last day whose orders are known: it says which draw of the global control holds.
    """
    known, period = dict(stored), period_of(as_of, settings.rotate_months)
    deciding = [_decided_by(proposal, known, settings, period) for proposal in proposals]
    new = tuple(each for place, each in known.items() if place not in stored)
    return Drawn(tuple(a.arm for a in deciding), tuple(a.probability for a in deciding), new)


def _decided_by(
    proposal: Proposal, known: dict[Place, Assignment], settings: OutreachSettings, period: str
) -> Assignment:
    """The assignment that decides; what is thrown on the way joins the known ones."""
    everybody = _found(proposal, "global", period, settings.global_control, settings.salt, known)
    if everybody.arm == "control":
        return everybody
    share = settings.playbook_control if proposal.control is None else proposal.control
    return _found(proposal, "playbook", proposal.playbook, share, settings.salt, known)


def _found(
    proposal: Proposal, layer: Layer, layer_key: str, share: float, salt: str, known: dict[Place, Assignment]
) -> Assignment:
    place = (layer, layer_key, proposal.customer_id)
    if place not in known:
        known[place] = _thrown(proposal, layer, layer_key, share, salt)
    return known[place]


def _thrown(proposal: Proposal, layer: Layer, layer_key: str, share: float, salt: str) -> Assignment:
    chance = chance_of(salt, layer, layer_key, proposal.customer_id)
    return Assignment(
        layer,
        layer_key,
        proposal.customer_id,
        "control" if chance < share else "treated",
        1.0 - share,
        salt,
        proposal.tier,
        proposal.stage,
    )
