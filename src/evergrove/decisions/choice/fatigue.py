r"""
What a contact costs by those whom it drives off a channel: the contacts that can then no longer be made.

Whoever unsubscribes still buys; what is lost is only the *extra* profit of future contacts on that channel, after the
window over which the contact at hand is measured. A customer for whom contacts bring nothing loses nothing by it,
whatever the customer is worth.

.. math::

    F = h \cdot \rho \, \max(m, 0) \int_{w}^{H} e^{-(\delta + \mu) t} \, dt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.decisions.choice.errors import ShapesDiffer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evergrove.decisions.choice.types import Floats

DAYS_PER_YEAR = 365.25


def future_contacts(
    profit: ArrayLike,
    contacts_per_year: ArrayLike,
    *,
    window_days: float,
    horizon_days: float,
    annual_discount_rate: float,
    yearly_loss: ArrayLike = 0.0,
) -> Floats:
    """
    Discounted extra profit that is expected of a customer's contacts on one channel after the window.

    Args:
        profit: Extra profit of one contact, after its cost: the measured effect, not the customer's value. Shape (n,).
            Below 0 such contacts would not be made, and are worth nothing.
        contacts_per_year: That are to be expected. Shape (n,), or one number.
        window_days: Over which the contact at hand is measured.
        horizon_days: Until when contacts are looked at; what lies before the window's end is not.
        annual_discount_rate: Such as 0.1.
        yearly_loss: Rate at which the customer is lost to the channel anyway, by leaving or unsubscribing: of those still
            there a share of 1 - exp(-rate) goes within a year. Shape (n,), or one number.

    Returns:
        Money of today, >= 0. Shape (n,).
    """
    begin, end = window_days / DAYS_PER_YEAR, max(window_days, horizon_days) / DAYS_PER_YEAR
    rate = np.log1p(annual_discount_rate) + np.asarray(yearly_loss, dtype=np.float64)
    safe = np.where(rate == 0.0, 1.0, rate)
    years = np.where(
        rate == 0.0, end - begin, np.exp(-rate * begin) * -np.expm1(-safe * (end - begin)) / safe
    )
    rate_of_contacts = np.asarray(contacts_per_year, dtype=np.float64)
    found: Floats = np.maximum(np.asarray(profit, dtype=np.float64), 0.0) * rate_of_contacts * years
    return found


def fatigue_cost(hazard: ArrayLike, future: ArrayLike) -> Floats:
    """
    What a contact costs by the chance that the customer unsubscribes because of it.

    Args:
        hazard: Chance that this contact makes the customer unsubscribe from its channel. Shape (n, k), or one that
            stretches to it, such as (k,).
        future: ``future_contacts`` on the channel of each action. Shape (n, k), or one that stretches to it.

    Raises:
        ShapesDiffer: The shapes do not go together.
    """
    chance, lost = np.asarray(hazard, dtype=np.float64), np.asarray(future, dtype=np.float64)
    try:
        found: Floats = chance * lost
    except ValueError as error:
        raise ShapesDiffer(name="future", shape=lost.shape, expected=chance.shape) from error
    return found
