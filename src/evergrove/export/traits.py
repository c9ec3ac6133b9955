"""The tables that a run publishes where tables beside orders are known: traits of customers, cost by source."""

from __future__ import annotations

from evergrove.core import _
from evergrove.export.customers import COUNT, CURRENCY, DAY, DAYS
from evergrove.export.types import Column

HOURS = _("hours since midnight, shop's zone")
ID = Column("customer_id", "id", "customer_id", "VARCHAR", _("The customer's id, as text."))


def _text(name: str, sentence: str) -> Column:
    return Column(name, "text", name, "VARCHAR", sentence)


def _money(name: str, sentence: str) -> Column:
    return Column(name, "money", name, "DECIMAL(18,4)", sentence, CURRENCY)


def _number(name: str, sentence: str, unit: str) -> Column:
    return Column(name, "estimate", name, "DOUBLE", sentence, unit)


TRAIT_COLUMNS: tuple[Column, ...] = (
    ID,
    _text(
        "acquisition_source",
        _("Source of the latest event of the 30 days up to the first order that names one."),
    ),
    _text("acquisition_campaign", _("Campaign of the same event.")),
    _money(
        "acquisition_cost",
        _(
            "What winning the customer cost: told of the customer, plus the part of advertising; empty: not told."
        ),
    ),
    _money("cost_of_goods", _("Cost of all orders whose cost is known.")),
    _money("service_cost", _("Service, shipping, payment and the like so far.")),
    _money("contact_cost", _("Messages and the like so far.")),
    _text("channels_12m", _("Channels with events, tickets or answers in the last 365 days.")),
    Column(
        "active_days_12m",
        "count",
        "active_days_12m",
        "BIGINT",
        _("Days with any of them in these days."),
        DAYS,
    ),
    _text("active_days_by_channel_12m", _("The same by channel: a JSON object, channel to days.")),
    _number(
        "active_hour",
        _("Circular mean of the times of events; empty with fewer than 10, or where they gather nowhere."),
        HOURS,
    ),
    _number(
        "active_hour_strength", _("How closely they gather around it: 1 is always the same minute."), "0..1"
    ),
    _text("top_category", _("Category to which most of the customer's money went.")),
    _number("top_category_share", _("Share of it."), "0..1"),
    _number(
        "category_entropy", _("Spread over categories: 0 all in one, 1 two alike, 2 four alike."), _("bits")
    ),
    _number(
        "price_place",
        _("Mean place of the prices paid among those of the same category, cheapest 0."),
        "0..1",
    ),
    Column(
        "price_band",
        "word",
        "price_band",
        "VARCHAR",
        _("low below a third of that place, high above two thirds, else middle."),
    ),
    _text("last_product", _("Article that most of the latest order was for; empty where it has no name.")),
)
"""What tables beside orders say of each customer with a purchase; of the past alone, and no model learns from it."""

CAC_COLUMNS: tuple[Column, ...] = (
    Column("month", "date", "month", "DATE", _("First day of the month of the first order."), DAY),
    _text("source", _("Source that won the customers; empty: of whom none is known.")),
    _money(
        "spend",
        _("Advertising for them; of a source that won nobody, it goes to those of unknown source."),
    ),
    Column("customers", "count", "customers", "BIGINT", _("Customers won; 0 where it found nobody."), COUNT),
    _money("cac", _("Acquisition cost of one of them: spend / customers.")),
)
"""What winning customers cost, by month and source."""
