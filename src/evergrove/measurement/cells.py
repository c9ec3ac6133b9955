"""Who was assigned and what they have brought since, as sums by layer, arm, stratum and month."""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.campaigns.control import begins
from evergrove.measurement.types import PROGRAMME, Cell
from evergrove.people.identity import persons_now
from evergrove.stats import Sums
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from evergrove.warehouse import Engine

PACKAGE = "evergrove.measurement"
ASSIGNED = ("layer_key", "probability", "tier", "stage", "arm", "customer_id", "as_of")
NO_CAP = 1e300
"""More than any customer brings."""
_NEVER = 2**31 - 1
"""More days than any customer has been watched for."""


def realised(
    engine: Engine, connection: Connection, as_of: date, margin: float, needed: int | None
) -> list[Cell]:
    """
    Everything that was brought since the assignment, by everybody assigned before a day.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block.
        as_of: The last day whose orders and refunds count.
        margin: Share of revenue that is counted.
        needed: Days of the window, which says who is complete; None while unknown.
    """
    last_days = _last_days(connection, as_of)
    rows = [(*row, last_days.get(row[0], as_of)) for row in _assigned(connection, as_of)]
    return _summed(engine, rows, as_of, margin, NO_CAP, needed, last_days)


def windowed(
    engine: Engine,
    connection: Connection,
    as_of: date,
    margin: float,
    needed: int,
    cap: float,
    since: Mapping[str, date] = MappingProxyType({}),
) -> list[Cell]:
    """
    What was brought within the window, by those whose window is over: the figures on which decisions rest.

    Args:
        engine: As for ``realised``, and so on.
        connection: Of any block.
        as_of: The last day whose orders and refunds count.
        margin: Share of revenue that is counted.
        needed: Days of the window.
        cap: A person's figure above it counts as the cap.
        since: Of these playbooks only people who were assigned after a day.

    Returns:
        Of playbooks only: a period of the global control may be shorter than a window.
    """
    window, last_days = timedelta(days=needed), _last_days(connection, as_of)
    latest = as_of - window
    rows = [
        (*row, row[-1] + window)
        for row in _assigned(connection, as_of)
        if row[-1] <= latest and row[0] not in last_days and (row[0] not in since or row[-1] > since[row[0]])
    ]
    return _summed(engine, rows, as_of, margin, cap, needed, last_days)


def _assigned(connection: Connection, as_of: date) -> list[tuple[Any, ...]]:
    query = select(*(assignment.c[name] for name in ASSIGNED)).where(assignment.c.as_of < as_of)
    return _of_persons(connection.execute(query).all(), persons_now(connection))


def _summed(
    engine: Engine,
    rows: Sequence[tuple[Any, ...]],
    as_of: date,
    margin: float,
    cap: float,
    needed: int | None,
    periods: Collection[str],
) -> list[Cell]:
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    names = (*ASSIGNED, "until", "month")
    whole = [(*row, row[-2].replace(day=1)) for row in rows]
    columns = list(zip(*whole, strict=True)) if whole else [()] * len(names)
    types = (pa.string(), pa.float64(), *(pa.string(),) * 4, *(pa.date32(),) * 3)
    named = {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
    engine.register("assigned", pa.table(named))
    try:
        sums = engine.run(
            statement(PACKAGE, "arm_sums"), as_of=as_of, margin=margin, needed=needed or _NEVER, cap=cap
        )
    finally:
        engine.unregister("assigned")
    return sorted((_cell(row, periods) for row in sums), key=attrgetter("layer_key"))


def _last_days(connection: Connection, as_of: date) -> dict[str, date]:
    """
    The last day that counts of each period of the global control: the first one of the next.

    Whoever is drawn anew as of that day is written to, or left alone, from the day after it.
    """
    periods = select(assignment.c.layer_key).where(assignment.c.layer == "global", assignment.c.as_of < as_of)
    ordered = sorted(connection.execute(periods.distinct()).scalars(), key=begins)
    ends = [begins(following) for following in ordered[1:]]
    return dict(zip(ordered, [*ends, as_of], strict=True)) if ordered else {}


def _of_persons(rows: Sequence[Row[Any]], persons: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """
    Assignments as those of persons; customers who were joined since are one, from the first of their days on.

    Where one was treated and another was not, the person is neither, and is left out of the comparison.
    """
    if not persons:
        return [tuple(row) for row in rows]
    found: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in rows:
        own = persons.get(row.customer_id, row.customer_id)
        found.setdefault((row.layer_key, own), []).append(row)
    return [
        (*min(group, key=lambda row: (row.as_of, row.customer_id))[:-2], own, min(row.as_of for row in group))
        for (_layer, own), group in found.items()
        if len({row.arm for row in group}) == 1
    ]


def _cell(row: Sequence[Any], periods: Collection[str]) -> Cell:
    key, probability, tier, stage, arm, month, people, *rest = row
    margin, margin_squares, orders, orders_squares, days, first, last, complete = rest
    return Cell(
        PROGRAMME if key in periods else key,
        key if key in periods else "",
        probability,
        tier,
        stage,
        arm,
        month,
        Sums(people, margin, margin_squares),
        Sums(people, orders, orders_squares),
        days,
        first,
        last,
        complete,
    )
