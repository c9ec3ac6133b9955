r"""
The Pareto/NBD log-likelihood of each history, with its derivatives in that customer's own letters.

The mixture is that of ``pareto_mixture``; here its means and covariances are kept row by row, because with
covariates each row hands them on to the slopes by its own covariates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.covariates.gamma_rows import Rows, add_rising, add_waiting
from evergrove.models.pareto_integrals import blocks, enough, reach
from evergrove.models.pareto_mixture import Histories, branches_at

if TYPE_CHECKING:
    from evergrove.models.covariates.gamma_rows import Each
    from evergrove.models.pareto_mixture import Branches
    from evergrove.models.types import Floats


def pareto_rows(letters: Each, x: Floats, t_x: Floats, T: Floats) -> Rows:
    """
    Log-likelihoods and their derivatives in ln (r, alpha, s, beta).

    Args:
        letters: r and s of all, shape (1,); alpha and beta of all or of each customer, (1,) or (n,).
        x: Repeat purchases. Shape (n,).
        t_x: Age at the last purchase, in the unit of alpha. Shape (n,).
        T: Age at the end of observation, same unit. Shape (n,).
    """
    r, s = letters[0].item(), letters[2].item()
    alpha, beta = (np.broadcast_to(letters[at], x.shape) for at in (1, 3))
    rows = Rows.empty(len(x))
    add_rising(rows, r, x)
    # The brackets are relative to their powers at t_x, which come in here.
    add_waiting(rows, 0, r, alpha, t_x, x)
    add_waiting(rows, 2, s, beta, t_x, 0.0)
    span, fall = reach(r + x, s + 1, alpha, beta, t_x, T - t_x)
    for nodes in blocks(alpha, beta, t_x, span, enough(span, fall)):
        at = nodes.rows
        part = Histories(x[at], t_x[at], T[at], np.ones(len(at)))
        own = (r, alpha[at], s, beta[at])
        branches = branches_at(own, part, nodes)
        gradient, hessian = _bracket(branches, own, part)
        rows.value[at] += branches.log_total
        rows.gradient[:, at] += gradient
        rows.hessian[:, :, at] += hessian
    return rows


def _bracket(
    branches: Branches, letters: tuple[float, Floats, float, Floats], histories: Histories
) -> tuple[Floats, Floats]:
    """Gradient (4, m) and Hessian (4, 4, m) of the logarithm of one block's brackets."""
    left, fixed, alive, p_alive = branches.left, branches.fixed, branches.alive, branches.p_alive
    weighted = left * branches.p_left
    gone, mean_left, mean_alive = branches.p_left.sum(axis=0), weighted.sum(axis=1), alive * p_alive
    mean = mean_left + fixed * gone + mean_alive
    # Covariance over the branches ...
    hessian = fixed[:, None] * fixed * gone + mean_alive[:, None] * alive - mean[:, None] * mean
    hessian += mean_left[:, None] * fixed + fixed[:, None] * mean_left
    second = np.empty_like(hessian)
    for j in range(4):
        for k in range(j + 1):
            second[j, k] = second[k, j] = np.einsum("im,im->m", left[j], weighted[k])
    hessian += second
    # ... and their mean curvature.
    r, alpha, s, beta = letters
    c, a_share, b_share = r + histories.x, alpha / (alpha + histories.t_x), beta / (beta + histories.t_x)
    moved = mean_left + mean_alive
    hessian[0, 0] += moved[0]
    hessian[[0, 1], [1, 0]] += r * moved[1] / c
    hessian[1, 1] += moved[1] * (1 - 2 * a_share) + (second[1, 1] + alive[1] * mean_alive[1]) / c
    hessian[2, 2] += moved[2]
    hessian[[2, 3], [3, 2]] += mean_left[3] * s / (s + 1) + mean_alive[3]
    hessian[3, 3] += moved[3] * (1 - 2 * b_share) - gone * b_share * (1 - b_share)
    hessian[3, 3] += second[3, 3] / (s + 1) + alive[3] * mean_alive[3] / s
    return mean, hessian
