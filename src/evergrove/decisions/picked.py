"""Choices by value as they are stored: what was allowed to each person, and with which probability it was taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.decisions.choice.types import NOTHING
from evergrove.decisions.tables import decision_choice
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.decisions.picking import Picked
    from evergrove.decisions.types import Decision


@dataclass(frozen=True)
class ActionKept:
    """
    One action that a person could have got.

    Attributes:
        decision_id: Of its decision; None: nothing.
        playbook: Whose; empty: nothing.
        channel: By which it would have left.
        value: What it was believed to bring after its cost; None: nothing was believed of it.
        probability: With which it could have come up.
        is_assumed: Whether the value rests on an assumption.
    """

    decision_id: str | None
    playbook: str
    channel: str
    value: float | None
    probability: float
    is_assumed: bool


@dataclass(frozen=True)
class ChoiceKept:
    """
    One choice for one person.

    Attributes:
        id: Its name.
        as_of: The day of the run's knowledge.
        customer_id: Under which the draw was made.
        best: The decision that was best; None: nothing was.
        picked: The decision that came up; None: nothing did.
        probability: Of what came up, before the arm.
        share: That was drawn by chance.
        arm: Drawn afterwards; None where nothing came up.
        arm_probability: Of being treated.
        actions: All that was allowed, nothing last.
        decided_at: When.
    """

    id: str
    as_of: date
    customer_id: str
    best: str | None
    picked: str | None
    probability: float
    share: float
    arm: str | None
    arm_probability: float | None
    actions: tuple[ActionKept, ...]
    decided_at: datetime

    @property
    def is_drawn(self) -> bool:
        """Whether chance, and not what is believed, decided."""
        return self.picked != self.best


def with_arms(picks: Sequence[Picked], decisions: Sequence[Decision]) -> tuple[Picked, ...]:
    """
    The arms beside what came up.

    Args:
        picks: Of persons.
        decisions: Of the same run, their arms drawn.
    """
    by_id = {each.id: each for each in decisions if each.arm is not None}
    found = []
    for each in picks:
        came = None if each.picked == NOTHING else by_id.get(each.candidates[each.picked].decision_id)
        found.append(each if came is None else replace(each, arm=came.arm, arm_probability=came.probability))
    return tuple(found)


def store_picks(
    connection: Connection, picks: Sequence[Picked], as_of: date, run_id: int, now: datetime
) -> None:
    """Store choices, in a ``writing`` block; those that are there already stay as they are."""
    insert_new(connection, decision_choice, [_row(each, as_of, run_id, now) for each in picks])


def choices_of(
    connection: Connection, customers: Collection[str], most: int, until: date | None = None
) -> list[ChoiceKept]:
    """
    Choices for some customers, the newest first.

    Args:
        connection: Of any block.
        customers: All ids of one person.
        most: Rows at most.
        until: The last day of a run's knowledge that is looked at; None: the newest.
    """
    row = decision_choice.c
    query = select(decision_choice).where(row.customer_id.in_(sorted(customers)))
    if until is not None:
        query = query.where(row.as_of <= until)
    newest = query.order_by(row.as_of.desc(), row.decided_at.desc(), row.id).limit(most)
    return [_kept(dict(each)) for each in connection.execute(newest).mappings()]


def _row(each: Picked, as_of: date, run_id: int, now: datetime) -> Mapping[str, object]:
    return {
        "id": each.id,
        "run_id": run_id,
        "as_of": as_of,
        "customer_id": each.person,
        "best": _name(each, each.best),
        "picked": _name(each, each.picked),
        "probability": each.probability,
        "share": each.share,
        "arm": each.arm,
        "arm_probability": each.arm_probability,
        "actions": {"actions": _actions(each)},
        "decided_at": now,
    }


def _actions(each: Picked) -> list[dict[str, Any]]:
    """Candidates in their order, nothing last."""
    told: list[dict[str, Any]] = [
        {
            "decision_id": one.decision_id,
            "playbook": one.playbook,
            "channel": one.channel,
            "value": one.net,
            "probability": chance,
            "is_assumed": one.is_assumed,
        }
        for one, chance in zip(each.candidates, each.probabilities, strict=False)
    ]
    nothing = {"decision_id": None, "playbook": "", "channel": "", "value": 0.0, "is_assumed": False}
    return [*told, nothing | {"probability": each.probabilities[NOTHING]}]


def _name(each: Picked, place: int) -> str | None:
    return None if place == NOTHING else each.candidates[place].decision_id


def _kept(row: Mapping[str, Any]) -> ChoiceKept:
    names = ("id", "as_of", "customer_id", "best", "picked", "probability", "share", "arm", "arm_probability")
    return ChoiceKept(
        **{name: row[name] for name in names},
        actions=tuple(ActionKept(**each) for each in row["actions"]["actions"]),
        decided_at=row["decided_at"],
    )
