"""What experiments say: a playbook against its control group, contents of a step against one another. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Literal, get_args

from evergrove.measurement.adjusting import compared
from evergrove.measurement.types import NOBODY
from evergrove.stats import (
    Foreseen,
    NoComparison,
    Proportion,
    Sums,
    always_valid,
    as_share,
    log_ratio,
    newcombe,
    people_needed,
    relative,
    welch,
)
from evergrove.stats.mismatch import ALARM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.stats import Relative

Kind = Literal["control", "content"]
Reading = Literal["end", "anytime"]
"""Looked at once, at the planned end; or watched from day to day. An experiment is read in one of the two ways."""
Harm = Literal["unsubscribe", "complaint", "refund"]
HARMS: tuple[Harm, ...] = get_args(Harm)
LEVELS: Mapping[Reading, float] = {"end": 0.8, "anytime": 0.95}
"""Who looks at every day's figures needs surer ones."""
POWER = 0.8
LEAST_WATCHED = 50
"""In each arm: with fewer a confidence sequence leans on a standard error that is not to be trusted."""
TOO_FEW_TO_WATCH = "measurement.too_few_to_watch"


@dataclass(frozen=True)
class Arm:
    """
    One arm of an experiment.

    Attributes:
        name: "control", "treated", or the name of a content.
        planned: Share of the people who should stand in it.
        people: Assigned.
        whole: Margin of those whose window is over, capped as for decisions, less what was foreseeable from before.
        cost: Contact cost of one of its people.
        harmed: People who left, complained or gave something back, by which of them.
    """

    name: str
    planned: float
    people: int
    whole: Sums
    cost: float
    harmed: Mapping[Harm, int]

    @property
    def profit(self) -> Sums:
        """Margin less contact cost, of those whose window is over; a discount is in the margin already."""
        return less(self.whole, self.cost)


@dataclass(frozen=True)
class Trial:
    """
    An experiment as it was drawn.

    Attributes:
        kind: Against control, or contents against one another.
        playbook: Its key.
        version: Whose contents are compared; None of a control group, which outlives versions.
        step: Number of the step from 1; None as for ``version``.
        base: What the others are compared with.
        others: At least one.
        strata: Of each of the others by its name: (base, it) in every stratum.
        srm_p: P of arms at least as far from their shares.
        first_assigned: The day of the first assignment.
        stopped_early: When the playbook stopped by itself because of such figures.
        variance_left: Share of the margin's variance after what customers had brought before is taken out; 1: it is not.
    """

    kind: Kind
    playbook: str
    version: int | None
    step: int | None
    base: Arm
    others: tuple[Arm, ...]
    strata: Mapping[str, Sequence[tuple[Sums, Sums]]]
    srm_p: float
    first_assigned: date
    stopped_early: date | None = None
    variance_left: float = 1.0

    @property
    def arms(self) -> tuple[Arm, ...]:
        """All of them, the base first."""
        return (self.base, *self.others)

    @property
    def watched(self) -> int:
        """People whose window is over."""
        return sum(each.whole.n for each in self.arms)

    @property
    def is_trustworthy(self) -> bool:
        """Whether the arms have the sizes that they should have."""
        return self.srm_p >= ALARM


@dataclass(frozen=True)
class HarmFound:
    """
    How much more often something bad happened in an arm than in the base.

    Attributes:
        kind: What.
        share: Of the arm's people.
        base_share: Of the base's.
        effect: The difference; None where nothing can be said.
        low: Its bound.
        high: Its bound.
        is_worse: Whether the whole interval lies above 0.
    """

    kind: Harm
    share: float
    base_share: float
    effect: float | None
    low: float | None
    high: float | None

    @property
    def is_worse(self) -> bool:
        """Whether chance alone does not explain it."""
        return self.low is not None and self.low > 0.0


@dataclass(frozen=True)
class Compared:
    """
    One arm against the base.

    Attributes:
        arm: Its name.
        effect: Profit a person more than the base, after contact and discount cost; None where nothing is said yet.
        low: Its bound.
        high: Its bound.
        level: Of the interval: that of a single comparison, so that all of an experiment hold together.
        relative: The same as a share of the base's profit; None where that is not above 0.
        reason: Code of why there is no effect; None also before the planned end, where none is looked at.
        harms: Guardrails; before the planned end with their shares only.
    """

    arm: str
    effect: float | None
    low: float | None
    high: float | None
    level: float
    relative: Relative | None
    reason: str | None
    harms: tuple[HarmFound, ...]


@dataclass(frozen=True)
class Judged:
    """
    An experiment read in one way.

    Attributes:
        trial: The experiment.
        reading: In which way.
        needed: People whose window must be over until an effect of ``expected`` is found in four of five cases; None:
            that cannot be told yet.
        expected: The effect a person that this is counted for.
        earliest: The day on which the window of the first people is over.
        days_left: Until ``needed`` are, at the pace so far; 0: the end is reached; None: cannot be told.
        compared: Each arm against the base.
    """

    trial: Trial
    reading: Reading
    needed: int | None
    expected: float
    earliest: date
    days_left: int | None
    compared: tuple[Compared, ...]

    @property
    def is_over(self) -> bool:
        """Whether the planned end is reached."""
        return self.days_left == 0


def less(arm: Sums, cost: float) -> Sums:
    """The sums of a figure from which each person's cost is taken off."""
    return Sums(arm.n, arm.total - arm.n * cost, arm.squares - 2.0 * cost * arm.total + arm.n * cost * cost)


def judged(trial: Trial, reading: Reading, as_of: date, window: int, expected: float) -> Judged:
    """
    Read an experiment: once at its planned end, or from day to day, never in both ways.

    Args:
        trial: As it was drawn.
        reading: In which way.
        as_of: The last day whose orders count.
        window: Days over which an outcome is counted.
        expected: The effect a person that is worth finding.
    """
    needed = _needed(trial, expected)
    left = _days_left(trial, needed, as_of, window)
    level = 1.0 - (1.0 - LEVELS[reading]) / len(trial.others)
    shown = reading == "anytime" or left == 0
    return Judged(
        trial,
        reading,
        needed,
        expected,
        trial.first_assigned + timedelta(days=window),
        left,
        tuple(_compared(trial, each, reading, level, shown=shown) for each in trial.others),
    )


def _needed(trial: Trial, expected: float) -> int | None:
    """By the spread of all arms together, so that planning sees nothing of what divides them."""
    together = sum((each.whole for each in trial.arms), NOBODY)
    unit = Foreseen(together.mean, together.variance) if together.n > 1 else None
    if unit is None or not unit.variance or not expected:
        return None
    found = 0.0
    for each in trial.others:
        pair = trial.base.planned + each.planned
        people = people_needed(
            unit,
            Foreseen(unit.mean + expected, unit.variance),
            control_share=trial.base.planned / pair,
            power=POWER,
            level=LEVELS["end"],
        )
        found = max(found, people / pair)
    return ceil(found)


def _days_left(trial: Trial, needed: int | None, as_of: date, window: int) -> int | None:
    age = (as_of - trial.first_assigned).days
    if needed is None or age <= 0:
        return None
    if trial.watched >= needed:
        return 0
    a_day = sum(each.people for each in trial.arms) / age
    begins = max(window - age, 0)
    return max(begins + ceil((needed - trial.watched) / a_day), 1)


def _compared(trial: Trial, arm: Arm, reading: Reading, level: float, *, shown: bool) -> Compared:
    harms = tuple(_harm(trial.base, arm, kind, reading, level, shown=shown) for kind in HARMS)
    nothing = Compared(arm.name, None, None, None, level, None, None, harms)
    if not shown:
        return nothing
    if reading == "anytime" and min(trial.base.whole.n, arm.whole.n) < LEAST_WATCHED:
        return replace(nothing, reason=TOO_FEW_TO_WATCH)
    try:
        found, _estimator = compared(trial.strata[arm.name], level, is_adjusted=trial.variance_left < 1.0)
    except NoComparison as refused:
        return replace(nothing, reason=refused.code)
    own = arm.cost - trial.base.cost
    effect, low, high = found.effect - own, found.low - own, found.high - own
    if reading == "anytime":
        watched = always_valid(replace(found, effect=effect), trial.base.whole.n + arm.whole.n)
        low, high = watched.low, watched.high
    share = _relative(trial.base.profit, arm.profit, reading, level)
    return replace(nothing, effect=effect, low=low, high=high, relative=share)


def _relative(base: Sums, arm: Sums, reading: Reading, level: float) -> Relative | None:
    """On the log scale; where a mean is not above 0 there is no share worth telling."""
    if min(base.mean, arm.mean) <= 0.0:
        return None
    try:
        if reading == "end":
            return relative(base, arm, level)
        return as_share(always_valid(log_ratio(base, arm, level), base.n + arm.n))
    except NoComparison:
        return None


def _harm(base: Arm, arm: Arm, kind: Harm, reading: Reading, level: float, *, shown: bool) -> HarmFound:
    ours, others = (Proportion(each.people, each.harmed.get(kind, 0)) for each in (arm, base))
    share, base_share = (each.successes / each.n if each.n else 0.0 for each in (ours, others))
    silent = HarmFound(kind, share, base_share, None, None, None)
    if not shown or min(ours.n, others.n) < LEAST_WATCHED:
        return silent
    if reading == "end":
        found = newcombe(others, ours, level)
        return HarmFound(kind, share, base_share, found.value, found.low, found.high)
    try:
        watched = always_valid(welch(others, ours, level), ours.n + others.n)
    except NoComparison:  # it has happened to nobody, or to everybody
        return silent
    return HarmFound(kind, share, base_share, watched.effect, watched.low, watched.high)
