"""How many purchases a Pareto/NBD customer still makes: a sum of positive terms, by quadrature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.pareto_integrals import blocks
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

    The closed forms in the literature subtract and lose their digits. The integrand first rises like u^n;
    over 20,000 random cases the nodes below gave 1e-10 (n to 1,000, c to 1,000).

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
    alpha_span, beta_span = np.log1p(horizon / (alpha + T)), np.log1p(horizon / (beta + T))
    span = np.maximum(alpha_span, beta_span)
    needed = 12 + 5 * np.sqrt(shape * alpha_span + (s + 1) * beta_span) + span + 0.12 * span**2
    for nodes in blocks(alpha, beta, T, span, needed):
        rows = nodes.rows
        moved = n[rows] * np.log(-np.expm1(-nodes.alpha_span)) - shape[rows] * nodes.alpha_span
        log_term = moved - (s + 1) * nodes.beta_span
        highest = log_term.max(axis=0)
        summed = np.einsum("kn,kn->n", np.exp(log_term - highest), nodes.weight)
        terms[rows] = highest + np.log(summed)
    return np.asarray(terms + np.log(s / (beta + T)) - np.log(shape + n) - log_beta(shape, n + 1))
