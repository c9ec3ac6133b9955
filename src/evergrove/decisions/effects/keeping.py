"""Beliefs in the ledger: one a playbook, cell and day; a day that is believed again is replaced."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.decisions.effects.tables import treatment_effect
from evergrove.decisions.effects.types import Effect
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

FIELDS = (
    "playbook",
    "tier",
    "stage",
    "mean",
    "sd",
    "people_treated",
    "people_control",
    "assumed_weight",
    "as_of",
)
FREE = Decimal("0.0000")


def store(
    connection: Connection,
    effects: Sequence[Effect],
    costs: Mapping[str, Decimal],
    about: Mapping[str, Mapping[str, Any]],
    *,
    run_id: int,
    now: datetime,
) -> None:
    """
    Keep what is believed; the beliefs of the same days are replaced as a whole.

    Args:
        connection: Of a ``writing`` block.
        effects: As ``shrink`` gives them.
        costs: Contact cost of a treated person by playbook; nothing where it is not named.
        about: Window, basis and assumption by playbook.
        run_id: Of the run that they rest on.
        now: The moment of keeping.
    """
    for day in {each.as_of for each in effects}:
        connection.execute(treatment_effect.delete().where(treatment_effect.c.as_of == day))
    insert_new(
        connection,
        treatment_effect,
        [
            {
                **{name: getattr(each, name) for name in FIELDS},
                "cost": costs.get(each.playbook, FREE),
                "document": dict(about.get(each.playbook, {})),
                "run_id": run_id,
                "recorded_at": now,
            }
            for each in effects
        ],
    )


def read(connection: Connection, as_of: date | None = None) -> list[Effect]:
    """
    What was believed on a day, or last before it.

    Args:
        connection: Of any block.
        as_of: The day; None: the newest belief there is.

    Returns:
        By playbook, the effect without a cell first; empty before anything was believed.
    """
    return [effect for effect, _cost, _about in read_kept(connection, as_of)]


def read_kept(
    connection: Connection, as_of: date | None = None
) -> list[tuple[Effect, Decimal, Mapping[str, Any]]]:
    """The same, each with its contact cost and what it rests on."""
    row = treatment_effect.c
    newest = select(func.max(row.as_of))
    newest = newest if as_of is None else newest.where(row.as_of <= as_of)
    query = select(treatment_effect).where(row.as_of == newest.scalar_subquery())
    return [
        (Effect(**{name: each[name] for name in FIELDS}), each["cost"], each["document"])
        for each in connection.execute(query.order_by(row.playbook, row.tier, row.stage)).mappings()
    ]
