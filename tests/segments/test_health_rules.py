"""Points of each component, and health by rule, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evergrove.segments.codes import NO_CODE
from evergrove.segments.health.rules import fading, health_by_rule, points_of
from evergrove.segments.health.types import Part, Signs
from evergrove.settings import StageSettings

UNTOLD = {
    "login_silence": np.nan,
    "interactions": 0.0,
    "interactions_before": 0.0,
    "complaints": np.nan,
    "open_complaints": np.nan,
    "nps": np.nan,
    "refunds_12m": np.nan,
}


def points(
    silence: float = 10.0, orders_12m: float = 4.0, **told: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Points of one customer whose decline begins after 60 days of silence and who is gone after 160."""
    signs = Signs(**{name: np.array([value]) for name, value in (UNTOLD | told).items()}, beyond_orders=True)
    found = points_of(
        signs,
        np.array([silence]),
        np.array([60.0]),
        np.array([160.0]),
        np.array([orders_12m]),
        StageSettings(),
    )
    return found[:, 0]


@pytest.mark.parametrize(
    ("silence", "expected"), [(0, 100), (30, 100), (45, 70), (60, 40), (110, 20), (160, 0), (500, 0)]
)
def test_silence_costs_points_from_half_of_the_limit_on(silence: float, expected: float) -> None:
    """40 where decline begins, 0 where the customer is gone, straight lines between."""
    assert fading(np.array([silence]), 60.0, 160.0) == pytest.approx([expected])


def test_where_only_orders_are_told_health_falls_below_40_when_decline_begins() -> None:
    """The purchase gap is all there is: its points are the health."""
    at, after = (health_by_rule(points(silence)[:, None]) for silence in (60.0, 61.0))

    assert at.score.tolist() == [40.0]
    assert after.score[0] < 40.0
    assert after.reason.tolist() == [Part.PURCHASE_GAP]


@pytest.mark.parametrize(
    ("part", "told", "expected"),
    [
        (Part.LOGIN, {"login_silence": 90.0}, 40.0),
        (Part.LOGIN, {"login_silence": 180.0}, 0.0),
        (Part.INTERACTION, {"interactions": 3.0, "interactions_before": 12.0}, 25.0),
        (Part.INTERACTION, {"interactions": 12.0, "interactions_before": 3.0}, 100.0),
        (Part.COMPLAINTS, {"complaints": 0.0, "open_complaints": 0.0}, 100.0),
        (Part.COMPLAINTS, {"complaints": 2.0, "open_complaints": 1.0}, 100 * 0.75**2 * 0.6),
        (Part.NPS, {"nps": 6.0}, 30.0),
        (Part.NPS, {"nps": 10.0}, 100.0),
        (Part.REFUNDS, {"refunds_12m": 1.0}, 75.0),
        (Part.REFUNDS, {"refunds_12m": 9.0}, 0.0),
    ],
)
def test_each_sign_has_its_points(part: Part, told: dict[str, float], expected: float) -> None:
    """By the rules of the page."""
    assert points(**told)[part] == pytest.approx(expected)


def test_what_is_not_told_is_left_out_and_the_rest_shares_its_weight() -> None:
    """Purchase gap 100 at weight .40 and a detractor's 30 at .10: 86, and the answer is the reason."""
    health = health_by_rule(points(nps=6.0)[:, None])

    assert health.score == pytest.approx([(0.40 * 100 + 0.10 * 30) / 0.50])
    assert health.reason.tolist() == [Part.NPS]
    assert np.isnan(health.points[Part.LOGIN, 0])


def test_nothing_wrong_has_no_reason() -> None:
    """100, and no component to name."""
    health = health_by_rule(points(complaints=0.0, open_complaints=0.0)[:, None])

    assert health.score.tolist() == [100.0]
    assert health.reason.tolist() == [NO_CODE]


def test_a_worse_sign_never_raises_health() -> None:
    """Monotone in every component, whatever else is known."""
    rng = np.random.default_rng(3)
    drawn = rng.uniform(0, 100, (len(Part), 500))
    drawn[1:][rng.random((len(Part) - 1, 500)) < 0.4] = np.nan
    before = health_by_rule(drawn).score
    for part in Part:
        worse = drawn.copy()
        worse[part] *= 0.5
        after = health_by_rule(worse).score
        assert (after <= before + 1e-9).all()
        assert ((after >= 0) & (after <= 100)).all()
