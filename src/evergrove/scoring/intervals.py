r"""
Intervals: quantiles of discounted spend within a time, with the uncertainty of parameters and of outcomes.

Given N purchases, the spend of a customer with n past days of mean m is

.. math::

    (\gamma + n m) \cdot \frac{\text{Gamma}(p N)}{\text{Gamma}(q + p n)},

a scale of the customer times a variable that depends on (x, T) alone. The variable is therefore drawn once per
cell of (x, T), given alive, and sorted, from random numbers of the cell's own; a customer's distribution is the mixture of 0 with probability
1 - P(alive) and the scaled draws of the cell. Each draw has its own parameters, from their posterior, then one
outcome. P(alive) moves with the parameters too: a draw counts for a customer as much as its own parameters say
that he is alive, to first order in the parameters.

What remains approximate: cells of large bases join ages within 3 % and large counts within 5 %; all purchases of
a draw are discounted at their mean time; gamma's own uncertainty is scaled as for a customer of usual spend. Held
against customers lived through one by one, the distribution is off by .2 points of probability in the root mean
square, with 300 customers as with 20,000; 1,000 draws alone are off by 1 point
(tests/scoring/test_interval_errors.py).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, DAYS_PER_YEAR
from evergrove.core.platform import processors
from evergrove.scoring.coarse import Coarse
from evergrove.scoring.distinct_histories import DistinctHistories
from evergrove.scoring.outcomes import parameter_draws, purchases_if_alive
from evergrove.scoring.relative import in_relative_money
from evergrove.scoring.remembered import DrawnCells, told
from evergrove.scoring.sensitivity import sensitivity
from evergrove.scoring.streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.score import Histories
    from evergrove.scoring.spend import SpendEvidence

FEWEST, MOST = 400, 1000  # draws per cell; a multiple of 200 takes each draw of the parameters equally often
IN_ALL = 1_000_000  # draws that a large base shares out among its cells
CHUNK = 64  # cells that a thread takes at a time

LOW, HIGH = 0.10, 0.90
_DRAWN = DrawnCells()
"""Of this process: the nights of a worker, the passes of a live process, the days of the demo."""


@dataclass(frozen=True)
class Grid:
    """
    How finely a base is drawn, decided once: the same customer has the same interval in any part of it.

    Attributes:
        is_joined: Whether cells join ages and counts.
        draws: Per cell.
        histories: Distinct (x, t_x, T), by which it is decided whom to ask of the parameters.
    """

    is_joined: bool
    draws: int
    histories: int


@dataclass(frozen=True, eq=False)
class SpendDistribution:
    """
    The distribution of discounted spend within a time, for every customer.

    Attributes:
        alive: P(alive), mean over the draws of the parameters. Shape (n,).
        slope: How P(alive) moves with each axis of the parameters. Shape (n, k).
        scale: Of each customer, in currency. Shape (n,).
        cell: Row of ``draws`` for each customer. Shape (n,).
        draws: Spend given alive over the scale, sorted. Shape (cells, draws).
        ladder: Sums over the first 0, 1, ... of these draws of their parameters' place along each axis. Shape
            (cells, draws + 1, k).
        grid: How it was drawn.
    """

    alive: Floats
    slope: Floats
    scale: Floats
    cell: NDArray[np.intp]
    draws: NDArray[np.float32]
    ladder: NDArray[np.float32]
    grid: Grid

    def quantile(self, level: float) -> Floats:
        """The amount that spend stays below with probability ``level``, shape (n,); 0 where that is likely."""
        count = self.draws.shape[1]
        wanted = (level - (1.0 - self.alive)) * count
        rows = np.flatnonzero(wanted > 0)
        below, above = np.zeros(len(rows), dtype=np.intp), np.full(len(rows), count, dtype=np.intp)
        while (above - below > 1).any():  # bisection in all rows at once
            middle = (below + above) // 2
            short = self._weight(rows, middle) <= wanted[rows]
            below, above = np.where(short, middle, below), np.where(short, above, middle)
        low, high = self._weight(rows, below), self._weight(rows, above)
        share = (wanted[rows] - low) / np.where(high > low, high - low, 1.0)
        values = np.zeros(len(self.alive))
        values[rows] = self._between(rows, below + np.clip(share, 0.0, 1.0) - 0.5) * self.scale[rows]
        return values

    def at_most(self, amount: Floats) -> Floats:
        """P(spend <= amount), shape (n,)."""
        wanted = np.where(self.scale > 0, amount / np.where(self.scale > 0, self.scale, 1.0), 0.0)
        count, flat = self.draws.shape[1], self.draws.ravel()
        low, high = np.zeros(len(wanted), dtype=np.intp), np.full(len(wanted), count, dtype=np.intp)
        while (low < high).any():  # the first draw above the amount
            middle = (low + high) // 2
            open_ = low < high
            above = flat[self.cell * count + np.minimum(middle, count - 1)] > wanted
            high = np.where(open_ & above, middle, high)
            low = np.where(open_ & ~above, middle + 1, low)
        inside = (1.0 - self.alive) + self._weight(np.arange(len(wanted)), low) / count
        return np.where(amount < 0, 0.0, np.clip(inside, 0.0, 1.0))

    def mean(self) -> Floats:
        """Of each customer's spend, shape (n,)."""
        return self.scale * self._moment(1)

    def variance(self) -> Floats:
        """Of each customer's spend, shape (n,)."""
        values: Floats = np.square(self.scale) * (self._moment(2) - np.square(self._moment(1)))
        return values

    def _weight(self, rows: NDArray[np.intp], first: NDArray[np.intp]) -> Floats:
        """What the first so many draws count for each row, in draws; shape (rows,)."""
        lean = np.einsum("nk,nk->n", self.slope[rows], self.ladder[self.cell[rows], first])
        return np.asarray(self.alive[rows] * first + lean)

    def _between(self, rows: NDArray[np.intp], place: Floats) -> Floats:
        """The draws at fractional places, shape (rows,)."""
        count, flat = self.draws.shape[1], self.draws.ravel()
        place = np.clip(place, 0.0, count - 1.0)
        below = np.minimum(place.astype(np.intp), count - 2)
        at, share = self.cell[rows] * count + below, place - below
        return np.asarray(flat[at] * (1.0 - share) + flat[at + 1] * share)

    def _moment(self, power: int) -> Floats:
        """Of the spend over the scale, shape (n,)."""
        raised = self.draws.astype(np.float64) ** power
        lean = np.einsum("cd,cdk->ck", raised, np.diff(self.ladder, axis=1)) / raised.shape[1]
        together = np.einsum("nk,nk->n", self.slope, lean[self.cell])
        return np.asarray(self.alive * raised.mean(axis=1)[self.cell] + together)


def spend_distribution(
    process: Fit[TransactionModel],
    spend_fit: Fit[Any] | None,
    base: Histories,
    alive: Floats,
    spend: SpendEvidence,
    delta: float,
    seed: int,
    *,
    draws: int | None = None,
    days: float = DAYS_PER_YEAR,
    grid: Grid | None = None,
) -> SpendDistribution:
    """
    Draw the distribution of every customer's discounted spend in the next ``days``.

    Args:
        process: The chosen model's fit, with its posterior or without.
        spend_fit: The spend model's, likewise; None takes each purchase at its expected amount.
        base: The customers.
        alive: P(alive) under the fitted parameters, shape (n,); how it varies with them is worked out here.
        spend: What is known of their spend.
        delta: Continuous discount rate per unit of the model.
        seed: Of the draws.
        draws: Per cell; None decides by the number of cells.
        days: The horizon.
        grid: As it was when models were fitted; None: by how many there are.
    """
    rng = stream(seed, "outcomes")
    spend_fit, spend, worth = in_relative_money(spend_fit, spend)
    usual = 0.0 if spend_fit is None else usual_day(spend_fit.model)
    coarse = Coarse.of_base(
        base, spend, process.model, usual, is_joined=None if grid is None else grid.is_joined
    )
    histories = DistinctHistories.among(base, process.model.unit)
    draws = draws or (_enough(len(coarse.x)) if grid is None else grid.draws)
    varied = sensitivity(process, len(histories) if grid is None else grid.histories, rng)
    at = {name: np.resize(values, draws) for name, values in varied.letters.items()}
    money = None if spend_fit is None else parameter_draws(spend_fit, draws, rng)
    z = np.resize(varied.z, (draws, varied.z.shape[1])).astype(np.float32)
    day = 1 / DAYS_PER[process.model.unit]
    drawn = np.empty((len(coarse.x), draws), dtype=np.float32)
    ladder = np.zeros((len(coarse.x), draws + 1, z.shape[1]), dtype=np.float32)

    def fill(rows: slice, own: Generator) -> None:
        x, T = coarse.x[rows, None], coarse.days[rows, None] * day
        t_x = T - coarse.silence[rows, None] * day
        future = purchases_if_alive(process.model, at, days * day, x, T, own, t_x)
        amount = future.purchases * np.exp(-delta * future.mean_time)
        if money is not None and spend_fit is not None:
            amount *= _unit_spend(future.purchases, money, spend_fit.model, coarse, rows, own)
        order = np.argsort(amount, axis=1)
        drawn[rows] = np.take_along_axis(amount, order, axis=1)
        ladder[rows, 1:] = np.cumsum(z[order], axis=1)

    models = told(
        process.model, at, z, None if spend_fit is None else spend_fit.model, money, delta, seed, days, draws
    )
    names = coarse.names()
    missing = _remembered(models, names, drawn, ladder)

    def fill_some(cells: Sequence[int]) -> None:
        for cell in cells:  # by a stream of its own: no customer's draws depend on who else is there
            fill(slice(cell, cell + 1), stream(seed, "outcomes", *map(int, coarse.key[:, cell])))

    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    with ThreadPoolExecutor(processors()) as pool:  # numpy lets go of the interpreter while it draws
        list(pool.map(fill_some, chunks))
    _DRAWN.keep(models, [(names[cell], drawn[cell], ladder[cell]) for cell in missing])
    scale = spend.expected if spend_fit is None else _scale(spend_fit.model, spend, coarse)
    answers = varied.asked(histories.alive)
    moved = varied.mean(answers) - histories.alive(process.model)
    return SpendDistribution(
        alive=np.clip(alive + moved[histories.of], 0.0, 1.0),
        slope=varied.slope(answers)[histories.of],
        scale=scale * worth,
        cell=coarse.of,
        draws=drawn,
        ladder=ladder,
        grid=Grid(coarse.is_joined, draws, len(histories)) if grid is None else grid,
    )


def _remembered(
    models: bytes, names: Sequence[bytes], drawn: NDArray[np.float32], ladder: NDArray[np.float32]
) -> list[int]:
    """Fill in the cells that were drawn before by these models; the numbers of all others."""
    known, missing = _DRAWN.of(models), []
    for cell, name in enumerate(names):
        if (before := known.get(name)) is None:
            missing.append(cell)
        else:
            drawn[cell], ladder[cell] = before
    return missing


def usual_day(model: Any) -> float:
    """What all customers spend on a purchase day in the mean, p gamma / (q - 1); with a heavy tail its mode."""
    return float(model.p * model.gamma / (model.q - 1 if model.q > 1.05 else model.q + 1))


def _enough(cells: int) -> int:
    """Draws per cell, a multiple of 200."""
    return min(max(IN_ALL // max(cells, 1) // 200 * 200, FEWEST), MOST)


def _unit_spend(
    purchases: Floats, at: dict[str, Floats], model: Any, coarse: Coarse, rows: slice, rng: Generator
) -> Floats:
    """Mean amount of the drawn purchases over the customer's scale, shape (cells, draws); 0 without any."""
    bought = purchases > 0
    cell, draw = np.divmod(np.flatnonzero(bought), purchases.shape[1])
    evidence, past = coarse.evidence[rows][cell], coarse.past[rows][cell]
    p, count = at["p"][draw], purchases[bought]
    total = rng.standard_gamma(p * count)
    level = rng.standard_gamma(at["q"][draw] + p * evidence)
    typical = (at["gamma"][draw] + past) / (model.gamma + past)
    values = np.zeros(purchases.shape)
    with np.errstate(
        over="ignore"
    ):  # a level of nearly 0 with q near 1: a draw without bound is what it means
        values[bought] = typical * total / (level * count)
    return values


def _scale(model: Any, spend: SpendEvidence, coarse: Coarse) -> Floats:
    """Scale gamma + n m, put right for the difference between the customer's n and the cell's."""
    known = np.where(spend.days > 0, spend.days * spend.mean, 0.0)
    here = np.maximum(model.q + model.p * spend.days - 1, 0.05)
    cell = np.maximum(model.q + model.p * coarse.evidence - 1, 0.05)[coarse.of]
    scale: Floats = (model.gamma + known) * cell / here
    return scale
