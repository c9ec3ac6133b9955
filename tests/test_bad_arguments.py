"""What a notebook may get wrong: each slip is an InputError that names the argument and says what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import evergrove as eg
from evergrove.core.arguments import InvalidArgument, day, number, one_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = pl.DataFrame(
    {
        "customer_id": [1 + k % 7 for k in range(40)],
        "date": [f"2025-{1 + k % 9:02d}-{1 + (5 * k) % 28:02d}" for k in range(40)],
        "amount": [10.0 + k for k in range(40)],
    }
)
MODEL = eg.MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614)
SPEND = eg.GammaGamma(p=6.25, q=3.74, gamma=15.44)
CURVE = eg.ShiftedBetaGeometric(a=0.668, b=3.806)
HISTORY = (2, 30.0, 38.0)
BOUGHT = ["2025-01-03"]


@pytest.fixture(scope="module")
def summary() -> eg.Summary:
    """300 customers of a known process."""
    random = np.random.default_rng(1)
    T = random.uniform(20, 40, 300)
    x = random.poisson(1.0, 300).astype(np.float64)
    return eg.Summary(x, np.where(x > 0, T * random.uniform(0.2, 0.9, 300), 0.0), T)


@pytest.fixture(scope="module")
def fit(summary: eg.Summary) -> Any:
    """A model fitted to them."""
    return eg.Nbd.fit(summary)


OF_A_FIT: dict[str, Callable[[Any, eg.Summary], object]] = {
    "level = 1.2": lambda fit, summary: eg.intervals(fit, summary, level=1.2),
    "level = 0": lambda fit, summary: eg.intervals(fit, summary, level=0),
    "level = 'most'": lambda fit, summary: eg.intervals(fit, summary, level="most"),  # type: ignore[arg-type]
    "seed = -1": lambda fit, summary: eg.intervals(fit, summary, seed=-1),
    "convention = 'x'": lambda fit, summary: eg.intervals(fit, summary, convention="x"),  # type: ignore[arg-type]
    "process = ": lambda fit, summary: eg.intervals(fit.model, summary),
    "summary = ": lambda fit, _summary: eg.intervals(fit, ORDERS),  # type: ignore[arg-type]
    "spend = ": lambda fit, summary: eg.intervals(fit, summary, fit),
    "n = 0": lambda fit, summary: eg.draws(fit, summary, 0, rng=np.random.default_rng(1)),
    "rng = 1": lambda fit, summary: eg.draws(fit, summary, rng=1),  # type: ignore[arg-type]
    "fit = ": lambda fit, summary: eg.draws(fit.model, summary, rng=np.random.default_rng(1)),
    "unit = 'year'": lambda _fit, summary: summary.in_unit("year"),  # type: ignore[arg-type]
    "covariates = ": lambda _fit, summary: eg.fit_covariates(eg.Nbd, summary, [1.0]),  # type: ignore[arg-type]
    "prior_sd = 3": lambda _fit, summary: eg.fit_covariates(
        eg.ParetoNbd, summary, {"age": np.arange(300.0)}, prior_sd=3  # type: ignore[arg-type]
    ),
    "k = 'k'": lambda _fit, summary: eg.fit_cohorts(eg.Nbd, {"a": summary, "b": summary}, k=2),
    "cohorts = ": lambda _fit, _summary: eg.fit_cohorts(eg.Nbd, {"a": ORDERS}),  # type: ignore[dict-item]
}  # fmt: skip
ALONE: dict[str, Callable[[], object]] = {
    "purchases = '01/02/2025'": lambda: eg.plots.alive_history(MODEL, ["01/02/2025"], "2025-03-01"),
    "purchases = None": lambda: eg.plots.alive_history(MODEL, [None], "2025-03-01"),  # type: ignore[list-item]
    "until = '03/2025'": lambda: eg.plots.alive_history(MODEL, BOUGHT, "03/2025"),
    "model = ": lambda: eg.plots.alive_history(SPEND, BOUGHT, "2025-03-01"),  # type: ignore[arg-type]
    "language = 'fr'": lambda: eg.plots.alive_history(MODEL, BOUGHT, "2025-03-01", language="fr"),  # type: ignore[arg-type]
    "age = nan": lambda: eg.plots.frequency_recency(MODEL, float("nan")),
    "age = -1.0": lambda: eg.plots.frequency_recency(MODEL, -1),
    "most_repeats = 2.5": lambda: eg.plots.frequency_recency(MODEL, 39, most_repeats=2.5),  # type: ignore[arg-type]
    "of = 'x'": lambda: eg.plots.frequency_recency(MODEL, 39, of="x"),  # type: ignore[arg-type]
    "fitted_until = 5": lambda: eg.plots.tracking(MODEL, ORDERS, fitted_until=5),  # type: ignore[arg-type]
    "found = ": lambda: eg.plots.calibration(MODEL, "nbd"),  # type: ignore[arg-type]
    "origins = 1.5": lambda: eg.backtest(ORDERS, origins=1.5),  # type: ignore[arg-type]
    "window = nan": lambda: eg.backtest(ORDERS, window=float("nan")),
    "contenders = 1": lambda: eg.backtest(ORDERS, contenders=[1]),  # type: ignore[list-item]
    "divisions = 1": lambda: eg.backtest(ORDERS, divisions={"a": 1}),  # type: ignore[dict-item]
    "unit = 'x'": lambda: eg.backtest(ORDERS, unit="x"),  # type: ignore[arg-type]
    "seed = 'x'": lambda: eg.backtest(ORDERS, seed="x"),  # type: ignore[arg-type]
    "annual_rate = -2": lambda: eg.value(ORDERS, {"id": [1], "age": [1.0]}, annual_rate=-2),
    "covariates = None": lambda: eg.value(ORDERS, None),
    "summary = ": lambda: eg.BgNbd.fit(ORDERS),  # type: ignore[arg-type]
    "summary = DataFrame": lambda: eg.GammaGamma.fit(ORDERS),  # type: ignore[arg-type]
    "recency = ": lambda: eg.Summary([1, 2], [1.0], [3.0, 4.0]),  # type: ignore[arg-type]
    "frequency = ": lambda: eg.Summary(["a"], [1.0], [3.0]),  # type: ignore[arg-type]
    "weight = ": lambda: eg.Summary([1], [1.0], [3.0], weight=[-1.0]),  # type: ignore[arg-type]
    "unit = 'x' ": lambda: eg.BgNbd(r=1, alpha=1, a=1, b=1, unit="x"),  # type: ignore[arg-type]
    "frequency, recency, T = ": lambda: MODEL.probability_alive([1, 2], [30, 31, 32], [38]),
    "q = 2": lambda: MODEL.next_purchase_quantile(2, 52, *HISTORY),
    "annual_rate = 'x'": lambda: MODEL.discounted_purchases("12 months", "x", *HISTORY),  # type: ignore[arg-type]
    "tenures = ": lambda: eg.ShiftedBetaGeometric.fit(ORDERS),  # type: ignore[arg-type]
    "tenure = ": lambda: eg.Tenures.from_tenures(["x"], [True], period="year"),
    "covariates = [1]": lambda: eg.Covariates([1]),  # type: ignore[arg-type]
}
ELSEWHERE: dict[str, Callable[[], object]] = {
    "a horizon of None": lambda: MODEL.expected_purchases(None, *HISTORY),  # type: ignore[arg-type]
    "a rate in words": lambda: MODEL.discounted_expected_residual_transactions("x", *HISTORY),  # type: ignore[arg-type]
    "a parameter in words": lambda: eg.BgNbd(r="x", alpha=1, a=1, b=1),  # type: ignore[arg-type]
    "half a renewal": lambda: CURVE.survival(1.5),
    "a renewal in words": lambda: CURVE.survival("x"),
    "a contract's rate in words": lambda: CURVE.discounted_expected_residual_lifetime("x", renewal=1),  # type: ignore[arg-type]
    "survivors in words": lambda: eg.Tenures.from_survivors(["a"], period="year"),  # type: ignore[list-item]
    "fewer purchases than none": lambda: MODEL.probability_alive(-1, 30, 38),
    "a last purchase after the end": lambda: MODEL.probability_alive(2, 40, 38),
    "a day that is none": lambda: eg.summarize(ORDERS, observation_end="31.3.2025"),
    "a file that is not there": lambda: eg.backtest("/nowhere/orders.csv"),
    "a purchase so long ago": lambda: eg.plots.alive_history(MODEL, BOUGHT, "2024-03-01"),
}


@pytest.mark.parametrize("said", OF_A_FIT)
def test_what_is_asked_of_a_fit_names_the_argument(said: str, fit: Any, summary: eg.Summary) -> None:
    """A value out of range, or an object of another kind."""
    with pytest.raises(InvalidArgument) as refused:
        OF_A_FIT[said](fit, summary)

    assert str(refused.value).startswith(said)
    assert "cannot be used. It takes " in str(refused.value)


@pytest.mark.parametrize("said", ALONE)
def test_the_argument_is_named_with_what_it_takes(said: str) -> None:
    """The sentence repeats what was given, or as much of it as a line holds."""
    with pytest.raises(InvalidArgument) as refused:
        ALONE[said]()

    assert str(refused.value).startswith(said.rstrip())
    assert refused.value.code == "core.invalid_argument"
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("slip", ELSEWHERE)
def test_other_slips_have_a_code_and_a_way_out(slip: str) -> None:
    """Where a rule has an error of its own, it is that."""
    with pytest.raises(eg.EvergroveError) as refused:
        ELSEWHERE[slip]()

    assert refused.value.code
    assert refused.value.hint


def test_what_fits_is_handed_on() -> None:
    """Numbers of any kind, days of any kind."""
    assert number("level", np.float32(0.5), "x", above=0.0) == 0.5
    assert number("level", "0.5", "x") == 0.5
    assert whole("n", np.int64(3)) == 3
    assert str(day("until", np.datetime64("2025-03-01T10:00"))) == "2025-03-01"
    assert str(day("until", "2025-03-01 10:00")) == "2025-03-01"
    one_of("unit", "week", ("day", "week"))
    with pytest.raises(InvalidArgument, match="a whole number from 2 on"):
        whole("n", 1, 2)
