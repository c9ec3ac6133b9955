"""Who was assigned and what they have brought since, as sums by layer, arm, stratum and month."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from evergrove.campaigns import assignment
from evergrove.campaigns.control import begins
from evergrove.measurement.types import PACKAGE, PROGRAMME, Cell
from evergrove.people.identity import persons_now
from evergrove.stats import Sums
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.measurement.surrogate import SurrogateTerms
    from evergrove.warehouse import Engine

ASSIGNED = ("layer_key", "probability", "tier", "stage", "arm", "customer_id", "as_of")
NO_CAP = 1e300
"""More than any customer brings."""
_NEVER = 2**31 - 1
"""More days than any customer has been watched for."""


class Assigned(NamedTuple):
    """
    Somebody in an arm.

    Attributes:
        layer_key: What the arms belong to: a playbook, a period of the global control, a step of contents.
        probability: Of the arm "treated", or of the arm itself where there are others.
        tier: At the assignment.
        stage: At the assignment.
        arm: Its name.
        customer_id: Who.
        as_of: The day from whose end on it can act.
    """

    layer_key: str
    probability: float
    tier: str
    stage: str
    arm: str
    customer_id: str
    as_of: date


def realised(
    engine: Engine,
    connection: Connection,
    as_of: date,
    margin: float,
    needed: int | None,
    surrogate_by: SurrogateTerms | None = None,
) -> list[Cell]:
    """
    Everything that was brought since the assignment, by everybody assigned before a day, and in a window before it.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block.
        as_of: The last day whose orders and refunds count.
        margin: Share of revenue that is counted.
        needed: Days of the window, which says who is complete; None while unknown.
        surrogate_by: By what the change of residual CLV is told beside; None: it is not asked for.
    """
    last_days = _last_days(connection, as_of)
    rows = [(*row, last_days.get(row[0], as_of)) for row in assigned_before(connection, as_of)]
    if surrogate_by is None:
        return _summed(engine, rows, as_of, margin, NO_CAP, needed, last_days, before=needed or 0)
    from evergrove.measurement.surrogate import Spell, surrogates  # noqa: PLC0415 - it scores customers

    # Of a period that is over the later ones count what models would tell: nothing is counted twice.
    running = [nth for nth, row in enumerate(rows) if row[7] == as_of]
    spells = [Spell(row[0], row[5], row[6], row[7]) for row in (rows[nth] for nth in running)]
    told = surrogates(engine, spells, as_of, surrogate_by)
    by_row = dict(zip(running, told.values, strict=True))
    changes = [by_row.get(nth) for nth in range(len(rows))]
    cells = _summed(engine, rows, as_of, margin, NO_CAP, needed, last_days, changes, before=needed or 0)
    return [replace(cell, fitted_on=told.fitted_on.get(cell.period or cell.layer_key)) for cell in cells]


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
    last_days = _last_days(connection, as_of)
    rows = [
        row
        for row in assigned_before(connection, as_of)
        if row.layer_key not in last_days and (row.layer_key not in since or row.as_of > since[row.layer_key])
    ]
    return whole_windows(engine, rows, as_of, margin, needed, cap)


def whole_windows(
    engine: Engine, rows: Sequence[Assigned], as_of: date, margin: float, needed: int, cap: float
) -> list[Cell]:
    """What people brought within the window, and in as many days before; arguments as of ``windowed``."""
    window = timedelta(days=needed)
    over = [(*row, row.as_of + window) for row in rows if row.as_of <= as_of - window]
    return _summed(engine, over, as_of, margin, cap, needed, (), before=needed)


def assigned_before(connection: Connection, as_of: date) -> list[Assigned]:
    """Everybody assigned before a day, as persons."""
    query = select(*(assignment.c[name] for name in ASSIGNED)).where(assignment.c.as_of < as_of)
    return of_persons([Assigned(*row) for row in connection.execute(query)], persons_now(connection))


def _summed(
    engine: Engine,
    rows: Sequence[tuple[Any, ...]],
    as_of: date,
    margin: float,
    cap: float,
    needed: int | None,
    periods: Collection[str],
    surrogates: Sequence[float | None] = (),
    before: int = 0,
) -> list[Cell]:
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    names = (*ASSIGNED, "until", "month", "surrogate")
    told = surrogates or [None] * len(rows)
    whole = [(*row, row[-2].replace(day=1), change) for row, change in zip(rows, told, strict=True)]
    columns = list(zip(*whole, strict=True)) if whole else [()] * len(names)
    types = (pa.string(), pa.float64(), *(pa.string(),) * 4, *(pa.date32(),) * 3, pa.float64())
    named = {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
    engine.register("assigned", pa.table(named))
    try:
        sums = engine.run(
            statement(PACKAGE, "arm_sums"),
            as_of=as_of,
            margin=margin,
            needed=needed or _NEVER,
            cap=cap,
            before=before,
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


def of_persons(rows: Sequence[Assigned], persons: Mapping[str, str]) -> list[Assigned]:
    """
    Assignments as those of persons; customers who were joined since are one, from the first of their days on.

    Where one was treated and another was not, the person is neither, and is left out of the comparison.
    """
    if not persons:
        return list(rows)
    found: dict[tuple[str, str], list[Assigned]] = {}
    for row in rows:
        own = persons.get(row.customer_id, row.customer_id)
        found.setdefault((row.layer_key, own), []).append(row)
    return [
        min(group, key=lambda row: (row.as_of, row.customer_id))._replace(customer_id=own)
        for (_layer, own), group in found.items()
        if len({row.arm for row in group}) == 1
    ]


def _cell(row: Sequence[Any], periods: Collection[str]) -> Cell:
    key, probability, tier, stage, arm, month, people, *rest = row
    margin, margin_squares, orders, orders_squares, days, first, last, complete, *more = rest
    told, change, squares, before, before_squares, products = more
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
        Sums(told, change, squares),
        before=Sums(people, before, before_squares),
        products=products,
    )
