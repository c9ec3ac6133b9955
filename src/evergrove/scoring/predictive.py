r"""
The distribution of the number of purchases after T, given a history.

Given that a customer is alive at T, a mixture model starts anew with updated parameters: lambda is
Gamma(r + x, alpha + T) distributed; the dropout probability of (M)BG/NBD is Beta(a, b + x + m), m = 1 for MBG
and 0 for BG; the dropout rate of Pareto/NBD is Gamma(s, beta + T). Hence

.. math::

    P(X(T, T+h) = n \mid x, t_x, T) = (1 - P(\text{alive})) [n = 0]
        + P(\text{alive}) \, P(n \mid \text{alive}, x, T).

Source:
    Fader and Hardie (2013), "The Pareto/NBD is not a lost-for-good model", and brucehardie.com/notes/028
    (conditional probability mass functions); the (M)BG form follows note 039's unconditional one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, _

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats

PANEL_NODES = 48  # of a Gauss-Legendre rule over the time of death; 1e-10 on CDNOW
CHUNK = 16_384  # rows at a time: the integrand over the time of death stays in cache


class NoPredictive(EvergroveError):
    """A transaction model states no distribution of counts."""

    code = "scoring.no_predictive"
    message = _("{model} has no predictive distribution of purchase counts.")


def log_pmf(model: TransactionModel, n: Floats, horizon: float, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """
    Log P(n purchases in (T, T + horizon] | x, t_x, T).

    Args:
        model: The fitted process.
        n: Counts, whole numbers >= 0. Shape (n,).
        horizon: In the model's unit.
        x: Frequency. Shape (n,).
        t_x: Recency, in the model's unit. Shape (n,).
        T: Age, in the model's unit. Shape (n,).

    Returns:
        Natural logarithms, <= 0, shape (n,).
    """
    alive = model.alive(x, t_x, T)
    (n_, x_, T_), row_of = _distinct(n, x, T)
    parts = [
        log_pmf_if_alive(model, n_[i : i + CHUNK], horizon, x_[i : i + CHUNK], T_[i : i + CHUNK])
        for i in range(0, len(n_), CHUNK)
    ]
    log_active = np.concatenate([*parts, np.zeros(0)])[row_of]
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant: certainly alive, or certainly not
        log_gone = np.where(n == 0, np.log1p(-np.minimum(alive, 1.0)), -np.inf)
        log_p: Floats = np.logaddexp(log_gone, np.log(alive) + log_active)
    return log_p


def _distinct(*columns: Floats) -> tuple[tuple[Floats, ...], NDArray[np.intp]]:
    """The distinct rows of some columns, and each row's position among them."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        levels, rank = np.unique(column, return_inverse=True)
        key = key * len(levels) + rank
    _, first, row_of = np.unique(key, return_index=True, return_inverse=True)
    return tuple(column[first] for column in columns), row_of


def log_pmf_if_alive(model: TransactionModel, n: Floats, horizon: float, x: Floats, T: Floats) -> Floats:
    """Log P(n purchases in (T, T + horizon] | alive at T, x, T); arguments as ``log_pmf``."""
    at = model.as_dict()
    r, alpha = at["r"] + x, at["alpha"] + T
    if model.name == "nbd":
        return _log_negative_binomial(n, r, alpha, horizon)
    if model.name == "pareto-nbd":
        return _log_pareto(n, r, alpha, at["s"], at["beta"] + T, horizon)
    if model.name in {"bg-nbd", "mbg-nbd"}:
        return _log_beta_geometric(n, r, alpha, at["a"], at["b"] + x + (model.name == "mbg-nbd"), horizon)
    raise NoPredictive(model=model.name)


def _log_negative_binomial(n: Floats, r: Floats, alpha: Floats, t: Floats | float) -> Floats:
    """P(n) of a Poisson process whose rate is Gamma(r, alpha), over time t; broadcasts."""
    from scipy.special import gammaln, xlogy  # noqa: PLC0415 -- not on the lean path

    log_p: Floats = (
        gammaln(r + n)
        - gammaln(r)
        - gammaln(n + 1)
        + r * np.log(alpha / (alpha + t))
        + xlogy(n, t / (alpha + t))
    )
    return log_p


def _log_beta_geometric(n: Floats, r: Floats, alpha: Floats, a: float, b: Floats, t: float) -> Floats:
    """
    P(n) of a Poisson process that ends after each purchase with a Beta(a, b) probability.

    Either n purchases came and the customer survived them all, or the n-th was the last and the process
    without dropout would have reached n: 1 - sum of its first n probabilities = I_{t/(alpha+t)}(n, r).
    """
    from scipy.special import betainc, betaln  # noqa: PLC0415 -- not on the lean path

    survived = betaln(a, b + n) - betaln(a, b) + _log_negative_binomial(n, r, alpha, t)
    with np.errstate(divide="ignore"):  # the tail of an improbable count underflows to log 0
        reached = np.log(betainc(np.maximum(n, 1.0), r, t / (alpha + t)))
    ended = betaln(a + 1, b + np.maximum(n, 1.0) - 1) - betaln(a, b) + reached
    log_p: Floats = np.where(n > 0, np.logaddexp(survived, ended), survived)
    return log_p


def _log_pareto(n: Floats, r: Floats, alpha: Floats, s: float, beta: Floats, t: float) -> Floats:
    """
    P(n) of a Poisson process that ends at a time whose rate is Gamma(s, beta).

    The time of death is integrated by Gauss-Legendre in log(c + u), c the shorter of the two time constants:
    there the integrand is smooth.
    """
    survived = s * np.log(beta / (beta + t)) + _log_negative_binomial(n, r, alpha, t)
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    c = np.minimum(alpha, beta)
    width = np.log1p(t / c)
    v = np.multiply.outer((1 + nodes) / 2, width)
    u = c * np.expm1(v)
    log_death = np.log(s) + s * np.log(beta) - (s + 1) * np.log(beta + u)
    log_f = log_death + _log_negative_binomial(n, r, alpha, u) + v + np.log(c * width / 2)
    top = log_f.max(axis=0)
    died = top + np.log(np.einsum("k,kn->n", weights, np.exp(log_f - top)))
    log_p: Floats = np.logaddexp(survived, died)
    return log_p
