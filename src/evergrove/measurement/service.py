"""Measuring what playbooks earned, and keeping it in the value ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.core import stable_id
from evergrove.ledger import upsert
from evergrove.measurement.cells import realised
from evergrove.measurement.costs import sent_by_place, sent_by_playbook
from evergrove.measurement.keeping import first_stops
from evergrove.measurement.parts import measured_parts
from evergrove.measurement.rules import Question, measured_layers, window_needed
from evergrove.measurement.tables import value_ledger
from evergrove.measurement.types import PACKAGE, PROGRAMME, Measured
from evergrove.stats import Difference
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.measurement.parts import Part
    from evergrove.measurement.surrogate import SurrogateTerms
    from evergrove.measurement.types import Cell
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

LEVEL = 0.8
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
"""Columns of the differences: effect, bounds, standard error, degrees of freedom, p."""
SURROGATE = (
    "surrogate_difference",
    "surrogate_low",
    "surrogate_high",
    "surrogate_se",
    "surrogate_df",
    "surrogate_p",
)
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
    "variance_left",
    "planned_control",
    "srm_p",
    "window_days",
    "window_needed",
    "people_complete",
    "messages",
    "cost",
    "basis",
    "surrogate_people",
    "surrogate_fitted_on",
)
"""Columns of the value ledger that are attributes of ``Measured`` as they stand."""


def measure(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    as_of: date,
    level: float = LEVEL,
    surrogate_by: SurrogateTerms | None = None,
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
        surrogate_by: By what the change of residual CLV is told beside; None: it is not asked for.

    Returns:
        The programme first, then the playbooks by key; nobody assigned before ``as_of``: no result.
    """
    question, cells = realised_cells(engine, connection, settings, as_of, level, surrogate_by)
    return _wholes(connection, settings, question, cells)


def measure_parts(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    as_of: date,
    coupons: Mapping[str, Sequence[str]],
    level: float = LEVEL,
    surrogate_by: SurrogateTerms | None = None,
) -> tuple[list[Measured], list[Part]]:
    """
    The same, and what each part of it says.

    Args:
        engine: As for ``measure``.
        connection: The same.
        settings: The same.
        as_of: The same.
        coupons: Names of the coupons that each playbook gives.
        level: Probability between the bounds.
        surrogate_by: As for ``measure``.
    """
    question, cells = realised_cells(engine, connection, settings, as_of, level, surrogate_by)
    sent = sent_by_place(connection, as_of, settings.value.zone)
    parts = list(measured_parts(cells, question, sent, coupons))
    return _wholes(connection, settings, question, cells), parts


def realised_cells(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    as_of: date,
    level: float,
    surrogate_by: SurrogateTerms | None = None,
) -> tuple[Question, list[Cell]]:
    """What is asked, and the sums that answer it."""
    needed = window_needed(engine.value(statement(PACKAGE, "purchase_gap"), as_of=as_of))
    margin = settings.value.margin
    cells = realised(engine, connection, as_of, 1.0 if margin is None else margin, needed, surrogate_by)
    return Question(as_of, level, needed, "revenue" if margin is None else "margin"), cells


def _wholes(
    connection: Connection, settings: Settings, question: Question, cells: Sequence[Cell]
) -> list[Measured]:
    sent = sent_by_playbook(connection, question.as_of, settings.value.zone)
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
            **_columns(result.surrogate, SURROGATE),
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
    found = marked(connection, [_measured(row) for row in connection.execute(query).mappings()])
    return sorted(found, key=lambda each: (each.as_of, each.playbook != PROGRAMME, each.playbook))


def marked(connection: Connection, results: Sequence[Measured]) -> list[Measured]:
    """The same, those marked that a playbook stopped itself because of; one look at the ledger for all."""
    when = first_stops(connection)
    return [
        replace(each, stopped_early=day)
        if (day := when.get(each.playbook)) is not None and day <= each.as_of
        else each
        for each in results
    ]


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
        surrogate=_difference(row, SURROGATE),
    )


def _difference(row: Any, names: Sequence[str]) -> Difference | None:
    if row[names[0]] is None:
        return None
    values = dict(zip(DIFFERENCE, (row[name] for name in names), strict=True))
    return Difference(level=row["level"], **values)
