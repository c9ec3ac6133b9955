"""Closeness: perfect scores come out perfect, worthless ones worthless."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from evergrove.simulation import ForeignCustomers, Shop, ShopOptions, compare_with_truth, simulate_shop
from evergrove.text import LANGUAGES, translator


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A small shop."""
    return simulate_shop(ShopOptions(customers=3_000))


@pytest.fixture
def oracle(shop: Shop) -> dict[str, Any]:
    """The scores of one who knows the truth."""
    truth = shop.truth
    return {
        "customer_id": truth.customer_id,
        "p_alive": truth.alive.astype(np.float64),
        "expected_purchases_12m": truth.expected_purchases_12m,
        "clv_12m": truth.expected_value_12m,
        "clv_12m_low": np.zeros(len(truth)),
        "clv_12m_high": truth.realised_value_12m + (np.arange(len(truth)) % 5 > 0) - 0.5,
        "stage": np.where(truth.alive, "growth", "churned"),
    }


def test_the_oracle_is_close(shop: Shop, oracle: dict[str, Any]) -> None:
    """Every figure reaches its best."""
    found = compare_with_truth(oracle, shop.truth)

    assert found.customers == 3_000
    assert found.value.error == 0
    assert found.purchases.error == 0
    assert found.rank_correlation == pytest.approx(1)
    assert found.gini == pytest.approx(1)
    assert 0.3 < found.gini_realised < 1
    assert found.calibration_error == 0
    assert found.coverage == pytest.approx(0.8, abs=1e-3)
    assert (found.churned.gone, found.churned.returned, found.churned.noticed) == (1, 0, 1)


def test_the_order_of_rows_does_not_matter_and_unscored_customers_are_left_out(
    shop: Shop, oracle: dict[str, Any]
) -> None:
    """Customers are matched by id."""
    order = np.random.default_rng(1).permutation(3_000)
    shuffled = {name: values[order] for name, values in oracle.items()}
    shuffled["clv_12m"] = np.where(np.arange(3_000) < 10, np.nan, shuffled["clv_12m"])

    found = compare_with_truth(shuffled, shop.truth)

    assert found.customers == 2_990
    assert found.value.error == 0


def test_noise_is_far(shop: Shop, oracle: dict[str, Any]) -> None:
    """Scores that know nothing rank no better than chance; the figure agrees with scipy's."""
    noise = np.random.default_rng(2).random(3_000)
    found = compare_with_truth({**oracle, "clv_12m": noise, "p_alive": noise}, shop.truth)

    assert found.rank_correlation == pytest.approx(spearmanr(noise, shop.truth.expected_value_12m).statistic)
    assert abs(found.gini) < 0.1
    assert found.calibration_error == pytest.approx(0.25, abs=0.03)
    assert [b.low for b in found.calibration] == [n / 10 for n in range(10)]


def test_without_intervals_nothing_is_said_of_them(shop: Shop, oracle: dict[str, Any]) -> None:
    """A run with --no-intervals leaves the columns empty or away."""
    empty = {**oracle, "clv_12m_low": np.full(3_000, np.nan)}
    absent = {name: values for name, values in oracle.items() if "clv_12m_" not in name}

    for columns in (empty, absent):
        found = compare_with_truth(columns, shop.truth)
        assert found.coverage is None
        assert len(found.sentences) == 5


def test_scores_of_another_shop_are_refused(shop: Shop, oracle: dict[str, Any]) -> None:
    """An id that the shop never gave is named."""
    ids = oracle["customer_id"].astype(object)
    ids[7] = "X"

    with pytest.raises(ForeignCustomers, match=r"1 of 3,000 .*first: X"):
        compare_with_truth({**oracle, "customer_id": ids}, shop.truth)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_fill_in_every_language(shop: Shop, oracle: dict[str, Any], language: Any) -> None:
    """No translation misses a field or invents one."""
    translate = translator(language)
    said = [sentence.said(translate) for sentence in compare_with_truth(oracle, shop.truth).sentences]

    assert len(said) == 6
    assert "3,000" in said[0]
    assert "CNY" in said[0]
    if language != "en":
        assert all(not sentence.isascii() for sentence in said)
