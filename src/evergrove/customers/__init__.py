"""From orders to one row per customer: what every later station knows of a customer's past."""

from evergrove.customers.audit import Audit, UnknownCustomer, audit
from evergrove.customers.cohorts import CohortTable, cohorts
from evergrove.customers.frames import base_of, summarize
from evergrove.customers.month_ends import MonthEndFigures, month_end_figures
from evergrove.customers.news import facts_since
from evergrove.customers.origins import WindowOutOfData, at_origin
from evergrove.customers.service import summarise
from evergrove.customers.spending import Spending
from evergrove.customers.tracking import WeeklyPurchases, daily_repeats, weekly_purchases
from evergrove.customers.traits import cac_query, has_traits, traits_query, with_tables
from evergrove.customers.truncation import HistoryStartsMidLife, Truncation, left_truncation
from evergrove.customers.types import CustomerBase, Flow, LastYear, Origin

__all__ = [
    "Audit",
    "CohortTable",
    "CustomerBase",
    "Flow",
    "HistoryStartsMidLife",
    "LastYear",
    "MonthEndFigures",
    "Origin",
    "Spending",
    "Truncation",
    "UnknownCustomer",
    "WeeklyPurchases",
    "WindowOutOfData",
    "at_origin",
    "audit",
    "base_of",
    "cac_query",
    "cohorts",
    "daily_repeats",
    "facts_since",
    "has_traits",
    "left_truncation",
    "month_end_figures",
    "summarise",
    "summarize",
    "traits_query",
    "weekly_purchases",
    "with_tables",
]
