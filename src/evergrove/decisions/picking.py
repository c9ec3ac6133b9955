"""
Of the messages that a person may get tonight, the one that brings most, or none; and a share of all that by chance. Pure.

Probabilities are those of ``choice.exploring``, worked out for one person at a time: a night's eligible set differs from
person to person, and is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.campaigns.control import chance_of
from evergrove.campaigns.types import Reason
from evergrove.core import stable_id
from evergrove.decisions.choice.exploring import LAYER
from evergrove.decisions.choice.types import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.campaigns.control import Arm

OUTRANKED, OUTRANKED_BY_VALUE, NO_VALUE, DRAWN, DRAWN_NOTHING = (
    "decisions.outranked",
    "decisions.outranked_by_value",
    "decisions.no_value",
    "decisions.drawn",
    "decisions.drawn_nothing",
)


@dataclass(frozen=True)
class Candidate:
    """
    One message that every guard allows.

    Attributes:
        decision_id: Of its decision.
        playbook: Whose.
        channel: By which it would leave.
        priority: Of the playbook; the smaller goes first where nothing is believed, or two bring the same.
        net: What it is believed to bring after its cost; None: nothing is believed.
        is_assumed: Whether that rests on an assumption.
    """

    decision_id: str
    playbook: str
    channel: str
    priority: int
    net: float | None
    is_assumed: bool = False


@dataclass(frozen=True)
class Exploring:
    """
    How much is drawn by chance.

    Attributes:
        share: Of persons with a choice.
        salt: The workspace's own.
    """

    share: float
    salt: str


@dataclass(frozen=True)
class Picked:
    """
    What one person gets of what is allowed, and with which probability it could have been anything.

    Attributes:
        id: The same for the same person and the same proposals, so that a run that is repeated draws the same.
        person: Under which id the draw was made.
        candidates: All that is allowed; nothing is allowed beside them.
        best: Place of the one that is best by value, or by priority; -1 for nothing.
        picked: Place of the one that came up; -1 for nothing.
        probabilities: Of each candidate, and of nothing last; they add up to 1.
        share: That was drawn by chance.
        arm: That the message's customer was assigned to afterwards; None: there is no message.
        arm_probability: Of being treated, in the layer that decided the arm.
    """

    id: str
    person: str
    candidates: tuple[Candidate, ...]
    best: int
    picked: int
    probabilities: tuple[float, ...]
    share: float
    arm: Arm | None = None
    arm_probability: float | None = None

    @property
    def probability(self) -> float:
        """Of what came up."""
        return self.probabilities[self.picked]  # -1, nothing, is the last one

    def reason(self, place: int) -> Reason | None:
        """
        Why a candidate does not leave; None: it came up.

        Args:
            place: Of the candidate.
        """
        if place == self.picked:
            return None
        if self.picked != self.best:
            came = self._name(self.picked)
            return Reason(DRAWN, {"by": came}) if came else Reason(DRAWN_NOTHING)
        own = self.candidates[place].net
        if self.picked == NOTHING:
            return Reason(NO_VALUE, {"value": own})
        winner = self.candidates[self.picked]
        if own is None or winner.net is None:
            return Reason(OUTRANKED, {"by": winner.playbook})
        told = {"by": winner.playbook, "value": own, "best_value": winner.net}
        return Reason(OUTRANKED_BY_VALUE, told)

    def _name(self, place: int) -> str:
        return "" if place == NOTHING else self.candidates[place].playbook


def best_of(candidates: Sequence[Candidate]) -> int:
    """
    The candidate that brings most, if it brings anything; else nothing.

    One of which nothing is believed is set against the best of the others by priority, as if there were no values; so is
    it against its like.

    Args:
        candidates: All that is allowed.

    Returns:
        Its place, or -1.
    """
    places = range(len(candidates))
    worth = [
        (-net, candidates[each].priority, each)
        for each in places
        if (net := candidates[each].net) and net > 0.0
    ]
    left = [each for each in places if candidates[each].net is None]
    if worth:
        left.append(min(worth)[-1])
    return min(left, key=lambda each: (candidates[each].priority, each), default=NOTHING)


def pick(person: str, candidates: Sequence[Candidate], round_key: str, exploring: Exploring) -> Picked:
    """
    Choose for one person: by value, but for the share that is drawn evenly, nothing included.

    Args:
        person: Who.
        candidates: All that is allowed.
        round_key: What tells this draw from the person's others.
        exploring: The share and the salt.
    """
    best = best_of(candidates)
    each = exploring.share / (len(candidates) + 1)
    chances = [each] * (len(candidates) + 1)
    chances[best] += 1.0 - exploring.share
    coin = chance_of(exploring.salt, LAYER, round_key, person)
    return Picked(
        id=round_key,
        person=person,
        candidates=tuple(candidates),
        best=best,
        picked=_drawn(chances, coin),
        probabilities=tuple(chances),
        share=exploring.share,
    )


def round_of(decision_ids: Sequence[str]) -> str:
    """The name of one choice among a person's proposals, whichever of them turn out to be allowed."""
    return stable_id("choice", *sorted(decision_ids))


def _drawn(chances: Sequence[float], coin: float) -> int:
    """The place whose stretch of [0, 1) the coin falls into; -1 for the last."""
    until = 0.0
    for place, chance in enumerate(chances[:-1]):
        until += chance
        if coin < until:
            return place
    return NOTHING
