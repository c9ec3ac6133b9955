"""How often intervals held the truth, and how far that may lie from their level by chance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL = 0.8
REACH = 3.0
"""Standard errors within which the coverage must lie."""
WHY = """\
The proof puts half of a playbook's customers into control, in shops with one year behind them: arms are then large
enough in four weeks for the interval to be held to its level, and a bias of three standard errors would show. With
10 % in control and three years, as shipped, a control arm has some 10 to 20 people and their spend is very skewed;
what intervals do with so few is printed beside it.
"""


@dataclass(frozen=True)
class Interval:
    """
    What was measured of one playbook in one shop, beside its true effect; None: no interval could be given.

    Attributes:
        seed: Of the shop.
        playbook: Its key.
        treated: People assigned to be treated.
        control: People assigned to be left alone.
        truth: Expected effect per customer, in currency.
        effect: The estimate.
        low: Lower bound.
        high: Upper bound.
        se: Standard error of the estimate.
    """

    seed: int
    playbook: str
    treated: int
    control: int
    truth: float
    effect: float | None
    low: float | None
    high: float | None
    se: float | None

    @property
    def holds(self) -> bool | None:
        """Whether the truth lies between the bounds; None without bounds."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.truth <= self.high

    @property
    def miss(self) -> float:
        """Estimate less truth, in currency; NaN without an interval."""
        return nan if self.effect is None else self.effect - self.truth

    @property
    def error(self) -> float:
        """Estimate less truth, in standard errors; NaN without an interval."""
        return self.miss / self.se if self.se else nan


@dataclass(frozen=True)
class Share:
    """
    A mean over intervals with a standard error that is clustered by seed.

    Attributes:
        mean: Over all intervals.
        se: Clustered by seed; NaN with fewer than two seeds.
        intervals: How many.
        seeds: From how many shops.
    """

    mean: float
    se: float
    intervals: int
    seeds: int


@dataclass(frozen=True)
class Covered:
    """
    What a set of intervals comes to.

    Attributes:
        share: Of intervals that hold the truth.
        bias: Mean of estimate - truth, in currency per customer.
        error: Mean of (estimate - truth) / standard error. With few buyers it lies below 0 without any bias, for the
            standard error rises with the estimate: by -0.14 at 90 people an arm of whom 8 and 16 % buy.
        by_playbook: The same share for each playbook.
        control: Fewest, median and most people in a control arm.
        without: Intervals that could not be given.
    """

    share: Share
    bias: Share
    error: Share
    by_playbook: Mapping[str, Share]
    control: tuple[int, int, int]
    without: int

    @property
    def holds(self) -> bool:
        """Whether the share lies within three standard errors of the level."""
        return isfinite(self.share.se) and abs(self.share.mean - LEVEL) <= REACH * self.share.se

    def as_json(self) -> dict[str, Any]:
        """For the results."""
        return asdict(self) | {"holds": self.holds}


def clustered(values: Sequence[tuple[int, float]]) -> Share:
    r"""
    The mean of values from clusters, and its standard error.

    .. math::

        se^2 = \frac{G}{G - 1} \sum_g \Big(\sum_{i \in g} (y_i - \bar y)\Big)^2 / n^2

    Args:
        values: (seed, value) of each interval.

    Source:
        Liang and Zeger (1986), Longitudinal data analysis using generalized linear models, Biometrika 73, 13-22.
    """
    n, sums = len(values), defaultdict[int, float](float)
    mean = sum(value for _seed, value in values) / n if n else nan
    for seed, value in values:
        sums[seed] += value - mean
    groups = len(sums)
    if groups < 2:
        return Share(mean, nan, n, groups)
    spread = groups / (groups - 1) * sum(each * each for each in sums.values())
    return Share(mean, sqrt(spread) / n, n, groups)


def covered(intervals: Sequence[Interval]) -> Covered:
    """Count."""
    given = [each for each in intervals if each.holds is not None]
    sizes = sorted(each.control for each in given) or [0]
    return Covered(
        share=clustered([(each.seed, float(bool(each.holds))) for each in given]),
        bias=clustered([(each.seed, each.miss) for each in given]),
        error=clustered([(each.seed, each.error) for each in given]),
        by_playbook={
            key: clustered([(each.seed, float(bool(each.holds))) for each in given if each.playbook == key])
            for key in sorted({each.playbook for each in given})
        },
        control=(sizes[0], sizes[len(sizes) // 2], sizes[-1]),
        without=len(intervals) - len(given),
    )


def table(result: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    where = result["machine"]
    lines = [f"Coverage of {LEVEL:.0%} intervals. Commit {result['commit']}; {result['workers']} workers."]
    lines += [
        f"{where['processor']}, {where['cores']} cores, load {where['load_average'][0]} at the beginning."
    ]
    for part in result["parts"]:
        lines += ["", *_part(part)]
    return "\n".join(lines) + "\n\n" + WHY


def _part(part: Mapping[str, Any]) -> list[str]:
    design, found = part["design"], part["found"]
    share, control = found["share"], found["control"]
    verdict = "within" if found["holds"] else "not within"
    shops = f"{part['seeds']} shops of {design['customers']:,} customers, {design['days']} days"
    bias, error = (_mean(found[name], digits) for name, digits in (("bias", 2), ("error", 3)))
    return [
        f"## {design['name']}",
        "",
        f"{shops}, in {part['seconds']:,.0f} s; {part['processor_seconds_per_shop']} s of processor time each.",
        f"Models are fitted in the first night, and again after {design['refit_days']} days.",
        f"Control arms of {control[0]} to {control[2]} people, median {control[1]}.",
        "",
        "| | intervals | hold the truth | standard error |",
        "|---|---:|---:|---:|",
        *(_row(key, each) for key, each in found["by_playbook"].items()),
        _row("all", share),
        "",
        f"The share of all is {verdict} {REACH:.0f} standard errors of {LEVEL:.0%}.",
        f"Mean of estimate - truth: {bias}. Of that over the estimate's own standard error: {error}.",
        f"Without an interval: {found['without']}.",
    ]


def _mean(share: Mapping[str, Any], digits: int) -> str:
    return f"{share['mean']:+.{digits}f}, standard error {share['se']:.{digits}f}"


def _row(name: str, share: Mapping[str, Any]) -> str:
    return f"| {name} | {share['intervals']} | {share['mean']:.3f} | {share['se']:.3f} |"
