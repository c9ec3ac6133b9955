r"""
The Pareto/NBD likelihood, of each history and of a whole population.

.. math::

    L(r, \alpha, s, \beta \mid x, t_x, T) = \frac{\Gamma(r + x)}{\Gamma(r)} \alpha^r \beta^s
        \left[ \frac{1}{(\alpha + T)^{r + x} (\beta + T)^s}
        + \int_{t_x}^T \frac{s \, d\tau}{(\alpha + \tau)^{r + x} (\beta + \tau)^{s + 1}} \right]

Source:
    Schmittlein, Morrison and Colombo (1987), Counting Your Customers: Who Are They and What Will They Do
    Next?, Management Science 33(1), 1-24; the integral: Fader and Hardie (2005), A Note on Deriving the
    Pareto/NBD Model and Related Expressions, brucehardie.com/notes/009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import DAYS_PER
from evergrove.models.distinct import levels
from evergrove.models.gamma_rate import counted, histogram, rising, waiting
from evergrove.models.pareto_integrals import integral
from evergrove.models.pareto_mixture import Histories, Letters, brackets
from evergrove.models.special import log1p_exp, log_rising

if TYPE_CHECKING:
    from evergrove.models.gamma_rate import Derivatives
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Floats, Summary


def log_odds_gone(letters: Letters, x: Floats, t_x: Floats, T: Floats) -> Floats:
    r"""
    Logarithm of the odds that a customer has left by T; -inf where T = t_x.

    .. math::

        \frac{1 - P(\text{alive})}{P(\text{alive})} = \int_{t_x}^T \frac{s}{\beta + \tau}
            \left( \frac{\beta + T}{\beta + \tau} \right)^s
            \left( \frac{\alpha + T}{\alpha + \tau} \right)^{r + x} d\tau

    The powers at the lower end stay in logs: with hundreds of purchases they overflow float64.

    Args:
        letters: The parameters.
        x: Repeat purchases. Shape (n,).
        t_x: Age at the last purchase, in the unit of alpha. Shape (n,).
        T: Age at the end of observation, same unit. Shape (n,).
    """
    r, alpha, s, beta = letters
    silence = T - t_x
    unseen = integral(r + x, s + 1, alpha, beta, t_x, silence)
    log_unseen = np.log(unseen, out=np.full_like(unseen, -np.inf), where=unseen > 0)
    risen = (r + x) * np.log1p(silence / (alpha + t_x)) + s * np.log1p(silence / (beta + t_x))
    return np.asarray(log_unseen + np.log(s / (beta + t_x)) + risen)


def row_log_likelihood(letters: Letters, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """Log-likelihood of each history, shape (n,); arguments as ``log_odds_gone``. Nought where x = T = 0."""
    r, alpha, s, beta = letters
    purchases = log_rising(r, int(x.max(initial=0.0)))[x.astype(np.int64)] - x * np.log(alpha + T)
    stayed = purchases - r * np.log1p(T / alpha) - s * np.log1p(T / beta)
    return np.asarray(stayed + log1p_exp(log_odds_gone(letters, x, t_x, T)))


def population(rows: Summary, scale: float) -> Objective:
    """
    The log-likelihood of a population over theta = ln (r, alpha, s, beta), with gradient and Hessian.

    Args:
        rows: Distinct histories with their weights.
        scale: Times count as time / scale.
    """
    x, weight = rows.frequency, rows.weights
    histories = Histories(x, rows.recency / scale, rows.T / scale, weight)
    more_than = counted(x, weight)
    ages, age_of = levels(rows.recency, DAYS_PER[rows.unit])
    ages, customers = ages / scale, histogram(age_of, weight)
    purchases, none = histogram(age_of, weight * x), np.zeros_like(ages)

    def objective(theta: Floats) -> Derivatives:
        letters = Letters(*np.exp(theta).tolist())
        value, gradient, hessian = brackets(letters, histories)
        log_gammas, first, second = rising(letters.r, more_than)
        gradient[0] += first
        hessian[0, 0] += second
        # The brackets are relative to their powers at t_x, which come back here.
        bought = waiting(letters.r, letters.alpha, ages, customers, purchases)
        stayed = waiting(letters.s, letters.beta, ages, customers, none)
        for part, (_value, slope, curvature) in ((slice(0, 2), bought), (slice(2, 4), stayed)):
            gradient[part] += slope
            hessian[part, part] += curvature
        return value + log_gammas + bought[0] + stayed[0], gradient, hessian

    return objective
