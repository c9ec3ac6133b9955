"""What becomes of an order after it was placed: cancelled, refunded, or kept; and when that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.purchases import (
    FULL_REFUND,
    LOOSE_DELAY_DAYS,
    LOOSE_REFUND,
    LOOSE_SHARE,
    PART_REFUND,
    PART_SHARE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.models.types import Floats
    from evergrove.simulation.types import Flags, Integers

CANCELLED_SHARE = 0.5  # of what is paid back as a whole: cancelled before it was sent
CANCEL_DELAY_DAYS, REFUND_DELAY_DAYS = (1, 2), (1, 14)


@dataclass(frozen=True, eq=False)
class Fates:
    """
    Of each order, shape (m,) each.

    Attributes:
        refund: Share of the amount paid back by reference to the order, or by cancelling it.
        refund_delay: Days until then; meaningless where nothing is.
        cancelled: Whether the order was cancelled, rather than refunded.
        loose: Share paid back in a row of its own.
        loose_delay: Days until then; meaningless where nothing is.
    """

    refund: Floats
    refund_delay: Integers
    cancelled: Flags
    loose: Floats
    loose_delay: Integers


def fates_of(uniform: Callable[[str], Floats]) -> Fates:
    """
    The fates of orders that messages caused, by the rates of the shop's other orders.

    Args:
        uniform: Gives each order a number in (0, 1) for a purpose, shape (m,).
    """
    fate, part, loose = uniform("fate"), uniform("part"), uniform("loose share")
    full = fate < FULL_REFUND
    partly = (fate >= FULL_REFUND) & (fate < FULL_REFUND + PART_REFUND)
    refund = np.where(full, 1.0, partly * _between(PART_SHARE, part))
    cancelled, delay = known_after(refund, uniform("cancelled"), uniform("refund delay"))
    return Fates(
        refund=refund,
        refund_delay=delay,
        cancelled=cancelled,
        loose=(fate >= 1 - LOOSE_REFUND) * _between(LOOSE_SHARE, loose),
        loose_delay=_days(LOOSE_DELAY_DAYS, uniform("loose delay")),
    )


def known_after(refund: Floats, cancelled: Floats, delay: Floats) -> tuple[Flags, Integers]:
    """
    Whether orders were cancelled, and after how many days a cancellation or refund is known.

    Args:
        refund: Share paid back by reference, shape (m,).
        cancelled: Uniform numbers, shape (m,).
        delay: Uniform numbers, shape (m,).
    """
    is_cancelled = (refund >= 1.0) & (cancelled < CANCELLED_SHARE)
    days = np.where(is_cancelled, _days(CANCEL_DELAY_DAYS, delay), _days(REFUND_DELAY_DAYS, delay))
    return is_cancelled, days


def kept_share(age: Integers) -> Floats:
    """
    Expected share of an order's amount that is not known to be paid back, this many days after it.

    Args:
        age: Days since the order; 0 where it is negative: not yet placed.

    Returns:
        Shares in [0, 1], the shape of ``age``.
    """
    late = CANCELLED_SHARE * _reached(CANCEL_DELAY_DAYS, age)
    late += (1 - CANCELLED_SHARE) * _reached(REFUND_DELAY_DAYS, age)
    lost = FULL_REFUND * late
    lost += PART_REFUND * sum(PART_SHARE) / 2 * _reached(REFUND_DELAY_DAYS, age)
    lost += LOOSE_REFUND * sum(LOOSE_SHARE) / 2 * _reached(LOOSE_DELAY_DAYS, age)
    return np.where(age >= 0, 1.0 - lost, 0.0)


def _between(ends: tuple[float, float], uniform: Floats) -> Floats:
    return ends[0] + (ends[1] - ends[0]) * uniform


def _days(ends: tuple[int, int], uniform: Floats) -> Integers:
    """Whole days, evenly spread over both ends."""
    return ends[0] + np.floor(uniform * (ends[1] - ends[0] + 1)).astype(np.int64)


def _reached(ends: tuple[int, int], age: Integers) -> Floats:
    """Chance that a delay, evenly spread over both ends, is over after this many days."""
    return np.clip((age - ends[0] + 1) / (ends[1] - ends[0] + 1), 0.0, 1.0)
