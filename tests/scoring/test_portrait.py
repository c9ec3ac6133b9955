"""What parameters say of a shop, against closed forms and against customers simulated with known fate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from evergrove.models import BgNbd, MbgNbd, Nbd, ParetoNbd
from evergrove.scoring.portrait import portrait, still_there

WEEK, MONTH = 7.0, 30.4375
CDNOW = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
MBG = MbgNbd(r=1.46, alpha=11.94, a=0.27, b=0.44, unit="week")


def test_lifetimes_under_pareto_nbd_are_those_of_the_pareto() -> None:
    """Who has not left by t: (beta / (beta + t))^s; half have left at beta (2^(1/s) - 1)."""
    found = portrait(CDNOW)

    assert found is not None
    assert found.half_left_days == pytest.approx(WEEK * 11.669 * (2 ** (1 / 0.606) - 1), rel=1e-9)
    for months, share in found.still_there:
        assert share == pytest.approx((11.669 / (11.669 + months * MONTH / WEEK)) ** 0.606, rel=1e-9)
    assert found.leave_chance is None
    assert found.leave_at_once == 0


def test_gaps_are_quarters_of_the_gamma_distributed_rates() -> None:
    """A quarter of all customers buys faster than the third quartile of the rates, so its gaps are the shortest."""
    found = portrait(CDNOW)
    assert found is not None

    rates = gamma.ppf([0.75, 0.5, 0.25], 0.553, scale=1 / 10.578)

    np.testing.assert_allclose(found.gap_days, WEEK / rates, rtol=1e-9)


def test_mbg_nbd_loses_customers_with_their_first_order() -> None:
    """Simulated: each stays after each purchase, the first included, with a chance of their own."""
    rng = np.random.default_rng(5)
    n = 40_000
    leaves, rate = rng.beta(MBG.a, MBG.b, n), rng.gamma(MBG.r, 1 / MBG.alpha, n)
    until = 26.0
    clock, alive = np.zeros(n), rng.random(n) >= leaves
    waiting = alive.copy()
    while waiting.any():
        clock[waiting] += rng.exponential(1 / rate[waiting])
        waiting &= clock <= until
        gone = waiting & (rng.random(n) < leaves)
        alive &= ~gone
        waiting &= ~gone

    expected = float(still_there(MBG, np.array([until * WEEK]))[0])
    found = portrait(MBG)

    assert abs(alive.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
    assert found is not None
    assert found.leave_at_once == pytest.approx(0.27 / 0.71)
    assert found.leave_chance == pytest.approx(0.27 / 0.71)


def test_a_half_life_beyond_twenty_years_is_not_told() -> None:
    """BG/NBD with few who leave, and NBD, of which nobody leaves."""
    lasting = portrait(BgNbd(r=0.25, alpha=40.0, a=0.05, b=9.0))
    never = portrait(Nbd(r=0.5, alpha=10.0))

    assert lasting is not None
    assert lasting.half_left_days is None
    assert never is not None
    assert never.half_left_days is None
    assert dict(never.still_there) == {6: 1.0, 12: 1.0, 24: 1.0}
