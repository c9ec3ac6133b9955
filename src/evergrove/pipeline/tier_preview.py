"""What a tier policy would change if it ruled: told from what the newest run published, and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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
    from evergrove.segments.types import Criteria
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
order by s.customer_id
"""


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
    column: dict[str, NDArray[Any]] = {name: _array(rows[name]) for name in rows.column_names}
    if len(rows):
        check_basis(rules, str(column["basis"][0]))
    criteria = _criteria(column, rules)
    placement = read_placement(run.details["placement"])
    tiering, warnings = assign_tiers(criteria, rules, placement.policy.currency)
    keys = np.array([*rules.keys, ""], dtype=object)
    value, before = np.nan_to_num(column["clv_12m"]), column["tier"]
    after = keys[tiering.ranks]
    return TierPreview(
        as_of=run.as_of,
        policy=policy.name if policy else "settings",
        rules=rules,
        ruled=placement.policy.rules,
        customers=len(after),
        flows=_flows(before, after, value, placement.policy.rules.keys),
        movers=_movers(column["customer_id"], before, after, value),
        bounds={
            name: {
                "in_use": tiering.bounds[criterion] if tiering.bounds else (),
                "equal_customers": _equal(criteria[criterion], np.ones(len(value)), len(rules.tiers)),
                "equal_value": _equal(criteria[criterion], np.maximum(value, 0.0), len(rules.tiers)),
            }
            for criterion, name in _named(rules).items()
        },
        warnings=warnings,
    )


def _array(column: Any) -> NDArray[Any]:
    return np.asarray(column.to_numpy(zero_copy_only=False))


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


def _flows(
    before: NDArray[Any], after: NDArray[Any], value: Floats, keys: tuple[str, ...]
) -> dict[tuple[str, str], tuple[int, float]]:
    order = {key: place for place, key in enumerate(keys)}
    pairs = sorted(
        set(zip(before.tolist(), after.tolist(), strict=True)),
        key=lambda pair: (order.get(pair[0], len(order)), pair),
    )
    found = {}
    for pair in pairs:
        here = (before == pair[0]) & (after == pair[1])
        found[pair] = (int(here.sum()), float(value[here].sum()))
    return found


def _movers(
    customer: NDArray[Any], before: NDArray[Any], after: NDArray[Any], value: Floats
) -> tuple[tuple[str, str, str, float], ...]:
    moved = np.flatnonzero(before != after)
    first = moved[np.argsort(-value[moved], kind="stable")][:TOP]
    return tuple((str(customer[k]), str(before[k]), str(after[k]), float(value[k])) for k in first)


def _equal(figure: NDArray[Any], weight: Floats, tiers: int) -> tuple[float, ...]:
    """Bounds of one figure that put an equal share of the weight into each tier, as far as equal figures let them."""
    figure = np.nan_to_num(figure.astype(np.float64))
    order = np.argsort(figure, kind="stable")
    upto = np.cumsum(weight[order])
    if len(upto) == 0 or upto[-1] <= 0:
        return ()
    places = np.searchsorted(upto, upto[-1] * np.arange(1, tiers) / tiers, side="right")
    return tuple(float(bound) for bound in figure[order][np.minimum(places, len(order) - 1)])
