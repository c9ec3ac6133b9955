"""What a fit says where there is no maximum, and what it does where nobody leaves."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.models import (
    BgNbd,
    FlatRidge,
    GammaGamma,
    MbgNbd,
    Nbd,
    NotConverged,
    ParetoNbd,
    Summary,
    estimate,
)
from evergrove.models.contractual import ShiftedBetaGeometric, Tenures
from evergrove.models.contractual.estimate import ContractNotConverged
from evergrove.models.gamma_gamma_rows import SpendNotConverged
from evergrove.models.maximise import maximise
from evergrove.models.spend import ReturnRate

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.process import TransactionModel

NEVER_LEAVING = Nbd(r=1.0, alpha=5.0)
MODELS: list[type[TransactionModel]] = [MbgNbd, BgNbd, ParetoNbd]


def loyal(seed: int, customers: int = 1500) -> Summary:
    """Poisson purchases at gamma rates over half a year to a year and a half; nobody ever leaves."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(26, 78, customers)
    x = rng.poisson(rng.gamma(NEVER_LEAVING.r, 1 / NEVER_LEAVING.alpha, customers) * T).astype(float)
    last = np.where(x > 0, T * rng.beta(np.maximum(x, 1), 1), 0.0)  # the latest of x uniform times
    return Summary(frequency=x, recency=last, T=T)


def quietly(fit: Callable[[], Any]) -> Any:
    """A fit whose warnings are read off it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


def slow(*_args: object, **_options: object) -> Any:
    """No climb arrives."""
    raise NotConverged(model="X", customers=1, gradient="1")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", [2, 4])
def test_customers_without_dropout_are_answered_as_by_nbd(model: type[TransactionModel], seed: int) -> None:
    """The ridge is named; the gain over NBD is one of chance, and next year's total within 1 % of NBD's."""
    shop = loyal(seed)
    plain, found = Nbd.fit(shop), quietly(lambda: model.fit(shop))

    assert any(isinstance(warning, FlatRidge) for warning in found.warnings)
    assert -1e-3 < found.log_likelihood - plain.log_likelihood < 3.0  # two parameters: 1 of 20 gains more
    history = shop.frequency, shop.recency, shop.T
    year, of_nbd = (fit.model.expected_purchases(52.0, *history).sum() for fit in (found, plain))
    assert year == pytest.approx(of_nbd, rel=0.01)


@pytest.mark.parametrize("model", MODELS)
def test_where_no_climb_arrives_nobody_leaving_is_tried(
    model: type[TransactionModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual starts are given two evaluations; the start where nobody leaves arrives at NBD."""
    shop = loyal(2)
    plain, usual = Nbd.fit(shop), estimate.search

    def hurried(surface: Any, rows: int, starts: Any, title: str) -> Any:
        if len(starts) > 1:
            objective, weight = surface(1)
            return maximise(objective, starts, weight=weight, model=title, limit=2)
        return usual(surface, rows, starts, title)

    monkeypatch.setattr(estimate, "search", hurried)
    found = quietly(lambda: model.fit(shop))

    assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-3)
    assert any(isinstance(warning, FlatRidge) for warning in found.warnings)


def test_nobody_leaving_does_not_hide_a_better_climb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the climbs had come higher than any model without dropout, their error stands."""
    usual = estimate.search

    def stopped(surface: Any, rows: int, starts: Any, title: str) -> Any:
        if len(starts) > 1:
            error = NotConverged(model=title, customers=rows, gradient="1")
            error.reached = usual(surface, rows, [np.zeros(4)], title).value + 10.0
            raise error
        return usual(surface, rows, starts, title)

    monkeypatch.setattr(estimate, "search", stopped)
    with pytest.raises(NotConverged, match="simpler model"):
        MbgNbd.fit(loyal(2))


def test_nbd_has_nothing_simpler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without dropout raises at once."""
    monkeypatch.setattr(estimate, "search", slow)
    with pytest.raises(NotConverged):
        Nbd.fit(loyal(2))


def test_every_family_names_its_own_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracts are sent to periods and renewals, money to its unit; neither to a purchase process."""
    monkeypatch.setattr("evergrove.models.contractual.estimate.maximise", slow)
    with pytest.raises(ContractNotConverged, match="renewals") as contract:
        ShiftedBetaGeometric.fit(
            Tenures(tenure=np.array([1, 2, 3, 3]), churned=np.array([1, 1, 1, 0]), period="month")
        )
    monkeypatch.setattr("evergrove.models.gamma_gamma.search", slow)
    monkeypatch.setattr("evergrove.models.spend.returns.search", slow)
    shop = loyal(2, 50)
    paid = Summary(frequency=shop.frequency, recency=shop.recency, T=shop.T, mean_day_spend=1 + shop.T)
    with pytest.raises(SpendNotConverged, match="unit of money") as money:
        GammaGamma.fit(paid)
    with pytest.raises(SpendNotConverged):
        ReturnRate.fit(np.array([0.0, 1.0]), np.array([2.0, 3.0]))

    for raised, code in ((contract, "models.contract_not_converged"), (money, "models.spend_not_converged")):
        assert isinstance(raised.value, NotConverged)
        assert raised.value.code == code
        assert "nbd" not in str(raised.value)
