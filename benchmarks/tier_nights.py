"""
Tiers over hundreds of nights of a shop whose truth is known, with the naive rule beside.

Orders are arrays and every night is counted from the night before, so that years of nights take minutes; bands are
held by the product's own rule (``evergrove.segments.states.bands``), models are fitted anew every 13 weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evergrove.models import GammaGamma, ParetoNbd, Summary
from evergrove.segments.codes import NO_CODE, REALISED, Criterion
from evergrove.segments.states.bands import bands_in_force, in_force, protected
from evergrove.segments.tiers.assign import assign_tiers, band, criteria_of
from evergrove.segments.tiers.combine import combined
from evergrove.segments.tiers.hysteresis import NEVER
from evergrove.segments.tiers.outlook import Outlook
from evergrove.segments.tiers.policy import policy_from
from evergrove.segments.types import Criteria, Tiering
from evergrove.settings import TierSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.segments.types import Codes, Dates, TierBounds

YEAR, REFIT, FLAP_DAYS = 365, 91, 90
ORIGIN = date(2020, 1, 1)


@dataclass(frozen=True, eq=False)
class Bought:
    """
    Purchase days of a shop, ascending by day; customers are numbered in the order of their first.

    Attributes:
        customer: Shape (m,).
        day: Counted from the shop's first. Shape (m,).
        amount: Net. Shape (m,).
        customers: How many.
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: Floats
    customers: int

    @classmethod
    def of(
        cls, customer: NDArray[Any], day: NDArray[Any], amount: Floats
    ) -> tuple[Bought, NDArray[np.int64]]:
        """Purchase days from orders in any order, and the customers' first numbers by their new ones."""
        key = day.astype(np.int64) * (int(customer.max()) + 1) + customer
        keys, of = np.unique(key, return_inverse=True)
        money = np.bincount(of, amount).astype(np.float64)
        days, who = keys // (int(customer.max()) + 1), keys % (int(customer.max()) + 1)
        old, first = np.unique(who, return_index=True)
        order = old[np.argsort(first, kind="stable")]
        new = np.empty(int(customer.max()) + 1, dtype=np.int64)
        new[order] = np.arange(len(order))
        return cls(new[who], days, money, len(order)), order


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

    def criteria(self, policy: TierPolicy) -> Criteria:
        """The last 12 months."""
        orders, spend = self._year_days[: self.known], np.round(self._year_money[: self.known], 6)
        average = np.divide(spend, orders, where=orders > 0, out=np.full(self.known, np.nan))
        return criteria_of(spend, orders, orders - self._year_first[: self.known], average, policy)

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


@dataclass
class Tally:
    """
    How often tiers of one rule changed.

    Attributes:
        moves: In all.
        flaps: Of these, back to the previous tier within 90 days.
        agreement: Share of customers whose tier is the true one, of each day that was looked at.
        shares: Mean share of each tier on these days.
    """

    moves: int = 0
    flaps: int = 0
    agreement: list[float] = field(default_factory=list)
    shares: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nobody has moved yet."""
        self._previous: NDArray[Any] = np.zeros(0)
        self._moved_on: NDArray[Any] = np.zeros(0)
        self._tier: Codes = np.zeros(0, dtype=np.int8)

    def see(self, tier: Codes, day: int) -> None:
        """Count who moved since the night before."""
        new = len(tier) - len(self._tier)
        before = np.concatenate([self._tier, tier[len(self._tier) :]])
        self._previous = np.concatenate([self._previous, np.full(new, NO_CODE)])
        self._moved_on = np.concatenate([self._moved_on, np.full(new, -1000)])
        moved = tier != before
        back = moved & (tier == self._previous) & (day - self._moved_on <= FLAP_DAYS)
        self.moves += int(moved.sum())
        self.flaps += int(back.sum())
        self._previous[moved], self._moved_on[moved] = before[moved], day
        self._tier = tier.copy()

    def judge(self, truth: Codes, tiers: int) -> None:
        """Compare with the true tiers of today."""
        self.agreement.append(float((self._tier == truth).mean()))
        self.shares.append((np.bincount(self._tier, minlength=tiers) / len(self._tier)).tolist())


@dataclass
class Compared:
    """Both rules over the same nights, with the true shares beside."""

    held: Tally
    naive: Tally
    true_shares: list[list[float]]
    customer_years: float = 0.0

    def figures(self) -> dict[str, Any]:
        """For a table."""
        years = self.customer_years
        return {
            rule: {
                "moves_per_customer_year": round(tally.moves / years, 4),
                "flaps_per_customer_year": round(tally.flaps / years, 5),
                "agreement": round(float(np.mean(tally.agreement)), 4) if tally.agreement else None,
                "shares": np.round(np.mean(tally.shares, axis=0), 4).tolist() if tally.shares else None,
            }
            for rule, tally in (("held", self.held), ("naive", self.naive))
        } | {
            "flap_ratio": round(self.held.flaps / max(1, self.naive.flaps), 4),
            "true_shares": np.round(np.mean(self.true_shares, axis=0), 4).tolist()
            if self.true_shares
            else None,
            "customer_years": round(years),
        }


def live(
    bought: Bought,
    first: int,
    last: int,
    *,
    truth: Callable[[int, int], Criteria] | None = None,
    settings: TierSettings | None = None,
    currency: str = "CNY",
) -> Compared:
    """
    Let both rules place everybody on every night.

    Args:
        bought: All purchase days.
        first: The first night.
        last: The last one.
        truth: True expected figures of the next 12 months, from a day and the number of customers; None: unknown.
        settings: Of tiers.
        currency: Of the amounts.
    """
    policy = policy_from(settings or TierSettings(bounds="fixed"))
    seen, before = Seen(bought), cast("Any", _nobody())
    found = Compared(Tally(), Tally(), [])
    kept, bounds = None, None
    tier = np.zeros(0, dtype=np.int8)
    risen_on: Dates = np.full(0, NEVER)
    for day in range(first, last + 1):
        seen.until(day)
        if (day - first) % REFIT == 0:
            kept = _fitted(seen)
            bounds = _bounds(seen, policy, currency)
        assert bounds is not None  # noqa: S101 - measured on the first night
        tiering = _tiering(seen.criteria(policy), bounds, policy)
        segments = SimpleNamespace(tiering=tiering, outlook=Outlook(cast("Any", seen), cast("Any", kept)))
        roster = _Roster(ORIGIN + timedelta(days=day), seen.known)
        held = bands_in_force(
            cast("Any", segments), _widened(before, seen.known), cast("Any", roster), policy
        )
        rank = combined(in_force(held, policy), policy)
        new = seen.known - len(tier)
        tier = np.concatenate([tier, np.full(new, NO_CODE, dtype=np.int8)])
        risen_on = np.concatenate([risen_on, np.full(new, NEVER)])
        tier, risen_on = protected(rank, tier, risen_on, roster.as_of, policy.hysteresis.protect_days)
        before = SimpleNamespace(held=held, rules=policy)
        found.held.see(tier, day)
        found.naive.see(tiering.tier, day)
        found.customer_years += seen.known / 365.25
        if truth is not None and (day - first) % 30 == 0:
            true = _tiering(truth(day, seen.known), bounds, policy).tier
            found.true_shares.append((np.bincount(true, minlength=4) / len(true)).tolist())
            found.held.judge(true, 4)
            found.naive.judge(true, 4)
    return found


class _Roster:
    def __init__(self, as_of: date, customers: int) -> None:
        self.as_of, self._customers = as_of, customers

    def __len__(self) -> int:
        return self._customers


def _nobody() -> SimpleNamespace:
    return SimpleNamespace(held=None, rules=None)


def _widened(before: Any, customers: int) -> Any:
    """Last night with a row for each customer who is new."""
    from evergrove.segments.tiers.hysteresis import Held  # noqa: PLC0415 - beside its only user

    if before.held is None:
        none = np.full(customers, NO_CODE, dtype=np.int8)
        empty = Held(
            none, np.full(customers, NEVER), np.zeros(customers, np.int16), np.full(customers, NEVER)
        )
        return SimpleNamespace(held=dict.fromkeys(REALISED, empty), rules=None)
    held = {}
    for criterion, one in before.held.items():
        new = customers - len(one.tier)
        never = np.full(new, NEVER)
        held[criterion] = Held(
            np.concatenate([one.tier, np.full(new, NO_CODE, dtype=np.int8)]),
            np.concatenate([one.since, never]),
            np.concatenate([one.lower_checks, np.zeros(new, dtype=np.int16)]),
            np.concatenate([one.last_check, never]),
        )
    return SimpleNamespace(held=held, rules=before.rules)


def _fitted(seen: Seen) -> SimpleNamespace:
    summary = seen.summary()
    process = ParetoNbd.fit(summary).model
    spend = GammaGamma.fit(summary)
    return SimpleNamespace(
        process=process, fits=SimpleNamespace(spend=spend), unit="day", convention="all_days"
    )


def _bounds(seen: Seen, policy: TierPolicy, currency: str) -> TierBounds:
    tiering, _warnings = assign_tiers(seen.criteria(policy), policy, currency)
    assert tiering.bounds is not None  # noqa: S101 - there are amounts
    return tiering.bounds


def _tiering(criteria: Criteria, bounds: TierBounds, policy: TierPolicy) -> Tiering:
    bands = np.stack([band(criteria[each], bounds[each]) for each in policy.criteria])
    return Tiering(combined(bands, policy), bands, np.zeros(len(bands[0]), dtype=np.int8), bounds)


def constant_shop(customers: int, days: int, seed: int) -> tuple[Bought, Criteria]:
    """Customers whose rates and spend never change, and what they truly buy in a year; nobody leaves."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.1, 5.0 / 1.1, customers) / 365.25
    mean = 4.0 / rng.gamma(4.5, 1 / (3.5 * 380.0), customers) * 3.5 / 4.0
    first = rng.integers(0, YEAR, customers)
    count = rng.poisson(rate * (days - first))
    who = np.repeat(np.arange(customers), count)
    day = (first[who] + rng.random(len(who)) * (days - first[who])).astype(np.int64)
    who, day = np.concatenate([who, np.arange(customers)]), np.concatenate([day, first])
    bought, order = Bought.of(who, day, rng.gamma(4.0, mean[who] / 4.0))
    rate, mean = rate[order], mean[order]
    per_day = -np.expm1(-rate)  # purchases of one day are one
    yearly = per_day * 365
    return bought, Criteria(yearly * mean * rate / per_day, yearly, mean * rate / per_day)


def simulated_shop(
    customers: int, years: int, seed: int
) -> tuple[Bought, Callable[[int, int], Criteria], int]:
    """The product's simulated shop, its true expectations on any day, and the last day of its history."""
    from evergrove.simulation import ShopOptions  # noqa: PLC0415 - as the next two
    from evergrove.simulation.purchases import KEPT_PURCHASES, NET_SHARE  # noqa: PLC0415
    from evergrove.simulation.shop import draw_shop  # noqa: PLC0415
    from evergrove.simulation.truth import expected_purchase_days  # noqa: PLC0415

    options = ShopOptions(customers=customers, years=years, seed=seed)
    drawn = draw_shop(options)
    lives, orders = drawn.lives, drawn.bought
    net = (orders.amount - orders.refund - orders.loose_refund) / 10_000
    stays = (orders.refund < orders.amount) & (orders.day < options.days)
    bought, order = Bought.of(orders.customer[stays], orders.day[stays], net[stays])

    def truth(day: int, known: int) -> Criteria:
        some = order[:known]
        alive = lives.first_day[some] + lives.days[some] > day
        ahead = drawn.season[day + 1 : day + 1 + YEAR]
        expected = KEPT_PURCHASES * expected_purchase_days(lives.rate[some], lives.dropout[some], ahead, 0.0)
        spend = lives.mean_spend[some] * NET_SHARE
        purchases = np.where(alive, expected, 0.0)
        return Criteria(purchases * spend, purchases, np.where(alive, spend, np.nan))

    return bought, truth, options.days - 1


def constant_nights(customers: int = 3000, years: int = 3, seed: int = 1) -> dict[str, Any]:
    """Two years to learn, then so many years of nights under constant true rates."""
    days = 2 * YEAR + years * YEAR
    bought, true = constant_shop(customers, days, seed)

    def truth(_day: int, known: int) -> Criteria:
        columns = (
            true[each][:known] for each in (Criterion.SPEND, Criterion.FREQUENCY, Criterion.AVERAGE_ORDER)
        )
        return Criteria(*columns)

    return live(bought, 2 * YEAR, days - 1, truth=truth).figures()


def shop_nights(customers: int = 4000, years: int = 4, seed: int = 7) -> dict[str, Any]:
    """The simulated shop, after its first two years."""
    bought, truth, last = simulated_shop(customers, years, seed)
    return live(bought, 2 * YEAR, last, truth=truth).figures()
