"""From sums by arm and stratum to what can be said of a playbook: nothing here reads or writes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from operator import attrgetter
from typing import TYPE_CHECKING

from evergrove.measurement.adjusting import adjustment, compared
from evergrove.measurement.costs import NOTHING_PAID
from evergrove.measurement.types import NOBODY, NOBODY_KNOWN, Measured
from evergrove.stats import NoComparison, pooled, poststratified, srm_within, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from evergrove.measurement.types import Basis, Cell
    from evergrove.stats import Difference, Sums
    from evergrove.stats.strata import Arm

NO_ESTIMATOR = "none"
LEAST_IN_ARM = 2
"""As few as have a variance."""
GAPS = 2
"""So many p90 purchase gaps it takes until what was merely pulled forward has evened out."""


def window_needed(gap_p90: float | None) -> int | None:
    """Days until the effect has shown; None while nobody has bought twice."""
    return None if gap_p90 is None else max(1, ceil(GAPS * gap_p90))


@dataclass(frozen=True)
class Question:
    """
    What is asked of every layer.

    Attributes:
        as_of: The last day whose orders and refunds count.
        level: Probability between the bounds.
        needed: As ``window_needed`` gives it.
        basis: What the margin counts.
    """

    as_of: date
    level: float
    needed: int | None
    basis: Basis


def measured_layers(
    cells: Iterable[Cell], question: Question, sent: Mapping[str, tuple[int, Decimal]]
) -> Iterator[Measured]:
    """
    One result for each layer that holds anybody.

    Args:
        cells: Sums by layer, stratum and arm, in the order of the layers.
        question: The same for all.
        sent: Messages and their cost by layer.
    """
    for key, group in groupby(cells, attrgetter("layer_key")):
        yield measured_of(key, list(group), question, *sent.get(key, (0, NOTHING_PAID)))


def measured_of(
    key: str, cells: Sequence[Cell], question: Question, messages: int, cost: Decimal
) -> Measured:
    """
    Treated less control over some cells.

    Args:
        key: Under which the result stands.
        cells: At least one, each arm of whatever strata.
        question: What is asked.
        messages: That left.
        cost: Of them.
    """
    margin = strata_of(cells, attrgetter("paired"), NOBODY_KNOWN)
    orders = strata_of(cells, attrgetter("orders"), NOBODY)
    control, treated = (arm.outcome for arm in whole(margin))
    orders_control, orders_treated = whole(orders)
    people, margin, orders = control.n + treated.n, comparable(margin), comparable(orders)
    told = [cell for cell in cells if cell.surrogate.n]
    taken = adjustment(margin)
    difference, estimator, reason = _compared(
        [(taken.of(c), taken.of(t)) for c, t in margin], question.level, is_adjusted=taken.theta != 0.0
    )
    return Measured(
        playbook=key,
        as_of=question.as_of,
        first_assigned=min(cell.first_as_of for cell in cells),
        people_treated=treated.n,
        people_control=control.n,
        mean_treated=treated.mean,
        mean_control=control.mean,
        orders_treated=orders_treated.mean,
        orders_control=orders_control.mean,
        margin=difference,
        orders=_compared(orders, question.level)[0],
        reason=reason,
        level=question.level,
        strata=len(margin),
        estimator=estimator,
        variance_left=taken.variance_left,
        planned_control=sum((1.0 - cell.probability) * cell.margin.n for cell in cells) / people,
        srm_p=srm_within(sizes_of(cells)),
        window_days=sum(cell.days for cell in cells) / people,
        window_needed=question.needed,
        people_complete=sum(cell.complete for cell in cells),
        messages=messages,
        cost=cost,
        basis=question.basis,
        surrogate=_foretold(told, question.level),
        surrogate_people=sum(cell.surrogate.n for cell in told),
        surrogate_fitted_on=max((cell.fitted_on for cell in told if cell.fitted_on), default=None),
    )


def _foretold(cells: Sequence[Cell], level: float) -> Difference | None:
    """The difference in what models tell; nobody's change is nothing, as many a customer's margin is."""
    try:
        return poststratified(comparable(strata_of(cells, attrgetter("surrogate"), NOBODY)), level)
    except NoComparison:
        return None


def _compared(
    strata: Sequence[tuple[Sums, Sums]], level: float, *, is_adjusted: bool = False
) -> tuple[Difference | None, str, str | None]:
    """The difference and how it was taken, or the code of why there is none."""
    try:
        return *compared(strata, level, is_adjusted=is_adjusted), None
    except NoComparison as refused:
        return None, NO_ESTIMATOR, refused.code


def strata_of(cells: Sequence[Cell], of: Callable[[Cell], Arm], nobody: Arm) -> list[tuple[Arm, Arm]]:
    """
    (control, treated) by tier and stage at the assignment; small ones are put together within a period and probability.

    Never across: whoever was assigned before the control share was changed, or before it was drawn anew, has been
    watched for longer, and would stand in one arm more often than in the other.
    """
    arms: dict[tuple[str, float], dict[tuple[str, str], dict[str, Arm]]]
    arms = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: nobody)))
    for cell in cells:
        arms[cell.period, cell.probability][cell.tier, cell.stage][cell.arm] += of(cell)
    alike = ([(by["control"], by["treated"]) for by in strata.values()] for strata in arms.values())
    return [stratum for strata in alike for stratum in pooled(strata)]


def comparable(strata: list[tuple[Arm, Arm]]) -> list[tuple[Arm, Arm]]:
    """Those with somebody to compare with: not the people of a time without, or nearly without, a control."""
    return [each for each in strata if min(arm.n for arm in each) >= LEAST_IN_ARM] or strata


def sizes_of(cells: Sequence[Cell]) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
    """Treated and control by period and probability of treatment, beside what was planned."""
    counts: dict[tuple[str, float], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cell in cells:
        counts[cell.period, cell.probability][cell.arm] += cell.margin.n
    for (_period, probability), by in counts.items():
        if 0.0 < probability < 1.0:  # without a coin there is nothing to check
            yield (by["treated"], by["control"]), (probability, 1.0 - probability)
