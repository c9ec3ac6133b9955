"""Fits with covariates: published figures, limits, and what must not change them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import special

from evergrove.models import BgNbd, Fit, FlatRidge, MbgNbd, ParetoNbd, Summary
from evergrove.models.covariates import (
    Covariates,
    WithCovariates,
    aic,
    bic,
    fit_covariates,
    likelihood_ratio,
)
from evergrove.models.covariates.design import distinct
from evergrove.models.covariates.errors import NotNested

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models import Floats

    Columns = dict[str, Floats]
    Likelihood = Callable[[Floats, Columns, Summary], float]

MODELS: tuple[Any, ...] = (ParetoNbd, BgNbd, MbgNbd)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@pytest.fixture(scope="module")
def clothes(apparel: Callable[[int], Summary]) -> Summary:
    """Apparel after 104 weeks."""
    return apparel(104)


@pytest.fixture(scope="module")
def known(shared: Callable[[str], Path], apparel_days: Any) -> Columns:
    """Gender and channel of the same customers, in the summary's order."""
    with shared("clv/apparel_static_covariates.csv").open(encoding="utf-8") as stream:
        of = {int(row["customer_id"]): row for row in csv.DictReader(stream)}
    return {
        name: np.array([float(of[customer][name]) for customer in apparel_days.of])
        for name in ("gender", "channel")
    }


@pytest.fixture(scope="module")
def published(clothes: Summary, known: Columns) -> Fit[WithCovariates[ParetoNbd]]:
    """Gender and channel on both processes."""
    return fit_covariates(ParetoNbd, clothes, known)


def test_published_fit_with_gender_and_channel(published: Fit[WithCovariates[ParetoNbd]]) -> None:
    """F58."""
    model = published.model
    found = [model.base.r, model.base.alpha, model.base.s, model.base.beta]
    np.testing.assert_allclose(found, [1.8387, 92.94, 0.5913, 49.50], rtol=2e-3)
    np.testing.assert_allclose(
        [model.dropout[n] for n in ("gender", "channel")], [-0.6428, 0.7902], rtol=2e-3
    )
    np.testing.assert_allclose(
        [model.purchase[n] for n in ("gender", "channel")], [0.2860, 0.6239], rtol=2e-3
    )
    assert published.log_likelihood == pytest.approx(-5821.0627, abs=0.01)
    assert published.parameters == (
        *("r", "alpha", "s", "beta"),
        *("purchase.gender", "purchase.channel", "dropout.gender", "dropout.channel"),
    )
    assert published.warnings == ()


@every_model
def test_without_covariates_it_is_the_plain_fit(model: Any, clothes: Summary, known: Columns) -> None:
    """F54 and its like: no slopes, the same likelihood, letters and errors."""
    plain = model.fit(clothes)
    fit = fit_covariates(model, clothes, known, purchase=(), dropout=())
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-7)
    for name in model.parameters:
        assert getattr(fit.model.base, name) == pytest.approx(getattr(plain.model, name), rel=1e-5)
        assert fit.standard_errors[name] == pytest.approx(plain.standard_errors[name], rel=1e-4)


def test_information_criteria_are_the_published_ones(clothes: Summary) -> None:
    """F54: AIC 11704.1957, BIC 11721.7834."""
    plain = ParetoNbd.fit(clothes)
    assert aic(plain) == pytest.approx(11704.1957, abs=0.02)
    assert bic(plain) == pytest.approx(11721.7834, abs=0.02)


@every_model
def test_slopes_of_nought_are_the_plain_model(model: Any, clothes: Summary, known: Columns) -> None:
    """The likelihood with all slopes 0 is the model's own, which is worked out in another way."""
    base = model.fit(clothes).model
    still = WithCovariates(base, purchase=dict.fromkeys(known, 0.0), dropout=dict.fromkeys(known, 0.0))
    assert still.log_likelihood(clothes, known) == pytest.approx(base.log_likelihood(clothes), abs=1e-8)


@every_model
def test_groups_by_covariate_have_letters_of_their_own(model: Any, clothes: Summary, known: Columns) -> None:
    """With two columns of 0 and 1 the likelihood is that of four plain models, each on its customers."""
    base = model.fit(clothes).model
    slopes = {"gender": 0.3, "channel": -0.4}
    both = WithCovariates(base, purchase=slopes, dropout={"gender": -0.2})
    total = 0.0
    for gender in (0.0, 1.0):
        for channel in (0.0, 1.0):
            here = (known["gender"] == gender) & (known["channel"] == channel)
            x, t_x, T = (v[here] for v in (clothes.frequency, clothes.recency, clothes.T))
            letters = base.as_dict()
            letters["alpha"] *= np.exp(-0.3 * gender + 0.4 * channel)
            if model is ParetoNbd:
                letters["beta"] *= np.exp(0.2 * gender)
            else:
                letters["a"] *= np.exp(-0.2 * gender)
            total += model(**letters).log_likelihood(Summary(frequency=x, recency=t_x, T=T))
    assert both.log_likelihood(clothes, known) == pytest.approx(total, abs=1e-8)


# -- standard errors --------------------------------------------------------------------------------


def pareto_as_published(letters: Floats, moved: Columns, rows: Summary) -> float:
    """The difference of two hypergeometric functions that the papers and CLVTools compute."""
    r, s = letters[0], letters[2]
    a0, b0 = letters[1] * moved["alpha"], letters[3] * moved["beta"]
    x, t_x, T = rows.frequency, rows.recency, rows.T
    far, near = np.maximum(a0, b0), np.minimum(a0, b0)
    second = np.where(a0 >= b0, s + 1, r + x)

    def part(t: Floats) -> Floats:
        z = (far - near) / (far + t)
        return np.asarray(special.hyp2f1(r + s + x, second, r + s + x + 1, z) / (far + t) ** (r + s + x))

    left = s / (r + s + x) * (part(t_x) - part(T))
    stayed = (a0 + T) ** -(r + x) * (b0 + T) ** -s
    start = special.gammaln(r + x) - special.gammaln(r) + r * np.log(a0) + s * np.log(b0)
    return float((start + np.log(stayed + left)).sum())


def beta_geometric_as_published(m: int) -> Likelihood:
    """Both branches with beta functions."""

    def likelihood(letters: Floats, moved: Columns, rows: Summary) -> float:
        r, b = letters[0], letters[3]
        alpha, a = letters[1] * moved["alpha"], letters[2] * moved["a"]
        x, t_x, T = rows.frequency, rows.recency, rows.T
        start = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) - special.betaln(a, b)
        stays = special.betaln(a, b + x + m) - (r + x) * np.log(alpha + T)
        last = special.betaln(a + 1, b + np.maximum(x + m, 1) - 1) - (r + x) * np.log(alpha + t_x)
        return float((start + np.logaddexp(stays, np.where(x + m > 0, last, -np.inf))).sum())

    return likelihood


@pytest.mark.parametrize(
    ("model", "likelihood", "letter", "sign"),
    [
        (ParetoNbd, pareto_as_published, "beta", -1.0),
        (BgNbd, beta_geometric_as_published(0), "a", 1.0),
        (MbgNbd, beta_geometric_as_published(1), "a", 1.0),
    ],
)
def test_standard_errors_are_those_of_an_independent_likelihood(
    model: Any, likelihood: Likelihood, letter: str, sign: float, clothes: Summary, known: Columns
) -> None:
    """The maximum and the numerical Hessian of the published formula, in the user's units and scale."""
    columns = {"gender": known["gender"], "age": 40 + 9 * np.cos(np.arange(len(clothes)) * 1.7)}
    fit = fit_covariates(model, clothes, columns)
    letters = [getattr(fit.model.base, name) for name in model.parameters]
    point = np.array([*np.log(letters), *fit.model.purchase.values(), *fit.model.dropout.values()])

    def at(step: Floats) -> float:
        p = point + step
        moved = {
            "alpha": np.exp(-p[4] * columns["gender"] - p[5] * columns["age"]),
            letter: np.exp(sign * (p[6] * columns["gender"] + p[7] * columns["age"])),
        }
        return likelihood(np.exp(p[:4]), moved, clothes)

    assert fit.log_likelihood == pytest.approx(at(np.zeros(8)), abs=1e-7)
    # Steps that are small beside the curve and large beside rounding, whatever goes with what.
    h = 0.03 / np.sqrt(np.diag(np.linalg.inv(fit.log_covariance)))
    steps = np.diag(h)
    gradient = np.array([(at(steps[j]) - at(-steps[j])) / (2 * h[j]) for j in range(8)])
    assert gradient @ fit.log_covariance @ gradient < 1e-4
    hessian = np.empty((8, 8))
    for j in range(8):
        for k in range(8):
            corners = at(steps[j] + steps[k]) - at(steps[j] - steps[k])
            corners += at(-steps[j] - steps[k]) - at(steps[k] - steps[j])
            hessian[j, k] = corners / (4 * h[j] * h[k])
    covariance = np.linalg.inv(-hessian)
    errors, theirs = np.sqrt(np.diag(fit.log_covariance)), np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(errors, theirs, rtol=5e-3)
    np.testing.assert_allclose(
        fit.log_covariance / np.outer(errors, errors), covariance / np.outer(theirs, theirs), atol=5e-3
    )
    worth = np.array([*letters, 1, 1, 1, 1])
    np.testing.assert_allclose(list(fit.standard_errors.values()), worth * errors, rtol=1e-12)
    np.testing.assert_allclose(fit.covariance, np.outer(worth, worth) * fit.log_covariance, rtol=1e-12)


# -- what must not matter ---------------------------------------------------------------------------


@every_model
def test_week_or_day_is_a_matter_of_writing(model: Any, clothes: Summary, known: Columns) -> None:
    """Identity 2: slopes and their errors stay, times x 7, the likelihood falls by 1,266 ln 7."""
    weeks, days = (fit_covariates(model, clothes.in_unit(unit), known) for unit in ("week", "day"))
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - 1266 * np.log(7), abs=1e-6)
    assert days.model.base.unit == "day"
    assert days.model.base.alpha == pytest.approx(7 * weeks.model.base.alpha, rel=1e-6)
    for name in weeks.parameters[4:]:
        assert days.standard_errors[name] == pytest.approx(weeks.standard_errors[name], rel=1e-5)
    assert dict(days.model.purchase) == pytest.approx(dict(weeks.model.purchase), rel=1e-5)
    assert dict(days.model.dropout) == pytest.approx(dict(weeks.model.dropout), rel=1e-5)


@every_model
def test_units_of_covariates_do_not_matter(model: Any, clothes: Summary, known: Columns) -> None:
    """Age in years from birth or in days from 40: the slope follows, fit and errors are the same."""
    age = 40 + 9 * np.cos(np.arange(len(clothes)) * 1.7)
    years = fit_covariates(model, clothes, {"gender": known["gender"], "age": age})
    days = fit_covariates(model, clothes, {"gender": known["gender"], "age": (age - 40) * 365.25})
    assert days.log_likelihood == pytest.approx(years.log_likelihood, abs=1e-7)
    assert days.model.purchase["age"] * 365.25 == pytest.approx(years.model.purchase["age"], rel=1e-5)
    for name in ("purchase.age", "dropout.age"):
        assert days.standard_errors[name] * 365.25 == pytest.approx(years.standard_errors[name], rel=1e-5)
    shift = years.model.base.alpha * np.exp(-40 * years.model.purchase["age"])
    assert days.model.base.alpha == pytest.approx(shift, rel=1e-5)


def test_the_order_of_rows_does_not_matter(
    clothes: Summary, known: Columns, published: Fit[WithCovariates[ParetoNbd]]
) -> None:
    """Rows are sorted before anything is added up: not a digit differs."""
    order = np.random.default_rng(3).permutation(len(clothes))
    shuffled = Summary(frequency=clothes.frequency[order], recency=clothes.recency[order], T=clothes.T[order])
    fit = fit_covariates(ParetoNbd, shuffled, {name: values[order] for name, values in known.items()})
    assert fit.model == published.model
    assert fit.log_likelihood == published.log_likelihood


@every_model
def test_counts_of_distinct_rows_are_the_customers_themselves(
    model: Any, clothes: Summary, known: Columns
) -> None:
    """Equal customers in one row with their number: the same fit, from fewer rows."""
    rounded = Summary(frequency=clothes.frequency, recency=np.floor(clothes.recency), T=np.ceil(clothes.T))
    rows, z = distinct(rounded, np.stack([known["gender"], known["channel"]], axis=1))
    assert len(rows) < len(clothes)
    assert rows.customers == len(clothes)
    one_each = fit_covariates(model, rounded, known)
    counted = fit_covariates(model, rows, {"gender": z[:, 0], "channel": z[:, 1]})
    assert counted.model == one_each.model
    assert counted.standard_errors == one_each.standard_errors
    assert counted.customers == len(clothes)


def test_a_mapping_is_a_table(clothes: Summary, known: Columns) -> None:
    """Columns may come in any order, as lists, and as a table that was built before."""
    one = fit_covariates(MbgNbd, clothes, known, dropout=("gender",))
    other = fit_covariates(
        MbgNbd,
        clothes,
        Covariates({"channel": known["channel"].tolist(), "gender": known["gender"] > 0}),
        purchase=("gender", "channel"),
        dropout=("gender",),
    )
    assert one.model == other.model


# -- constraints, tests and priors ------------------------------------------------------------------


def test_a_shared_slope_is_one_parameter(clothes: Summary, known: Columns) -> None:
    """One slope on both processes: the likelihood of the model written out that way, and no higher."""
    free = fit_covariates(ParetoNbd, clothes, known)
    shared = fit_covariates(ParetoNbd, clothes, known, shared=("gender",))
    assert shared.parameters[4:] == ("both.gender", "purchase.channel", "dropout.channel")
    assert shared.model.purchase["gender"] == shared.model.dropout["gender"]
    assert shared.model.log_likelihood(clothes, known) == pytest.approx(shared.log_likelihood, abs=1e-7)
    test = likelihood_ratio(shared, free)
    assert test.df == 1
    assert test.statistic == pytest.approx(2 * (free.log_likelihood - shared.log_likelihood))
    # It is the maximum along the constraint: no step in the one slope gains.
    best = shared.model
    for step in (-1e-3, 1e-3):
        moved = WithCovariates(
            best.base,
            purchase={**best.purchase, "gender": best.purchase["gender"] + step},
            dropout={**best.dropout, "gender": best.dropout["gender"] + step},
        )
        assert moved.log_likelihood(clothes, known) < shared.log_likelihood


def test_likelihood_ratio_against_the_plain_model(
    clothes: Summary, published: Fit[WithCovariates[ParetoNbd]]
) -> None:
    """F54 against F58: 2 (5848.0978 - 5821.0627) = 54.07 on 4 degrees of freedom."""
    test = likelihood_ratio(ParetoNbd.fit(clothes), published)
    assert test.statistic == pytest.approx(54.0702, abs=0.02)
    assert test.df == 4
    # Chi-squared with four degrees of freedom has this tail in closed form.
    half = test.statistic / 2
    assert test.p_value == pytest.approx(np.exp(-half) * (1 + half), rel=1e-9)


def test_the_published_form_of_dropout_can_be_tested(clothes: Summary, known: Columns) -> None:
    """Both forms of MBG/NBD are special cases of separate shapes; the data reject one of them."""
    fits: dict[str, Any] = {
        form: fit_covariates(MbgNbd, clothes, known, dropout_form=form)
        for form in ("odds", "concentration", "shapes")
    }
    assert likelihood_ratio(fits["odds"], fits["shapes"]).p_value > 0.5
    assert likelihood_ratio(fits["concentration"], fits["shapes"]).p_value < 0.01
    with pytest.raises(NotNested, match="special case"):
        likelihood_ratio(fits["odds"], fits["concentration"])


def test_only_nested_fits_are_tested(clothes: Summary, known: Columns) -> None:
    """Another model, unit, set of customers or slopes, or a prior: refused with the reason."""
    full = fit_covariates(MbgNbd, clothes, known)
    gender = fit_covariates(MbgNbd, clothes, known, purchase=("gender",), dropout=())
    channel = fit_covariates(MbgNbd, clothes, known, purchase=("channel",), dropout=("gender",))
    assert likelihood_ratio(gender, full).df == 3
    half = Summary(frequency=clothes.frequency[:300], recency=clothes.recency[:300], T=clothes.T[:300])
    refused: tuple[tuple[Any, Any, str], ...] = (
        (gender, channel, "special case"),
        (full, gender, "special case"),
        (full, full, "special case"),
        (BgNbd.fit(clothes), full, "different models"),
        (MbgNbd.fit(clothes.in_unit("day")), full, "units of time differ"),
        (MbgNbd.fit(half), full, "different customers"),
        (gender, fit_covariates(MbgNbd, clothes, known, prior_sd={"gender": 1.0}), "priors"),
    )
    for restricted, other, reason in refused:
        with pytest.raises(NotNested, match=reason):
            likelihood_ratio(restricted, other)


def test_a_prior_shrinks_the_slopes_it_names(clothes: Summary, known: Columns) -> None:
    """At the maximum the prior's pull, slope / sd^2, balances the likelihood's; other slopes have no pull."""
    fit = fit_covariates(ParetoNbd, clothes, known, prior_sd={"gender": 0.2})
    free = fit_covariates(ParetoNbd, clothes, known)
    pulled = (fit.model.purchase["gender"], fit.model.dropout["gender"])
    assert abs(pulled[1]) < abs(free.model.dropout["gender"])
    assert fit.penalty == pytest.approx((pulled[0] ** 2 + pulled[1] ** 2) / (2 * 0.2**2), rel=1e-9)
    assert fit.model.log_likelihood(clothes, known) == pytest.approx(fit.log_likelihood, abs=1e-7)
    assert free.log_likelihood - fit.penalty < fit.log_likelihood < free.log_likelihood

    def slope(process: str, name: str) -> float:
        h = 1e-4
        values = []
        for step in (h, -h):
            moved: dict[str, Any] = {"purchase": dict(fit.model.purchase), "dropout": dict(fit.model.dropout)}
            moved[process][name] += step
            values.append(WithCovariates(fit.model.base, **moved).log_likelihood(clothes, known))
        return (values[0] - values[1]) / (2 * h)

    for process, names in (("purchase", fit.model.purchase), ("dropout", fit.model.dropout)):
        assert slope(process, "gender") == pytest.approx(names["gender"] / 0.2**2, abs=2e-3)
        assert slope(process, "channel") == pytest.approx(0.0, abs=2e-3)


def test_a_wide_prior_is_none(clothes: Summary, known: Columns) -> None:
    """A standard deviation of a thousand takes nothing off; fits without priors say so."""
    free = fit_covariates(MbgNbd, clothes, known)
    wide = fit_covariates(MbgNbd, clothes, known, prior_sd={"gender": 1e3, "channel": 1e3})
    assert free.penalty == 0
    assert wide.model.purchase["gender"] == pytest.approx(free.model.purchase["gender"], rel=1e-4)
    assert wide.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-6)


def test_what_the_data_do_not_pin_down_is_said(clothes: Summary, known: Columns) -> None:
    """BG/NBD in the form of CLVTools: a and b run off, and a slope that only stretches them is not known."""
    with pytest.warns(FlatRidge, match=r"do not pin down a, b, dropout\.channel") as seen:
        fit = fit_covariates(BgNbd, clothes, known, dropout_form="concentration")
    assert [str(warning.message) for warning in seen] == [str(doubt) for doubt in fit.warnings]
    assert seen[0].filename == __file__


# -- many customers ---------------------------------------------------------------------------------


@every_model
def test_continuous_covariates_of_many_customers(model: Any) -> None:
    """20,000 distinct rows of 200 ages: the likelihood is that of 200 groups with letters of their own."""
    random, n, groups = np.random.default_rng(17), 20_000, 200
    letters = {ParetoNbd: (0.6, 11, 0.6, 12), BgNbd: (0.3, 4, 0.8, 2), MbgNbd: (0.5, 6, 0.9, 2)}[model]
    base = model(**dict(zip(model.parameters, letters, strict=True)))
    age = random.uniform(20, 80, groups)[np.arange(n) % groups]
    T = random.uniform(26, 104, n)
    x = random.poisson(random.gamma(0.5, 2.0, n)).astype(float)
    t_x = np.where(x > 0, T * random.uniform(size=n), 0.0)
    both = WithCovariates(base, purchase={"age": 0.01}, dropout={"age": -0.02})
    total = 0.0
    for group in range(groups):
        here = slice(group, None, groups)
        own = base.as_dict()
        own["alpha"] *= np.exp(-0.01 * age[group])
        own["beta" if model is ParetoNbd else "a"] *= np.exp(
            (0.02 if model is ParetoNbd else -0.02) * age[group]
        )
        total += model(**own).log_likelihood(Summary(frequency=x[here], recency=t_x[here], T=T[here]))
    assert both.log_likelihood(Summary(frequency=x, recency=t_x, T=T), {"age": age}) == pytest.approx(
        total, rel=1e-12
    )
