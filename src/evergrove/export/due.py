"""The table ``due`` that a run publishes: the day before which time alone moves nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import _
from evergrove.export.customers import DAY
from evergrove.export.types import Column
from evergrove.segments.clock.types import BECAUSE, HORIZON
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from evergrove.segments.clock.types import Dues
    from evergrove.warehouse import Engine

DUE = "due"
"""Its name."""


def _ahead(name: str) -> str:
    return f"$as_of + d.{name}"


def _within(name: str) -> str:
    return f"case when d.{name} < {HORIZON} then {_ahead(name)} end"


DUE_COLUMNS: tuple[Column, ...] = (
    Column(
        "customer_id", "id", "cast(r.customer_id as varchar)", "VARCHAR", _("The customer's id, as text.")
    ),
    Column(
        "due_on",
        "date",
        _ahead("days"),
        "DATE",
        _("The day before which time alone changes neither tier nor stage, nor the reason for them."),
        DAY,
    ),
    Column(
        "because",
        "word",
        "case d.because "
        + " ".join(f"when {k} then {literal(name)}" for k, name in enumerate(BECAUSE))
        + " end",
        "VARCHAR",
        _("What may happen on that day; horizon: nothing before."),
    ),
    Column(
        "decline_on",
        "date",
        _within("decline"),
        "DATE",
        _(
            "Day on which silence will mean decline, if nothing comes; empty where it does not within 365 days."
        ),
        DAY,
    ),
    Column(
        "churn_on",
        "date",
        _within("churn"),
        "DATE",
        _("Day on which silence, or the chance of an order, will mean churned; empty likewise."),
        DAY,
    ),
)
"""When everybody has to be looked at again, if nothing is heard of him before."""


def due_query(engine: Engine, dues: Dues) -> str:
    """
    The query behind the table ``due``.

    Args:
        engine: Holds the roster that the days are lined up with.
        dues: Of the night.
    """
    columns = {name: getattr(dues, name) for name in ("days", "because", "decline", "churn")}
    engine.register("dues", columns | {"row": np.arange(len(dues.days), dtype=np.int32)})
    today = f"date {literal(dues.as_of.isoformat())}"
    chosen = ", ".join(
        f"cast({column.sql.replace('$as_of', today)} as {column.type}) as {identifier(column.name)}"
        for column in DUE_COLUMNS
    )
    return f"select {chosen} from roster r join dues d on d.row = r.row"
