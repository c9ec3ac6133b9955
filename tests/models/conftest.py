"""The published data sets as summaries, counted here by a plain loop, not by the product's SQL."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models.types import Floats, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.models.beta_geometric import BetaGeometric


@dataclass(frozen=True)
class PurchaseDays:
    """Each customer's purchase days in order, with what was spent on each."""

    of: dict[int, list[tuple[date, float]]]

    @classmethod
    def read(cls, path: Path) -> PurchaseDays:
        """Merge the lines of one customer and day of a log (customer_id, date[, spend])."""
        spent: dict[tuple[int, date], float] = defaultdict(float)
        with path.open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                key = int(row["customer_id"]), date.fromisoformat(row["date"])
                spent[key] += float(row.get("spend") or 0.0)
        days: dict[int, list[tuple[date, float]]] = defaultdict(list)
        for (customer, day), amount in sorted(spent.items()):
            days[customer].append((day, amount))
        return cls(dict(days))

    def summary(self, end: date) -> Summary:
        """Weeks of exact day differences / 7, by the notes of the data's README."""
        rows = []
        for days in self.of.values():
            known = [(day, amount) for day, amount in days if day <= end]
            if not known:
                continue
            first, last = known[0][0], known[-1][0]
            amounts = [amount for _, amount in known]
            repeat_mean = np.mean(amounts[1:]) if len(amounts) > 1 else np.nan
            recency, T = (last - first).days / 7, (end - first).days / 7
            logs = sum(log((later - day).days / 7) for (day, _), (later, _) in pairwise(known))
            rows.append((len(known) - 1, recency, T, repeat_mean, np.mean(amounts), logs))
        x, t_x, T, monetary_value, mean_day_spend, log_intervals = np.array(rows, dtype=np.float64).T
        return Summary(
            frequency=x,
            recency=t_x,
            T=T,
            unit="week",
            monetary_value=monetary_value,
            mean_day_spend=mean_day_spend,
            observation_end=end,
            log_intervals=log_intervals,
        )

    def holdout(self, end: date, until: date) -> Holdout:
        """Purchase days and spend in (end, until] of the customers known at ``end``, in summary order."""
        later = [
            [amount for day, amount in days if end < day <= until]
            for days in self.of.values()
            if days[0][0] <= end
        ]
        return Holdout(np.array([float(len(a)) for a in later]), np.array([float(sum(a)) for a in later]))


@dataclass(frozen=True)
class Holdout:
    """What customers did after the calibration window, aligned with its summary."""

    purchases: Floats
    spend: Floats


CDNOW_END = date(1997, 9, 30)
GROCERY_END = date(2006, 12, 31)
APPAREL_END = {104: date(2006, 12, 31), 52: date(2006, 1, 1)}


@pytest.fixture(scope="session")
def cdnow_days(shared: Callable[[str], Path]) -> PurchaseDays:
    """The 1/10 sample of the CDNOW cohort, 2,357 customers."""
    return PurchaseDays.read(shared("clv/cdnow_sample.csv"))


@pytest.fixture(scope="session")
def apparel_days(shared: Callable[[str], Path]) -> PurchaseDays:
    """The apparel cohort of CLVTools, 600 customers."""
    return PurchaseDays.read(shared("clv/apparel_transactions.csv"))


@pytest.fixture(scope="session")
def cdnow(cdnow_days: PurchaseDays) -> Summary:
    """CDNOW to 1997-09-30 in exact weeks."""
    return cdnow_days.summary(CDNOW_END)


@pytest.fixture(scope="session")
def cdnow_holdout(cdnow_days: PurchaseDays) -> Holdout:
    """CDNOW's 39 weeks after the calibration: 1,882 purchases."""
    return cdnow_days.holdout(CDNOW_END, date(1998, 6, 30))


@pytest.fixture(scope="session")
def cdnow_rounded(shared: Callable[[str], Path]) -> Summary:
    """CDNOW as published, weeks rounded to two decimals; most peers' tests rest on it."""
    path = shared("clv/cdnow_sample_rfm.csv")
    _, x, t_x, T, money = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    return Summary(frequency=x, recency=t_x, T=T, monetary_value=np.where(x > 0, money, np.nan))


@pytest.fixture(scope="session")
def grocery(shared: Callable[[str], Path]) -> Summary:
    """The grocery cohort over 2006, 1,525 customers, no spend."""
    return PurchaseDays.read(shared("clv/grocery_2006.csv")).summary(GROCERY_END)


@pytest.fixture(scope="session")
def apparel(apparel_days: PurchaseDays) -> Callable[[int], Summary]:
    """Apparel after 104 or 52 weeks."""
    return lambda weeks: apparel_days.summary(APPAREL_END[weeks])


@dataclass(frozen=True)
class Truth:
    """Simulated histories up to T and what came after, in continuous time; shape (n,) each."""

    x: Floats
    t_x: Floats
    T: Floats
    alive: Floats
    later: Floats

    @property
    def summary(self) -> Summary:
        """What a model may see."""
        return Summary(frequency=self.x, recency=self.t_x, T=self.T)


def follow(model: BetaGeometric, T: Floats, later: float, seed: int) -> Truth:
    """Follow customers from purchase to purchase until they leave or the time is over."""
    random = np.random.default_rng(seed)
    n = len(T)
    rate, leaves = random.gamma(model.r, 1 / model.alpha, n), random.beta(model.a, model.b, n)
    x, t_x, future, now = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    last_of_all = np.full(n, np.inf)  # the purchase after which the customer has left
    here = np.arange(n)
    if model.m:
        gone = random.uniform(size=n) < leaves
        last_of_all[gone] = 0.0
        here = here[~gone]
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] <= T[here] + later]
        seen = now[here] <= T[here]
        x[here] += seen
        t_x[here] = np.where(seen, now[here], t_x[here])
        future[here] += ~seen
        gone = random.uniform(size=len(here)) < leaves[here]
        last_of_all[here[gone]] = now[here[gone]]
        here = here[~gone]
    return Truth(x, t_x, T, (last_of_all > T).astype(float), future)


Simulate = Callable[["BetaGeometric", Floats, float, int], Truth]


@pytest.fixture(scope="session")
def simulate() -> Simulate:
    """Customers of BG/NBD or MBG/NBD of ages T, seen until T and followed for a time ``later``; by seed."""
    return follow
