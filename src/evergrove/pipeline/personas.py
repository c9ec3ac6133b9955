"""What sets a tier, a stage, the customers of a playbook or a segment apart, from the newest run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.nights import SCORES, TIERS, TRAITS
from evergrove.segments import read_placement
from evergrove.segments.codes import ACTIONS, STAGES
from evergrove.segments.personas import Counted, persona
from evergrove.warehouse import identifier, open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.warehouse import Engine, Snapshot, Warehouse

MEMBERS = "segment_members"
MARKED = "marked_features"
CATEGORIES = (
    "tier",
    "stage",
    "source",
    "campaign",
    "category",
    "price_band",
    "channels",
    "day_part",
    "first_year",
)
FIGURES = (
    *("orders", "spend_12m", "orders_12m", "aov_12m", "days_known", "silence", "clv_12m"),
    *("active_days", "variety", "price_place", "acquisition_cost"),
)
MADE_BY: Mapping[str, tuple[str, ...]] = {
    "tier": ("tier", "stage", "orders", "spend_12m", "orders_12m", "aov_12m", "silence", "clv_12m"),
    "stage": ("tier", "stage", "orders", "orders_12m", "silence", "clv_12m", "spend_12m"),
    "action": ("tier", "stage", "orders", "spend_12m", "orders_12m", "aov_12m", "silence", "clv_12m"),
    "segment": (),
}
"""What a group is made by cannot tell what sets it apart: it is left out, and what follows from that."""
EXAMPLES = ("tier=high", "stage=decline", "action=T4h", "segment=KEY")
NO_TRAITS = (
    "select cast(null as varchar) as customer_id, cast(null as varchar) as acquisition_source, cast(null as varchar)"
    " as acquisition_campaign, cast(null as decimal(18, 4)) as acquisition_cost, cast(null as varchar) as top_category,"
    " cast(null as varchar) as price_band, cast(null as varchar) as channels_12m, cast(null as double) as active_hour,"
    " cast(null as bigint) as active_days_12m, cast(null as double) as category_entropy,"
    " cast(null as double) as price_place where false"
)


class NoSuchGroup(InputError):
    """A group is named that nobody can be in."""

    code = "pipeline.no_such_group"
    message = _("{group} names no group of customers.")
    hint = _("Write tier, stage, action or segment, = and a value: {known}.")


def persona_of(warehouse: Warehouse, group: str) -> dict[str, Any]:
    """
    What sets a group of the newest run apart.

    Args:
        warehouse: Of the workspace.
        group: Such as "tier=high", "stage=churned", "action=T4h" or "segment=vips".

    Returns:
        The document, with the group as ``axis`` and ``value``.

    Raises:
        NoSuchGroup: Nobody can be in it.
        NothingPublished: There is no run.
        TooFewToTell: There are too few customers inside or outside.
    """
    run = warehouse.newest("run")
    if run is None:
        raise NothingPublished
    axis, value = _group(group, run)
    left_out = MADE_BY[axis]
    with open_engine() as engine:
        _show(engine, warehouse, run)
        if axis == "segment":
            _check_members(engine, warehouse, run, value)
        _mark(engine, axis, value, is_own=not read_placement(run.details["placement"]).policy.rules.is_usual)
        values = _counted(engine, [name for name in CATEGORIES if name not in left_out])
        found = engine.arrays(f"select {', '.join(FIGURES)}, is_ours from {MARKED} order by customer_id")
    figures = {name: found[name].astype(np.float64) for name in FIGURES if name not in left_out}
    document = persona(values, figures, found["is_ours"].astype(np.bool_)).as_json()
    return {**document, "as_of": str(run.as_of), "axis": axis, "value": value}


def _mark(engine: Engine, axis: str, value: str, *, is_own: bool) -> None:
    """Leave everybody's features, and whether they are in the group."""
    engine.view("features", statement("evergrove.segments", "persona_features"))
    if axis == "segment":
        members = f"select customer_id from {MEMBERS} where segment = $value and exited_on is null"
        ours = f"customer_id in ({members})"
    elif axis == "tier" and is_own:
        ours = f"customer_id in (select customer_id from {TIERS} where own_tier = $value)"
    else:
        ours = f"coalesce({identifier(axis)} = $value, false)"
    engine.create(MARKED, f"select *, {ours} as is_ours from features", value=value)


def _counted(engine: Engine, names: Sequence[str]) -> dict[str, Counted]:
    """How many have each value of each attribute, in one pass; who has several channels counts for each."""
    columns = [identifier(name) for name in names]
    rows = engine.run(
        f"select {', '.join(columns)}, {', '.join(f'grouping({each})' for each in columns)},"
        f" count(*) filter (where is_ours), count(*) filter (where not is_ours) from {MARKED}"
        f" group by grouping sets ({', '.join(f'({each})' for each in columns)})"
    )
    return {name: _of_one(name, k, len(names), rows) for k, name in enumerate(names)}


def _of_one(name: str, place: int, width: int, rows: Sequence[tuple[Any, ...]]) -> Counted:
    """The counts of one attribute: the rows that are grouped by it; where nothing is known of it nobody counts."""
    mine = [
        (row[place], row[-2], row[-1]) for row in rows if row[width + place] == 0 and row[place] is not None
    ]
    counts: dict[str, tuple[int, int]] = {}
    for told, inside, outside in mine:
        for value in told.split(", ") if name == "channels" else (str(told),):
            before = counts.get(value, (0, 0))
            counts[value] = before[0] + inside, before[1] + outside
    return Counted(sum(each[1] for each in mine), sum(each[2] for each in mine), counts)


def _group(group: str, run: Snapshot) -> tuple[str, str]:
    """Axis and value of a group that somebody can be in; a policy may have tiers of its own."""
    axis, _equals, value = (each.strip() for each in group.partition("="))
    tiers = read_placement(run.details["placement"]).policy.rules.keys
    axes: Mapping[str, tuple[str, ...]] = {"tier": tiers, "stage": STAGES, "action": ACTIONS}
    if axis not in MADE_BY or not value or (axis in axes and value not in axes[axis]):
        written = tuple(f"{axis}={each}" for each in axes.get(axis, ()))
        raise NoSuchGroup(group=group, known=written or EXAMPLES)
    return axis, value


def _show(engine: Engine, warehouse: Warehouse, run: Snapshot) -> None:
    for table in (TIERS, SCORES):
        warehouse.show(engine, run, table)
    if not warehouse.show(engine, run, TRAITS):
        engine.view(TRAITS, NO_TRAITS)


def _check_members(engine: Engine, warehouse: Warehouse, run: Snapshot, key: str) -> None:
    """Refuse a segment that nobody is in."""
    if not warehouse.show(engine, run, MEMBERS):
        raise NoSuchGroup(group=f"segment={key}", known=EXAMPLES[:-1])
    keys = [
        str(name)
        for (name,) in engine.run(
            f"select distinct segment from {MEMBERS} where exited_on is null order by segment"
        )
    ]
    if key not in keys:
        raise NoSuchGroup(
            group=f"segment={key}", known=tuple(f"segment={name}" for name in keys) or EXAMPLES[:-1]
        )
