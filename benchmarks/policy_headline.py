"""The figures of the brief's headlines, measured in a world: the programme's customers against those never contacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.policy_play import QUARTER, STAGES, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.policy_play import Played

    from evergrove.models import Floats
    from evergrove.simulation.worlds import Life

SAID = {"repurchase": "+42 %", "recall": "+31 %", "return": "+53 %", "lifetime": "+18 %"}
"""What the texts behind the brief say, without any control group."""


@dataclass(frozen=True)
class Headline:
    """
    One figure in one world.

    Attributes:
        name: Of the figure.
        programme: Among customers whom the programme may contact.
        control: Among those whom it never does.
    """

    name: str
    programme: float
    control: float

    @property
    def change(self) -> float:
        """Relative to control; of money, absolute."""
        return self.programme - self.control if self.name == "return" else self.programme / self.control - 1


def headlines(played: Played, before: Life) -> list[Headline]:
    """
    The four figures.

    repurchase: share of customers known before the third quarter who order in it. recall: of customers who counted as
    churned at day 0, the share that orders within the three quarters. return: margin realised more per customer than
    in control, times the customers, for each unit of contact cost. lifetime: weeks from the first to the latest order
    of the customers known at day 0.

    Args:
        played: What the programme did.
        before: The same world at day 0.
    """
    life = played.life
    never, start = life.cast.never, before.week
    known = np.flatnonzero(before.orders > 0)
    churned = np.zeros(len(never), dtype=np.bool_)
    churned[known] = Standing(before).ask(before, known).stage == STAGES.index("churned")
    third = life.bought[start + 2 * QUARTER :].sum(axis=0) > 0
    later = life.bought[start:].sum(axis=0) > 0
    span = (life.last - life.cast.born).astype(np.float64)
    there = before.cast.born < start + 2 * QUARTER
    margin = life.margin[start:].sum(axis=0, dtype=np.float64)
    base = before.margin[:start].sum(axis=0, dtype=np.float64)
    gain = _apart(margin, base, never) * float((~never).sum()) / max(played.cost.sum(), 1e-9)
    return [
        Headline("repurchase", float(third[there & ~never].mean()), float(third[there & never].mean())),
        Headline("recall", float(later[churned & ~never].mean()), float(later[churned & never].mean())),
        Headline("return", gain, 0.0),
        Headline("lifetime", *(float(span[known][arm[known]].mean()) for arm in (~never, never))),
    ]


def over_seeds(found: Sequence[Sequence[Headline]]) -> list[dict[str, float | str]]:
    """Mean of each figure over seeds, with the 95 % interval of the mean change."""
    rows: list[dict[str, float | str]] = []
    for each in zip(*found, strict=True):
        change, low, high = mean_interval(np.array([one.change for one in each]))
        levels = {
            arm: float(np.mean([getattr(one, arm) for one in each])) for arm in ("programme", "control")
        }
        rows.append({"name": each[0].name} | levels | {"change": change, "low": low, "high": high})
    return rows


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """A mean over seeds and its 95 % interval by Student's t; NaN bounds with one seed."""
    from scipy.stats import t  # noqa: PLC0415 - costly to import

    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, float("nan"), float("nan")
    reach = float(t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return mean, mean - reach, mean + reach


def _apart(margin: Floats, base: Floats, never: np.ndarray) -> float:
    """Margin per customer, programme less control, adjusted by what customers brought before (CUPED)."""
    theta = float(np.cov(margin, base)[0, 1] / base.var(ddof=1))
    adjusted = margin - theta * base
    return float(adjusted[~never].mean() - adjusted[never].mean())
