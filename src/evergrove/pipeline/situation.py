"""A night's results as playbooks look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.campaigns import Situation
from evergrove.campaigns.definition import HEARD_DAYS
from evergrove.campaigns.types import Earlier
from evergrove.export.segments import MEMBERS
from evergrove.pipeline.nights import HEALTH, SCORES
from evergrove.segments.codes import AXES, CAUSES, STAGES, TIERS
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evergrove.campaigns import Playbook
    from evergrove.pipeline.nights import Night
    from evergrove.warehouse import Engine, Snapshot, Warehouse


@dataclass(frozen=True, eq=False)
class NamedMoves:
    """Moves with names in place of codes; arrays of shape (m,)."""

    customer_id: NDArray[Any]
    axis: NDArray[Any]
    from_: NDArray[Any]
    to_: NDArray[Any]
    cause: NDArray[Any]


def situation_of(
    engine: Engine,
    found: Night,
    playbooks: Sequence[Playbook] = (),
    earlier: Earlier | None = None,
    holding: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Situation:
    """
    Everybody with a purchase, as they stand after a night.

    Args:
        engine: Holds what the night left.
        found: The night.
        playbooks: Those that look at it: only what they name is looked up.
        earlier: The night before, by ``earlier_of``.
        holding: Of whom conditions are true, by ``asked_of``.
    """
    base, scores, n = found.base, found.scored.scores, len(found.base)
    ids = engine.arrays("select cast(customer_id as varchar) as customer_id from customer_summary")
    first_gap = engine.value(statement("evergrove.customers", "first_gap"))
    events = {name for each in playbooks for name in each.events}
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
        first_order=base.first_order_date,
        spend=np.asarray(base.historic_value, dtype=np.float64),
        health=np.asarray(found.vitals.health.score, dtype=np.float64),
        earlier=earlier,
        holding=holding or {},
        latest_event=_latest_events(engine, found, ids["customer_id"], sorted(events)),
    )


def earlier_of(
    engine: Engine, warehouse: Warehouse, found: Night, before: Snapshot | None, late_days: int
) -> Earlier | None:
    """
    Tonight's customers as the night before left them; None without one.

    Args:
        engine: Holds the night.
        warehouse: Where the tables of the run before lie.
        found: The night.
        before: The run before.
        late_days: Orders that were older than that when they came in are history caught up on.
    """
    if before is None or before.as_of is None:
        return None
    has_scores = warehouse.show(engine, before, SCORES, "scores_before")
    has_health = warehouse.show(engine, before, HEALTH, "health_before")
    if not has_scores:
        return None
    n = len(found.base)
    health = "h.health" if has_health else "cast(null as double)"
    joined = "left join health_before h on h.customer_id = s.customer_id" if has_health else ""
    rows = engine.arrays(
        "select r.row, cast(s.orders as bigint) as orders, cast(s.historic_value as double) as spend,"
        f" cast({health} as double) as health from scores_before s {joined}"
        " join roster r on cast(r.customer_id as varchar) = s.customer_id where s.orders is not null"
    )
    engine.drop("scores_before", *(["health_before"] if has_health else []))
    at = rows["row"].astype(np.intp)
    mine = at < n
    orders, spend, score = np.full(n, -1, dtype=np.int64), np.full(n, np.nan), np.full(n, np.nan)
    orders[at[mine]] = rows["orders"][mine]
    spend[at[mine]] = np.asarray(rows["spend"], dtype=np.float64)[mine]
    score[at[mine]] = np.asarray(rows["health"], dtype=np.float64)[mine]
    return Earlier(before.as_of, orders, spend, score, _ours(found, before), late_days)


def _ours(found: Night, before: Snapshot) -> str:
    """What we changed ourselves since the run before."""
    here, then = found.placement.document(), before.details["placement"]
    if any(here[name] != then.get(name) for name in ("tiers", "stages", "policy")):
        return "policy"
    return "model" if found.is_refit else ""


def moves_of(engine: Engine, found: Night, *, ours: str = "") -> NamedMoves:
    """
    The moves of a night by the customers' ids; who entered and left segments, and who has answered a question.

    Args:
        engine: Holds the roster that they refer to, and ``segment_member`` where segments were asked.
        found: The night.
        ours: What we changed since the run before: by that, and not by themselves, customers then moved in segments.
    """
    moves = found.moves
    engine.register("moved_rows", {"row": moves.row, "place": np.arange(len(moves))})
    named = engine.arrays(
        "select cast(r.customer_id as varchar) as customer_id from roster r "
        "join moved_rows m on m.row = r.row order by m.place"
    )
    engine.unregister("moved_rows")
    from_, to_ = moves.named
    parts = [
        NamedMoves(
            named["customer_id"],
            _names(AXES, moves.axis),
            from_,
            to_,
            _names(CAUSES, moves.cause),
        )
    ]
    if found.run_seq > 1:  # in a first run everything is known for the first time
        parts += [_of_answers(_answered(engine, found)), _in_segments(engine, found, ours)]
    columns = (
        np.concatenate([np.asarray(getattr(each, name), dtype=object) for each in parts])
        for name in ("customer_id", "axis", "from_", "to_", "cause")
    )
    return NamedMoves(*columns)


def _of_answers(answered: Mapping[str, NDArray[Any]]) -> NamedMoves:
    """Answers as moves: news of the customer, like them."""
    many = len(answered["customer_id"])
    axis, nowhere, cause = (np.full(many, word, dtype=object) for word in ("nps", "", "evidence"))
    return NamedMoves(answered["customer_id"], axis, nowhere, answered["answerer"], cause)


def _in_segments(engine: Engine, found: Night, ours: str) -> NamedMoves:
    """Who entered and left segments tonight; a changed definition is a change of ours."""
    if MEMBERS not in engine.names:
        none = np.zeros(0, dtype=object)
        return NamedMoves(none, none, none, none, none)
    rows = engine.arrays(
        f"select segment, customer_id, exited_on is null as came, coalesce(exit_reason, entry_reason) as reason"
        f" from {MEMBERS} where (exited_on is null and entered_on = $as_of) or exited_on = $as_of"
        " order by segment, customer_id",
        as_of=found.as_of,
    )
    segment, came = rows["segment"].astype(object), np.asarray(rows["came"], dtype=np.bool_)
    reason = rows["reason"].astype(object)
    cause = np.where(reason == "data", ours or "evidence", np.where(reason == "definition", "policy", reason))
    return NamedMoves(
        rows["customer_id"].astype(object),
        np.full(len(segment), "segment", dtype=object),
        np.where(came, "", segment).astype(object),
        np.where(came, segment, "").astype(object),
        cause.astype(object),
    )


def _latest_events(
    engine: Engine, found: Night, customers: NDArray[Any], names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """The day of each customer's latest event of some names; NaT without one."""
    latest = {name: np.full(len(customers), np.datetime64("NaT", "D")) for name in names}
    if not names or "events" not in found.told:
        return latest
    rows = engine.arrays(
        "select r.row, e.kind, max(cast(e.happened_at as date)) - date '1970-01-01' as day from events e"
        " join roster r on r.customer_id = e.customer_id where e.kind in (select unnest($names))"
        " and cast(e.happened_at as date) <= $as_of group by all",
        names=list(names),
        as_of=found.as_of,
    )
    for name in names:
        mine = (rows["kind"] == name) & (rows["row"] < len(customers))
        latest[name][rows["row"][mine].astype(np.intp)] = rows["day"][mine].astype("datetime64[D]")
    return latest


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
