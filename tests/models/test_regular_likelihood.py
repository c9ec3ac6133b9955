"""BG/CNBD-k and MBG/CNBD-k: published fits, the choice of k, derivatives, and BG/NBD as the case k = 1."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import pytest

from evergrove.core import EvergroveWarning
from evergrove.models import BgNbd, FlatRidge, MbgNbd, Summary
from evergrove.models.regular import BgCnbd, InvalidRegularity, MbgCnbd, NoIntervals
from evergrove.models.regular.likelihood import RegularSurface

if TYPE_CHECKING:
    from evergrove.models import TransactionModel

F45 = BgCnbd(r=0.35906, alpha=1.12938, a=0.52282, b=2.78545, k=2)
LETTERS: dict[str, Any] = {"r": 0.5, "alpha": 2.0, "a": 0.3, "b": 0.6}  # F53, k = 3


@pytest.mark.parametrize("k", [2, 3, 4])
def test_grocery_fits_as_published(grocery: Summary, k: int) -> None:
    """F45: the likelihood of each k with its intervals; the parameters at k = 2."""
    fit = BgCnbd.fit(grocery, k)

    assert fit.log_likelihood == pytest.approx({2: -15054.173, 3: -15074.706, 4: -15402.905}[k], abs=0.01)
    if k == F45.k:
        for name, rtol in (("r", 1e-3), ("alpha", 1e-3), ("a", 5e-3), ("b", 5e-3)):
            assert getattr(fit.model, name) == pytest.approx(getattr(F45, name), rel=rtol)


def test_grocery_is_bought_regularly(grocery: Summary) -> None:
    """Both choose k = 2; MBG/CNBD-2 lies 800 above every model without regularity (models.md, 4)."""
    found = {model.name: model.fit(grocery) for model in (BgCnbd, MbgCnbd)}

    assert [fit.model.k for fit in found.values()] == [2, 2]
    assert found["mbg-cnbd"].log_likelihood - MbgNbd.fit(grocery).log_likelihood > 800
    assert found["mbg-cnbd"].standard_errors.keys() == {"r", "alpha", "a", "b"}
    assert found["mbg-cnbd"].covariance.shape == (4, 4)


def test_cdnow_is_bought_by_chance(cdnow: Summary) -> None:
    """F07: k = 2 and 3 are far less likely, so k = 1 is chosen."""
    for k, published in ((2, -9855.327), (3, -10393.565)):
        assert BgCnbd.fit(cdnow, k).log_likelihood == pytest.approx(published, abs=0.01)
    assert MbgCnbd.fit(cdnow, 2).log_likelihood == pytest.approx(-9853.253, abs=0.01)
    assert (BgCnbd.fit(cdnow).model.k, MbgCnbd.fit(cdnow).model.k) == (1, 1)


@pytest.mark.parametrize(("x", "published"), [(3, -10.42500), (4, -12.22396)])
def test_one_history_has_its_published_likelihood(x: int, published: float) -> None:
    """F53, with intervals whose logarithms sum to 3."""
    one, t_x, T, logs = np.array([[x], [12.0], [14.0], [3.0]])
    history = Summary(frequency=one, recency=t_x, T=T, log_intervals=logs)
    assert BgCnbd(**LETTERS, k=3).log_likelihood(history) == pytest.approx(published, abs=5e-6)


@pytest.mark.parametrize("steady", [BgNbd, MbgNbd])
def test_k_of_one_is_the_model_without_regularity(cdnow: Summary, steady: type[BgNbd | MbgNbd]) -> None:
    """Identity 6: the same likelihood of every row, the same fit, the same standard errors."""
    regular = {BgNbd: BgCnbd, MbgNbd: MbgCnbd}[steady]
    plain, found = steady.fit(cdnow), regular.fit(cdnow, 1)
    rows = (cdnow.frequency, cdnow.recency, cdnow.T)

    same = regular(**plain.model.as_dict(), k=1)
    np.testing.assert_allclose(
        same.row_log_likelihood(*rows), plain.model.row_log_likelihood(*rows), rtol=1e-13
    )
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    for name in plain.parameters:
        assert getattr(found.model, name) == pytest.approx(getattr(plain.model, name), rel=1e-6)
        assert found.standard_errors[name] == pytest.approx(plain.standard_errors[name], rel=1e-5)


@pytest.mark.parametrize(("m", "k"), [(0, 1), (0, 2), (1, 2), (1, 3), (0, 6)])
def test_derivatives_are_those_of_the_value(grocery: Summary, m: int, k: int) -> None:
    """Gradient and Hessian against central differences of value and gradient."""
    surface = RegularSurface.over(grocery.counts(), scale=2.7, m=m, k=k)
    theta = np.log([0.7, 0.5, 0.4, 1.3])
    value, gradient, hessian = surface(theta)

    step = 1e-5
    for i in range(4):
        e = step * np.eye(4)[i]
        (up, up_gradient, _), (down, down_gradient, _) = surface(theta + e), surface(theta - e)
        assert gradient[i] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=abs(value) * 1e-9)
        np.testing.assert_allclose(
            hessian[i], (up_gradient - down_gradient) / (2 * step), rtol=1e-6, atol=1e-4
        )
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)


def test_the_surface_is_the_likelihood(grocery: Summary) -> None:
    """Counts in scaled time against the sum over customers, for both models and several k."""
    scale = 3.3
    for model in (F45, MbgCnbd(**LETTERS, k=3), MbgCnbd(**LETTERS, k=1)):
        surface = RegularSurface.over(grocery.counts(), scale, model.m, model.k)
        theta = np.log([model.r, model.alpha / scale, model.a, model.b])
        in_user_time = surface(theta)[0] - float(grocery.frequency.sum()) * log(scale)
        assert in_user_time == pytest.approx(model.log_likelihood(grocery), abs=1e-8)


def test_the_likelihood_is_an_integral_over_customers() -> None:
    """The bracket against quadrature over lambda and p, of one history that left or is silent in some phase."""
    model, (x, t_x, T) = MbgCnbd(**LETTERS, k=3), (2, 5.0, 9.0)

    def silent(rate: mpmath.mpf) -> mpmath.mpf:
        return sum((rate * (T - t_x)) ** j / mpmath.factorial(j) for j in range(3)) * mpmath.exp(-rate * T)

    def density(rate: mpmath.mpf, staying: mpmath.mpf, seen: mpmath.mpf) -> mpmath.mpf:
        prior = model.alpha**model.r * rate ** (model.r - 1) * mpmath.exp(-model.alpha * rate)
        return prior / mpmath.gamma(model.r) * rate ** (3 * x) / mpmath.gamma(3) ** x * staying * seen

    beta = mpmath.beta(model.a, model.b)
    stays = mpmath.beta(model.a, model.b + x + 1) / beta
    leaves = mpmath.beta(model.a + 1, model.b + x) / beta
    points = [0, 0.1, 0.5, 1, 2, 4, 8, 20]
    alive = mpmath.quad(lambda rate: density(rate, stays, silent(rate)), points)
    gone = mpmath.quad(lambda rate: density(rate, leaves, mpmath.exp(-rate * t_x)), points)

    row = np.array([float(x)]), np.array([t_x]), np.array([T])
    assert model.row_log_likelihood(*row)[0] == pytest.approx(float(mpmath.log(alive + gone)), rel=1e-10)
    assert model.alive(*row)[0] == pytest.approx(float(alive / (alive + gone)), rel=1e-10)


def test_weeks_and_days_tell_the_same(grocery: Summary) -> None:
    """Identity 2: in days alpha is 7 times as large, the likelihood lower by ln 7 for each purchase, k the same."""
    weeks, days = MbgCnbd.fit(grocery), MbgCnbd.fit(grocery.in_unit("day"))

    assert days.model.k == weeks.model.k == 2
    assert days.model.alpha == pytest.approx(7 * weeks.model.alpha, rel=1e-6)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - 5569 * log(7), abs=1e-6)
    assert weeks.model.log_likelihood(grocery.in_unit("day")) == pytest.approx(weeks.log_likelihood, abs=1e-7)


def test_counts_keep_the_sum_of_the_logarithms(grocery: Summary) -> None:
    """Whatever rows are joined, in whatever unit: a likelihood reads the total alone."""
    for summary in (grocery, grocery.in_unit("month")):
        counts = summary.counts()
        assert counts.log_intervals is not None
        assert summary.log_intervals is not None
        assert counts.weights @ counts.log_intervals == pytest.approx(summary.log_intervals.sum(), rel=1e-12)
    back = grocery.in_unit("day").in_unit("week")
    assert back.log_intervals is not None
    assert grocery.log_intervals is not None
    np.testing.assert_allclose(back.log_intervals, grocery.log_intervals, atol=1e-12)


def test_without_intervals_k_must_be_given(grocery: Summary) -> None:
    """The parameters do not depend on them, the choice of k and the height of the likelihood do."""
    blind = replace(grocery, log_intervals=None)

    with pytest.raises(NoIntervals, match="MBG/CNBD-k cannot choose k"):
        MbgCnbd.fit(blind)
    fit = MbgCnbd.fit(blind, 2)

    assert fit.model == MbgCnbd.fit(grocery, 2).model
    assert np.isnan(fit.log_likelihood)
    assert np.isnan(fit.model.log_likelihood(blind))
    assert np.isfinite(MbgCnbd.fit(blind, 1).log_likelihood)


@pytest.mark.parametrize("k", [0, -1, 13, 1.5])
def test_k_is_a_small_whole_number(grocery: Summary, k: int) -> None:
    """Anything else is refused by name, in a model and in a fit."""
    with pytest.raises(InvalidRegularity, match=f"k = {k}"):
        BgCnbd(**LETTERS, k=k)
    with pytest.raises(InvalidRegularity, match=f"k = {k}"):
        BgCnbd.fit(grocery, k)


def test_the_choice_goes_on_from_a_steady_fit(grocery: Summary, cdnow: Summary) -> None:
    """The fit at k = 1 is not made again; where nothing is likelier there is no regular model."""
    found = MbgCnbd.fit_if_regular(grocery, MbgNbd.fit(grocery))

    assert found is not None
    assert found.log_likelihood == pytest.approx(MbgCnbd.fit(grocery).log_likelihood, abs=1e-6)
    assert MbgCnbd.fit_if_regular(cdnow, MbgNbd.fit(cdnow)) is None
    with pytest.raises(NoIntervals):
        MbgCnbd.fit_if_regular(replace(cdnow, log_intervals=None), MbgNbd.fit(cdnow))


def test_flat_ridges_are_said_once_and_at_the_callers_line() -> None:
    """Nobody leaves: a and b are not pinned down; of the k that were tried only the chosen one speaks."""
    random = np.random.default_rng(5)
    T = np.full(300, 12.0)
    gaps = random.gamma(3, 1.0, (300, 40))
    times = np.cumsum(gaps, axis=1)
    seen = times <= T[:, None]
    x = seen.sum(axis=1).astype(float)
    t_x = np.where(x > 0, np.where(seen, times, 0.0).max(axis=1), 0.0)
    logs = np.where(seen, np.log(gaps), 0.0).sum(axis=1)
    summary = Summary(frequency=x, recency=t_x, T=T, log_intervals=logs)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EvergroveWarning)
        fit = BgCnbd.fit(summary)

    assert fit.model.k == 3
    assert [type(each) for each in fit.warnings] == [FlatRidge]
    assert [each.message for each in heard] == list(fit.warnings)
    assert heard[0].filename == __file__


@pytest.mark.parametrize("model", [F45, MbgCnbd(**LETTERS, k=5)], ids=lambda model: model.name)
def test_a_regular_model_is_written_down_and_read_back(model: TransactionModel) -> None:
    """Its parameters by name, k among them as a whole number, make the same model."""
    letters = model.as_dict()
    assert isinstance(letters["k"], int)
    assert type(model)(**letters, unit=model.unit) == model
    assert type(model)(**{**letters, "k": float(letters["k"])}, unit=model.unit).as_dict() == letters
