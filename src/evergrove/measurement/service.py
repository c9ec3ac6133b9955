"""Measuring what playbooks earned, and keeping it in the value ledger."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.campaigns import assignment
from evergrove.campaigns.control import begins
from evergrove.core import stable_id
from evergrove.ledger import upsert
from evergrove.measurement.rules import NOTHING_PAID, Question, measured_layers, window_needed
from evergrove.measurement.tables import value_ledger
from evergrove.measurement.types import PROGRAMME, Cell, Measured
from evergrove.outbox import OUTBOX
from evergrove.outbox.types import LEFT
from evergrove.people.identity import persons_now
from evergrove.stats import Difference, Sums
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, tzinfo
    from decimal import Decimal

    from sqlalchemy import Connection, Row

    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

PACKAGE = "evergrove.measurement"
LEVEL = 0.8
PAID_FOR = (*LEFT, "bounced")
"""A message that came back was paid for all the same."""
ASSIGNED = ("layer_key", "probability", "tier", "stage", "arm", "customer_id", "as_of")
MARGIN, ORDERS = (
    ("margin_difference", "low", "high", "se", "df", "p"),
    (
        "orders_difference",
        "orders_low",
        "orders_high",
        "orders_se",
        "orders_df",
        "orders_p",
    ),
)
"""Columns of the two differences: effect, bounds, standard error, degrees of freedom, p."""
DIFFERENCE = ("effect", "low", "high", "se", "df", "p")
PLAIN = (
    "playbook",
    "as_of",
    "first_assigned",
    "people_treated",
    "people_control",
    "mean_treated",
    "mean_control",
    "orders_treated",
    "orders_control",
    "reason",
    "level",
    "strata",
    "estimator",
    "planned_control",
    "srm_p",
    "window_days",
    "window_needed",
    "people_complete",
    "messages",
    "cost",
    "basis",
)
"""Columns of the value ledger that are attributes of ``Measured`` as they stand."""


def measure(
    engine: Engine, connection: Connection, settings: Settings, as_of: date, level: float = LEVEL
) -> list[Measured]:
    """
    Compare treated with control, as assigned: every playbook, and all of them together.

    A customer counts from the day after the assignment, the first on which a message could act, to ``as_of``. Within a
    playbook only its own assignments are compared; the global control group is never among them, and stands
    against everybody else under ``PROGRAMME``. Where that group was drawn anew, each period counts to its own end, and
    a customer once in each: the figure is the programme's a person and period.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block; nothing is written.
        settings: Margin and zone.
        as_of: The last day whose orders and refunds count.
        level: Probability between the bounds.

    Returns:
        The programme first, then the playbooks by key; nobody assigned before ``as_of``: no result.
    """
    needed = window_needed(engine.value(statement(PACKAGE, "purchase_gap"), as_of=as_of))
    margin = settings.value.margin
    cells = _cells(engine, connection, as_of, 1.0 if margin is None else margin, needed)
    question = Question(as_of, level, needed, "revenue" if margin is None else "margin")
    sent = _sent(connection, as_of, settings.value.zone)
    layers = measured_layers(cells, question, sent)
    return sorted(layers, key=lambda each: (each.playbook != PROGRAMME, each.playbook))


def record(connection: Connection, results: Sequence[Measured], run_id: int, now: datetime) -> None:
    """
    Put results into the value ledger; those of the same playbook and day are replaced.

    Args:
        connection: Of a ``writing`` block.
        results: As ``measure`` gives them.
        run_id: Of the run that measured.
        now: The moment of recording.
    """
    rows = [
        {
            "id": stable_id("value", result.playbook, result.as_of),
            **{name: _known(getattr(result, name)) for name in PLAIN},
            **_columns(result.margin, MARGIN),
            **_columns(result.orders, ORDERS),
            "complete": result.is_complete,
            "run_id": run_id,
            "recorded_at": now,
        }
        for result in results
    ]
    upsert(connection, value_ledger, rows, ("playbook", "as_of"))


def recorded(connection: Connection, as_of: date | None = None, *, newest: bool = False) -> list[Measured]:
    """
    What the value ledger holds.

    Args:
        connection: Of any block.
        as_of: Of this day only; None: of every day.
        newest: Of the newest day only on which anything was measured.

    Returns:
        By day, and in the order of ``measure`` within it.
    """
    query = select(value_ledger).order_by(value_ledger.c.as_of)
    if as_of is not None:
        query = query.where(value_ledger.c.as_of == as_of)
    if newest:
        query = query.where(value_ledger.c.as_of == select(func.max(value_ledger.c.as_of)).scalar_subquery())
    found = [_measured(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda each: (each.as_of, each.playbook != PROGRAMME, each.playbook))


def _cells(
    engine: Engine, connection: Connection, as_of: date, margin: float, needed: int | None
) -> list[Cell]:
    """Sums by layer, stratum and arm of everybody assigned before ``as_of``."""
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    query = select(*(assignment.c[name] for name in ASSIGNED)).where(assignment.c.as_of < as_of)
    last_days = _last_days(connection, as_of)
    found = _of_persons(connection.execute(query).all(), persons_now(connection))
    rows = [(*row, last_days.get(row[0], as_of)) for row in found]
    names = (*ASSIGNED, "until")
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    types = (pa.string(), pa.float64(), *(pa.string(),) * 4, pa.date32(), pa.date32())
    named = {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
    engine.register("assigned", pa.table(named))
    try:
        sums = engine.run(statement(PACKAGE, "arm_sums"), as_of=as_of, margin=margin, needed=needed or _NEVER)
    finally:
        engine.unregister("assigned")
    return sorted((_cell(row, last_days) for row in sums), key=attrgetter("layer_key"))


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


_NEVER = 2**31 - 1
"""More days than any customer has been watched for."""


def _cell(row: Sequence[Any], periods: Collection[str]) -> Cell:
    (
        key,
        probability,
        tier,
        stage,
        arm,
        people,
        margin,
        margin_sq,
        orders,
        orders_sq,
        days,
        first,
        complete,
    ) = row
    return Cell(
        PROGRAMME if key in periods else key,
        key if key in periods else "",
        probability,
        tier,
        stage,
        arm,
        Sums(people, margin, margin_sq),
        Sums(people, orders, orders_sq),
        days,
        first,
        complete,
    )


def _sent(connection: Connection, as_of: date, zone: tzinfo) -> dict[str, tuple[int, Decimal]]:
    """Messages that left by the end of ``as_of`` and what they cost: by playbook, and in all."""
    end = datetime.combine(as_of + timedelta(days=1), time(), zone).astimezone(UTC)
    query = (
        select(OUTBOX.c.playbook, func.count(), func.sum(OUTBOX.c.cost, type_=OUTBOX.c.cost.type))
        .where(OUTBOX.c.state.in_(PAID_FOR), OUTBOX.c.arm == "treated", OUTBOX.c.attempting_at < end)
        .group_by(OUTBOX.c.playbook)
    )
    found = {row[0]: (int(row[1]), row[2]) for row in connection.execute(query)}
    messages, cost = (sum(each[k] for each in found.values()) for k in (0, 1))
    return found | {PROGRAMME: (messages, NOTHING_PAID + cost)}


def _known(value: Any) -> Any:
    """NaN has no place in a database."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN differs from itself


def _columns(found: Difference | None, names: Sequence[str]) -> dict[str, float | None]:
    return {
        name: None if found is None else getattr(found, attribute)
        for name, attribute in zip(names, DIFFERENCE, strict=True)
    }


def _measured(row: Any) -> Measured:
    """A row of the value ledger as it was measured."""
    means = ("mean_treated", "mean_control", "orders_treated", "orders_control")
    plain = {name: row[name] for name in PLAIN}
    return Measured(
        **plain | {name: float("nan") if row[name] is None else row[name] for name in means},
        margin=_difference(row, MARGIN),
        orders=_difference(row, ORDERS),
    )


def _difference(row: Any, names: Sequence[str]) -> Difference | None:
    if row[names[0]] is None:
        return None
    values = dict(zip(DIFFERENCE, (row[name] for name in names), strict=True))
    return Difference(level=row["level"], **values)
