"""Did the newest night move anybody by time alone whom the night before had not named?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, _
from evergrove.export.due import DUE
from evergrove.pipeline.nights import TRANSITIONS
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.warehouse import Snapshot, Warehouse

MOVED = """
select count(distinct m.customer_id), min(m.customer_id)
from transitions m
join due d on d.customer_id = m.customer_id
where m.run_seq = $run_seq and m.cause = 'clock' and d.due_on > $as_of
"""
HEARD_BESIDE = ("hears_health", "subscriptions", "categories")
"""Cuts of shops whose stages hear more than orders: what is told there moves customers and has no cause of its own."""


class MovedBeforeDue(EvergroveWarning):
    """Customers whom time alone moved before the day that the index of due days had named."""

    code = "pipeline.moved_before_due"
    message = _(
        "{count} {count:customer was|customers were} moved by time alone before the day on which they were due"
        " (first: {example})."
    )
    hint = _(
        "Where the night put them is right; the day that the night before had named was too late: tell us."
    )


def moved_before_due(warehouse: Warehouse) -> list[EvergroveWarning]:
    """
    Hold the newest night against the due days of the one before.

    Args:
        warehouse: Of the workspace.

    Returns:
        Nothing where models or yardsticks are new, or where stages hear more than orders.
    """
    *_older, before, now = [None, None, *warehouse.snapshots("run")]
    if before is None or now is None or not _comparable(before, now):
        return []
    with open_engine() as engine:
        warehouse.show(engine, before, DUE)
        warehouse.show(engine, now, TRANSITIONS)
        ((count, example),) = engine.run(MOVED, run_seq=now.details["run_seq"], as_of=now.as_of)
    return [MovedBeforeDue(count=count, example=example)] if count else []


def _comparable(before: Snapshot, now: Snapshot) -> bool:
    """Whether nothing but orders and the clock can have moved anybody."""
    same = all(before.details[name] == now.details[name] for name in ("model_run", "placement"))
    return same and DUE in before.tables and not set(HEARD_BESIDE) & set(now.details["placement"]["cuts"])
