"""What ``evergrove explain`` says of a customer: every order has its reason, every number its arithmetic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from evergrove.customers import Audit, UnknownCustomer, audit
from evergrove.settings import StageSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.customers.conftest import Log

    from evergrove.customers import CustomerBase
    from evergrove.warehouse import Engine

END = date(2024, 12, 31)
STAGES = StageSettings(own_gaps=2, won_back_days=220)


@pytest.fixture
def audited(
    engine: Engine, new_log: type[Log], summarised: Callable[..., CustomerBase]
) -> Callable[[str], Audit]:
    """The audit of one customer of a small log."""

    def order(
        customer: str, day: str, amount: str, order_id: str | None = None
    ) -> tuple[str | None, str, date, Decimal]:
        return order_id, customer, date.fromisoformat(day), Decimal(amount)

    log = new_log(
        [
            order("a", "2023-03-01", "80", "A0"),
            order("a", "2023-05-01", "100", "A1"),
            order("a", "2023-05-11", "30"),
            order("a", "2023-05-11", "5"),
            order("a", "2024-06-10", "60", "A3"),
            order("a", "2024-06-30", "40", "A4"),
            order("a", "2025-01-01", "999"),
            order("once", "2024-12-31", "7.50"),
            order("gone", "2024-01-01", "9", "G1"),
        ],
        [
            ("A0", "a", date(2023, 3, 5), Decimal(80)),
            ("A3", "a", date(2024, 7, 1), Decimal(10)),
            ("A4", "a", date(2025, 1, 2), Decimal(40)),
            (None, "a", date(2024, 8, 1), Decimal(4)),
            ("G1", "gone", date(2024, 2, 1), Decimal(9)),
            (None, "only", date(2024, 2, 1), Decimal(9)),
        ],
    )
    summarised(log, END, own_gaps=STAGES.own_gaps, won_back_days=STAGES.won_back_days)
    return lambda customer: audit(engine, customer, END, STAGES)


def test_every_order_has_its_reason(audited: Callable[[str], Audit]) -> None:
    """First, repeat, same day, refunded, too late: each in words."""
    orders = audited("a").orders

    assert [o.role for o in orders] == [
        "refunded",
        "first",
        "repeat",
        "same_day",
        "repeat",
        "repeat",
        "later",
    ]
    assert [str(o.reason) for o in orders] == [
        "refunded to nothing: no purchase",
        "first purchase",
        "repeat purchase 1, 10 days after the one before",
        "a further order of that day: still one purchase",
        "repeat purchase 2, 396 days after the one before",
        "repeat purchase 3, 20 days after the one before",
        "after 2024-12-31: not counted",
    ]
    assert orders[4].refunded == 10
    assert orders[5].refunded == 0


def test_every_refund_has_its_effect(audited: Callable[[str], Audit]) -> None:
    """It lowers the order it names, or what was earned, or is too late."""
    assert [r.role for r in audited("a").refunds] == ["lowers_order", "lowers_order", "credit", "later"]


def test_every_number_has_its_arithmetic(audited: Callable[[str], Audit]) -> None:
    """Worked by hand: days 2023-05-01, 05-11, 2024-06-10, 06-30 with 100, 35, 50, 40; 4 credited."""
    told = {n.name: (n.value, str(n.reason)) for n in audited("a").numbers}

    assert told == {
        "orders": (5, "orders counted above"),
        "frequency": (3, "4 purchase days, less the first"),
        "recency": (426, "days from 2023-05-01 to 2024-06-30"),
        "T": (610, "days from 2023-05-01 to 2024-12-31"),
        "monetary_value": (pytest.approx(125 / 3), "125.00 on 3 repeat days"),
        "mean_day_spend": (56.25, "225.00 on 4 purchase days"),
        "historic_value": (221, "315.00 paid - 94.00 refunded"),
        "spend_12m": (86, "100.00 paid - 14.00 refunded, 2024-01-02 to 2024-12-31"),
        "orders_12m": (2, "orders from 2024-01-02 to 2024-12-31"),
        "repeat_orders_12m": (2, "those of them that are not the first ever"),
        "aov_12m": (43, "86.00 / 2 orders"),
        "orders_last_window": (0, "orders from 2024-07-05 to 2024-12-31"),
        "orders_prev_window": (2, "orders from 2024-01-07 to 2024-07-04"),
        "gap_p80": (pytest.approx(245.6), "80% of the gaps are not longer; gaps in days: 10, 20, 396"),
        "gap_p95": (pytest.approx(358.4), "95% of the gaps are not longer"),
        "returned_gap": (396, "days from 2023-05-11 to 2024-06-10"),
    }


def test_one_purchase_on_the_last_day_stays(audited: Callable[[str], Audit]) -> None:
    """T = 0: a row with zeros, and nothing that takes a repeat."""
    told = {n.name: n.value for n in audited("once").numbers}

    assert (told["frequency"], told["recency"], told["T"]) == (0, 0, 0)
    assert told["historic_value"] == Decimal("7.5")
    assert not {"monetary_value", "gap_p80", "returned_gap"} & set(told)


@pytest.mark.parametrize("customer", ["gone", "only"])
def test_without_a_purchase_left_there_are_no_numbers(audited: Callable[[str], Audit], customer: str) -> None:
    """Everything refunded, or refunds only: the rows are shown and no number is claimed."""
    found = audited(customer)

    assert found.numbers == ()
    assert found.days == ()
    assert len(found.refunds) == 1


def test_an_unknown_customer_is_an_input_error(audited: Callable[[str], Audit]) -> None:
    """The sentence names an id that is there."""
    with pytest.raises(UnknownCustomer, match=r"No row names the customer A\. .* for example, a\."):
        audited("A")
