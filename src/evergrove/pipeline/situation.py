"""A night's results as playbooks look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns import Situation
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.pipeline.nightly import Night
    from evergrove.warehouse import Engine


@dataclass(frozen=True, eq=False)
class NamedMoves:
    """Moves with names in place of codes; arrays of shape (m,)."""

    customer_id: NDArray[Any]
    axis: NDArray[Any]
    to_: NDArray[Any]
    cause: NDArray[Any]


def situation_of(engine: Engine, found: Night) -> Situation:
    """
    Everybody with a purchase, as they stand after a night.

    Args:
        engine: Holds what the night left.
        found: The night.
    """
    base, scores, n = found.base, found.scored.scores, len(found.base)
    ids = engine.arrays("select cast(customer_id as varchar) as customer_id from customer_summary")
    first_gap = engine.value(statement("evergrove.customers", "first_gap"))
    return Situation(
        customer_id=ids["customer_id"],
        tier=_names(TIERS, found.states.tier[:n]),
        stage=_names(STAGES, found.states.stage[:n]),
        orders=base.orders,
        last_order=base.last_order_date,
        next_order_p25=_ahead(found, scores.next_order_p25),
        next_order_p50=_ahead(found, scores.next_order_date),
        next_order_p75=_ahead(found, scores.next_order_p75),
        p_purchase_7d=found.scored.p_purchase_7d,
        average_order=base.mean_day_spend,
        first_gap_p50_days=float("nan") if first_gap is None else float(first_gap),
    )


def moves_of(engine: Engine, found: Night) -> NamedMoves:
    """
    The moves of a night by the customers' ids.

    Args:
        engine: Holds the roster that they refer to.
        found: The night.
    """
    moves = found.moves
    if found.run_seq == 1:  # nobody moved: everybody was placed for the first time
        nothing = np.zeros(0, dtype=object)
        return NamedMoves(nothing, nothing, nothing, nothing)
    engine.register("moved_rows", {"row": moves.row, "place": np.arange(len(moves))})
    named = engine.arrays(
        "select cast(r.customer_id as varchar) as customer_id from roster r "
        "join moved_rows m on m.row = r.row order by m.place"
    )
    engine.unregister("moved_rows")
    _from, to_ = moves.named
    return NamedMoves(
        named["customer_id"].astype(object), _names(AXES, moves.axis), to_, _names(CAUSES, moves.cause)
    )


def _ahead(found: Night, days: NDArray[Any]) -> NDArray[Any]:
    """Days after the night's day as calendar days, rounded as they are published; NaT for NaN."""
    known = np.isfinite(days)
    whole = np.rint(np.where(known, days, 0.0)).astype("timedelta64[D]")
    return np.where(known, np.datetime64(found.as_of, "D") + whole, np.datetime64("NaT", "D"))


def _names(names: Sequence[str], codes: NDArray[Any]) -> NDArray[Any]:
    """Names of codes; "" for none."""
    named: NDArray[Any] = np.array([*names, ""], dtype=object)
    return np.asarray(named[codes])
