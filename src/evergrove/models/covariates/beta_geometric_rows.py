r"""
The log-likelihood of each history under BG/NBD and MBG/NBD, with derivatives in that customer's own letters.

The formula is that of ``beta_geometric_likelihood``; where a and b differ between customers, the chances not
taken are no sums over counts any more but gamma functions of each row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.covariates.gamma_rows import Rows, add_rising, add_waiting
from evergrove.models.special import digamma, expit, log1p_exp, log_beta, trigamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.covariates.gamma_rows import Each
    from evergrove.models.types import Floats


def bg_rows(letters: Each, x: Floats, t_x: Floats, T: Floats) -> Rows:
    """BG/NBD: nobody leaves before a repeat purchase; arguments as ``mbg_rows``."""
    return _rows(letters, x, t_x, T, 0)


def mbg_rows(letters: Each, x: Floats, t_x: Floats, T: Floats) -> Rows:
    """
    Log-likelihoods under MBG/NBD and their derivatives in ln (r, alpha, a, b).

    Args:
        letters: r of all, shape (1,); alpha, a and b of all or of each customer, (1,) or (n,).
        x: Repeat purchases. Shape (n,).
        t_x: Age at the last purchase, in the unit of alpha. Shape (n,).
        T: Age at the end of observation, same unit. Shape (n,).
    """
    return _rows(letters, x, t_x, T, 1)


def _rows(letters: Each, x: Floats, t_x: Floats, T: Floats, m: int) -> Rows:
    r = letters[0].item()
    alpha, a, b = (np.broadcast_to(letter, x.shape) for letter in letters[1:])
    rows = Rows.empty(len(x))
    add_rising(rows, r, x)
    add_waiting(rows, 0, r, alpha, T, x)
    _add_stays(rows, a, b, x + m)
    left: slice | NDArray[np.intp] = slice(None) if m else np.flatnonzero(x > 0)
    _add_departures(rows, left, (r, alpha[left], a[left], b[left]), (x[left], t_x[left], T[left], m))
    return rows


def _add_stays(rows: Rows, a: Floats, b: Floats, chances: Floats) -> None:
    """Add ln B(a, b + k) - ln B(a, b): k chances to leave, not taken."""
    total = a + b
    # First and second derivative of ln Gamma between b and b + k, and between a + b and a + b + k.
    b_1, total_1 = (digamma(at + chances) - digamma(at) for at in (b, total))
    b_2, total_2 = (trigamma(at + chances) - trigamma(at) for at in (b, total))
    rows.value[:] += log_beta(a, b + chances) - log_beta(a, b)
    by_a, by_b = -a * total_1, b * (b_1 - total_1)
    rows.gradient[2] += by_a
    rows.gradient[3] += by_b
    rows.hessian[2, 2] += by_a - a * a * total_2
    rows.hessian[[2, 3], [3, 2]] -= a * b * total_2
    rows.hessian[3, 3] += by_b + b * b * (b_2 - total_2)


def _add_departures(
    rows: Rows,
    at: slice | NDArray[np.intp],
    letters: tuple[float, Floats, Floats, Floats],
    histories: tuple[Floats, Floats, Floats, int],
) -> None:
    """Add ln(1 + e^u), u the log odds of having left after the last purchase, to the rows ``at``."""
    r, alpha, a, b = letters
    x, t_x, T, m = histories
    end, last, z = alpha + T, alpha + t_x, r + x
    silence = np.log1p((T - t_x) / last)
    by_scale = alpha / end - alpha / last  # first and second derivative of the silence in ln alpha
    bend = by_scale - (alpha / end) ** 2 + (alpha / last) ** 2
    share = b / (b + (x + (m - 1)))
    u = np.log(a) - np.log(b + (x + (m - 1))) + z * silence
    p = expit(u)
    slope = np.stack([r * silence, z * by_scale, np.ones_like(u), -share])
    curvature = p * expit(-u) * slope[:, None] * slope
    curvature[0, 0] += p * r * silence
    curvature[[0, 1], [1, 0]] += p * r * by_scale
    curvature[1, 1] += p * z * bend
    curvature[3, 3] -= p * share * (1 - share)
    rows.value[at] += log1p_exp(u)
    rows.gradient[:, at] += p * slope
    rows.hessian[:, :, at] += curvature
