"""Heads: value in two parts over growing horizons, recalibrated; quantiles that hold as often as they say."""

from __future__ import annotations

import json
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.conftest import absent

from evergrove.models.learned import (
    Growth,
    QuantileHead,
    Recalibration,
    Stretch,
    ValueHead,
    conformal_margin,
    fit_quantiles,
    fit_value_head,
    ml_here,
    recalibrate,
)
from evergrove.models.learned.folds import held_back
from evergrove.models.learned.grow import canonical

if TYPE_CHECKING:
    from evergrove.models.types import Floats

NAMES = ("level", "noise")
SMALL = Growth(trees=8, rate=0.2, least_leaf=20)
ASKED = arrays(
    np.float64,
    (7, 2),
    elements=st.one_of(st.floats(-1e9, 1e9), st.just(float("nan"))),
)


@pytest.fixture(autouse=True, scope="module")
def _ml() -> None:
    if not ml_here():
        absent("ml", "scikit-learn is not installed")


def stretches(n: int = 1200, seed: int = 5) -> list[Stretch]:
    """Four stretches; chance and worth rise with the level, and who bought before is known."""
    random = np.random.default_rng(seed)
    level = random.gamma(2.0, 1.0, n)
    X = np.column_stack([level, random.normal(size=n)])
    out, found = np.ones(n, dtype=np.bool_), []
    for days, chance in ((91, 0.4), (183, 0.3), (365, 0.5), (730, 0.6)):
        bought = random.random(n) < chance * level / (1 + level)
        spend = np.where(bought, random.gamma(3.0, 10.0 * level), 0.0)
        days_bought = np.where(bought, 1 + random.poisson(level), 0).astype(np.float64)
        came = {"spend": spend, "purchases": days_bought}
        found.append(Stretch(float(days), X, bought, came, out.copy()))
        out &= ~bought
    return found


@pytest.fixture(scope="module")
def head() -> ValueHead:
    """Learned from them, spend with a size and purchases without."""
    return fit_value_head(stretches(), NAMES, SMALL, {"spend": "level"})


@given(X=ASKED)
@settings(max_examples=40)
def test_no_longer_horizon_brings_less(head: ValueHead, X: Floats) -> None:
    """For any customer, also none that was ever seen: expected values and chances never fall along horizons."""
    for name in ("spend", "purchases"):
        said = head.expected(name, X)
        assert said.shape == (7, 4)
        assert (said[:, 0] >= 0).all()
        assert (np.diff(said, axis=1) >= 0).all()
    chance = head.chance(X)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (np.diff(chance, axis=1) >= 0).all()


def test_horizons_add_up_to_what_comes(head: ValueHead) -> None:
    """On new customers of the same kind, totals and shares by the end of each horizon are those that come."""
    new = stretches(20_000, seed=6)
    X = new[0].X

    spent = np.cumsum([each.came["spend"].sum() for each in new])
    bought = 1 - np.cumprod([1 - each.bought[each.still_out].mean() for each in new])

    # 1,200 customers know a total of this spread to some 5 %, a share to some 1.5 points: three of each.
    np.testing.assert_allclose(head.expected("spend", X).sum(axis=0), spent, rtol=0.15)
    np.testing.assert_allclose(head.chance(X).mean(axis=0), bought, atol=0.045)
    order = np.argsort(head.expected("spend", X)[:, 0])
    assert np.corrcoef(np.argsort(order), np.argsort(np.argsort(X[:, 0])))[0, 1] > 0.9


def test_the_largest_do_not_tie(head: ValueHead) -> None:
    """Beyond the last threshold a size still tells customers apart; trees alone do not."""
    X = np.array([[50.0, 0.0], [100.0, 0.0]])

    spend, purchases = head.expected("spend", X)[:, 0], head.expected("purchases", X)[:, 0]

    assert spend[1] > 1.8 * spend[0]
    assert purchases[1] == purchases[0]


def test_a_head_survives_json_and_shuffling(head: ValueHead) -> None:
    """The same to the last bit from text, and from rows in another order."""
    given_rows = stretches()
    shuffled = np.random.default_rng(8).permutation(len(given_rows[0].bought))
    X = given_rows[0].X

    read = ValueHead.read(json.loads(json.dumps(head.document(), allow_nan=False)))
    again = fit_value_head(
        [each.rows(shuffled) for each in given_rows[1:2]], NAMES, SMALL, {"spend": "level"}
    )

    assert read.horizons == (91.0, 183.0, 365.0, 730.0)
    np.testing.assert_array_equal(read.expected("spend", X), head.expected("spend", X))
    assert again.document()["parts"] == head.document()["parts"][1:2]


@given(
    said=arrays(np.float64, 60, elements=st.floats(0, 1e6)),
    came=arrays(np.float64, 60, elements=st.floats(0, 1e6)),
    asked=arrays(np.float64, 20, elements=st.floats(0, 1e7)),
)
def test_recalibration_keeps_ranking_and_total(said: Floats, came: Floats, asked: Floats) -> None:
    """Whatever is learned from: the map rises, gives nothing for nothing, and its total is the one that came."""
    found = recalibrate(said, came)

    ordered = np.sort(asked)
    assert (np.diff(found(ordered)) >= -1e-9 * np.abs(found(ordered)[1:])).all()
    assert found(np.zeros(1))[0] == 0.0
    if said.mean() > 1e-100 and came.mean() > 1e-100:
        assert found(said).sum() == pytest.approx(came.sum(), rel=1e-9)


def test_recalibration_by_hand() -> None:
    """A forecast of half of what comes in every decile is doubled, inside and beyond; none is left as it is."""
    said = np.arange(1.0, 101.0)

    found = recalibrate(said, 2 * said)

    np.testing.assert_allclose(found(np.array([0.0, 3.0, 50.0, 1000.0])), [0.0, 6.0, 100.0, 2000.0])
    assert recalibrate(said, np.zeros(100)) == Recalibration()
    np.testing.assert_array_equal(Recalibration()(said), said)


def test_a_conformal_margin_by_hand() -> None:
    """Nine scores and 80 %: the eighth; 100 % of them would need more than there are: the largest."""
    low, high = np.zeros(9), np.full(9, 10.0)
    came = np.array([-3.0, 1.0, 5.0, 9.0, 10.5, 11.0, 12.0, 14.0, 20.0])
    # Scores max(low - y, y - high): 3, -1, -5, -1, .5, 1, 2, 4, 10.

    assert conformal_margin(low, high, came, 0.8) == 4.0
    assert conformal_margin(low, high, came, 0.95) == 10.0
    assert conformal_margin(low, high, np.full(9, 5.0), 0.8) == -5.0


@pytest.fixture(scope="module")
def bounded() -> QuantileHead:
    """Quantiles of a wait that grows with the level; trees too deep for the rows, so that raw ones are too narrow."""
    X, y = waits(900, 1)
    return fit_quantiles((X, y), NAMES, (1.0, 90.0), Growth(trees=25, rate=0.3, leaves=16, least_leaf=8))


def waits(n: int, seed: int) -> tuple[Floats, Floats]:
    """Exponential waits whose mean is 5 to 40 days, cut off at 1 and 90."""
    random = np.random.default_rng(seed)
    X = np.column_stack([random.uniform(5, 40, n), random.normal(size=n)])
    return X, np.clip(random.exponential(X[:, 0]), 1.0, 90.0)


def test_corrected_bounds_hold(bounded: QuantileHead) -> None:
    """Where the trees' own bounds hold too seldom, corrected ones hold as often as they say on new customers."""
    X, y = waits(20_000, 2)

    raw, said = bounded.raw(X), bounded.predict(X)

    def share(q: Floats, low: int, high: int) -> float:
        return float(((q[:, low] <= y) & (y <= q[:, high])).mean())

    # The third of 900 that is held back knows a share to sqrt(l (1 - l) / 300): 2.3 and 2.9 points; three of each.
    assert share(raw, 0, 4) < 0.80 - 3 * 0.023
    assert share(said, 0, 4) == pytest.approx(0.80, abs=3 * 0.023)
    assert share(said, 1, 3) == pytest.approx(0.50, abs=3 * 0.029)


@given(
    scores=arrays(np.float64, 12, elements=st.floats(-5, 5), unique=True),
    level=st.sampled_from([0.5, 0.8, 0.9]),
)
def test_each_in_turn_is_the_new_one(scores: Floats, level: float) -> None:
    """
    The finite-sample promise, counted out: of m + 1 exchangeable rows each is the new one as likely as any other.

    Corrected by the other m, the bounds hold for ceil((m + 1) level) of the m + 1, neither more nor fewer.
    """
    n, nought = len(scores), np.zeros(len(scores) - 1)
    # Bounds of nought and outcomes above them: an outcome is its own score.
    margins = [conformal_margin(nought, nought, np.delete(np.abs(scores), i), level) for i in range(n)]
    distinct = len(np.unique(np.abs(scores)))

    held = int((np.abs(scores) <= margins).sum())

    assert held >= ceil(n * level)
    assert held == ceil(n * level) or distinct < n


def test_rows_that_correct_are_not_learned_from() -> None:
    """A third is held back; the trees are those of the other rows alone, to the last bit, in any order of rows."""
    X, y = waits(300, 7)
    form = Growth(trees=4, rate=0.2, least_leaf=20)
    order, back = canonical(X, y), held_back(300)
    rest = X[order][~back], y[order][~back]
    shuffled = np.random.default_rng(1).permutation(300)

    found = fit_quantiles((X, y), NAMES, (1.0, 90.0), form)
    alone = fit_quantiles(rest, NAMES, (1.0, 90.0), form, later=(X[order][back], y[order][back]))
    other = fit_quantiles(rest, NAMES, (1.0, 90.0), form, later=(X[order][back], y[order][back] + 9.0))
    again = fit_quantiles((X[shuffled], y[shuffled]), NAMES, (1.0, 90.0), form)

    assert int(back.sum()) == 100
    assert found.document() == alone.document() == again.document()
    assert other.document()["trees"] == found.document()["trees"]
    assert other.margins != found.margins


@pytest.mark.slow
def test_bounds_hold_as_promised_over_many_samples() -> None:
    """
    100 samples of 240 rows, 80 of which correct: on average over samples 1 - 2l to 1 - 2l + 1 / 81, whatever the trees.

    The share of a sample has a standard error of sqrt(.8 x .2 / 82) = 4.4 points, and of 300 new rows 2.3 more.
    """
    form = Growth(trees=6, rate=0.4, leaves=8, least_leaf=8)
    held, raw = np.zeros(100), np.zeros(100)
    for seed in range(1, 101):
        random = np.random.default_rng(seed)
        X = np.column_stack([random.uniform(5, 40, 540), random.normal(size=540)])
        y = random.exponential(X[:, 0])
        head = fit_quantiles((X[:240], y[:240]), NAMES, (0.0, 1e9), form, levels=(0.1, 0.9))
        for into, said in ((held, head.predict(X[240:])), (raw, head.raw(X[240:]))):
            into[seed - 1] = ((said[:, 0] <= y[240:]) & (y[240:] <= said[:, 1])).mean()

    four = 4 * np.sqrt(0.8 * 0.2 * (1 / 82 + 1 / 300) / 100)
    assert 0.8 - four <= held.mean() <= 0.8 + 1 / 81 + four
    assert raw.mean() < 0.8 - four


def test_split_conformal_follows_later_customers() -> None:
    """Where later customers wait twice as long, bounds corrected on them hold for others of their kind."""
    learned, (X, y), (asked, came) = waits(900, 1), waits(900, 3), waits(20_000, 4)
    slow = np.minimum(2 * y, 90.0), np.minimum(2 * came, 90.0)
    form = Growth(trees=15, rate=0.15, least_leaf=30)

    same = fit_quantiles(learned, NAMES, (1.0, 90.0), form, later=(X, y), levels=(0.1, 0.5, 0.9))
    later = fit_quantiles(learned, NAMES, (1.0, 90.0), form, later=(X, slow[0]), levels=(0.1, 0.5, 0.9))

    def share(head: QuantileHead, came: Floats) -> float:
        said = head.predict(asked)
        return float(((said[:, 0] <= came) & (came <= said[:, 2])).mean())

    # 1.3 points of standard error; cutting waits off at 90 days makes ties, which hold a little more.
    assert share(same, came) == pytest.approx(0.80, abs=0.027)
    assert share(same, slow[1]) < 0.70
    assert 0.80 - 0.027 <= share(later, slow[1]) <= 0.80 + 0.04
    assert later.margins[1] == same.margins[1] == 0.0


@given(X=ASKED)
@settings(max_examples=40)
def test_quantiles_do_not_cross(bounded: QuantileHead, X: Floats) -> None:
    """For any customer they rise along their levels and stay within bounds."""
    said = bounded.predict(X)

    assert (np.diff(said, axis=1) >= 0).all()
    assert ((said >= 1) & (said <= 90)).all()


def test_quantiles_survive_json(bounded: QuantileHead) -> None:
    """The same to the last bit."""
    X, _y = waits(300, 5)

    read = QuantileHead.read(json.loads(json.dumps(bounded.document(), allow_nan=False)))

    np.testing.assert_array_equal(read.predict(X), bounded.predict(X))
