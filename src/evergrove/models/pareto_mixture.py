r"""
What nobody sees of a customer, with derivatives: whether the customer is alive, and if not, since when.

The Pareto/NBD likelihood holds a bracket, here relative to its powers at the last purchase,

.. math::

    \left( \frac{\alpha + t_x}{\alpha + T} \right)^{r + x} \left( \frac{\beta + t_x}{\beta + T} \right)^s
    + \frac{s}{\beta + t_x} \int_{t_x}^T \left( \frac{\alpha + t_x}{\alpha + \tau} \right)^{r + x}
        \left( \frac{\beta + t_x}{\beta + \tau} \right)^{s + 1} d\tau ,

a mixture over branches: alive at T, or left at some tau. With l the log weight of a branch and E the mean
over the branches, the bracket's logarithm has the gradient E[l'] and the Hessian
E[l''] + E[l' l'^T] - E[l'] E[l']^T. All of these are weighted sums over the nodes of the one integral.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evergrove.models.pareto_integrals import blocks, enough, reach

if TYPE_CHECKING:
    from evergrove.models.gamma_rate import Derivatives
    from evergrove.models.pareto_integrals import Block
    from evergrove.models.types import Floats


class Letters(NamedTuple):
    """The four parameters: shape and scale of the purchase rate, shape and scale of the dropout rate."""

    r: float
    alpha: float
    s: float
    beta: float


EachLetters = tuple[float, "Floats | float", float, "Floats | float"]  # alpha and beta may differ by row


class Histories(NamedTuple):
    """Distinct histories in the unit of alpha, and how many customers share each; shape (n,) each."""

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats


@dataclass(frozen=True)
class Branches:
    """
    The mixtures of the m histories of one block; probabilities are multiplied by the histories' weights.

    Attributes:
        left: l' of "left at tau", its part that depends on tau. Shape (4, k, m).
        fixed: The rest of it. Shape (4, m).
        alive: l' of "alive". Shape (4, m).
        p_left: Shape (k, m).
        p_alive: Shape (m,).
        log_total: Logarithm of the bracket. Shape (m,).
    """

    left: Floats
    fixed: Floats
    alive: Floats
    p_left: Floats
    p_alive: Floats
    log_total: Floats


def brackets(letters: Letters, histories: Histories) -> Derivatives:
    """
    The weighted sum of the brackets' logarithms.

    Returns:
        The sum, its gradient (4,) and Hessian (4, 4) in the logarithms of the letters.
    """
    x, t_x, T, weight = histories
    r, alpha, s, beta = letters
    value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    span, fall = reach(r + x, s + 1, alpha, beta, t_x, T - t_x)
    for nodes in blocks(alpha, beta, t_x, span, enough(span, fall)):
        rows = nodes.rows
        part = Histories(x[rows], t_x[rows], T[rows], weight[rows])
        branches = branches_at(letters, part, nodes)
        value += float(part.weight @ branches.log_total)
        _add_derivatives(gradient, hessian, branches, letters, part)
    return value, gradient, hessian


def branches_at(letters: EachLetters, histories: Histories, nodes: Block) -> Branches:
    """
    What each branch weighs, and how that moves with the letters.

    Args:
        letters: Those of all histories; alpha and beta may be each history's own, shape (m,).
        histories: Those of one block. Shape (m,).
        nodes: Their quadrature nodes.
    """
    r, alpha, s, beta = letters
    x, t_x, T, weight = histories
    c, a, b = r + x, alpha + t_x, beta + t_x
    left = np.empty((4, *nodes.weight.shape))
    np.multiply(nodes.alpha_span, -r, out=left[0])
    np.multiply(nodes.elapsed / (a + nodes.elapsed), c * alpha / a, out=left[1])
    np.multiply(nodes.beta_span, -s, out=left[2])
    np.multiply(nodes.elapsed / (b + nodes.elapsed), (s + 1) * beta / b, out=left[3])
    silence = T - t_x
    alive = np.stack(
        [
            -r * np.log1p(silence / a),
            c * alpha * silence / (a * (alpha + T)),
            -s * np.log1p(silence / b),
            s * beta * silence / (b * (beta + T)),
        ]
    )
    none = np.zeros_like(b)
    p_left = np.exp(c / r * left[0] + (s + 1) / s * left[2])
    p_left *= nodes.weight * (s / b)
    p_alive = np.exp(c / r * alive[0] + alive[2])
    total = p_alive + p_left.sum(axis=0)
    p_left *= weight / total
    return Branches(
        left=left,
        fixed=np.stack([none, none, none + 1, -beta / b]),
        alive=alive,
        p_left=p_left,
        p_alive=p_alive * weight / total,
        log_total=np.log(total),
    )


def _add_derivatives(
    gradient: Floats, hessian: Floats, branches: Branches, letters: Letters, histories: Histories
) -> None:
    """Add what one block has to give: means, then covariances, then mean curvatures of the branches."""
    left, fixed, alive, p_alive = branches.left, branches.fixed, branches.alive, branches.p_alive
    weighted = left * branches.p_left
    gone, mean_left, mean_alive = branches.p_left.sum(axis=0), weighted.sum(axis=1), alive * p_alive
    mean = mean_left + fixed * gone + mean_alive
    gradient += mean.sum(axis=1)

    # Products this small stay in one thread; BLAS wakes others, which spin, from some 60,000 nodes on.
    second = left.reshape(4, -1) @ weighted.reshape(4, -1).T
    cross = mean_left @ fixed.T
    hessian += second + cross + cross.T + (fixed * gone) @ fixed.T + mean_alive @ alive.T
    hessian -= (mean / histories.weight) @ mean.T

    r, alpha, s, beta = letters
    c, a_share, b_share = r + histories.x, alpha / (alpha + histories.t_x), beta / (beta + histories.t_x)
    mean = mean_left + mean_alive
    squares = np.einsum("jn,jn->n", left[1], weighted[1]) + alive[1] * mean_alive[1]
    hessian[0, 0] += mean[0].sum()
    hessian[[0, 1], [1, 0]] += r * (mean[1] / c).sum()
    hessian[1, 1] += (mean[1] * (1 - 2 * a_share) + squares / c).sum()
    hessian[2, 2] += mean[2].sum()
    hessian[[2, 3], [3, 2]] += mean_left[3].sum() * s / (s + 1) + mean_alive[3].sum()
    hessian[3, 3] += (mean[3] * (1 - 2 * b_share) - gone * b_share * (1 - b_share)).sum()
    hessian[3, 3] += second[3, 3] / (s + 1) + float(alive[3] @ mean_alive[3]) / s
