"""Questions that every model answers, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import BgNbd, InvalidSummary, MbgNbd, Nbd, ParetoNbd, TransactionModel
from evergrove.models.distinct import on_cells
from evergrove.models.regular import BgCnbd, MbgCnbd
from evergrove.models.types import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models import Floats

MODELS = (
    Nbd(r=0.385, alpha=12.072),
    ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669),
    BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    MbgNbd(r=0.525, alpha=6.183, a=0.891, b=1.614),
    BgCnbd(r=0.359, alpha=1.129, a=0.523, b=2.785, k=2),
    MbgCnbd(r=1.303, alpha=1.75, a=0.449, b=0.835, k=3),
)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@every_model
def test_a_model_is_written_down_and_read_back(model: TransactionModel) -> None:
    """Its parameters by name make the same model; equal parameters are equal models."""
    assert type(model)(**model.as_dict(), unit=model.unit) == model
    assert set(model.times) <= set(model.parameters)


@every_model
def test_parameters_must_be_positive(model: TransactionModel) -> None:
    """Nought, negative, infinite and undefined values are refused by name."""
    for value in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(InvalidParameter, match=f"{model.title}: r = "):
            type(model)(**{**model.as_dict(), "r": value})


@every_model
def test_horizons_carry_units(model: TransactionModel) -> None:
    """A text is converted to the model's unit; a number is in it already."""
    history = (2, 30.43, 38.86)
    weeks = model.expected_purchases(39, *history)
    np.testing.assert_array_equal(model.expected_purchases("39 weeks", *history), weeks)
    np.testing.assert_allclose(model.expected_purchases("273 days", *history), weeks, rtol=1e-14)


@every_model
def test_a_purchase_after_the_end_is_refused(model: TransactionModel) -> None:
    """Every question that reads recency checks it."""
    questions: list[Callable[[], Floats]] = [
        lambda: model.probability_alive(1, 40, 39),
        lambda: model.expected_purchases(1, 1, [3, 40], 39),
        lambda: model.probability_active(1, 1, 40, 39),
        lambda: model.discounted_purchases(1, 0.1, 1, 40, 39),
        lambda: model.discounted_expected_residual_transactions(0.1, 1, 40, 39),
        lambda: model.log_probability_of_purchases(1, 1, 1, 40, 39),
    ]
    for ask in questions:
        with pytest.raises(InvalidSummary, match="recency <= T fails for 1 of"):
            ask()


@every_model
def test_answers_are_those_of_each_row_alone(model: TransactionModel) -> None:
    """Working once per cell gives every row its own value, in its place."""
    random = np.random.default_rng(4)
    x = random.integers(0, 6, 500).astype(float)
    T = random.integers(1, 60, 500) / 7
    t_x = np.where(x > 0, T * random.uniform(size=500), 0.0)
    questions: list[Callable[..., Floats]] = [
        lambda *history: model.expected_purchases("12 months", *history),
        lambda *history: model.probability_active("180 days", *history),
        lambda *history: model.discounted_purchases("12 months", 0.1, *history),
        lambda *history: model.discounted_expected_residual_transactions(0.1, *history),
    ]
    for ask in questions:
        together = ask(x, t_x, T)
        for i in range(0, 500, 50):
            assert together[i] == pytest.approx(ask(x[i], t_x[i], T[i])[0], rel=1e-11)


def test_cells_are_evaluated_once() -> None:
    """A form sees each pair once; values of shape (k, cells) are spread over rows as well."""
    sizes = []

    def form(x: Floats, T: Floats) -> Floats:
        sizes.append(len(x))
        return np.stack([x + 100 * T, x])

    x, T = np.tile([0.0, 1.0, 2.0], 50), np.repeat([5.0, 7.5], 75)
    np.testing.assert_array_equal(on_cells(form, x, T), np.stack([x + 100 * T, x]))
    assert sizes == [6]


def test_importing_and_fitting_bg_nbd_imports_no_scipy() -> None:
    """The lean path: numpy alone, also while fitting and scoring."""
    program = (
        "import sys, numpy as np\n"
        "from evergrove.models import BgNbd, GammaGamma, Summary\n"
        "r = np.random.default_rng(1); n = 400\n"
        "x = r.integers(0, 5, n).astype(float); T = np.full(n, 40.0); t = np.where(x > 0, 20.0, 0.0)\n"
        "s = Summary(frequency=x, recency=t * r.uniform(size=n), T=T, mean_day_spend=r.gamma(3, 9, n))\n"
        "m = BgNbd(0.8, 6.0, 0.6, 3.0)\n"
        "BgNbd.starts(s, 1.0); m.log_likelihood(s)\n"
        "m.expected_purchases('12 months', x, t, T); m.discounted_purchases('12 months', 0.1, x, t, T)\n"
        "m.discounted_expected_residual_transactions(0.1, x, t, T)\n"
        "import warnings; warnings.simplefilter('ignore')\n"
        "BgNbd.fit(s); GammaGamma.fit(s).model.expected_spend(x + 1, s.mean_day_spend)\n"
        "heavy = {'scipy', 'pandas', 'pyarrow', 'duckdb'} & {name.split('.')[0] for name in sys.modules}\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
