"""Codes of a shop's own: every row of the file accounted for, given out once, and what happens when they run out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.programs.conftest import NOON, order
from tests.programs.test_coupon_races import together
from tests.programs.test_coupons_of_messages import FIVE, MESSAGE, queued

from evergrove.delivery.words import message_reason
from evergrove.outbox import OUTBOX
from evergrove.outbox.withdrawing import withdraw_customer
from evergrove.programs.coupons import (
    bring_codes,
    codes_for,
    errors,
    expire,
    figures,
    give_codes,
    issue,
    issue_all,
    redeem,
    release_ended,
    void,
)
from evergrove.programs.coupons.stock import NoStock, StockOverCap
from evergrove.programs.coupons.tables import coupon_stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Brought, Campaign, Issued

OWN = {"stock": True, "prefix": None}


def bring(ledger: Ledger, text: str, key: str = "welcome", encoding: str = "utf-8") -> Brought:
    """Bring a file of codes."""
    with ledger.writing() as connection:
        return bring_codes(connection, key, text.encode(encoding), NOON)


def in_stock(ledger: Ledger) -> int:
    """How many codes wait."""
    with ledger.reading() as connection:
        return figures(connection, "welcome", NOON).stock


def test_every_row_is_accounted_for(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Taken, known, or refused: repeated, of another campaign, no code, no amount, no day, over."""
    put(**OWN)
    put(key="other", code="SPRING26", prefix=None)
    put(key="third", **OWN)
    bring(ledger, "THIRD-1\n", "third")
    text = (
        "Code,Amount,Valid_until\n"
        "shop-1,,\nShop-2,25.00,2026-12-31\n\nSHOP1,,\nspring26,,\nthird1,,\nab,,\n"
        "春节2026,,\nSHOP-3,25.001,\nSHOP-4,,soon\nSHOP-5,,2026-06-30\n"
    )
    found = bring(ledger, text)
    assert (found.read, found.taken, found.known, found.waiting) == (10, 2, 0, 2)
    assert found.read == found.taken + found.known + len(found.refused)
    assert Counter(each.error.code for each in found.refused) == {
        "programs.code_repeated": 1,
        "programs.code_elsewhere": 2,
        "programs.unusable_code": 2,
        "programs.invalid_amount": 1,
        "programs.unusable_cell": 1,
        "programs.code_over": 1,
    }
    assert [each.line for each in found.refused] == [5, 6, 7, 8, 9, 10, 11, 12]
    assert "third" in str(found.refused[2].error)
    again = bring(ledger, text)
    assert (again.taken, again.known, len(again.refused), again.waiting) == (0, 2, 8, 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_may_be_codes_alone(ledger: Ledger, put: Callable[..., Campaign], encoding: str) -> None:
    """Without a header, or under one in Chinese."""
    put(**OWN)
    assert bring(ledger, "AAAA-1\nAAAA-2\n", encoding=encoding).taken == 2
    assert bring(ledger, "优惠码,金额\nAAAA-3,12.50\n", encoding=encoding).taken == 1


@pytest.mark.parametrize("text", ["", "name,amount\nx,1\n", 'code\n"AAAA-1\n'])
def test_a_file_without_codes_is_refused(ledger: Ledger, put: Callable[..., Campaign], text: str) -> None:
    """Nothing of it is taken."""
    put(**OWN)
    with pytest.raises(errors.UnreadableCodes):
        bring(ledger, text)
    assert in_stock(ledger) == 0


def test_more_than_the_campaign_may_give_are_refused_whole(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """What is given out and what waits count together; and a limit below them is refused, too."""
    put(**OWN, limit_issued=3)
    bring(ledger, "AAAA-1\nAAAA-2\n")
    with ledger.writing() as connection:
        issue(connection, "welcome", [("C-1", "m-1")], NOON)
    with pytest.raises(StockOverCap) as refused:
        bring(ledger, "AAAA-3\nAAAA-4\n")
    assert refused.value.params == {"key": "welcome", "new": 2, "there": 2, "limit": 3, "over": 1}
    assert in_stock(ledger) == 1
    with pytest.raises(errors.LimitBelowUse):
        put(**OWN, version=2, limit_issued=1)
    assert bring(ledger, "AAAA-3\nAAAA-1\n").taken == 1


def test_a_campaign_that_draws_codes_takes_none(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """It says how it could; and nobody's shared code may be one of a stock."""
    put()
    with pytest.raises(NoStock):
        bring(ledger, "AAAA-1\n")
    put(key="own", **OWN)
    bring(ledger, "AAAA-1\n", "own")
    with pytest.raises(errors.CodeTaken):
        put(key="shared", code="AAAA1", prefix=None)


def test_codes_are_given_in_order_and_as_the_shop_writes_them(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Each once, with its own value and its own end; one that is over is passed by."""
    put(**OWN, budget="100")
    bring(ledger, "code,amount,valid_until\nshop.a1,10.00,2026-07-02\nShop.b2,20.00,\nshop.c3,,\n")
    with ledger.writing() as connection:
        first = issue(connection, "welcome", [("C-1", "m-1")], NOON)["m-1"]
        assert first.code == "shop.a1"
        later = NOON + timedelta(days=2)
        found = issue(connection, "welcome", [("C-2", "m-2"), ("C-3", "m-3")], later)
        assert [found[ref].code for ref in ("m-2", "m-3")] == ["Shop.b2", "shop.c3"]
        assert figures(connection, "welcome", NOON).expected == 60
        assert redeem(connection, "SHOP B2", order(customer="C-2"), later).discount == Decimal(20)
        assert redeem(connection, "shopc3", order("A-2", customer="C-3"), later).discount == Decimal(30)
        with pytest.raises(errors.CouponExpired):
            redeem(connection, "shop.a1", order("A-3", customer="C-1"), later)
        assert issue_all(connection, "welcome", [("C-4", "m-4")], later).refused == {
            "m-4": "programs.issue_stock"
        }
        assert expire(connection, later) == 1
        assert figures(connection, "welcome", later).codes == {"expired": 1, "redeemed": 2}


def test_a_message_without_a_code_is_skipped_and_says_why(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Five messages and three codes; whose message never left gives the code to the next, as often as it comes."""
    put(**OWN)
    bring(ledger, "AAAA-1\nAAAA-2\nAAAA-3\n")
    queued(ledger, *FIVE)
    with ledger.writing() as connection:
        rows = connection.execute(
            select(OUTBOX.c.customer_id, OUTBOX.c.reason, OUTBOX.c.detail).where(OUTBOX.c.state == "skipped")
        ).all()
        assert {row.reason for row in rows} == {"programs.issue_stock"}
        said = message_reason(rows[0].reason, rows[0].detail)
        assert str(said) == "The shop's own codes of the campaign welcome had run out."
        assert len(rows) == 2
        codes = codes_for(connection, [each.id for each in FIVE])
        assert sorted(codes.values()) == ["AAAA-1", "AAAA-2", "AAAA-3"]
        left = [each for each in FIVE if each.id in codes]
    for number, owner in enumerate([left[0].customer_id, "N0", "N1"]):
        with ledger.writing() as connection:
            withdraw_customer(connection, owner, "campaigns.exited", NOON)
            assert release_ended(connection, NOON) == 1
        assert in_stock(ledger) == 1
        following = replace(MESSAGE, customer_id=f"N{number}")
        queued(ledger, following)
        with ledger.writing() as connection:
            assert codes_for(connection, [following.id]) == {following.id: codes[left[0].id]}
            assert give_codes(connection, [following], NOON) == 1
            told = figures(connection, "welcome", NOON)
            assert (told.issued, told.stock, told.codes) == (3, 0, {"issued": 3})
    with ledger.writing() as connection:
        code = codes[left[0].id]
        with pytest.raises(errors.OtherPerson):
            redeem(connection, code, order(customer=left[0].customer_id), NOON)
        assert void(connection, code, NOON)
    assert in_stock(ledger) == 0


def test_no_code_is_given_twice_by_two_at_once(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Fifty who ask at one moment for forty codes: forty have one each, and ten are told that there is none."""
    put(**OWN)
    bring(ledger, "".join(f"CODE-{n:04}\n" for n in range(40)))

    def one(number: int) -> Issued:
        with ledger.writing() as connection:
            found = issue_all(connection, "welcome", [(f"C-{number}", f"m-{number}")], NOON)
            if found.refused:
                raise errors.NotIssued(ref="", reason="")
            return found.issued[f"m-{number}"]

    ends = together([partial(one, number) for number in range(50)])
    assert ends == {"done": 40, "programs.not_issued": 10}
    with ledger.reading() as connection:
        given = select(func.count(func.distinct(coupon_stock.c.coupon_id)))
        assert connection.execute(given).scalar_one() == 40


def test_terms_say_whose_codes_they_are(put: Callable[..., Campaign]) -> None:
    """A stock has no prefix and no code of everybody."""
    assert put(**OWN).terms.stock
    with pytest.raises(errors.InvalidTerms):
        put(stock=True, version=2)
