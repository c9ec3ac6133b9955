"""Figures that scikit-uplift and causalml gave on the same inputs, run on twelve people and on the Hillstrom campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.conftest import absent

from evergrove.core import Sentence
from evergrove.models.learned import ml_here
from evergrove.models.uplift import elsewhere

if TYPE_CHECKING:
    from tests.models.uplift.conftest import Hillstrom

    from evergrove.models.types import Floats

Y = np.array([1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1.0])
T = np.array([1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0], dtype=bool)
SCORE = np.array([0.9, 0.85, 0.8, 0.7, 0.65, 0.6, 0.5, 0.4, 0.35, 0.3, 0.2, 0.1])


def campaign(hillstrom: Hillstrom, offer: int) -> tuple[Floats, Floats, np.ndarray]:
    """Score, visits and treatment of one mail against none: the score is mens from womens, history, id."""
    here = (hillstrom.arm == 0) | (hillstrom.arm == offer)
    rows = {
        name: values[here].astype(np.float64) for name, values in hillstrom.columns.items() if name in USED
    }
    score = rows["womens"] - rows["mens"] + rows["history"] / 1e4 + rows["customer_id"] / 1e9
    return score, rows["visit"], hillstrom.arm[here] == offer


USED = ("womens", "mens", "history", "customer_id", "visit")


def test_the_curves_of_twelve_people() -> None:
    """Every point of both curves."""
    _people, qini = elsewhere.qini_line(SCORE, Y, T)
    _people, uplift = elsewhere.uplift_line(SCORE, Y, T)

    np.testing.assert_allclose(qini, [0, 1, 1, -1, 0, 0.5, 0, -2 / 3, 0, 0.5, 0, 0.6, 0], atol=1e-12)
    np.testing.assert_allclose(uplift, [0, 1, 1, -1.5, 0, 5 / 6, 0, -7 / 6, 0, 0.9, 0, 1.1, 0], atol=1e-12)


def test_the_areas_of_twelve_people() -> None:
    """Qini .0716049, uplift .0534979, the effect in the first half 0."""
    assert elsewhere.qini_auc(SCORE, Y, T) == pytest.approx(0.0716049, abs=1e-6)
    assert elsewhere.uplift_auc(SCORE, Y, T) == pytest.approx(0.0534979, abs=1e-6)
    assert elsewhere.uplift_at(SCORE, Y, T, 0.5) == pytest.approx(0.0, abs=1e-12)
    assert elsewhere.uplift_at(SCORE, Y, T, 0.5, by_group=False) == pytest.approx(0.0, abs=1e-12)


def test_what_would_be_divided_by_no_effect_is_not_defined() -> None:
    """The twelve have no effect on average: one library says NaN, the other divides by zero."""
    said = [
        elsewhere.cumulative_gain(SCORE, Y, T)[1],
        elsewhere.qini_score(SCORE, Y, T)[1],
        elsewhere.qini_auc_without_harm(SCORE, Y, T),
    ]

    for each in said:
        assert isinstance(each, Sentence)
        assert each.code == "models.not_defined"
        assert str(each).startswith("not defined")


def test_where_nobody_is_harmed_the_best_order_has_the_whole_effect_at_once() -> None:
    """By hand: 2 of 2 treated buy, 0 of 2 untreated; ranked by treatment the order is the best there is."""
    outcome, treated = np.array([1.0, 1.0, 0.0, 0.0]), np.array([True, True, False, False])

    assert elsewhere.qini_auc_without_harm(np.array([4.0, 3, 2, 1]), outcome, treated) == pytest.approx(1.0)


def test_the_womens_mail_of_hillstrom(hillstrom: Hillstrom) -> None:
    """All rows, by a fixed score: both libraries' figures."""
    score, visit, treated = campaign(hillstrom, 1)

    assert elsewhere.qini_auc(score, visit, treated) == pytest.approx(0.063241, abs=1e-6)
    assert elsewhere.uplift_auc(score, visit, treated) == pytest.approx(0.028857, abs=1e-6)
    assert elsewhere.uplift_at(score, visit, treated, 0.1) == pytest.approx(0.079551, abs=1e-6)
    assert elsewhere.uplift_at(score, visit, treated, 0.3) == pytest.approx(0.072546, abs=1e-6)
    raw, normalised = elsewhere.cumulative_gain(score, visit, treated)
    assert (normalised, raw) == pytest.approx((0.665857, 1285.862), rel=1e-6, abs=1e-6)
    raw, normalised = elsewhere.qini_score(score, visit, treated)
    assert (normalised, raw) == pytest.approx((0.168091, 162.6114), rel=1e-6, abs=1e-6)


def test_the_quintiles_of_the_womens_mail(hillstrom: Hillstrom) -> None:
    """The effect in fifths of all."""
    found = elsewhere.uplift_by_part(*campaign(hillstrom, 1), parts=5)

    np.testing.assert_allclose(found, [0.068616, 0.081465, 0.052741, 0.007184, 0.014507], atol=1e-6)


@pytest.mark.parametrize(
    ("offer", "two_models", "at_30", "transformed"),
    [(1, 0.062252, 0.067832, 0.057884), (2, -0.002867, None, None)],
)
def test_logistic_regressions_on_odd_ids(
    hillstrom: Hillstrom, offer: int, two_models: float, at_30: float | None, transformed: float | None
) -> None:
    """Learned on even ids: two models, and whether treatment and outcome agree; nothing to find for mens."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")
    from sklearn.linear_model import LogisticRegression

    here = (hillstrom.arm == 0) | (hillstrom.arm == offer)
    X, odd = hillstrom.X[here], hillstrom.odd[here]
    visit, treated = hillstrom.columns["visit"][here].astype(np.float64), hillstrom.arm[here] == offer
    Z = (X - X[~odd].mean(axis=0)) / X[~odd].std(axis=0)

    def said(rows: np.ndarray, label: np.ndarray) -> Floats:
        found: Floats = LogisticRegression().fit(Z[rows], label[rows]).predict_proba(Z[odd])[:, 1]
        return found

    score = said(~odd & treated, visit) - said(~odd & ~treated, visit)
    agree = said(~odd, (visit == treated).astype(int))

    judged = (visit[odd], treated[odd])
    assert elsewhere.qini_auc(score, *judged) == pytest.approx(two_models, abs=1e-3)
    if at_30 is not None:
        assert elsewhere.uplift_at(score, *judged, 0.3) == pytest.approx(at_30, abs=1e-3)
    if transformed is not None:
        assert elsewhere.qini_auc(agree, *judged) == pytest.approx(transformed, abs=1e-3)
