"""A night's results as playbooks look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns import Situation
from evergrove.campaigns.definition import HEARD_DAYS
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.pipeline.nights import Night
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
    The moves of a night by the customers' ids, and who has answered the question of recommending: news like a move.

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
    answered = _answered(engine, found)
    columns = (
        (named["customer_id"].astype(object), answered["customer_id"]),
        (_names(AXES, moves.axis), np.full(len(answered["answerer"]), "nps", dtype=object)),
        (to_, answered["answerer"]),
        (_names(CAUSES, moves.cause), np.full(len(answered["answerer"]), "evidence", dtype=object)),
    )
    return NamedMoves(*(np.concatenate(both).astype(object) for both in columns))


def _answered(engine: Engine, found: Night) -> dict[str, NDArray[Any]]:
    """Who answered in the last days, and as what."""
    if "surveys" not in found.told:
        nobody = np.zeros(0, dtype=object)
        return {"customer_id": nobody, "answerer": nobody}
    since = found.as_of - timedelta(days=HEARD_DAYS)
    return engine.arrays(statement("evergrove.campaigns", "nps_answers"), since=since, as_of=found.as_of)


def _ahead(found: Night, days: NDArray[Any]) -> NDArray[Any]:
    """Days after the night's day as calendar days, rounded as they are published; NaT for NaN."""
    known = np.isfinite(days)
    whole = np.rint(np.where(known, days, 0.0)).astype("timedelta64[D]")
    return np.where(known, np.datetime64(found.as_of, "D") + whole, np.datetime64("NaT", "D"))


def _names(names: Sequence[str], codes: NDArray[Any]) -> NDArray[Any]:
    """Names of codes; "" for none."""
    named: NDArray[Any] = np.array([*names, ""], dtype=object)
    return np.asarray(named[codes])
