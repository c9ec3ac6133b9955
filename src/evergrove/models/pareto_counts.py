"""How many purchases a Pareto/NBD customer still makes: a sum of positive terms, by quadrature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.pareto_integrals import blocks, enough, reach
from evergrove.models.special import log_beta

if TYPE_CHECKING:
    from evergrove.models.pareto_mixture import Letters
    from evergrove.models.types import Floats


def log_counts_of_leavers(letters: Letters, n: Floats, horizon: float, shape: Floats, T: Floats) -> Floats:
    r"""
    Log P(leaves within h, having bought n times since T | alive at T).

    .. math::

        \frac{\Gamma(c + n)}{\Gamma(c) n!} \int_0^h \left( \frac{\alpha + T}{\alpha + T + u} \right)^c
            \left( \frac{u}{\alpha + T + u} \right)^n
            \frac{s}{\beta + T + u} \left( \frac{\beta + T}{\beta + T + u} \right)^s du

    The closed forms in the literature subtract and lose their digits. The integrand first rises like u^n:
    it takes twice the nodes that its powers alone would take, for 1e-12 with n and c up to 2,000.

    Args:
        letters: The parameters.
        n: Purchases, >= 0. Shape (m,).
        horizon: h, in the unit of alpha, >= 0.
        shape: c = r + x. Shape (m,).
        T: Shape (m,).
    """
    _, alpha, s, beta = letters
    terms = np.full_like(T, -np.inf)
    if horizon == 0:
        return terms
    # The two factors of alpha together are largest at u = n (alpha + T) / c: what they have lost there.
    lost = shape * np.log1p(n / shape) + n * np.log1p(shape / np.maximum(n, 1.0))
    span, fall = reach(shape, s + 1, alpha, beta, T, np.full_like(T, horizon), lost)
    for nodes in blocks(alpha, beta, T, span, 8 + 2 * enough(span, fall)):
        rows = nodes.rows
        moved = n[rows] * np.log(-np.expm1(-nodes.alpha_span)) - shape[rows] * nodes.alpha_span
        log_term = moved - (s + 1) * nodes.beta_span
        highest = log_term.max(axis=0)
        summed = np.einsum("kn,kn->n", np.exp(log_term - highest), nodes.weight)
        terms[rows] = highest + np.log(summed)
    return np.asarray(terms + np.log(s / (beta + T)) - np.log(shape + n) - log_beta(shape, n + 1))
