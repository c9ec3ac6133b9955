"""What a model with covariates says of the future, by brute force over what nobody sees of a customer."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import special

from evergrove.core import per_unit_rate
from evergrove.models import BgNbd, InvalidSummary, MbgNbd, ParetoNbd
from evergrove.models.beta_geometric_residual import residual_mean
from evergrove.models.covariates import Covariates, WithCovariates, fit_covariates
from evergrove.models.hypergeometric import discounted_mean
from evergrove.models.process import Divergent, InvalidHorizon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evergrove.models import Floats, Summary

SLOPES: dict[str, Any] = {"purchase": {"age": 0.02, "female": 0.3}, "dropout": {"age": -0.01, "female": -0.5}}
PARETO = WithCovariates(ParetoNbd(r=1.8, alpha=93.0, s=0.6, beta=49.5), **SLOPES)
BG = WithCovariates(BgNbd(r=0.67, alpha=37.0, a=1.8, b=9.3), **SLOPES)
MBG = WithCovariates(MbgNbd(r=2.7, alpha=93.5, a=0.74, b=1.42), **SLOPES)
SPREAD = WithCovariates(BgNbd(r=0.67, alpha=37.0, a=1.8, b=9.3), dropout_form="concentration", **SLOPES)
SHAPES = WithCovariates(MbgNbd(r=2.7, alpha=93.5, a=0.74, b=1.42), staying={"age": 0.015}, **SLOPES)
MODELS: dict[str, Any] = {"pareto": PARETO, "bg": BG, "mbg": MBG, "concentration": SPREAD, "shapes": SHAPES}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)

X = np.array([0.0, 2.0, 12.0, 1.0, 0.0])
T_X = np.array([0.0, 30.4, 90.0, 5.0, 0.0])
T = np.array([104.0, 52.0, 104.0, 80.0, 0.0])
WHO = {"age": np.array([-5.0, 20.0, 3.0, 40.0, 10.0]), "female": np.array([0.0, 1.0, 1.0, 0.0, 1.0])}
HISTORY = (X, T_X, T)
GRID = 0.06
LOG_RATE = np.arange(-42.0, 6.0, GRID)


@dataclass(frozen=True)
class Unseen:
    """
    One customer's posterior over what is not seen, on a grid.

    Attributes:
        rate: The purchase rate lambda. Shape (i, 1).
        leave: The dropout rate mu, or the chance p to leave after a purchase. Shape (1, j).
        alive: Posterior weights of (lambda, mu or p, alive); they add up to P(alive). Shape (i, j).
    """

    rate: Floats
    leave: Floats
    alive: Floats


def pareto_unseen(i: int) -> Unseen:
    """Trapezoidal rule over ln lambda and ln mu, which is spectrally accurate."""
    r, s = PARETO.base.r, PARETO.base.s
    alpha = PARETO.base.alpha * np.exp(-0.02 * WHO["age"][i] - 0.3 * WHO["female"][i])
    beta = PARETO.base.beta * np.exp(0.01 * WHO["age"][i] + 0.5 * WHO["female"][i])
    lam, mu = np.exp(LOG_RATE)[:, None], np.exp(LOG_RATE)[None, :]
    prior = np.exp(r * np.log(alpha * lam) - alpha * lam - special.gammaln(r))
    prior = prior * np.exp(s * np.log(beta * mu) - beta * mu - special.gammaln(s))
    both = lam + mu
    stays = prior * lam ** X[i] * np.exp(-both * T[i])
    gone = prior * lam ** X[i] * mu / both * np.exp(-both * T_X[i]) * -np.expm1(-both * (T[i] - T_X[i]))
    return Unseen(lam, mu, stays / (stays + gone).sum())


def chance_unseen(model: Any, i: int) -> Unseen:
    """The same over ln lambda and logit p."""
    base, age, female = model.base, WHO["age"][i], WHO["female"][i]
    m = 1 if isinstance(base, MbgNbd) else 0
    leaving = np.exp(-0.01 * age - 0.5 * female)
    a, b = (
        base.a * leaving,
        base.b * {"concentration": leaving, "shapes": np.exp(0.015 * age)}.get(model.dropout_form, 1.0),
    )
    alpha = base.alpha * np.exp(-0.02 * age - 0.3 * female)
    lam, odds = np.exp(LOG_RATE)[:, None], np.arange(-60.0, 40.0, GRID)[None, :]
    p, q = special.expit(odds), special.expit(-odds)
    prior = np.exp(base.r * np.log(alpha * lam) - alpha * lam - special.gammaln(base.r))
    prior = prior * np.exp(a * np.log(p) + b * np.log(q) - special.betaln(a, b))
    chances = X[i] + m
    stays = prior * lam ** X[i] * q**chances * np.exp(-lam * T[i])
    gone = (
        prior * lam ** X[i] * p * q ** max(chances - 1, 0) * np.exp(-lam * T_X[i]) if chances else 0 * prior
    )
    return Unseen(lam, p, stays / (stays + gone).sum())


def posterior(model: Any, i: int) -> Unseen:
    """What is not seen of the i-th customer."""
    return pareto_unseen(i) if model is PARETO else chance_unseen(model, i)


def per_purchase(model: Any, seen: Unseen) -> Floats:
    """The rate at which this customer's own intensity falls: mu, or lambda p."""
    return seen.leave if model is PARETO else seen.rate * seen.leave


def mean(seen: Unseen, values: Floats) -> float:
    """Over the posterior, those alive."""
    return float((seen.alive * values).sum())


@every_model
def test_probabilities_and_purchases_by_brute_force(model: Any) -> None:
    """P(alive), CET, discounted purchases, DERT and P(active) are means over the posterior of (lambda, mu or p)."""
    h, delta = 52.0, per_unit_rate(0.1, "week")
    found = {
        "alive": model.probability_alive(*HISTORY, WHO),
        "expected": model.expected_purchases(h, *HISTORY, WHO),
        "discounted": model.discounted_purchases(h, 0.1, *HISTORY, WHO),
        "dert": model.discounted_expected_residual_transactions(0.1, *HISTORY, WHO),
        "active": model.probability_active(h, *HISTORY, WHO),
    }
    for i in range(len(X)):
        seen = posterior(model, i)
        fall = per_purchase(model, seen)
        ends = seen.rate + (seen.leave if model is PARETO else 0.0)  # of the wait for purchase or death
        truth = {
            "alive": mean(seen, np.ones_like(fall)),
            "expected": mean(seen, seen.rate * -np.expm1(-fall * h) / fall),
            "discounted": mean(seen, seen.rate * -np.expm1(-(fall + delta) * h) / (fall + delta)),
            "dert": mean(seen, seen.rate / (fall + delta)),
            "active": mean(seen, seen.rate / ends * -np.expm1(-ends * h)),
        }
        assert {name: values[i] for name, values in found.items()} == pytest.approx(truth, rel=1e-8)


@every_model
def test_counts_by_brute_force(model: Any) -> None:
    """P(n purchases in 40 weeks): n while alive, or n and then the end."""
    h = 40.0
    for n in (0, 1, 4):
        found = np.exp(model.log_probability_of_purchases(n, h, *HISTORY, WHO))
        for i in range(len(X)):
            seen = posterior(model, i)
            rate, leave = seen.rate, seen.leave
            poisson = np.exp(n * np.log(rate * h) - rate * h - special.gammaln(n + 1))
            if model is PARETO:
                both = rate + leave
                stops = leave / both * (rate / both) ** n * special.gammainc(n + 1, both * h)
                pmf = poisson * np.exp(-leave * h) + stops
            else:
                stops = leave * (1 - leave) ** max(n - 1, 0) * special.gammainc(n, rate * h) if n else 0.0
                pmf = poisson * (1 - leave) ** n + stops
            gone = 1 - mean(seen, np.ones_like(pmf)) if n == 0 else 0.0
            assert found[i] == pytest.approx(mean(seen, pmf) + gone, rel=1e-8)


@every_model
def test_next_purchase_comes_when_its_chance_says(model: Any) -> None:
    """At the q-quantile, q of the chance of a purchase within the horizon has passed."""
    for q in (0.25, 0.5, 0.75):
        time = model.next_purchase_quantile(q, 52, X, T, WHO)
        for i in range(len(X)):
            here = (X[i], T_X[i], T[i], {name: values[i : i + 1] for name, values in WHO.items()})
            reached = model.probability_active(float(time[i]), *here) / model.probability_active(52, *here)
            assert reached[0] == pytest.approx(q, abs=1e-9)


@every_model
def test_without_effect_it_answers_like_its_base(model: Any) -> None:
    """A customer whose covariates are all 0 is the base's customer, for every question."""
    base, nobody = model.base, {"age": [0.0], "female": [0.0]}
    pairs = (
        (model.probability_alive(*HISTORY, nobody), base.probability_alive(*HISTORY)),
        (model.probability_active("26 weeks", *HISTORY, nobody), base.probability_active(26, *HISTORY)),
        (model.expected_purchases("1 year", *HISTORY, nobody), base.expected_purchases("1 year", *HISTORY)),
        (
            model.discounted_purchases(30, 0.2, *HISTORY, nobody),
            base.discounted_purchases(30, 0.2, *HISTORY),
        ),
        (
            model.discounted_expected_residual_transactions(0.1, *HISTORY, nobody),
            base.discounted_expected_residual_transactions(0.1, *HISTORY),
        ),
        (
            model.log_probability_of_purchases([0, 1, 2, 3, 4], 26, *HISTORY, nobody),
            base.log_probability_of_purchases([0, 1, 2, 3, 4], 26, *HISTORY),
        ),
        (model.next_purchase_quantile(0.5, 52, X, T, nobody), base.next_purchase_quantile_if_alive(0.5, 52.0, X, T)),
        (model.expected_purchases_new(52, nobody), [base.expected_purchases_new(52)]),
    )  # fmt: skip
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@every_model
def test_equal_customers_are_worked_out_once_and_get_the_same(model: Any) -> None:
    """20,000 rows of 50 kinds: each kind's value, as if it stood alone."""
    random = np.random.default_rng(4)
    kind = random.integers(0, 50, 20_000)
    x = random.integers(0, 6, 50).astype(float)
    T = random.integers(200, 700, 50) / 7
    t_x = np.where(x > 0, T * random.uniform(size=50), 0.0)
    who = {"age": random.normal(0, 20, 50), "female": random.integers(0, 2, 50).astype(float)}
    whole = model.expected_purchases(
        52, x[kind], t_x[kind], T[kind], {name: values[kind] for name, values in who.items()}
    )
    for k in range(50):
        alone = model.expected_purchases(52, x[k], t_x[k], T[k], {n: v[k : k + 1] for n, v in who.items()})
        np.testing.assert_allclose(whole[kind == k], alone[0], rtol=1e-10)


def test_new_customers_by_their_covariates() -> None:
    """One history or none for many customers: the slope on purchase multiplies an early customer's purchases."""
    ages = np.array([0.0, 10.0, 20.0])
    model = WithCovariates(ParetoNbd(r=1.8, alpha=93.0, s=0.6, beta=49.5), purchase={"age": 0.02})
    won = model.expected_purchases_new(52, {"age": ages})
    np.testing.assert_allclose(won / won[0], np.exp(0.02 * ages), rtol=1e-12)
    assert model.probability_alive(0, 0, 0, {"age": ages}).tolist() == [1, 1, 1]
    assert model.covariates == ("age",)


def test_without_slopes_no_covariates_are_asked_for() -> None:
    """A model with nothing to know answers like its base."""
    base = MbgNbd(r=0.5, alpha=6.0, a=0.9, b=1.6)
    np.testing.assert_allclose(
        WithCovariates(base).expected_purchases(52, *HISTORY, {}), base.expected_purchases(52, *HISTORY)
    )


def test_dropout_by_covariate_moves_the_odds_of_leaving() -> None:
    """MBG/NBD: a customer just won has left with odds a / b, times exp of the slope."""
    base = MbgNbd(r=0.5, alpha=6.0, a=0.9, b=1.6)
    alive = WithCovariates(base, dropout={"app": -0.7}).probability_alive(0, 0, 0, {"app": [0.0, 1.0]})
    odds = (1 - alive) / alive
    assert odds[0] == pytest.approx(0.9 / 1.6)
    assert odds[1] / odds[0] == pytest.approx(np.exp(-0.7))
    same = WithCovariates(base, dropout={"app": -0.7}, dropout_form="concentration")
    np.testing.assert_allclose(same.probability_alive(0, 0, 0, {"app": [0.0, 1.0]}), 1.6 / 2.5)


def test_the_customers_of_the_published_fit(
    apparel: Callable[[int], Summary], apparel_days: Any, shared: Callable[[str], Path]
) -> None:
    """F58 with F56's questions: covariates move the total little and single customers much; each by its own letters."""
    with shared("clv/apparel_static_covariates.csv").open(encoding="utf-8") as stream:
        of = {int(row["customer_id"]): row for row in csv.DictReader(stream)}
    customers, summary = list(apparel_days.of), apparel(104)
    known = {
        name: np.array([float(of[customer][name]) for customer in customers])
        for name in ("gender", "channel")
    }
    model = fit_covariates(ParetoNbd, summary, known).model
    history = (summary.frequency, summary.recency, summary.T)
    ours = model.expected_purchases(207.142857, *history, known)
    plain = ParetoNbd.fit(summary).model.expected_purchases(207.142857, *history)
    assert ours.sum() == pytest.approx(plain.sum(), rel=0.05)
    for customer in (1, 10, 100):
        i = customers.index(customer)
        letters = model.base.as_dict()
        letters["alpha"] *= np.exp(-sum(slope * known[name][i] for name, slope in model.purchase.items()))
        letters["beta"] *= np.exp(-sum(slope * known[name][i] for name, slope in model.dropout.items()))
        here = tuple(values[i] for values in history)
        assert ours[i] == pytest.approx(
            ParetoNbd(**letters).expected_purchases(207.142857, *here)[0], rel=1e-10
        )


def test_one_chance_for_all_and_one_for_each_agree() -> None:
    """The double mean over rate and chance is that of the shared curve, also where both are extreme."""
    random = np.random.default_rng(8)
    rho = random.uniform(0.02, 3, 60) + random.choice([0, 0, 1, 3, 8, 60, 400], 60)
    a, b, y = (np.exp(random.uniform(low, high, 60)) for low, high in ((-4, 4), (-3, 5), (-12, 4)))
    shared = [discounted_mean(rho[[i]], a[i], b[[i]], y[[i]])[0] for i in range(60)]
    np.testing.assert_allclose(residual_mean(rho, a, b, y), shared, rtol=1e-9)


def test_questions_are_refused_as_without_covariates() -> None:
    """A purchase after the end, a horizon that is none, a rate without a limit."""
    with pytest.raises(InvalidSummary, match="recency <= T"):
        PARETO.probability_alive(1, 40, 39, {"age": [1.0], "female": [0.0]})
    with pytest.raises(InvalidHorizon):
        BG.expected_purchases(-1, *HISTORY, WHO)
    for rate in (-0.1, np.inf):
        with pytest.raises(Divergent):
            MBG.discounted_expected_residual_transactions(rate, *HISTORY, WHO)
    with pytest.raises(Divergent):
        PARETO.discounted_expected_residual_transactions(0, *HISTORY, WHO)
    lasting = WithCovariates(BgNbd(r=0.67, alpha=37.0, a=1.8, b=9.3), dropout={"app": 0.5})
    found = lasting.discounted_expected_residual_transactions(0, 0, 0, 0, {"app": [0.0, 1.0]})
    shape = 1.8 * np.exp([0.0, 0.5])
    np.testing.assert_allclose(found, (shape + 9.3 - 1) / (shape - 1), rtol=1e-12)


def test_a_model_is_written_down_and_read_back() -> None:
    """Letters and slopes by name make the same model; a table of covariates is read-only."""
    said = SHAPES.as_dict()
    letters = {name: said.pop(name) for name in MbgNbd.parameters}
    assert WithCovariates(MbgNbd(**letters), **said) == SHAPES
    assert SHAPES.dropout_form == "shapes"
    assert (PARETO.dropout_form, BG.dropout_form, PARETO.unit) == ("rate", "odds", "week")
    with pytest.raises(ValueError, match="read-only"):
        Covariates(WHO).columns["age"][0] = 1.0
    with pytest.raises(TypeError):
        PARETO.purchase["age"] = 1.0  # type: ignore[index] # which is the point
