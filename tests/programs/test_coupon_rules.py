"""What a code takes off, worked out by hand; what no campaign and no order can be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs.conftest import document, order

from evergrove.core import EvergroveError
from evergrove.programs.coupons import Order, terms_of
from evergrove.programs.coupons.errors import (
    FloorReached,
    InvalidAmount,
    InvalidName,
    InvalidTerms,
    SpendTooLow,
    UnknownTermsFormat,
    WrongCurrency,
)
from evergrove.programs.coupons.reading import document_of
from evergrove.programs.coupons.rules import end_of, expected_cost, returned_by, takes_off

STEPS: dict[str, Any] = {"kind": "threshold", "value": None, "steps": [[300, 30], [500, 60], [1000, 150]]}


def off(amount: str, cost: str | None = None, beside: str = "0", **changes: Any) -> Decimal:
    """What the changed campaign takes off an order."""
    terms = terms_of(document(**changes))
    return takes_off(terms, order(amount=amount, cost=cost), Decimal(beside)).discount


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        ("300.00", "30"),
        ("499.99", "30"),
        ("500.00", "60"),
        ("999.99", "60"),
        ("1000", "150"),
        ("5000", "150"),
    ],
)
def test_the_highest_step_reached_counts_once(amount: str, taken: str) -> None:
    """Spend 300 get 30 off, 500 get 60, 1000 get 150: one cent below a step is the step before."""
    assert off(amount, **STEPS) == Decimal(taken)


@pytest.mark.parametrize(("amount", "taken"), [("299.99", None), ("300", "30"), ("899", "60"), ("900", "90")])
def test_a_repeated_step_counts_for_each_full_amount(amount: str, taken: str | None) -> None:
    """Each full 300 takes 30 off: 899 holds two of them."""
    repeated: dict[str, Any] = {"kind": "threshold", "value": None, "steps": [[300, 30]], "repeats": True}
    if taken is None:
        with pytest.raises(SpendTooLow):
            off(amount, **repeated)
    else:
        assert off(amount, **repeated) == Decimal(taken)


@pytest.mark.parametrize(
    ("amount", "percent", "most", "taken"),
    [
        ("199.99", "15", None, "29.99"),  # 29.9985: rounded down to the coin
        ("0.05", "15", None, None),  # 0.0075 is no coin
        ("1000", "12.5", "80", "80"),
        ("640", "12.5", "80", "80"),
        ("639.99", "12.5", "80", "79.99"),  # 79.99875
        ("88", "100", None, "88"),  # the price is 0, never less
    ],
)
def test_percent_is_rounded_down_and_capped(
    amount: str, percent: str, most: str | None, taken: str | None
) -> None:
    """In whole coins, never more than the most that is ever taken off."""
    changes: dict[str, Any] = {"kind": "percent", "value": percent, "max_discount": most}
    if taken is None:
        with pytest.raises(FloorReached):
            off(amount, **changes)
    else:
        assert off(amount, **changes) == Decimal(taken)


@pytest.mark.parametrize(
    ("amount", "cost", "floor", "beside", "taken"),
    [
        ("20", None, None, "0", "20"),  # 30 off 20: the price is 0
        ("100", "60", "0.15", "0", "25"),  # 100 - 60 - 15
        ("100", "60", "0.10", "0", "30"),  # 100 - 60 - 10 = 30: just what it says
        ("100", "60", "0.15", "10", "15"),  # another code has taken 10
        ("100", None, "0.8", "0", "20"),  # no cost known: 100 - 80
        ("100", "90", "0.10", "0", None),  # nothing left
        ("100", "95", "0.10", "0", None),  # less than nothing
        ("100.01", "66.67", "0.1", "0", "23.33"),  # 23.339: rounded down, so that the floor holds
    ],
)
def test_the_price_never_falls_below_the_floor(
    amount: str, cost: str | None, floor: str | None, beside: str, taken: str | None
) -> None:
    """Discount <= amount - cost - floor x amount - what other codes take."""
    if taken is None:
        with pytest.raises(FloorReached):
            off(amount, cost, beside, margin_floor=floor)
    else:
        assert off(amount, cost, beside, margin_floor=floor) == Decimal(taken)


def test_a_gift_takes_nothing_off_and_costs_what_it_costs() -> None:
    """Given whole, or not at all."""
    terms = terms_of(document(kind="gift", value="25", gift="MUG-1", margin_floor="0.1"))

    taken = takes_off(terms, order(amount="100", cost="65"))
    assert (taken.discount, taken.cost) == (Decimal(0), Decimal(25))
    with pytest.raises(FloorReached):
        takes_off(terms, order(amount="100", cost="65.01"))


def test_yen_have_no_decimals() -> None:
    """12.5 % of 999 yen are 124 yen; half a yen is no order."""
    terms = terms_of(document(kind="percent", value="12.5", currency="JPY"))

    assert takes_off(terms, Order("A", Decimal(999), "JPY")).discount == 124
    with pytest.raises(InvalidAmount):
        takes_off(terms, Order("A", Decimal("999.5"), "JPY"))


@pytest.mark.parametrize("amount", ["0", "-1", "-0.01", "1e18", "NaN", "Infinity", "100.001", "100000000000"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    """Negative, nothing, beyond all orders, smaller than a coin: with the way out."""
    with pytest.raises(InvalidAmount) as refused:
        off(amount)
    assert "above 0" in str(refused.value)


@pytest.mark.parametrize("cost", ["-1", "NaN", "1e18", "0.00001"])
def test_what_is_no_cost_is_refused(cost: str) -> None:
    """Costs may be finer than coins, and nothing else."""
    with pytest.raises(InvalidAmount):
        off("100", cost)


def test_another_currency_is_refused() -> None:
    """Nothing is converted."""
    with pytest.raises(WrongCurrency):
        takes_off(terms_of(document()), Order("A", Decimal(100), "USD"))


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201])
def test_what_names_no_order_is_refused(name: str) -> None:
    """Empty, endless or of several lines."""
    with pytest.raises(InvalidName):
        takes_off(terms_of(document()), order(name))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "evergrove.coupons/2"},
        {"kind": "bogof"},
        {"value": None},
        {"value": 0},
        {"value": "-3"},
        {"value": "0.001"},
        {"value": True},
        {"value": "1e18"},
        {"value": [1]},
        {"currency": "yuan"},
        {"version": 0},
        {"version": 1.5},
        {"key": "a b"},
        {"name": ""},
        {"name": "two\nlines"},
        {"valid_until": "tomorrow"},
        {"valid_until": "2026-07-01T10:00:00"},
        {"valid_from": "2026-07-02", "valid_until": "2026-07-01"},
        {"valid_days": 0},
        {"limit_total": -1},
        {"limit_per_person": "1"},
        {"margin_floor": 1.01},
        {"redemption": -0.1},
        {"timezone": "Mars/Olympus"},
        {"code": "ab"},
        {"prefix": "much too long"},
        {"code": "SUMMER", "valid_days": 3},
        {"steps": [[300, 30]]},
        {"limit_totl": 5},
        {"kind": "percent", "value": 101},
        {"kind": "percent", "value": 10, "budget": 100},
        {"kind": "gift"},
        {**STEPS, "steps": []},
        {**STEPS, "steps": [[300, 300]]},
        {**STEPS, "steps": [[300, 30], [200, 40]]},
        {**STEPS, "steps": [[300, 30], [500, 30]]},
        {**STEPS, "steps": [[300, 30, 1]]},
        {**STEPS, "repeats": True},
    ],
    ids=str,
)
def test_what_no_campaign_can_be_is_refused(changes: dict[str, Any]) -> None:
    """Each with the entry and what it takes."""
    with pytest.raises((InvalidTerms, UnknownTermsFormat)) as refused:
        terms_of(document(**changes))
    assert str(refused.value).count(".") >= 2
    assert isinstance(refused.value, EvergroveError)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        STEPS,
        {"kind": "percent", "value": 12.5, "max_discount": 80, "budget": "1000.50"},
        {"kind": "gift", "gift": "MUG-1", "value": 25, "margin_floor": 0},
        {"code": "Summer-10", "prefix": None, "valid_until": "2026-12-31", "limit_per_person": 1},
        {"valid_from": "2026-07-01", "valid_days": 14, "redemption": "0.2", "transferable": True},
        {"kind": "threshold", "value": None, "steps": [["300", "30"]], "repeats": True},
    ],
    ids=str,
)
def test_terms_are_kept_as_they_were_read(changes: dict[str, Any]) -> None:
    """Written down and read again, in whichever workspace, they are the same."""
    terms = terms_of(document(**changes), "Europe/Berlin")
    assert terms_of(document_of(terms), "America/New_York") == terms


def test_days_count_whole_in_the_campaigns_zone() -> None:
    """Issued at 23:30 in Shanghai on 1 July with 1 day: it ends as 2 July does there."""
    terms = terms_of(document(valid_days=1))
    issued = datetime(2026, 7, 1, 15, 30, tzinfo=UTC)

    assert end_of(terms, issued) == datetime(2026, 7, 2, 16, tzinfo=UTC)
    until = terms_of(document(valid_days=10, valid_until="2026-07-03"))
    assert end_of(until, issued) == datetime(2026, 7, 3, 16, tzinfo=UTC)
    assert end_of(terms_of(document()), issued) is None


def test_a_budget_counts_what_is_expected() -> None:
    """A fifth of codes of 30 is 6 each; of steps the highest, of a capped share the cap."""
    assert expected_cost(terms_of(document(redemption=0.2))) == 6
    assert expected_cost(terms_of(document(**STEPS, redemption=0.1))) == 15
    capped = document(kind="percent", value=10, max_discount=50, redemption=0.3, budget=1000)
    assert expected_cost(terms_of(capped)) == 15


@given(
    amount=st.decimals("0.01", "100000", places=2),
    value=st.decimals("0.01", "100", places=2),
    floor=st.decimals(0, 1, places=4),
    cost=st.decimals(0, 100000, places=4),
    beside=st.decimals(0, 1000, places=2),
)
def test_whatever_comes_the_floor_holds(
    amount: Decimal, value: Decimal, floor: Decimal, cost: Decimal, beside: Decimal
) -> None:
    """Paid >= cost + floor x amount, paid >= 0, and no more off than the share says."""
    terms = terms_of(document(kind="percent", value=str(value), margin_floor=str(floor)))
    try:
        taken = takes_off(terms, Order("A", amount, "CNY", None, cost), beside)
    except FloorReached:
        assert amount - beside - cost - floor * amount < Decimal("0.01") or amount * value / 100 < Decimal(
            "0.01"
        )
        return
    assert 0 < taken.discount <= amount * value / 100
    assert amount - beside - taken.discount >= cost + floor * amount


@given(
    parts=st.lists(st.decimals("0.01", "50", places=2), min_size=1, max_size=6),
    cost=st.decimals("0.01", "99", places=2),
)
def test_refunds_in_any_parts_come_to_the_same(parts: list[Decimal], cost: Decimal) -> None:
    """As if it had been one; and all that was paid gives all of the cost back."""
    paid = sum(parts, Decimal(0))
    back = [returned_by(cost, paid, sum(parts[: n + 1], Decimal(0)), 2) for n in range(len(parts))]
    assert back == sorted(back)
    assert back[-1] == cost
