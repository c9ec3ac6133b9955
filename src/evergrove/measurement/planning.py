"""Before a control share is chosen: what it takes of people, time and profit until an effect can be seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.types import PACKAGE
from evergrove.stats import Foreseen, Sums, people_needed, smallest_difference
from evergrove.warehouse import identifier, literal, statement

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from evergrove.measurement.types import Basis
    from evergrove.warehouse import Engine

SHARES = (0.05, 0.10, 0.20, 0.30, 0.50)
ASSUMED_LIFT = 0.10
"""Of what a customer brings anyway; where nobody says what a playbook is expected to bring."""
YEAR_DAYS = 365
POWER, LEVEL = 0.8, 0.8
"""A difference as large as assumed is found in four of five cases, by intervals at the level at which they are shown."""


class NobodyThen(InputError):
    """Nobody stood where the question asks for, a window ago."""

    code = "measurement.nobody_then"
    message = _(
        "On {day}, {days} {days:day|days} before the last run, nobody stood in these tiers and stages."
    )
    hint = _("Name other tiers or stages, or wait until a window has passed since the first orders.")


@dataclass(frozen=True)
class ControlPrice:
    """
    One control share, and what it takes.

    Attributes:
        share: Of the people, who stay untreated.
        people: Of both arms, until the effect is found as often as ``POWER`` says.
        control: Of them, untreated.
        days: Until so many have come in, and the window of the last of them is over; None: it is not known how many come.
        forgone: What the untreated among them would have brought more, in the workspace's currency.
        forgone_a_year: The same of everybody who stays untreated in a year; None as for ``days``.
        smallest: The smallest effect a person that a year's people can show; None as for ``days``.
        smallest_in_time: The same of the people whose window is over within the days asked for; None: no such days were
            asked for, or nobody's would be.
    """

    share: float
    people: int
    control: int
    days: int | None
    forgone: float
    forgone_a_year: float | None
    smallest: float | None
    smallest_in_time: float | None = None


@dataclass(frozen=True)
class ControlPrices:
    """
    The price of each share, and what it was worked out from.

    Attributes:
        as_of: The last day whose orders count.
        window_days: Over which an outcome is counted.
        basis: What the outcome counts.
        people: Who stood there a window ago.
        mean: What one of them has brought since.
        sd: The standard deviation of that.
        effect: What a treatment is taken to bring more, a person.
        is_assumed: Whether nobody said so, and it is ``ASSUMED_LIFT`` of the mean.
        per_month: People who come in within 30 days; None: not known.
        prices: One for each share.
    """

    as_of: date
    window_days: int
    basis: Basis
    people: int
    mean: float
    sd: float
    effect: float
    is_assumed: bool
    per_month: float | None
    prices: tuple[ControlPrice, ...]

    def as_json(self) -> dict[str, Any]:
        """As machines read it; the day is an ISO date."""
        return {
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "prices": [asdict(each) for each in self.prices],
        }


def past_outcome(
    engine: Engine,
    stood: str,
    day: date,
    as_of: date,
    *,
    margin: float,
    tiers: Collection[str] = (),
    stages: Collection[str] = (),
) -> Sums:
    """
    What those have brought who stood somewhere on a day, from the day after it to another; counted as arms are.

    Args:
        engine: Shows ``orders`` and ``refunds``.
        stood: Table with customer_id, tier and stage on ``day``.
        day: Takes the place of the day of assignment.
        as_of: The last day that counts.
        margin: Share of revenue that is counted.
        tiers: Of these tiers; empty: of all.
        stages: The same.
    """
    engine.view(
        "assigned",
        "select '' as layer_key, cast(1 as double) as probability, tier, stage, 'control' as arm, customer_id,"
        f" cast({literal(day.isoformat())} as date) as as_of, cast({literal(day.isoformat())} as date) as month,"
        f" cast({literal(as_of.isoformat())} as date) as until, cast(null as double) as surrogate"
        f" from {identifier(stood)}",
    )
    try:
        rows = engine.run(
            statement(PACKAGE, "arm_sums"), as_of=as_of, margin=margin, needed=1, cap=NO_CAP, before=0
        )
    finally:
        engine.drop("assigned")
    found = Sums(0, 0.0, 0.0)
    for _key, _probability, tier, stage, _arm, _month, people, total, squares, *_rest in rows:
        if (not tiers or tier in tiers) and (not stages or stage in stages):
            found += Sums(people, total, squares)
    return found


def priced(
    unit: Foreseen,
    effect: float,
    window_days: int,
    per_month: float | None,
    shares: Sequence[float] = SHARES,
    days: int | None = None,
) -> tuple[ControlPrice, ...]:
    """
    What each share takes.

    Args:
        unit: A person who is left alone, over the window.
        effect: What a treatment brings more over the same window; not 0.
        window_days: Days of the window.
        per_month: People who come in within 30 days.
        shares: Between 0 and 1.
        days: How long one would wait; None: that is not asked.

    Raises:
        NoDifferenceToFind: The effect is 0.
        InvalidLevel: A share is not between 0 and 1.
    """
    return tuple(_price(share, unit, effect, window_days, per_month, days) for share in shares)


def _price(
    share: float, unit: Foreseen, effect: float, window_days: int, per_month: float | None, days: int | None
) -> ControlPrice:
    treated = Foreseen(unit.mean + effect, unit.variance)
    people = ceil(people_needed(unit, treated, control_share=share, power=POWER, level=LEVEL))
    control = ceil(people * share)
    if not per_month:
        return ControlPrice(share, people, control, None, control * effect, None, None)
    a_day = per_month / 30
    a_year, in_time = a_day * YEAR_DAYS, a_day * ((days or 0) - window_days)
    return ControlPrice(
        share,
        people,
        control,
        ceil(people / per_month * 30) + window_days,
        control * effect,
        a_year * share * effect,
        _smallest(unit, a_year, share),
        _smallest(unit, in_time, share) if in_time > 0 else None,
    )


def _smallest(unit: Foreseen, people: float, share: float) -> float:
    return smallest_difference(unit, people * (1 - share), people * share, power=POWER, level=LEVEL)
