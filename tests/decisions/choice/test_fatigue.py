"""What contacts cost by those whom they drive away, and what an action without effect is worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from evergrove.decisions.choice import NOTHING, choose, fatigue_cost, future_contacts, worth
from evergrove.decisions.choice.errors import ShapesDiffer


def test_a_contact_without_effect_is_worth_its_cost_with_a_minus() -> None:
    """Exactly, and it is not picked."""
    costs = np.array([[0.03, 1.25, 7.0]])

    assert (worth(np.zeros((1, 3)), costs) == -costs).all()
    assert choose(np.zeros((1, 3)), costs).picked.tolist() == [NOTHING]


def test_who_gains_nothing_by_contacts_loses_nothing_by_their_end() -> None:
    """Whatever the customer is worth: the value of the customer is not even asked for."""
    future = future_contacts(
        [0.0, -2.0], [12.0, 400.0], window_days=30.0, horizon_days=3650.0, annual_discount_rate=0.1
    )

    assert (fatigue_cost([[0.5], [1.0]], future[:, None]) == 0.0).all()


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.35])
@pytest.mark.parametrize("loss", [0.0, 0.4])
def test_future_contacts_are_an_integral_after_the_window(rate: float, loss: float) -> None:
    """Against numerical integration of what each moment brings."""
    found = future_contacts(
        [2.5], [6.0], window_days=60.0, horizon_days=730.5, annual_discount_rate=rate, yearly_loss=loss
    )
    truth, _error = quad(
        lambda year: 2.5 * 6.0 * (1.0 + rate) ** -year * np.exp(-loss * year),
        60.0 / 365.25,
        2.0,
        epsabs=1e-12,
    )

    assert found[0] == pytest.approx(truth, rel=1e-10)


def test_contacts_within_the_window_are_not_counted() -> None:
    """A window as long as the horizon leaves none."""
    found = future_contacts(
        [2.5], [6.0], window_days=90.0, horizon_days=90.0, annual_discount_rate=0.1, yearly_loss=0.2
    )

    assert found[0] == 0.0


def test_fatigue_can_turn_a_choice() -> None:
    """A call that brings more than a letter, but drives one in ten away from calls worth 30."""
    values, costs = [[3.0, 5.0]], [[0.5, 0.5]]
    fatigue = fatigue_cost([0.0, 0.1], [[0.0, 30.0]])

    assert choose(values, costs).picked.tolist() == [1]
    assert choose(values, costs, fatigue=fatigue).picked.tolist() == [0]


def test_shapes_that_do_not_go_together_are_refused() -> None:
    """Two channels for three actions."""
    with pytest.raises(ShapesDiffer):
        fatigue_cost([0.1, 0.1, 0.1], [[1.0, 2.0]])
