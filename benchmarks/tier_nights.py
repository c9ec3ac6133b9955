"""
Tiers over hundreds of nights of a shop whose truth is known, with the naive rule beside.

Orders are arrays and every night is counted from the night before, so that years of nights take minutes; bands are
held by the product's own rule (``evergrove.segments.states.bands``), models are fitted anew every 13 weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from benchmarks.tier_shops import DELTA, YEAR, constant_shop, simulated_shop
from benchmarks.tier_tally import Compared, Tally

from evergrove.models import GammaGamma, ParetoNbd, Summary
from evergrove.scoring.score import discounted_year
from evergrove.scoring.spend import evidence
from evergrove.segments.codes import NO_CODE, Criterion
from evergrove.segments.states.bands import bands_in_force, in_force, protected
from evergrove.segments.tiers.assign import assign_tiers, band, criteria_of
from evergrove.segments.tiers.combine import combined
from evergrove.segments.tiers.hysteresis import NEVER, Held
from evergrove.segments.tiers.outlook import Outlook
from evergrove.segments.tiers.policy import TierPolicy, policy_from
from evergrove.segments.types import Criteria, Tiering
from evergrove.settings import TierSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.tier_shops import Bought
    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.segments.types import Codes, Dates, TierBounds

REFIT = 91
ORIGIN = date(2020, 1, 1)
REALISED = policy_from(TierSettings(bounds="fixed"))
"""The usual tiers by the usual three criteria."""
PREDICTED = TierPolicy(
    name="predicted", bounds={Criterion.CLV_12M: (1000.0, 2000.0, 5000.0)}, combine="predicted"
)
"""The usual tiers by what is predicted for 12 months, at the usual bounds of spend."""


@dataclass(eq=False)
class Seen:
    """What is known of each customer at the end of a day; shape (n,) each, kept from day to day."""

    bought: Bought
    has_amounts: bool = True
    day: int = -1
    known: int = 0

    def __post_init__(self) -> None:
        """Nobody has bought yet."""
        n = self.bought.customers
        self._days, self._money = np.zeros(n), np.zeros(n)
        self._first, self._last = np.zeros(n), np.zeros(n)
        self._year_days, self._year_money, self._year_first = np.zeros(n), np.zeros(n), np.zeros(n)
        self._starts = np.searchsorted(self.bought.day, np.arange(int(self.bought.day.max()) + 2 + YEAR))

    def until(self, day: int) -> None:
        """Go on to the end of a day."""
        for today in range(self.day + 1, day + 1):
            self._add(today)
        self.day = day

    def _add(self, today: int) -> None:
        who, money = self._of(today)
        is_new = self._days[who] == 0
        self._first[who[is_new]], self._last[who] = today, today
        self._days[who] += 1
        self._money[who] += money
        self._year_days[who] += 1
        self._year_money[who] += money
        self._year_first[who[is_new]] = 1
        self.known += int(is_new.sum())
        gone, lost = self._of(today - YEAR)
        self._year_days[gone] -= 1
        self._year_money[gone] -= lost
        self._year_first[gone[self._first[gone] == today - YEAR]] = 0

    def _of(self, day: int) -> tuple[NDArray[np.int64], Floats]:
        if day < 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        part = slice(self._starts[day], self._starts[day + 1])
        return self.bought.customer[part], self.bought.amount[part]

    @property
    def frequency(self) -> NDArray[Any]:
        """Purchase days after the first."""
        return (self._days[: self.known] - 1).astype(np.int64)

    @property
    def recency(self) -> Floats:
        """Age at the last."""
        return self._last[: self.known] - self._first[: self.known]

    @property
    def T(self) -> Floats:  # noqa: N802 - the literature's letter
        """Age."""
        return self.day - self._first[: self.known]

    @property
    def orders(self) -> Floats:
        """One a purchase day."""
        return self._days[: self.known]

    @property
    def historic_value(self) -> Floats:
        """All that was paid."""
        return self._money[: self.known]

    def criteria(self, policy: TierPolicy, clv_12m: Floats | None = None) -> Criteria:
        """The last 12 months, and what is predicted."""
        orders, spend = self._year_days[: self.known], np.round(self._year_money[: self.known], 6)
        average = np.divide(spend, orders, where=orders > 0, out=np.full(self.known, np.nan))
        repeats = orders - self._year_first[: self.known]
        return criteria_of(spend, orders, repeats, average, policy, clv_12m=clv_12m)

    def summary(self, _unit: str = "day") -> Summary:
        """As the models read it."""
        mean = self._money[: self.known] / self._days[: self.known]
        repeat = np.where(self.frequency > 0, mean, np.nan)
        return Summary(
            self.frequency.astype(np.float64),
            self.recency,
            self.T,
            unit="day",
            monetary_value=repeat,
            mean_day_spend=mean,
            observation_end=ORIGIN + timedelta(days=self.day),
        )

    def __len__(self) -> int:
        return self.known


def live(
    bought: Bought,
    first: int,
    last: int,
    *,
    truth: Callable[[int, int], Criteria] | None = None,
    policy: TierPolicy = REALISED,
    currency: str = "CNY",
) -> Compared:
    """
    Let a policy place everybody on every night, once with what it holds and once by the figures of the night alone.

    Args:
        bought: All purchase days.
        first: The first night.
        last: The last one.
        truth: True expected figures of the next 12 months, from a day and the number of customers; None: unknown.
        policy: Of tiers.
        currency: Of the amounts.
    """
    seen, before = Seen(bought), _Before(policy)
    found = Compared(Tally(), Tally(), [])
    kept, bounds = None, None
    for day in range(first, last + 1):
        seen.until(day)
        if (day - first) % REFIT == 0:
            kept = _fitted(seen)
            bounds = _bounds(seen, policy, currency)
        assert bounds is not None  # noqa: S101 - measured on the first night
        scores = _scores(seen, kept) if policy.looks_ahead else None
        criteria = seen.criteria(policy, None if scores is None else scores.clv_12m)
        tiering = _tiering(criteria, bounds, policy)
        outlook = Outlook(cast("Any", seen), cast("Any", kept), cast("Any", scores))
        found.held.see(before.go_on(day, tiering, outlook), day)
        found.naive.see(tiering.tier, day)
        found.customer_years += seen.known / 365.25
        if truth is not None and (day - first) % 30 == 0:
            true = _tiering(truth(day, seen.known), bounds, policy).tier
            found.true_shares.append((np.bincount(true, minlength=4) / len(true)).tolist())
            found.held.judge(true, 4)
            found.naive.judge(true, 4)
    return found


class _Before:
    """What the last night left, with a row for each customer who is new."""

    def __init__(self, policy: TierPolicy) -> None:
        self._policy = policy
        nobody = np.zeros(0, dtype=np.int8)
        none = Held(nobody, np.full(0, NEVER), np.zeros(0, np.int16), np.full(0, NEVER))
        self._held = dict.fromkeys(policy.criteria, none)
        self._tier: Codes = nobody
        self._risen_on: Dates = np.full(0, NEVER)

    def go_on(self, day: int, tiering: Tiering, outlook: Outlook) -> Codes:
        """The tiers of tonight."""
        policy, roster = self._policy, _Roster(ORIGIN + timedelta(days=day), len(tiering.tier))
        self._widen(len(roster))
        before = SimpleNamespace(held=self._held, rules=policy)
        segments = SimpleNamespace(tiering=tiering, outlook=outlook)
        self._held = bands_in_force(cast("Any", segments), cast("Any", before), cast("Any", roster), policy)
        rank = combined(in_force(self._held, policy), policy)
        days = policy.hysteresis.protect_days
        self._tier, self._risen_on = protected(rank, self._tier, self._risen_on, roster.as_of, days)
        return self._tier

    def _widen(self, customers: int) -> None:
        new = customers - len(self._tier)
        nobody, never = np.full(new, NO_CODE, dtype=np.int8), np.full(new, NEVER)
        self._held = {
            criterion: Held(
                np.concatenate([one.tier, nobody]),
                np.concatenate([one.since, never]),
                np.concatenate([one.lower_checks, np.zeros(new, dtype=np.int16)]),
                np.concatenate([one.last_check, never]),
            )
            for criterion, one in self._held.items()
        }
        self._tier = np.concatenate([self._tier, nobody])
        self._risen_on = np.concatenate([self._risen_on, never])


@dataclass(frozen=True)
class _Roster:
    as_of: date
    customers: int

    def __len__(self) -> int:
        return self.customers


def _fitted(seen: Seen) -> SimpleNamespace:
    summary = seen.summary()
    process = ParetoNbd.fit(summary).model
    spend = GammaGamma.fit(summary)
    return SimpleNamespace(
        process=process, fits=SimpleNamespace(spend=spend), unit="day", convention="all_days"
    )


def _scores(seen: Seen, kept: Any) -> SimpleNamespace:
    """What tonight predicts: no more than the policy asks for."""
    spend = evidence(kept.fits.spend, seen.summary(), kept.convention).expected
    return SimpleNamespace(clv_12m=discounted_year(kept.process, cast("Any", seen), DELTA) * spend)


def _bounds(seen: Seen, policy: TierPolicy, currency: str) -> TierBounds:
    if policy.looks_ahead:
        return policy.stated()
    tiering, _warnings = assign_tiers(seen.criteria(policy), policy, currency)
    assert tiering.bounds is not None  # noqa: S101 - there are amounts
    return tiering.bounds


def _tiering(criteria: Criteria, bounds: TierBounds, policy: TierPolicy) -> Tiering:
    bands = np.stack([band(criteria[each], bounds[each]) for each in policy.criteria])
    decided = np.zeros(len(bands[0]), dtype=np.int8)
    return Tiering(combined(bands, policy), bands, decided, bounds, policy.criteria)


def constant_nights(
    customers: int, years: int, seed: int, *, known_years: int = 2, policy: TierPolicy = REALISED
) -> dict[str, Any]:
    """Some years to learn, then so many years of nights under constant true rates."""
    days = (known_years + years) * YEAR
    bought, true = constant_shop(customers, days, seed)

    def truth(_day: int, known: int) -> Criteria:
        return Criteria(
            true.spend[:known],
            true.frequency[:known],
            true.average_order[:known],
            true[Criterion.CLV_12M][:known],
        )

    return live(bought, known_years * YEAR, days - 1, truth=truth, policy=policy).figures()


def shop_nights(customers: int, years: int, seed: int, *, policy: TierPolicy = REALISED) -> dict[str, Any]:
    """The simulated shop, after its first two years."""
    bought, truth, last = simulated_shop(customers, years, seed)
    return live(bought, 2 * YEAR, last, truth=truth, policy=policy).figures()
