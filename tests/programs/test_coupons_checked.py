"""What doctor says of coupons: nothing after any life of theirs, and each rule of every row that breaks it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update
from tests.programs.conftest import NOON, order

from evergrove.people.identity import merge
from evergrove.programs.coupons import (
    bring_codes,
    expire,
    issue,
    issue_all,
    redeem,
    release_issued,
    reserve,
    roll_back,
    void,
)
from evergrove.programs.coupons.check import check_coupons
from evergrove.programs.coupons.tables import (
    coupon,
    coupon_campaign,
    coupon_given,
    coupon_stock,
    coupon_use,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Campaign


@pytest.fixture
def lived(ledger: Ledger, put: Callable[..., Campaign]) -> dict[str, str]:
    """A campaign with its own codes, one with everybody's and one with the shop's, after all that happens to codes."""
    put(valid_days=1, budget="900", limit_per_person=1)
    put(key="all", code="SPRING26", prefix=None)
    put(key="own", stock=True, prefix=None)
    with ledger.writing() as connection:
        bring_codes(connection, "own", b"AAAA-1\nAAAA-2\nAAAA-3\n", NOON)
        asked = [(f"C-{n}", f"m-{n}") for n in range(8)]
        codes = {ref: each.code for ref, each in issue(connection, "welcome", asked, NOON).items()}
        issue(connection, "welcome", [("C-7", "again")], NOON)
        issue_all(connection, "welcome", [(None, "flyer:0")], NOON)
        redeem(connection, codes["m-0"], order(customer="C-0"), NOON)
        redeem(connection, codes["m-1"], order("A-2", customer="C-1"), NOON)
        roll_back(connection, "A-2", NOON)
        reserve(connection, codes["m-2"], order("A-3", customer="C-2"), NOON)
        redeem(connection, codes["m-3"], order("A-4", customer="C-3"), NOON)
        roll_back(connection, "A-4", NOON, refunded=order("x", "90.00").amount, refund_id="r")
        void(connection, codes["m-4"], NOON)
        release_issued(connection, ["m-4", "m-5"], NOON)
        issue(connection, "all", [("C-1", "s-1"), ("C-2", "s-2")], NOON)
        release_issued(connection, ["s-1"], NOON)
        for n in (1, 2):
            redeem(connection, "SPRING26", order(f"S-{n}", customer=f"C-{n}"), NOON)
        issue(connection, "own", [("C-1", "o-1"), ("C-2", "o-2")], NOON)
        release_issued(connection, ["o-1"], NOON)
        own = issue(connection, "own", [("C-3", "o-3")], NOON)["o-3"].code
        redeem(connection, own, order("O-1", customer="C-3"), NOON)
        merge(connection, "C-6", "C-7", NOON)
    return codes


def findings(ledger: Ledger) -> list[str]:
    """Codes of what is found."""
    with ledger.reading() as connection:
        return [each.code for each in check_coupons(connection)]


def test_nothing_is_found_where_nobody_has_meddled(ledger: Ledger, lived: dict[str, str]) -> None:
    """Also after reservations have lapsed and codes have run out."""
    assert lived
    assert findings(ledger) == []
    with ledger.writing() as connection:
        while expire(connection, NOON + timedelta(days=9)):
            pass
    assert findings(ledger) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            lambda: update(coupon_campaign).values(redeemed=coupon_campaign.c.redeemed + 1),
            "programs.miscounted",
        ),
        (
            lambda: update(coupon_campaign).values(reserved=coupon_campaign.c.reserved + 1),
            "programs.miscounted",
        ),
        (lambda: update(coupon_campaign).values(issued=coupon_campaign.c.issued + 9), "programs.miscounted"),
        (lambda: update(coupon_campaign).values(spent=0), "programs.money_miscounted"),
        (lambda: update(coupon_campaign).values(held=0), "programs.money_miscounted"),
        (lambda: update(coupon_given).values(expected=1), "programs.money_miscounted"),
        (
            lambda: (
                update(coupon_given)
                .where(coupon_given.c.ref == "m-6")
                .values(
                    coupon_id=select(coupon_given.c.coupon_id)
                    .where(coupon_given.c.ref == "m-0")
                    .scalar_subquery()
                )
            ),
            "programs.code_of_two_people",
        ),
        (
            lambda: (
                update(coupon_use)
                .where(coupon_use.c.order_id == "O-1")
                .values(
                    coupon_id=select(coupon_use.c.coupon_id)
                    .where(coupon_use.c.order_id == "A-1")
                    .scalar_subquery()
                )
            ),
            "programs.code_used_twice",
        ),
        (
            lambda: update(coupon).where(coupon.c.state == "redeemed").values(state="issued"),
            "programs.code_state_wrong",
        ),
        (
            lambda: update(coupon).where(coupon.c.state == "issued").values(state="reserved"),
            "programs.code_state_wrong",
        ),
        (
            lambda: update(coupon_stock).where(coupon_stock.c.coupon_id.is_not(None)).values(coupon_id="0"),
            "programs.stock_torn",
        ),
    ],
)
def test_each_rule_finds_what_breaks_it(
    ledger: Ledger, lived: dict[str, str], change: Callable[[], Any], found: str
) -> None:
    """Whatever somebody changes by hand is said, with an example."""
    assert lived
    with ledger.writing() as connection:
        connection.execute(change())
    assert found in findings(ledger)
    with ledger.reading() as connection:
        assert all(each.params["example"] for each in check_coupons(connection))
