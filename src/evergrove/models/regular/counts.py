"""How many purchases a customer with regular timing still makes: sums of positive terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.nbd import log_negative_binomial
from evergrove.models.special import log_beta

if TYPE_CHECKING:
    from evergrove.models.types import Floats


def log_counts(k: int, n: Floats, shapes: Floats, w: Floats, leave: tuple[float, Floats]) -> Floats:
    r"""
    Log P(n purchases | alive in phase j), by phase.

    Either n purchases came and each was survived, or the n-th was the last and came in time:

    .. math::

        \frac{B(a, b + n)}{B(a, b)} P(k n - j \le M < k (n + 1) - j)
        + \frac{B(a + 1, b + n - 1)}{B(a, b)} P(M \ge k n - j)

    with M negative binomial and its tail an incomplete beta function.

    Args:
        k: Events to a purchase.
        n: Counts, >= 0. Shape (m,).
        shapes: Of lambda in each phase, (k, m).
        w: Time over its scale, > 0. Shape (m,).
        leave: a; and b given alive, shape (m,).

    Returns:
        Shape (k, m).
    """
    from scipy.special import betainc  # noqa: PLC0415 -- only a back-test asks

    (a, b), late = leave, np.arange(k)[:, None]
    first = k * n - late  # events that the n-th purchase waits for
    within = np.stack([_log_events(first + i, shapes, w) for i in range(k)])
    survived = np.logaddexp.reduce(within, axis=0) + log_beta(a, b + n)
    last = np.maximum(n, 1.0)
    with np.errstate(divide="ignore"):  # below 1e-308 a tail is log 0
        came = np.log(betainc(k * last - late, shapes, w / (1 + w)))
    ended = log_beta(a + 1, b + last - 1) + came
    counts: Floats = np.where(n > 0, np.logaddexp(survived, ended), survived) - log_beta(a, b)
    return counts


def _log_events(m: Floats, shapes: Floats, w: Floats) -> Floats:
    """Log P(m events), -inf for m < 0; (k, n)."""
    events = log_negative_binomial(np.maximum(m, 0.0), shapes, np.log1p(w) * np.ones_like(shapes))
    return np.where(m < 0, -np.inf, events)
