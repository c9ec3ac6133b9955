"""The overview and the cohorts of a night, as rows of a small published table: whoever reads them counts nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from evergrove.core import InputError, _
from evergrove.pipeline.foretold import drift, purchases_ahead
from evergrove.pipeline.joined import under_todays_names
from evergrove.pipeline.nights import SCORES, TIERS
from evergrove.report.cohort_overview import FORMAT as COHORTS
from evergrove.report.cohort_overview import Ahead, cohorts_by_month, cohorts_by_source
from evergrove.report.overview import FORMAT, NOT_THERE, Then, overview_figures
from evergrove.scoring.readiness import readiness
from evergrove.segments.codes import NO_CODE, STAGES
from evergrove.segments.codes import TIERS as TIER_NAMES
from evergrove.segments.states.placement import read_placement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evergrove.pipeline.nights import Night
    from evergrove.scoring.types import Readiness, Scores, Totals
    from evergrove.warehouse import Engine, Snapshot, Warehouse

OVERVIEW = "overview"
"""Name of the table: columns ``part`` and ``document``."""
BASE, MONTHS, SOURCES = "overview", "cohorts_by_month", "cohorts_by_source"
"""Its parts; the last one where it is known from where customers came."""
ROWS, THEN = "overview_rows", "stood_then"
WORTH = ("value_at_stake", "value_likely_lost", "customers", "expected_active", "active_share")
"""Figures of an earlier run that stand beside tonight's."""


class UnknownOverview(InputError):
    """A run's overview was written by a later release."""

    code = "pipeline.unknown_overview"
    message = _("The overview of the newest run has the format {found}; this version reads {known}.")
    hint = _("Run once more, or use the version that published it.")


@dataclass(frozen=True, eq=False)
class Foreseen:
    """What a night foretells, as the report's figures read it."""

    scores: Scores
    totals: Totals
    readiness: Readiness


def with_overview(
    engine: Engine,
    warehouse: Warehouse,
    queries: Mapping[str, str],
    found: Night,
    month_ago: Snapshot | None,
) -> dict[str, str]:
    """
    A night's tables, and the one that sums them up.

    Args:
        engine: As the night left it, and as its queries did.
        warehouse: Where earlier results lie.
        queries: Of the other tables.
        found: The night.
        month_ago: The run about a month before; None: there is none.
    """
    parts = _parts(engine, warehouse, found, month_ago)
    told = {name: json.dumps(part, ensure_ascii=False, allow_nan=False) for name, part in parts.items()}
    engine.register(ROWS, pa.table({"part": list(told), "document": list(told.values())}))
    return {**queries, OVERVIEW: f"select part, document from {ROWS} order by part"}


def _parts(
    engine: Engine, warehouse: Warehouse, found: Night, month_ago: Snapshot | None
) -> dict[str, dict[str, Any]]:
    base, scored = found.base, found.scored
    earlier = {} if month_ago is None else read_parts(engine, warehouse, month_ago).get(BASE, {})
    ready = readiness(base.frequency, base.T, base.mean_day_spend if base.has_amounts else None)
    parts = {
        BASE: overview_figures(
            base,
            Foreseen(scored.scores, scored.totals, ready),
            found.states,
            active_days=found.settings.stages.active_days,
            basis=scored.terms.basis,
            currency=found.settings.value.currency,
            then=None if month_ago is None else _then(engine, warehouse, found, month_ago, earlier),
        )
        | {"left_out": dict(found.left_out or {}), "model": scored.model}
        | {"ahead": purchases_ahead(found), "drift": drift(engine, found, earlier) if earlier else None}
    }
    ahead = Ahead(scored, base)
    parts[MONTHS] = cohorts_by_month(engine, base, ahead)
    if "traits_now" in engine.names and (sources := _sources(engine)) is not None:
        parts[SOURCES] = cohorts_by_source(engine, base, ahead, sources)
    return parts


def _sources(engine: Engine) -> Sequence[str | None] | None:
    """From where each customer came, in the order of ``customer_summary``; None where nobody was told of."""
    found: list[str | None] = engine.arrow("select acquisition_source from traits_now order by customer_id")[
        "acquisition_source"
    ].to_pylist()
    return found if any(found) else None


def _then(
    engine: Engine, warehouse: Warehouse, found: Night, month_ago: Snapshot, earlier: Mapping[str, Any]
) -> Then:
    """Where tonight's roster stood in an earlier run, under the names that persons have today."""
    assert month_ago.as_of is not None  # noqa: S101 - runs have a day
    for table in (TIERS, SCORES):
        warehouse.show(engine, month_ago, table, f"{THEN}_{table}")
    engine.create(
        f"{THEN}_told",
        f"select t.customer_id, t.tier, t.stage, s.clv_12m, s.basis, s.currency from {THEN}_{TIERS} t"
        f" left join {THEN}_{SCORES} s on s.customer_id = t.customer_id",
    )
    under_todays_names(engine, f"{THEN}_told", THEN)
    rows = engine.arrays(
        f"select {_code('t.tier', TIER_NAMES)} as tier, {_code('t.stage', STAGES)} as stage, t.clv_12m, t.basis,"
        f" t.currency from roster r left join {THEN} t on t.customer_id = cast(r.customer_id as varchar) order by r.row"
    )
    engine.drop(THEN, f"{THEN}_told", f"{THEN}_{TIERS}", f"{THEN}_{SCORES}")
    terms = (found.scored.terms.basis, found.settings.value.currency)
    same = [_all_are(rows[name], value) for name, value in zip(("basis", "currency"), terms, strict=True)]
    value = np.asarray(rows["clv_12m"], dtype=np.float64)
    return Then(
        month_ago.as_of,
        np.asarray(rows["tier"], dtype=np.int64),
        np.asarray(rows["stage"], dtype=np.int64),
        value if all(same) else np.full(len(value), np.nan),
        {name: earlier["figures"][name]["value"] for name in WORTH} if earlier and all(same) else {},
        same_policy=read_placement(month_ago.details["placement"]).policy == found.placement.policy,
    )


def _code(column: str, names: Sequence[str]) -> str:
    """A name's number; ``NO_CODE`` without one, ``NOT_THERE`` for who was not there."""
    cases = " ".join(f"when '{name}' then {code}" for code, name in enumerate(names))
    return (
        f"cast(case when t.customer_id is null then {NOT_THERE} else coalesce(case {column} {cases} end, {NO_CODE}) end"
        " as bigint)"
    )


def _all_are(values: NDArray[Any], wanted: str) -> bool:
    """Whether all that is told is one thing; what is masked is not told."""
    return set(np.ma.compressed(np.ma.asarray(values))) <= {wanted}


def read_parts(engine: Engine, warehouse: Warehouse, run: Snapshot) -> dict[str, Any]:
    """
    The documents that a run published, by part; empty where it published none.

    Raises:
        UnknownOverview: A document is of a later release.
    """
    name = f"{OVERVIEW}_of_{run.id}"
    if not warehouse.show(engine, run, OVERVIEW, name):
        return {}
    told = engine.run(f"select part, document from {name}")
    engine.drop(name)
    found = {part: json.loads(document) for part, document in told}
    for part, document in found.items():
        known = FORMAT if part == BASE else COHORTS
        if document["format"] != known:
            raise UnknownOverview(found=document["format"], known=known)
    return found
