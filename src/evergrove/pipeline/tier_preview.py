"""What a tier policy would change if it ruled: told from what the newest run published, and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergrove.pipeline.export import NothingPublished
from evergrove.segments.codes import Criterion
from evergrove.segments.states.placement import read_placement
from evergrove.segments.tiers.assign import assign_tiers, criteria_of
from evergrove.segments.tiers.basis import check_basis
from evergrove.segments.tiers.documents import CRITERIA
from evergrove.segments.tiers.policy import policy_from
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning
    from evergrove.models import Floats
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Codes, Criteria
    from evergrove.settings import Settings
    from evergrove.warehouse import Warehouse

TOP = 10
"""Movers that are named, those of the greatest value first."""
READ = """
select s.customer_id, coalesce(t.own_tier, t.tier) as tier, s.basis,
    cast(s.spend_12m as double) as spend_12m, s.orders_12m,
    s.orders_12m - cast(s.first_order_date > $as_of - interval 365 day as integer) as repeat_orders_12m,
    cast(s.aov_12m as double) as aov_12m, s.clv_12m, s.clv_total
from scores s join tiers t using (customer_id)
where s.orders_12m is not null and t.tier is not null
"""
FIGURES = ("spend_12m", "orders_12m", "repeat_orders_12m", "aov_12m", "clv_12m", "clv_total")


@dataclass(frozen=True)
class TierPreview:
    """
    Who would stand elsewhere if a policy ruled.

    Attributes:
        as_of: The day of the run whose figures are looked at.
        policy: Its name; "settings" for that of the settings.
        rules: The policy itself.
        ruled: The one that the run went by.
        customers: With a tier.
        flows: Customers and their value in 12 months by (tier in force, tier under the policy), those who stay among
            them.
        movers: The most valuable who would move: id, from, to, value in 12 months.
        bounds: By criterion: the bounds in use, and those that would put equal numbers of customers, or equal value
            in 12 months, into each tier by that criterion alone.
        warnings: What must be said about the bounds.
    """

    as_of: date
    policy: str
    rules: TierPolicy
    ruled: TierPolicy
    customers: int
    flows: Mapping[tuple[str, str], tuple[int, float]]
    movers: tuple[tuple[str, str, str, float], ...]
    bounds: Mapping[str, Mapping[str, tuple[float, ...]]]
    warnings: tuple[EvergroveWarning, ...]

    @property
    def tiers(self) -> tuple[str, ...]:
        """Keys of its tiers, the lowest first."""
        return self.rules.keys

    @property
    def moved(self) -> int:
        """How many would stand elsewhere."""
        return sum(count for (before, after), (count, _value) in self.flows.items() if before != after)


def preview_policy(warehouse: Warehouse, settings: Settings, policy: TierPolicy | None) -> TierPreview:
    """
    Place the newest run's customers by a policy, as the first night under it would.

    Args:
        warehouse: Of the workspace.
        settings: Of the workspace.
        policy: None looks at the policy of the settings.

    Raises:
        NothingPublished: There was no run yet.
        PolicyOnAnotherBasis: It states bounds of value on another basis than the workspace's.
    """
    run = warehouse.newest("run")
    if run is None or run.as_of is None:
        raise NothingPublished
    rules = policy or policy_from(settings.tiers)
    with open_engine() as engine:
        for table in ("scores", "tiers"):
            warehouse.show(engine, run, table)
        rows = engine.arrow(READ, as_of=run.as_of)
    if len(rows):
        check_basis(rules, str(rows["basis"][0]))
    column = {name: np.asarray(rows[name].to_numpy(zero_copy_only=False)) for name in FIGURES}
    criteria = _criteria(column, rules)
    placement = read_placement(run.details["placement"])
    tiering, warnings = assign_tiers(criteria, rules, placement.policy.currency)
    value = np.nan_to_num(column["clv_12m"])
    moves = _Moves.of(rows["tier"], tiering.ranks, rules.keys)
    return TierPreview(
        as_of=run.as_of,
        policy=policy.name if policy else "settings",
        rules=rules,
        ruled=placement.policy.rules,
        customers=len(rows),
        flows=_flows(moves, value, placement.policy.rules.keys),
        movers=_movers(rows["customer_id"], moves, value),
        bounds={
            name: {"in_use": tiering.bounds[criterion] if tiering.bounds else ()}
            | _equal(criteria[criterion], value, len(rules.tiers))
            for criterion, name in _named(rules).items()
        },
        warnings=warnings,
    )


@dataclass(frozen=True, eq=False)
class _Moves:
    """
    From where to where, in numbers: comparing a million names takes seconds.

    Attributes:
        names: Keys of tiers, those in force and those of the policy.
        before: Of everybody, a place in ``names``. Shape (n,).
        after: The same under the policy.
    """

    names: tuple[str, ...]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    @classmethod
    def of(cls, tiers: pa.ChunkedArray, ranks: Codes, keys: tuple[str, ...]) -> _Moves:
        """From the tiers in force and the ranks under a policy, whose last one stands for none."""
        told = tiers.combine_chunks().dictionary_encode()
        ruled = [str(each) for each in told.dictionary.to_pylist()]
        names = tuple(dict.fromkeys((*ruled, *keys, "")))
        place = {name: k for k, name in enumerate(names)}
        before = np.array([place[each] for each in ruled], dtype=np.int64)
        after = np.array([place[each] for each in (*keys, "")], dtype=np.int64)
        return cls(names, before[told.indices.to_numpy(zero_copy_only=False)], after[ranks])


def _criteria(column: Mapping[str, NDArray[Any]], rules: TierPolicy) -> Criteria:
    return criteria_of(
        np.nan_to_num(column["spend_12m"]),
        column["orders_12m"],
        column["repeat_orders_12m"],
        column["aov_12m"],
        rules,
        clv_12m=column["clv_12m"],
        clv_total=column["clv_total"],
    )


def _named(rules: TierPolicy) -> dict[Criterion, str]:
    names = {criterion: name for name, criterion in CRITERIA.items()}
    return {criterion: names[criterion] for criterion in rules.criteria} | (
        {Criterion.FREQUENCY: rules.frequency_basis} if Criterion.FREQUENCY in rules.criteria else {}
    )


def _flows(moves: _Moves, value: Floats, keys: tuple[str, ...]) -> dict[tuple[str, str], tuple[int, float]]:
    names, order = moves.names, {key: place for place, key in enumerate(keys)}
    pairs = moves.before * len(names) + moves.after
    counts = np.bincount(pairs, minlength=len(names) ** 2)
    worth = np.bincount(pairs, value, minlength=len(names) ** 2)
    found = {
        (names[pair // len(names)], names[pair % len(names)]): (int(counts[pair]), float(worth[pair]))
        for pair in np.flatnonzero(counts).tolist()
    }
    return dict(sorted(found.items(), key=lambda each: (order.get(each[0][0], len(order)), each[0])))


def _movers(
    customers: pa.ChunkedArray, moves: _Moves, value: Floats
) -> tuple[tuple[str, str, str, float], ...]:
    """Those of the greatest value; of equal ones the first by id."""
    moved = np.flatnonzero(moves.before != moves.after)
    told = pa.table({"value": value[moved], "who": customers.take(moved), "at": moved})
    by = [("value", "descending"), ("who", "ascending")]
    first = told.take(pc.select_k_unstable(told, TOP, by)).to_pylist()
    names = moves.names
    return tuple(
        (str(each["who"]), names[moves.before[each["at"]]], names[moves.after[each["at"]]], each["value"])
        for each in first
    )


def _equal(figure: NDArray[Any], value: Floats, tiers: int) -> dict[str, tuple[float, ...]]:
    """Bounds of one figure that put an equal share of customers, or of value, into each tier, as equal figures let them."""
    figure = np.nan_to_num(figure.astype(np.float64))
    order = np.argsort(figure)
    weights = {"equal_customers": np.ones(len(figure)), "equal_value": np.maximum(value, 0.0)}
    return {name: _parted(figure[order], weight[order], tiers) for name, weight in weights.items()}


def _parted(figure: Floats, weight: Floats, tiers: int) -> tuple[float, ...]:
    """Bounds within sorted figures between equal shares of the weight."""
    upto = np.cumsum(weight)
    if len(upto) == 0 or upto[-1] <= 0:
        return ()
    places = np.searchsorted(upto, upto[-1] * np.arange(1, tiers) / tiers, side="right")
    return tuple(float(bound) for bound in figure[np.minimum(places, len(figure) - 1)])
