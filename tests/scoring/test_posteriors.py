"""Draws are made where intervals are wanted, kept as text, and read back to the last bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.scoring.known_shop import shop_of

from evergrove.models import BgNbd
from evergrove.models.spend import SpendRegression
from evergrove.scoring.fits import Fits
from evergrove.scoring.posteriors import posterior_document, read_posterior, with_posteriors
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.types import Choice
from evergrove.settings import StageSettings, ValueSettings

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase


@pytest.fixture(scope="module")
def fits() -> Fits:
    """A small shop's, without draws."""
    shop = shop_of(600, 11)
    process, spend = replace(shop.process, posterior=None), replace(shop.spend, posterior=None)
    return Fits(Choice("pareto-nbd", "given"), process, spend, ())


def test_draws_survive_as_text(fits: Fits) -> None:
    """Ten digits are drawn, ten are kept: through JSON and back nothing changes but the warnings."""
    drawn = with_posteriors(fits, shop_of(600, 11).summary, 5)
    for fit in (drawn.process, drawn.spend):
        assert fit is not None
        assert fit.posterior is not None
        text = json.dumps(posterior_document(fit.posterior), allow_nan=False)

        again = read_posterior(fit.model, json.loads(text))

        assert again is not None
        np.testing.assert_array_equal(again.letters, fit.posterior.letters)
        assert (again.names, again.method) == (fit.posterior.names, fit.posterior.method)
        assert (again.proposed, again.effective) == (fit.posterior.proposed, fit.posterior.effective)
        assert len(text) < 25_000


def test_a_document_names_what_it_holds(fits: Fits) -> None:
    """A change of names needs another format of model.json."""
    process = with_posteriors(fits, shop_of(600, 11).summary, 5).process
    assert process is not None
    document = posterior_document(process.posterior)

    assert document is not None
    assert list(document) == ["method", "proposed", "effective", "draws"]
    assert list(document["draws"]) == ["r", "alpha", "s", "beta"]
    assert {len(values) for values in document["draws"].values()} == {200}
    assert posterior_document(None) is None
    assert read_posterior(BgNbd, None) is None


def test_process_and_spend_are_drawn_apart(fits: Fits) -> None:
    """Other seeds, so that their draws do not go together; the same seed gives the same draws again."""
    summary = shop_of(600, 11).summary
    one, again = (with_posteriors(fits, summary, 5) for _time in range(2))

    logs = [np.log(fit.posterior.letters) for fit in (one.process, one.spend)]  # type: ignore[union-attr]
    together = np.corrcoef(np.concatenate(logs, axis=1).T)[:4, 4:]
    assert np.abs(together).max() < 4 / np.sqrt(200)
    np.testing.assert_array_equal(one.process.posterior.letters, again.process.posterior.letters)  # type: ignore[union-attr]


def test_a_regression_of_spend_is_left_to_its_covariance() -> None:
    """Its slopes are no logarithms; without a fit there is nothing to draw."""
    shop = shop_of(600, 11)
    regression = SpendRegression.fit(shop.summary)
    found = with_posteriors(Fits(Choice("", "average_rate"), None, regression, ()), shop.summary, 1)

    assert found.process is None
    assert found.spend is not None
    assert found.spend.posterior is None


def test_a_fit_that_ended_at_a_rim_is_left_to_its_covariance(fits: Fits) -> None:
    """There is no top to draw around: a night must go on, with intervals from what the fit itself knows."""
    moved = replace(fits.process.model, r=3 * fits.process.model.r)  # type: ignore[union-attr]
    away = replace(fits, process=replace(fits.process, model=moved))  # type: ignore[type-var]

    found = with_posteriors(away, shop_of(600, 11).summary, 5)

    assert found.process is not None
    assert found.process.posterior is None
    assert found.spend is not None
    assert found.spend.posterior is not None


@pytest.mark.slow
def test_a_valuation_carries_its_draws_only_where_intervals_are_wanted(cdnow: CustomerBase) -> None:
    """CDNOW, ESS printed in model.json beside them; the lean path draws nothing."""
    full, lean = (
        value_customers(
            cdnow,
            ValueSettings(),
            StageSettings(),
            "pareto-nbd",
            Extras(back_test=False, intervals=wanted, total_interval=wanted),
        )
        for wanted in (True, False)
    )

    for fit in (full.process, full.spend):
        assert fit is not None
        assert fit.posterior is not None
        assert fit.posterior.effective > 100
    assert lean.process is not None
    assert lean.process.posterior is None
    np.testing.assert_array_equal(lean.scores.p_alive, full.scores.p_alive)
    assert np.isfinite(full.scores.clv_12m_high).all()


def test_what_is_open_is_said_in_the_valuation() -> None:
    """The sentence of a ridge travels with the draws, not as a warning of Python's; see ``service``."""
    shop = shop_of(80, 1)
    fits = Fits(Choice("pareto-nbd", "given"), replace(shop.process, posterior=None), None, ())

    drawn = with_posteriors(fits, shop.summary, 1)

    assert drawn.process is not None
    assert drawn.process.posterior is not None
    assert drawn.process.posterior.method == "profile"
    assert [warning.code for warning in drawn.process.posterior.warnings] == ["models.open_direction"]
