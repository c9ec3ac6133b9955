"""What becomes of codes: given, reserved, redeemed, rolled back, over; told twice, told late, told of merged persons."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tests.programs.conftest import NOON, document, order

from evergrove.people.identity import merge
from evergrove.programs.coupons import (
    Order,
    codes_for,
    codes_page,
    errors,
    expire,
    figures,
    issue,
    issue_all,
    look_up,
    look_up_for_strangers,
    pause_campaign,
    put_campaign,
    redeem,
    release_issued,
    reserve,
    resume_campaign,
    roll_back,
    take_redemptions,
    void,
)
from evergrove.programs.coupons.codes import ALPHABET, BITS, LETTERS, chance_of_a_hit, drawn_code, normal_code
from evergrove.programs.coupons.tables import coupon_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Campaign

LATER = NOON + timedelta(hours=1)


def give(ledger: Ledger, customer: str | None = "C-1", ref: str = "m-1", at: datetime = NOON) -> str:
    """A code of the usual campaign."""
    with ledger.writing() as connection:
        return issue_all(connection, "welcome", [(customer, ref)], at).issued[ref].code


def spend(ledger: Ledger, code: str, asked: Order, at: datetime = NOON) -> Any:
    """Redeem a code."""
    with ledger.writing() as connection:
        return redeem(connection, code, asked, at)


def counts(ledger: Ledger, at: datetime = NOON) -> Any:
    """Figures of the usual campaign."""
    with ledger.reading() as connection:
        return figures(connection, "welcome", at)


def events(ledger: Ledger) -> int:
    """How many acts were written down."""
    with ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(coupon_event)).scalar_one()


def test_a_code_is_given_once_for_each_ref(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Asked again it is the same; of another ref it is another."""
    put()
    asked = [("C-1", "m-1"), ("C-2", "m-2")]
    with ledger.writing() as connection:
        first = issue(connection, "welcome", asked, NOON)
        again = issue(connection, "welcome", [*asked, ("C-3", "m-3")], LATER)
        told = codes_for(connection, ["m-1", "m-2", "m-3", "m-4"])

    assert {ref: each.code for ref, each in first.items()} == {ref: again[ref].code for ref in first}
    assert told == {ref: each.code for ref, each in again.items()}
    assert len(set(told.values())) == 3
    assert [each.is_new for each in again.values()] == [False, False, True]
    assert counts(ledger).issued == 3
    assert all(code.startswith("WEL-") and len(normal_code(code)) == 3 + LETTERS for code in told.values())


def test_a_code_that_was_drawn_twice_is_drawn_again(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Whatever the source of chance says, no two coupons have one code."""
    put()
    draws = iter([5, 5, 5, 6, 7])
    with ledger.writing() as connection:
        given = issue_all(
            connection,
            "welcome",
            [("C-1", "a"), ("C-2", "b"), ("C-3", "c")],
            NOON,
            below=lambda _n: next(draws),
        )
    assert len({each.code for each in given.issued.values()}) == 3


def test_guessing_a_million_times_finds_nothing() -> None:
    """68.7 bits: among a million codes, 10^6 guesses meet one with a chance of 2 in 10^9."""
    assert BITS > 64
    assert chance_of_a_hit(10**6, 10**6) < 3e-9
    assert chance_of_a_hit(1, 1) * len(ALPHABET) ** LETTERS == 1
    assert not set("0O1ILU") & set(ALPHABET)

    chance = random.Random(7)  # noqa: S311 - the test wants the same numbers each time
    drawn = [drawn_code("", chance.randrange) for _code in range(3_000)]
    counted = {letter: "".join(drawn).count(letter) for letter in ALPHABET}
    mean = 3_000 * LETTERS / len(ALPHABET)
    # chi-squared of 29 degrees of freedom: 58.3 is passed by one in a thousand
    assert sum((count - mean) ** 2 / mean for count in counted.values()) < 58.3


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{lower}", "{bare}", "{wide}"])
def test_a_code_is_found_however_it_is_typed(
    ledger: Ledger, put: Callable[..., Campaign], typed: str
) -> None:
    """Blanks, strokes, small and wide letters make no difference."""
    put()
    code = give(ledger)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in code)
    text = typed.format(code=code, lower=code.lower(), bare=code.replace("-", ""), wide=wide)
    with ledger.reading() as connection:
        assert look_up(connection, text, NOON).usable


def test_a_redemption_told_twice_counts_once(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Also with another amount, and after a reservation that comes late."""
    put(redemption="0.5")
    code = give(ledger)
    assert (counts(ledger).expected, counts(ledger).spent) == (15, 0)

    first = spend(ledger, code, order(customer="C-1"))
    before = events(ledger)
    again = spend(ledger, code, order(amount="900.00", customer="C-1"), LATER)
    with ledger.writing() as connection:
        late = reserve(connection, code, order(customer="C-1"), LATER)

    assert (first.is_new, again.is_new, late.is_new) == (True, False, False)
    assert (again.discount, late.state) == (first.discount, "redeemed")
    told = counts(ledger)
    assert (told.redeemed, told.spent, told.expected, events(ledger)) == (1, 30, 0, before)
    with pytest.raises(errors.AlreadyRedeemed):
        spend(ledger, code, order("A-2", customer="C-1"))


def test_a_reservation_holds_and_lapses(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Others wait; the order redeems it even when its campaign rests by then; once over, others may."""
    put(limit_total=1)
    code, other = give(ledger), give(ledger, "C-2", "m-2")
    with ledger.writing() as connection:
        held = reserve(connection, code, order(customer="C-1"), NOON)
    assert held.reserved_until == NOON + timedelta(minutes=15)

    with pytest.raises(errors.ReservedElsewhere):
        spend(ledger, code, order("A-2", customer="C-1"))
    with pytest.raises(errors.LimitReached):
        spend(ledger, other, order("A-2", customer="C-2"))
    with ledger.reading() as connection:
        assert look_up(connection, code, NOON).state == "reserved"
        assert look_up(connection, code, LATER).state == "issued"
        assert look_up(connection, other, LATER, order("A-2", customer="C-2")).usable
        assert (
            look_up(connection, other, NOON, order("A-2", customer="C-2")).reason == "programs.limit_reached"
        )

    assert spend(ledger, other, order("A-2", customer="C-2"), LATER).state == "redeemed"
    with pytest.raises(errors.LimitReached):
        spend(ledger, code, order(customer="C-1"), LATER)
    told = counts(ledger, LATER)
    assert (told.reserved, told.redeemed, told.held, told.spent) == (0, 1, 0, 30)


def test_an_order_that_holds_a_code_may_finish(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Although the campaign was paused, and the code's time is over, since it was reserved."""
    put(valid_until="2026-07-01T12:05:00+00:00")
    code = give(ledger)
    with ledger.writing() as connection:
        reserve(connection, code, order(customer="C-1"), NOON)
        pause_campaign(connection, "welcome", NOON)
    assert spend(ledger, code, order(customer="C-1", amount="100.00"), NOON + timedelta(minutes=10)).is_new


def test_a_lapsed_order_may_come_again(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Each time is written down."""
    put()
    code = give(ledger)
    for hours in range(3):
        with ledger.writing() as connection:
            assert reserve(connection, code, order(customer="C-1"), NOON + timedelta(hours=hours)).is_new
    assert spend(ledger, code, order(customer="C-1"), NOON + timedelta(hours=9)).is_new
    with ledger.reading() as connection:
        kinds = connection.execute(select(coupon_event.c.kind, func.count()).group_by(coupon_event.c.kind))
        assert dict(map(tuple, kinds)) == {"issue": 1, "reserve": 3, "lapse": 3, "redeem": 1}


def test_rolled_back_it_can_be_used_again(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Use and money come back, once, however often it is told; not on the order that was rolled back."""
    put(limit_total=1, budget=30, redemption=0)
    code = give(ledger)
    spend(ledger, code, order(customer="C-1"))
    for is_new in (True, False):
        with ledger.writing() as connection:
            (back,) = roll_back(connection, "A-1", LATER)
        assert (back.state, back.is_new) == ("rolled_back", is_new)
    told = counts(ledger)
    assert (told.redeemed, told.spent, told.rolled_back) == (0, 0, 1)

    with pytest.raises(errors.OrderRolledBack):
        spend(ledger, code, order(customer="C-1"))
    assert spend(ledger, code, order("A-2", customer="C-1")).is_new


def test_a_reserved_order_can_be_rolled_back(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """The basket was left: the code is free at once."""
    put(limit_total=1)
    code = give(ledger)
    with ledger.writing() as connection:
        reserve(connection, code, order(customer="C-1"), NOON)
        roll_back(connection, "A-1", NOON)
    assert (counts(ledger).reserved, counts(ledger).held) == (0, 0)
    assert spend(ledger, code, order("A-2", customer="C-1")).is_new


def test_refunds_of_parts_give_their_share_back(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """30 off 300: 270 paid. 90 back is a third: 10. Told twice, once. The last part is the whole."""
    put(budget=30, redemption=0)
    code = give(ledger)
    spend(ledger, code, order(customer="C-1"))

    def part(amount: str, name: str) -> Any:
        with ledger.writing() as connection:
            return roll_back(connection, "A-1", LATER, refunded=Decimal(amount), refund_id=name)[0]

    assert [part("90", "r-1").returned, part("90", "r-1").returned] == [10, 10]
    assert counts(ledger).spent == 20
    assert part("0.01", "r-2").returned == 10  # 10.0011
    with pytest.raises(errors.RefundTooLarge):
        part("180", "r-3")
    with pytest.raises(errors.InvalidAmount):
        part("-1", "r-3")
    with pytest.raises(errors.RefundNeedsName):
        part("1", "")
    with pytest.raises(errors.AlreadyRedeemed):
        spend(ledger, code, order("A-2", customer="C-1"))
    last = part("179.99", "r-4")
    assert (last.state, last.returned, counts(ledger).spent, counts(ledger).redeemed) == (
        "rolled_back",
        30,
        0,
        0,
    )
    assert part("179.99", "r-4").is_new is False


def test_an_order_taken_back_before_it_was_told_counts_never(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Out of order: the refund comes first, and names the code; the redemption is then refused."""
    put()
    code = give(ledger)
    with ledger.writing() as connection:
        with pytest.raises(errors.NoUseOfOrder):
            roll_back(connection, "A-1", NOON)
        assert roll_back(connection, "A-1", NOON, code=code)[0].is_new
        assert not roll_back(connection, "A-1", NOON, code=code)[0].is_new
    with pytest.raises(errors.OrderRolledBack):
        spend(ledger, code, order(customer="C-1"))
    assert spend(ledger, code, order("A-2", customer="C-1")).is_new


def test_all_ids_of_one_person_count_together(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """C-1 and C-9 are one person: one use between them, and the code of one is the other's."""
    put(limit_per_person=1)
    code, other = give(ledger), give(ledger, "C-9", "m-9")
    with ledger.writing() as connection:
        merge(connection, "C-1", "C-9", NOON)

    assert spend(ledger, code, order(customer="C-9")).is_new
    with pytest.raises(errors.PersonLimitReached):
        spend(ledger, other, order("A-2", customer="C-1"))
    with ledger.writing() as connection:
        refused = issue_all(connection, "welcome", [("C-1", "m-5"), ("C-2", "m-6")], NOON)
        assert refused.refused == {"m-5": "programs.issue_person"}
        assert set(refused.issued) == {"m-6"}
        roll_back(connection, "A-1", NOON)
    assert spend(ledger, other, order("A-2", customer="C-1")).is_new


def test_a_reminder_carries_the_code_of_the_first_message(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """One code a person: a second message to them, under whichever id, tells the same one."""
    put(limit_per_person=1, limit_issued=2, redemption="0.5")
    first = give(ledger)
    with ledger.writing() as connection:
        merge(connection, "C-1", "C-9", NOON)
    assert give(ledger, "C-1", "m-2") == give(ledger, "C-9", "m-3") == first
    told = counts(ledger)
    assert (told.issued, told.given, told.expected) == (1, 3, 15)

    with ledger.writing() as connection:
        assert release_issued(connection, ["m-1"], NOON) == 1
    assert spend(ledger, first, order(customer="C-9")).is_new  # another message carries it still


def test_a_message_that_never_left_takes_its_code_back(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Its place and its expected cost are free again, once; the ref gets none later."""
    put(limit_issued=1, redemption="0.5", budget=20)
    code = give(ledger)
    with ledger.writing() as connection:
        assert issue_all(connection, "welcome", [("C-2", "m-2")], NOON).refused == {
            "m-2": "programs.issue_limit"
        }
        assert release_issued(connection, ["m-1", "unheard of"], NOON) == 1
        assert release_issued(connection, ["m-1"], NOON) == 0
        given = issue_all(connection, "welcome", [("C-2", "m-2"), ("C-1", "m-1")], NOON)
        assert given.refused == {"m-1": "programs.issue_released"}
        assert codes_for(connection, ["m-1", "m-2"]) == {"m-2": given.issued["m-2"].code}
    with pytest.raises(errors.CouponVoid):
        spend(ledger, code, order(customer="C-1"))
    assert (counts(ledger).issued, counts(ledger).expected) == (1, 15)


def test_no_more_codes_are_out_than_the_budget_is_expected_to_hold(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Half of 30 each: a budget of 50 holds three; money that was spent makes fewer."""
    put(redemption="0.5", budget=50)
    with ledger.writing() as connection:
        given = issue_all(connection, "welcome", [(f"C-{n}", f"m-{n}") for n in range(5)], NOON)
    assert sorted(given.issued) == ["m-0", "m-1", "m-2"]
    assert set(given.refused.values()) == {"programs.issue_budget"}

    spend(ledger, given.issued["m-0"].code, order("A-0", customer="C-0"))
    with pytest.raises(errors.BudgetSpent) as refused:
        spend(ledger, given.issued["m-1"].code, order("A-1", customer="C-1"))
    assert "has 20 CNY left, and this use costs 30" in str(refused.value)
    told = counts(ledger)
    assert (told.spent, told.expected, told.redeemed) == (30, 30, 1)


def test_codes_of_one_group_do_not_go_together(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Of different groups they do, and together they keep the floor."""
    put()
    put(key="second")
    put(key="third", stack_group="shipping", margin_floor="0.8", value="50")
    with ledger.writing() as connection:
        codes = [
            issue(connection, key, [("C-1", key)], NOON)[key].code for key in ("welcome", "second", "third")
        ]
    asked = order(customer="C-1")
    spend(ledger, codes[0], asked)
    with pytest.raises(errors.NotTogether):
        spend(ledger, codes[1], asked)
    assert spend(ledger, codes[2], asked).discount == 30  # 300 - 240 - 30, and not 50
    with ledger.writing() as connection:
        assert len(roll_back(connection, "A-1", NOON)) == 2


def test_a_reservation_that_is_over_makes_room_for_another_of_its_group(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Of another campaign, on the same order."""
    put()
    put(key="second")
    first = give(ledger)
    with ledger.writing() as connection:
        second = issue(connection, "second", [("C-1", "s")], NOON)["s"].code
        reserve(connection, first, order(customer="C-1"), NOON)
    assert spend(ledger, second, order(customer="C-1"), LATER).is_new
    with pytest.raises(errors.NotTogether):
        spend(ledger, first, order(customer="C-1"), LATER)


def test_one_code_for_everybody_counts_by_person(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """It may be used without having been given; who it is must be told."""
    put(code="summer-10", prefix=None, limit_per_person=1, limit_total=2, valid_until="2026-08-31")
    assert give(ledger) == "SUMMER10"

    with pytest.raises(errors.CustomerNeeded):
        spend(ledger, "summer10", order())
    spend(ledger, "summer10", order(customer="C-1"))
    with pytest.raises(errors.PersonLimitReached):
        spend(ledger, "SUMMER 10", order("A-2", customer="C-1"))
    spend(ledger, "SUMMER10", order("A-2", customer="C-2"))
    with pytest.raises(errors.LimitReached):
        spend(ledger, "SUMMER10", order("A-3", customer="C-3"))
    assert counts(ledger).expected == 0


@pytest.mark.parametrize("transferable", [False, True])
def test_whose_code_it_is(ledger: Ledger, put: Callable[..., Campaign], *, transferable: bool) -> None:
    """Somebody else's is refused, unless codes may be handed on; a basket of nobody known is its owner's."""
    put(transferable=transferable)
    code = give(ledger)
    if transferable:
        assert spend(ledger, code, order(customer="C-2")).customer_id == "C-2"
    else:
        with pytest.raises(errors.OtherPerson):
            spend(ledger, code, order(customer="C-2"))
        assert spend(ledger, code, order()).customer_id == "C-1"


def test_time_ends_codes_whether_anybody_looks_or_not(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """To the second; the clock's job then keeps it, and takes what was expected out of the budget."""
    put(valid_days=1, valid_from="2026-07-01T12:00:00+00:00", redemption=1)
    code, used = give(ledger), give(ledger, "C-2", "m-2")
    with pytest.raises(errors.NotYetValid):
        spend(ledger, code, order(customer="C-1"), NOON - timedelta(seconds=1))
    spend(ledger, used, order("A-2", customer="C-2"))
    end = datetime(2026, 7, 2, 16, tzinfo=UTC)
    with ledger.reading() as connection:
        assert look_up(connection, code, end - timedelta(microseconds=1)).usable
        assert look_up(connection, code, end).state == "expired"
    with pytest.raises(errors.CouponExpired):
        spend(ledger, code, order(customer="C-1"), end)
    assert counts(ledger, end).codes == {"expired": 1, "redeemed": 1}
    for many in (1, 0):
        with ledger.writing() as connection:
            assert expire(connection, end) == many
    assert counts(ledger, end).expected == 0
    with ledger.writing() as connection:
        roll_back(connection, "A-2", end)
        assert expire(connection, end) == 1  # it came back when its time was over


def test_the_clock_lets_go_of_reservations(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """A portion at a time, until nothing is left."""
    put()
    code = give(ledger)
    with ledger.writing() as connection:
        reserve(connection, code, order(customer="C-1"), NOON)
        assert (expire(connection, NOON), expire(connection, LATER), expire(connection, LATER)) == (0, 1, 0)
    assert counts(ledger).reserved == 0


def test_a_stranger_is_not_told_why(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Unknown, used, over, another's: one and the same answer, to the letter."""
    put(valid_days=1)
    code, used = give(ledger), give(ledger, "C-2", "m-2")
    spend(ledger, used, order("A-2", customer="C-2"))
    said = set()
    with ledger.reading() as connection:
        assert look_up_for_strangers(connection, code, NOON).usable
        for asked, at in (("WEL-XXXXX-XXXX-XXXXX", NOON), (used, NOON), (code, NOON + timedelta(days=9))):
            with pytest.raises(errors.NotUsable) as refused:
                look_up_for_strangers(connection, asked, at)
            said.add((refused.value.code, str(refused.value), refused.value.__cause__))
    assert len(said) == 1


def test_a_campaign_that_rests_gives_and_takes_nothing(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Until it is resumed."""
    put()
    code = give(ledger)
    with ledger.writing() as connection:
        assert pause_campaign(connection, "welcome", NOON).state == "paused"
        assert issue_all(connection, "welcome", [("C-2", "m-2")], NOON).refused == {
            "m-2": "programs.issue_paused"
        }
    with pytest.raises(errors.CampaignPaused):
        spend(ledger, code, order(customer="C-1"))
    with ledger.writing() as connection:
        resume_campaign(connection, "welcome", NOON)
    assert spend(ledger, code, order(customer="C-1")).is_new


def test_a_void_code_is_void(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Once, and not one that an order has."""
    put(redemption=1)
    code, used = give(ledger), give(ledger, "C-2", "m-2")
    spend(ledger, used, order("A-2", customer="C-2"))
    with ledger.writing() as connection:
        assert [void(connection, each, NOON) for each in (code, code, used)] == [True, False, False]
    assert counts(ledger).expected == 0
    with pytest.raises(errors.CouponVoid):
        spend(ledger, code, order(customer="C-1"))


def test_codes_that_are_out_keep_their_word(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """A version under which codes were issued is never changed; a new one is for new codes."""
    put()
    put(value="20")  # nobody has a code yet
    code = give(ledger)
    with pytest.raises(errors.TermsFixed):
        put(value="10")
    put(version=2, value="10")
    with pytest.raises(errors.TermsFixed):
        put()  # the old one
    newer = give(ledger, "C-2", "m-2")

    assert spend(ledger, code, order(customer="C-1")).discount == 20
    assert spend(ledger, newer, order("A-2", customer="C-2")).discount == 10
    with pytest.raises(errors.CurrencyFixed):
        put(version=3, currency="USD")
    for limit in ({"limit_total": 1}, {"limit_issued": 1}, {"budget": "29.99"}):
        with pytest.raises(errors.LimitBelowUse):
            put(version=3, **limit)
    put(version=3, limit_total=2)


def test_the_code_of_everybody_keeps_its_word(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """A new version may end later and allow more, and cannot give less under the same code."""
    shared = {"code": "SUMMER10", "prefix": None, "valid_until": "2026-08-31"}
    put(**shared, limit_total=1)
    give(ledger)
    for worse in ({"value": "10"}, {"min_spend": "500"}, {"valid_until": "2026-08-30"}):
        with pytest.raises(errors.PromiseFixed):
            put(**{**shared, **worse}, version=2)
    put(**{**shared, "valid_until": "2026-09-30"}, version=2, limit_total=5)
    for n in range(3):
        spend(ledger, "SUMMER10", order(f"A-{n}"), datetime(2026, 9, 15, tzinfo=UTC))
    put(**{**shared, "code": "AUTUMN10", "value": "10"}, version=3)
    assert spend(ledger, "AUTUMN10", order("A-9")).discount == 10
    assert spend(ledger, "SUMMER10", order("A-8"), datetime(2026, 9, 15, tzinfo=UTC)).discount == 30
    with pytest.raises(errors.CodeTaken):
        put(key="other", code="SUMMER10", prefix=None)


def test_the_same_campaign_again_changes_nothing(put: Callable[..., Campaign]) -> None:
    """In whatever way its amounts are written."""
    assert put() == put(value=30) == put(value=30.0)


@pytest.mark.parametrize("act", [redeem, reserve])
def test_nothing_is_left_of_what_was_refused(
    ledger: Ledger, put: Callable[..., Campaign], act: Callable[..., Any]
) -> None:
    """Neither counts nor events."""
    put(min_spend=200)
    code = give(ledger)
    before = (counts(ledger), events(ledger))
    for asked in (order(amount="199.99"), Order("A", Decimal(300), "USD"), order(amount="1e18")):
        with pytest.raises(errors.CouponRefused), ledger.writing() as connection:
            act(connection, code, asked, NOON)
    with pytest.raises(errors.UnknownCoupon), ledger.writing() as connection:
        act(connection, "WEL-XXXXX-XXXX-XXXXX", order(), NOON)
    assert (counts(ledger), events(ledger)) == before


@pytest.mark.parametrize("name", ["", "A\x00", "A\nB", "A" * 201])
def test_ids_that_no_database_takes_are_refused_before_it_is_asked(
    ledger: Ledger, put: Callable[..., Campaign], name: str
) -> None:
    """Of orders and of customers; in a file, the row alone."""
    put()
    code = give(ledger)
    for asked in (order(name), order(customer=name)):
        if asked.customer_id != "":
            with pytest.raises(errors.InvalidName):
                spend(ledger, code, asked)
    text = f'order_id,code,amount\n"{name}",{code},300\nA-1,{code},300\n'
    account = take_redemptions(ledger, text.encode(), NOON, currency="CNY")
    assert (account.read, account.taken, len(account.refused)) == (2, 1, 1)


def test_a_lease_has_a_length(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Above nothing, and not for ever."""
    put()
    code = give(ledger)
    for lease in (timedelta(0), timedelta(seconds=-1), timedelta(days=61)):
        with pytest.raises(errors.InvalidAmount), ledger.writing() as connection:
            reserve(connection, code, order(customer="C-1"), NOON, lease=lease)


def test_codes_are_listed_in_pages(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Each once."""
    put()
    with ledger.writing() as connection:
        given = issue_all(connection, "welcome", [(None, f"batch:{n}") for n in range(25)], NOON)
        listed: list[str] = []
        after = ""
        while page := codes_page(connection, "welcome", NOON, after, 10):
            after = page[-1][0]
            listed += [str(line["code"]) for _name, line in page]
        with pytest.raises(errors.UnknownCampaign):
            codes_page(connection, "nothing", NOON)
    assert sorted(listed) == sorted(each.code for each in given.issued.values())


def test_what_the_workspace_does_not_know_is_said(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """With what there is."""
    put()
    with ledger.writing() as connection:
        for act in (
            lambda: issue(connection, "nothing", [("C-1", "m")], NOON),
            lambda: figures(connection, "nothing", NOON),
            lambda: pause_campaign(connection, "nothing", NOON),
        ):
            with pytest.raises(errors.UnknownCampaign) as refused:
                act()
            assert "welcome" in str(refused.value)
        with pytest.raises(errors.InvalidName):
            issue(connection, "welcome", [("C-1", "")], NOON)
        assert put_campaign(connection, document(), "UTC", NOON).terms.key == "welcome"
