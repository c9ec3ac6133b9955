"""How likely the counts that came were: their log probability, and the distribution function around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.process import log_weighed, weighed
from evergrove.scoring.choose import IMPOSSIBLE

if TYPE_CHECKING:
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats, Summary


@dataclass(frozen=True, eq=False)
class CountChances:
    """
    Of the counts that came, under a model: log P(n), F(n - 1) and F(n). Shape (n,) each.

    A count to which a model gives no chance at all has a log score of -700.
    """

    log_score: Floats
    below: Floats
    upto: Floats


def count_chances(
    model: TransactionModel, at: Summary, alive: Floats, came: Floats, horizon: float
) -> CountChances:
    """
    P(n), F(n - 1) and F(n) of each customer's count: (1 - P(alive)) [n = 0] + P(alive) times those given alive.

    Given alive, and the phase in models that have phases, they depend on (x, T) alone: each pair is worked out once, up to the largest of its counts.

    Args:
        model: The process.
        at: Histories in its unit.
        alive: P(alive). Shape (n,).
        came: Purchase days in the window. Shape (n,).
        horizon: Length of the window in its unit.
    """
    n = came.astype(np.int64)
    pairs, pair_of = np.unique(np.stack([at.frequency, at.T]), axis=1, return_inverse=True)
    most = np.zeros(pairs.shape[1], dtype=np.int64)
    np.maximum.at(most, pair_of, n)
    first = np.concatenate([[0], np.cumsum(most + 1)])  # where each pair's counts 0, 1, ... begin
    pair = np.repeat(np.arange(len(most)), most + 1)
    count = np.arange(first[-1]) - first[pair]
    log_pmf = model.log_pmf_if_alive(count.astype(np.float64), horizon, pairs[0][pair], pairs[1][pair])
    start = np.zeros((*log_pmf.shape[:-1], 1))
    summed = np.concatenate([start, np.cumsum(np.exp(log_pmf), axis=-1)], axis=-1)
    phases = model.phase_weights(at.frequency, at.recency, at.T)
    begun = weighed(summed[..., first[pair_of]], phases)
    place = first[pair_of] + n
    upto = np.minimum(weighed(summed[..., place + 1], phases) - begun, 1.0)
    below = np.minimum(weighed(summed[..., place], phases) - begun, upto)
    gone, none = 1.0 - alive, n == 0
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant: certainly alive, or certainly not
        left = np.where(none, np.log(gone), -np.inf)
        log_score = np.logaddexp(left, np.log(alive) + log_weighed(log_pmf[..., place], phases))
    return CountChances(
        log_score=np.maximum(log_score, IMPOSSIBLE),
        below=np.where(none, 0.0, gone + alive * below),
        upto=gone + alive * upto,
    )
