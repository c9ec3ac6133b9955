"""When customers fall due, one cause at a time, against days worked out by hand or by asking every day."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.models import BgNbd, GammaGamma, ParetoNbd, Summary
from evergrove.models.regular.mbg_cnbd import MbgCnbd
from evergrove.scoring.score import purchase_chance
from evergrove.segments.clock.chance import until_chance_is_low
from evergrove.segments.clock.dated import Dated
from evergrove.segments.clock.figures import until_band_changes
from evergrove.segments.clock.search import COARSE, first_day
from evergrove.segments.clock.silence import RANK, until_month_ends
from evergrove.segments.clock.trend import until_direction_changes
from evergrove.segments.clock.types import BECAUSE, HORIZON, Because, clipped
from evergrove.segments.clock.words import BECAUSE_WORDS
from evergrove.segments.codes import Criterion, StageRule
from evergrove.segments.measures.trend import order_trend
from evergrove.segments.stages.rules import STAGE_OF
from evergrove.segments.tiers.assign import criteria_of, tiers_by
from evergrove.segments.tiers.outlook import Outlook, Rows
from evergrove.segments.tiers.policy import TierPolicy
from evergrove.settings import StageSettings

STAGES = StageSettings()
WINDOW = STAGES.trend_window_days
POLICY = TierPolicy(
    bounds={
        Criterion.SPEND: (1000.0, 2000.0, 5000.0),
        Criterion.FREQUENCY: (1, 3, 6),
        Criterion.AVERAGE_ORDER: (200.0, 400.0, 800.0),
    }
)
PROCESSES = (
    ParetoNbd(r=0.55, alpha=10.6, s=0.6, beta=11.7, unit="week"),
    BgNbd(r=0.24, alpha=4.4, a=0.8, b=2.4, unit="week"),
    MbgCnbd(k=3, r=0.9, alpha=4.0, a=0.6, b=1.8, unit="week"),
)


class Sized(SimpleNamespace):
    """Columns of customers."""

    def __len__(self) -> int:
        return len(self.frequency)


def dated(*entries: tuple[int, int, float], customers: int = 1, first: bool = False) -> Dated:
    """Entries of (row, day, amount); a negative amount is a credit. ``first``: each customer's first is the first ever."""
    row, day, amount = (np.array([each[k] for each in sorted(entries)]) for k in range(3))
    orders = (amount > 0).astype(np.int64)
    repeats = orders.copy()
    if first:
        repeats[np.unique(row, return_index=True)[1]] = 0
    money = np.round(amount * 10_000).astype(np.int64)
    return Dated(customers, 2 * 365, row, day, orders, repeats, money)


def tiering(spend: float, repeats: int, orders: int) -> Any:
    """Of one customer, today."""
    figures = (np.array([spend]), np.array([orders]), np.array([repeats]), np.array([spend / orders]))
    return tiers_by(criteria_of(*figures, POLICY), POLICY.stated(), POLICY)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_a_search_finds_the_day_on_which_it_begins_to_hold(begins: list[int]) -> None:
    """Day by day exactly; on coarse steps never late, and early by no more than a half of the wait."""
    began = np.array(begins)

    def holds(rows: Any, days: Any) -> Any:
        return days >= began[rows]

    exact = first_day(holds, len(began), np.arange(HORIZON + 1, dtype=np.int32))
    coarse = first_day(holds, len(began), COARSE)

    due = np.clip(began, 1, HORIZON)
    assert (exact == due).all()
    assert (coarse <= due).all()
    assert (coarse >= due / 2).all()


def test_figures_change_when_the_order_that_holds_them_leaves() -> None:
    """Of 1,200 in two orders, 300 of them 100 days ago and 900 20 days ago, 900 are left after 265 days: low."""
    two = dated((0, -100, 300.0), (0, -20, 900.0))

    assert until_band_changes(two, tiering(1200.0, 2, 2), POLICY).tolist() == [365 - 100]
    # Spend of 3,000 stays in its band without the 300, but the mean order rises from 750 to 1,350.
    lifted = dated((0, -100, 300.0), (0, -20, 1350.0), (0, -20, 1350.0), (0, -10, 0.001))
    assert until_band_changes(lifted, tiering(3000.001, 4, 4), POLICY).tolist() == [365 - 100]


def test_money_that_went_back_leaves_the_year_too() -> None:
    """A credit of 300 keeps 1,100 at 800; on the day it leaves, spend is in the next band again."""
    returned = dated((0, -300, -300.0), (0, -200, 550.0), (0, -200, 550.0))

    assert until_band_changes(returned, tiering(800.0, 2, 2), POLICY).tolist() == [365 - 300]


def test_orders_of_one_day_leave_together() -> None:
    """Each alone would change a band; only what is left after all of the day counts."""
    same = dated((0, -50, 500.0), (0, -50, 500.0), (0, -5, 10.0))

    assert until_band_changes(same, tiering(1010.0, 3, 3), POLICY).tolist() == [365 - 50]


def test_without_orders_in_a_year_no_figure_changes() -> None:
    """Nothing can leave."""
    assert until_band_changes(dated((0, -400, 5.0)), tiering(0.001, 0, 1), POLICY).tolist() == [HORIZON]


@given(
    st.lists(
        st.tuples(st.integers(0, 330), st.lists(st.integers(0, 330), max_size=6)), min_size=1, max_size=12
    )
)
def test_a_direction_holds_until_it_is_due(drawn: list[tuple[int, list[int]]]) -> None:
    """Asked on every one of 200 days ahead, nobody's direction is another before the day; for the old it is one then."""
    shop = [sorted({first, *(min(each, first) for each in rest)}, reverse=True) for first, rest in drawn]
    entries = [(row, -ago, 1.0) for row, days in enumerate(shop) for ago in days]
    age = np.array([days[0] for days in shop])
    known = dated(*entries, customers=len(shop), first=True)

    ahead = np.arange(201)[:, None]

    def counted(back: int) -> Any:
        return np.stack([np.sum(-np.array(days) > ahead - back, axis=1) for days in shop], axis=1)

    recent, both, then = counted(WINDOW), counted(2 * WINDOW), age + ahead
    flat: list[Any] = [each.ravel() for each in (recent, both - recent, then)]
    told = order_trend(flat[0], flat[1], flat[2], WINDOW, STAGES.trend_certainty)
    direction = told.direction.reshape(then.shape)
    due = until_direction_changes(known, age, direction[0], np.ones(len(shop), dtype=np.bool_), STAGES)

    other = direction != direction[0]
    changed = np.where(other.any(axis=0), other.argmax(axis=0), HORIZON)
    assert (due <= changed).all()
    old = (age >= 2 * WINDOW) & (changed < HORIZON)
    assert (due[old] == changed[old]).all()


@pytest.mark.parametrize("process", PROCESSES, ids=lambda each: type(each).__name__)
def test_in_silence_a_chance_falls_below_a_cut_once_and_for_all(process: Any) -> None:
    """Also of regular buyers, whose chance rises first: once below any cut that it was above, it stays below."""
    x, t_x = (each.ravel() for each in np.meshgrid([0, 1, 2, 5, 12], [0, 7, 40, 200, 500]))
    x, t_x = x[(x > 0) == (t_x > 0)], t_x[(x > 0) == (t_x > 0)]
    chance = np.stack(
        [purchase_chance(process, Rows(x, t_x, t_x + k, x + 1, x * 0.0), 180.0) for k in range(0, 900, 3)]
    )

    peak = chance.argmax(axis=0)
    for column, top in enumerate(peak):
        assert (np.diff(chance[top:, column]) <= 1e-9).all()
        assert (np.diff(chance[: top + 1, column]) >= -1e-9).all()


@pytest.mark.parametrize("criterion", [Criterion.SPEND, Criterion.FREQUENCY, Criterion.AVERAGE_ORDER])
@pytest.mark.parametrize("process", PROCESSES, ids=lambda each: type(each).__name__)
def test_in_silence_a_bound_is_kept_with_less_and_less(process: Any, criterion: Criterion) -> None:
    """Once it is unlikely enough for a check to count, or to count sooner, it stays so; of regular buyers too."""
    x, t_x = np.array([0, 1, 3, 8, 20]), np.array([0, 60, 150, 200, 400])
    mean = np.full(5, 300.0)
    summary = Summary(
        x.astype(float), t_x.astype(float), t_x + 1.0, unit="day", monetary_value=mean, mean_day_spend=mean
    )
    base = Sized(
        frequency=x,
        recency=t_x,
        T=t_x,
        orders=x + 1,
        historic_value=mean * (x + 1),
        has_amounts=True,
        summary=lambda _unit: summary,
    )
    spend = SimpleNamespace(model=GammaGamma(p=4.0, q=4.0, gamma=900.0))
    kept = SimpleNamespace(
        process=process, fits=SimpleNamespace(spend=spend), unit="week", convention="all_days", shop=None
    )
    outlook = Outlook(cast("Any", base), cast("Any", kept))
    bound = np.full(5, {Criterion.SPEND: 900.0, Criterion.FREQUENCY: 3.0}.get(criterion, 250.0))

    chance = np.stack([outlook.keeps(criterion, bound, np.arange(5), days) for days in range(0, 900, 9)])

    peak = chance.argmax(axis=0)
    for column, top in enumerate(peak):
        assert (np.diff(chance[top:, column]) <= 1e-9).all()
        assert (np.diff(chance[: top + 1, column]) >= -1e-9).all()
    assert (chance[-1] < chance[0])[1:].all()  # BG/NBD lets nobody leave before a repeat


@pytest.mark.parametrize("process", PROCESSES, ids=lambda each: type(each).__name__)
def test_the_day_of_a_low_chance_is_the_one_found_by_asking_every_day(process: Any) -> None:
    """For each history, the first day on which the chance lies below the cut."""
    x = np.array([0, 1, 1, 3, 8])
    base = Rows(x, np.array([0, 30, 90, 200, 300]), np.array([10, 60, 100, 230, 301]), x + 1, x * 0.0)
    cut = 0.35
    asked = purchase_chance(process, base, 180.0) >= cut

    found = until_chance_is_low(process, base, asked, cut, 180.0)  # type: ignore[arg-type]

    for row in range(len(x)):
        expected = HORIZON
        for ahead in range(1, HORIZON):
            one = Rows(
                *(np.asarray(each)[[row]] for each in (base.frequency, base.recency, base.T + ahead, x, x))
            )
            if asked[row] and purchase_chance(process, one, 180.0)[0] < cut:
                expected = ahead
                break
        assert found[row] == expected
    assert (found < HORIZON).any()


def test_who_was_high_is_due_on_the_next_month_end() -> None:
    """Of 30 June the month end of that day counts already: the next is 31 July."""
    was = np.array([True, False])

    assert until_month_ends(was, date(2026, 6, 30)).tolist() == [31, HORIZON]
    assert until_month_ends(was, date(2026, 2, 27)).tolist() == [1, HORIZON]


def test_days_ahead_are_whole_and_never_today() -> None:
    """What has no end is the horizon; what is over is tomorrow."""
    days = clipped(np.array([-3.0, 0.0, 1.0, 40.0, 9999.0, np.inf, np.nan]))

    assert days.tolist() == [1, 1, 1, 40, HORIZON, HORIZON, HORIZON]


def test_every_rule_and_every_reason_has_its_place() -> None:
    """Rules that bring decline or churn are ranked, the others are not; every code has words."""
    ranked = {rule for rule in StageRule if STAGE_OF[rule].name in {"DECLINE", "CHURNED"}}

    assert set(RANK) == ranked
    assert set(BECAUSE_WORDS) == set(Because)
    assert len(BECAUSE) == len(Because)
