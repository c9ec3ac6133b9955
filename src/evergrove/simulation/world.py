"""The world of the simulated shop: channels, seasons, goods, names. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import date

    from evergrove.models.types import Floats

CURRENCY = "CNY"
STATUSES = ("Completed", "Paid", "Cancelled", "Unpaid", "Refunded")
COMPLETED, PAID, CANCELLED, UNPAID, REFUNDED = range(5)


@dataclass(frozen=True)
class Channel:
    """
    Where customers come from, and how good they are compared with the shop's average.

    Attributes:
        name: As the export writes it.
        share: Of all customers.
        one_time: Share that leaves right after the first order.
        rate: Factor on the rate of purchases.
        dropout: Factor on the rate of leaving.
        spend: Factor on the spend per purchase.
    """

    name: str
    share: float
    one_time: float
    rate: float
    dropout: float
    spend: float


CHANNELS = (
    Channel("Search", share=0.24, one_time=0.16, rate=1.05, dropout=1.0, spend=1.05),
    Channel("Xiaohongshu", share=0.22, one_time=0.20, rate=1.0, dropout=1.0, spend=1.10),
    Channel("Douyin live", share=0.26, one_time=0.36, rate=0.75, dropout=1.5, spend=0.75),
    Channel("Paid ads", share=0.14, one_time=0.28, rate=0.85, dropout=1.2, spend=0.90),
    Channel("Referral", share=0.08, one_time=0.08, rate=1.35, dropout=0.6, spend=1.20),
    Channel("Store", share=0.06, one_time=0.12, rate=1.20, dropout=0.7, spend=1.40),
)

# Purchases per day compared with the year's average, from this (month, day) on. June has 6.18; November
# has Double Eleven; customers stay away in the weeks of the New Year.
SEASONS = (
    ((1, 1), 0.80),
    ((2, 1), 0.70),
    ((3, 1), 0.95),
    ((4, 1), 0.90),
    ((5, 1), 0.95),
    ((6, 1), 1.30),
    ((6, 19), 0.80),
    ((7, 1), 0.85),
    ((9, 1), 0.95),
    ((10, 1), 1.00),
    ((11, 1), 2.20),
    ((11, 12), 1.30),
    ((12, 1), 1.25),
    ((12, 13), 1.45),
    ((12, 26), 0.90),
)


@dataclass(frozen=True)
class Category:
    """A group of goods: its name, share of orders, number of products, prefix of their codes."""

    name: str
    share: float
    products: int
    prefix: str


CATEGORIES = (
    Category("Skin care", share=0.30, products=40, prefix="SK"),
    Category("Make-up", share=0.20, products=60, prefix="MU"),
    Category("Tea", share=0.18, products=35, prefix="TE"),
    Category("Home", share=0.14, products=50, prefix="HO"),
    Category("Snacks", share=0.10, products=45, prefix="SN"),
    Category("Gifts", share=0.08, products=20, prefix="GI"),
)

# Trees with the solar terms, trees with words for a sample: nobody is called that.
_SURNAMES = "林柏松柳梅桂杉楠桑榆"
_GIVEN = ("春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "立秋", "白露", "秋分", "霜降", "小雪")
_FIRST = ("Rowan", "Hazel", "Willow", "Linden", "Aspen", "Laurel", "Juniper", "Alder", "Myrtle", "Olive")
_LAST = ("Sample", "Example", "Specimen", "Pattern", "Testwood", "Mockwell", "Fictley", "Invented")
CHINESE_NAMES = tuple(surname + given for surname in _SURNAMES for given in _GIVEN)
NAMES = CHINESE_NAMES + tuple(f"{first} {last}" for first in _FIRST for last in _LAST)
CHINESE_SHARE = 0.8


def season_of_days(first: date, days: int) -> Floats:
    """The season's factor of each day from ``first`` on; its mean over a year is 1. Shape (days,)."""
    starts = np.array([month * 100 + day for (month, day), _factor in SEASONS])
    factors = np.array([factor for _start, factor in SEASONS])
    calendar = [first + timedelta(days=n) for n in range(max(days, 366))]
    marks = np.array([day.month * 100 + day.day for day in calendar])
    factor = factors[np.searchsorted(starts, marks, side="right") - 1]
    return np.asarray((factor / factor[:365].mean())[:days])
