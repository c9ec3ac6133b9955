r"""
What forecasts are for, and what being wrong costs: a loss per purpose, and how much of it each customer explains.

The influence of a customer on a loss is its derivative by that customer's weight: the standard error of a
difference of two losses on the same customers is the root of the sum of squared differences of influences over n.
With F the mid-distribution function of the forecast and :math:`\theta = E[a F(s)]`, a Gini coefficient is
:math:`2 \theta / \mu - 1`, and its influences follow from

.. math::

    IF_\theta(i) = a_i F(s_i) + E[a \, 1(s > s_i)] + \tfrac12 E[a \, 1(s = s_i)] - 2 \theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.accuracy import midranks
from evergrove.scoring.rolling.evidence import Gain
from evergrove.scoring.rolling.measures import log_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.types import Forecast, PurposeKey
    from evergrove.scoring.types import Split

    Losses = Callable[[Split, Forecast], "Loss | None"]


@dataclass(frozen=True, eq=False)
class Loss:
    """
    What a forecast costs at one origin; lower is better.

    Attributes:
        value: The loss.
        influence: Of each customer, with mean 0. Shape (n,).
    """

    value: float
    influence: Floats


def ranking_loss(split: Split, forecast: Forecast) -> Loss | None:
    """1 - normalised Gini of spend; of purchase days without amounts. None where it cannot be told."""
    said, came = _money_or_days(split, forecast)
    if said is None or not float(came.sum()) > 0:
        return None
    ours, perfect = _concentration(came, said), _concentration(came, came)
    if not perfect.value > 0:
        return None
    share = ours.value / perfect.value
    return Loss(1 - share, (share * perfect.influence - ours.influence) / perfect.value)


def totals_loss(split: Split, forecast: Forecast) -> Loss | None:
    """The absolute value of log(forecast total / actual total); of money, or of days without amounts."""
    said, came = _money_or_days(split, forecast)
    if said is None or not float(said.sum()) > 0 or not float(came.sum()) > 0:
        return None
    return missed_total(said, came)


def missed_total(said: Floats, came: Floats) -> Loss:
    """The absolute value of log(forecast total / actual total), both of them > 0."""
    miss = float(np.log(said.sum() / came.sum()))
    return Loss(abs(miss), np.sign(miss) * (said / said.mean() - came / came.mean()))


def missed_groups(said: Floats, came: Floats, group: NDArray[np.intp]) -> Loss:
    """
    What the totals of groups were off by, added up, as a share of everything that came.

    Args:
        said: Forecast. Shape (n,).
        came: Outcome, with a sum > 0. Shape (n,).
        group: Of each customer, from 0. Shape (n,).
    """
    off = np.bincount(group, weights=said - came)
    share = float(np.abs(off).sum() / came.sum())
    return Loss(share, (np.sign(off)[group] * (said - came) - share * came) / float(came.mean()))


def date_loss(split: Split, forecast: Forecast) -> Loss | None:
    """Mean absolute error of the next order's date in days, among those who bought in the window."""
    came = split.purchases > 0
    if forecast.next_days is None or split.next_days is None or not came.any():
        return None
    off = np.where(came, np.abs(forecast.next_days - np.where(came, split.next_days, 0.0)), 0.0)
    return _mean_over(off, came)


def churn_loss(split: Split, forecast: Forecast) -> Loss | None:
    """Log loss of buying in the window or not."""
    if forecast.active is None:
        return None
    everybody = np.ones(len(split.purchases), dtype=np.bool_)
    return _mean_over(log_losses(forecast.active, split.purchases > 0), everybody)


PURPOSES: dict[PurposeKey, Losses] = {
    "ranking": ranking_loss,
    "totals": totals_loss,
    "next_date": date_loss,
    "churn": churn_loss,
}


def gain(better: Sequence[Loss], than: Sequence[Loss]) -> Gain:
    """
    How much lower one contender's losses are than another's, origin by origin on the same customers.

    The standard error of the mean is the larger of two: what the spread between origins says (with two origins
    or more), and what the sampling of customers within them says. Few origins that happen to agree prove little,
    and many customers of one autumn prove nothing about the next.

    Args:
        better: Losses of the one, by origin.
        than: Losses of the other, in the same order.
    """
    gains = np.array([b.value - a.value for a, b in zip(better, than, strict=True)])
    variances = [
        float(np.square(b.influence - a.influence).sum()) / len(a.influence) ** 2
        for a, b in zip(better, than, strict=True)
    ]
    k = len(gains)
    within = float(np.sqrt(np.sum(variances))) / k
    between = float(gains.std(ddof=1)) / k**0.5 if k > 1 else 0.0
    return Gain(float(gains.mean()), max(within, between), k)


def _money_or_days(split: Split, forecast: Forecast) -> tuple[Floats | None, Floats]:
    if split.spend is None:
        return forecast.purchases, split.purchases
    return forecast.spend, split.spend


def _mean_over(losses: Floats, counted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Loss:
    """The mean of some customers' losses; the others have no influence."""
    share = float(counted.mean())
    value = float(losses[counted].mean())
    return Loss(value, np.where(counted, (losses - value) / share, 0.0))


def _concentration(came: Floats, by: Floats) -> Loss:
    """Gini coefficient of ``came`` along the ranking by another quantity, with its influences."""
    n, mean = len(came), float(came.mean())
    rank = midranks(by)
    place = (rank - 0.5) / n
    theta = float(came @ place) / n
    _, tie_of = np.unique(by, return_inverse=True)
    of_tie = np.bincount(tie_of, weights=came)
    above = (of_tie.sum() - np.cumsum(of_tie) + of_tie / 2)[tie_of] / n
    on_theta = came * place + above - 2 * theta
    on_mean = came - mean
    return Loss(2 * theta / mean - 1, 2 * (on_theta - theta / mean * on_mean) / mean)
