"""What a run says of the base as a whole: figures, concentration, the grid of tiers and stages, and who went where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.report.cells import Cells, cell_of, edge, grid
from evergrove.report.concentration import concentration
from evergrove.report.headline import headline
from evergrove.report.numbers import iso, money, ratio, share, sums_by, total
from evergrove.report.windows import windows
from evergrove.scoring.totals import UNSURE, value_at_risk
from evergrove.segments.codes import NO_CODE, STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.customers import CustomerBase
    from evergrove.models import Floats
    from evergrove.report.types import Figures, Foretold, Placed
    from evergrove.scoring.types import Scores

    Codes = NDArray[np.int64]

FORMAT = "evergrove.overview/1"
NOT_THERE = -2
"""Instead of a code: nobody had heard of the customer."""
NEWCOMER = "newcomer"


@dataclass(frozen=True, eq=False)
class Then:
    """
    Where those who are known tonight stood in an earlier run, row by row; arrays of shape (N,).

    Attributes:
        as_of: Its day.
        tier: ``Tier`` codes; NO_CODE: without one, NOT_THERE: not heard of yet.
        stage: The same of stages.
        clv_12m: NaN where there is none, and everywhere where it meant something else than tonight.
        figures: Headline figures by name, as that run published them; empty where it published none.
        same_policy: Whether tiers and stages went by tonight's rules.
    """

    as_of: date
    tier: Codes
    stage: Codes
    clv_12m: Floats
    figures: Mapping[str, Any]
    same_policy: bool


@dataclass(frozen=True, eq=False)
class _Stood:
    """Where some of them stand."""

    tier: Codes
    stage: Codes
    action: Codes


def overview_figures(
    base: CustomerBase,
    foretold: Foretold,
    placed: Placed,
    *,
    active_days: int,
    basis: str,
    currency: str,
    then: Then | None,
) -> Figures:
    """
    All of it as one document; each figure as the report has it.

    Args:
        base: The customers who bought, n of them.
        foretold: Of the same.
        placed: Where everybody stands: these n, and then who has not bought. Shape (N,).
        active_days: Horizon of the chance of another order.
        basis: What value means.
        currency: ISO code or empty.
        then: Where they stood about a month before; None: nobody knows.
    """
    first = base.first_order_date.min().astype("datetime64[D]").item()
    spans = windows(first, base.observation_end, active_days, None)
    scores, spend = _with_others(foretold.scores, base.spend_12m, len(placed.tier) - len(base))
    there = np.flatnonzero(placed.stage >= 0)  # of whom everything went back, nobody knows a stage
    among, known = _among(placed, there), _some(scores, there)
    cells = Cells(among, known, spend[there])
    return {
        "format": FORMAT,
        "as_of": iso(base.observation_end),
        "first_date": iso(first),
        "basis": basis,
        "currency": currency,
        "figures": _figures(base, foretold, spans),
        "before": None if then is None else {"as_of": iso(then.as_of), "figures": dict(then.figures)},
        "concentration": concentration(foretold.scores.clv_12m, base.spend_12m, spans),
        "tiers": edge(cells, "tier", spans),
        "stages": edge(cells, "stage", spans),
        "grid": _compared(_with_undecided(grid(cells, spans), among, known), then),
        "leaving": leaving(foretold.scores),
        "flows": None if then is None else _flows(placed, scores.clv_12m, then, base.observation_end),
    }


def _figures(base: CustomerBase, foretold: Foretold, spans: dict[str, Any]) -> Figures:
    """Those at the top of the report, and which share of all customers is expected to order."""
    found = headline(base, foretold, spans)
    active = found["expected_active"]
    known = np.nan if active["value"] is None else ratio(active["value"], len(base))
    return found | {"active_share": active | {"value": share(known), "unit": "share"}}


def leaving(scores: Scores) -> Figures:
    """How many customers are neither surely there nor surely gone, and what is likely lost of them."""
    unsure = _unsure(scores)
    lost = total(value_at_risk(scores)[unsure])
    return {
        "definition": "look_at_first",
        "p_alive": list(UNSURE),
        "customers": int(unsure.sum()),
        "likely_lost": money(lost),
    }


def _unsure(scores: Scores) -> NDArray[np.bool_]:
    low, high = UNSURE
    unsure: NDArray[np.bool_] = (scores.p_alive >= low) & (scores.p_alive <= high)
    return unsure


def _with_undecided(now: Figures, placed: _Stood, scores: Scores) -> Figures:
    """
    The grid with those of each cell of whom it is not decided whether they stay.

    What is likely lost of a cell is mostly of customers who have long gone: this is the part that a word can still save.
    """
    unsure = _unsure(scores)
    cells, size = cell_of(placed)[unsure], (len(TIERS) + 1) * len(STAGES)
    customers, lost = np.bincount(cells, minlength=size), sums_by(cells, value_at_risk(scores)[unsure], size)
    known = bool(np.isfinite(scores.clv_12m).any())

    def of(row: Figures) -> Figures:
        tier = 0 if row["tier"] is None else 1 + TIERS.index(row["tier"])
        cell = tier * len(STAGES) + STAGES.index(row["stage"])
        return {"customers": int(customers[cell]), "likely_lost": money(lost[cell]) if known else None}

    return now | {"rows": [row | {"undecided": of(row)} for row in now["rows"]]}


def _with_others(scores: Scores, spend: Floats, others: int) -> tuple[Scores, Floats]:
    """Scores and spend with a row of nothing for each who has not bought."""
    if not others:
        return scores, spend
    nothing = np.full(others, np.nan)
    columns = {name: np.concatenate([values, nothing]) for name, values in scores.columns().items()}
    return replace(scores, **columns), np.concatenate([spend, nothing])


def _some(scores: Scores, rows: NDArray[np.intp]) -> Scores:
    return replace(scores, **{name: values[rows] for name, values in scores.columns().items()})


def _among(placed: Placed, rows: NDArray[np.intp]) -> _Stood:
    return _Stood(placed.tier[rows], placed.stage[rows], placed.action[rows])


def _compared(now: Figures, then: Then | None) -> Figures:
    """The grid with what each cell held then; cells that nobody stands in any more are rows too."""
    if then is None:
        return now | {"rows": [row | {"before": None} for row in now["rows"]]}
    there = then.stage >= 0
    cells = cell_of(_Stood(then.tier[there], then.stage[there], then.stage[there]))  # nobody asks for actions
    size = (len(TIERS) + 1) * len(STAGES)
    customers, value = np.bincount(cells, minlength=size), sums_by(cells, then.clv_12m[there], size)
    known = bool(np.isfinite(then.clv_12m).any())
    before = {
        (TIERS[cell // len(STAGES) - 1] if cell >= len(STAGES) else None, STAGES[cell % len(STAGES)]): {
            "customers": int(customers[cell]),
            "clv_12m": money(value[cell]) if known else None,
        }
        for cell in range(size)
    }
    rows = [row | {"before": before.pop((row["tier"], row["stage"]))} for row in now["rows"]]
    left = [
        {
            "tier": tier,
            "stage": stage,
            "customers": 0,
            "clv_12m": 0.0 if known else None,
            "likely_lost": 0.0 if known else None,
            "action": None,
            "call_back": 0,
            "undecided": {"customers": 0, "likely_lost": 0.0 if known else None},
            "before": each,
        }
        for (tier, stage), each in before.items()
        if each["customers"]
    ]
    return now | {"rows": [*rows, *left]}


def _flows(placed: Placed, clv_12m: Floats, then: Then, until: date) -> Figures:
    """
    Customers by where they stood then and stand now, as the stored moves say it.

    Who never stood anywhere does not count; who was known without a place on the axis and has one now is new on it.
    """
    found: Figures = {
        "since": iso(then.as_of),
        "until": iso(until),
        "same_policy": then.same_policy,
    }
    for axis, names in (("tier", TIERS), ("stage", STAGES)):
        now = np.asarray(getattr(placed, axis), dtype=np.int64)
        was = getattr(then, axis)
        if axis == "tier":  # a prospect has no tier yet; who has no stage either was placed nowhere
            was = np.where((was == NO_CODE) & (then.stage >= 0), NOT_THERE, was)
        found[axis] = _streams(was, now, clv_12m, names)
    return found


def _streams(was: Codes, now: Codes, clv_12m: Floats, names: tuple[str, ...]) -> list[Figures]:
    counts = (now != NO_CODE) | (was >= 0)
    size = len(names) + 1
    key = (was[counts] - NOT_THERE) * size + (now[counts] - NO_CODE)
    total = (len(names) - NOT_THERE) * size
    customers, value = np.bincount(key, minlength=total), sums_by(key, clv_12m[counts], total)
    befores, afters = (NEWCOMER, None, *names), (None, *names)
    known = bool(np.isfinite(clv_12m).any())
    return [
        {
            "from": befores[each // size],
            "to": afters[each % size],
            "customers": int(customers[each]),
            "clv_12m": money(value[each]) if known else None,
        }
        for each in np.flatnonzero(customers)
    ]
