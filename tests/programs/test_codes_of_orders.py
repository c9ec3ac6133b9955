"""Orders that name codes: redeemed once, whoever tells of it and however often; taken back with their orders."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from tests.programs.conftest import document

from evergrove.app import coupons as app
from evergrove.app import open_workspace
from evergrove.core import SetClock
from evergrove.ingest import ReadOptions
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ingest.events.typed import read_order
from evergrove.pipeline.compaction import compact_events
from evergrove.programs.coupons import errors, terms_of
from evergrove.programs.coupons.rules import before_coupon, takes_off
from evergrove.programs.coupons.types import Order
from evergrove.programs.coupons.words import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.programs.coupons.types import Teller

ISSUED = datetime(2026, 7, 2, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
HEADER = "order_id,customer_id,order_date,amount,status,coupon_code,updated_at"


@pytest.fixture
def clock() -> SetClock:
    """Stands where the test puts it."""
    return SetClock(ISSUED)


@pytest.fixture
def here(begun_folder: Path, clock: SetClock) -> Iterator[Workspace]:
    """A workspace that has begun, in each database, with the usual campaign in it."""
    with open_workspace(begun_folder, clock) as workspace:
        app.put(workspace, document(currency=workspace.settings.value.currency or "CNY"))
        yield workspace


def code_of(here: Workspace, customer: str = "ann") -> str:
    """A customer's code."""
    return app.issue(here, "welcome", customer, f"m-{customer}").code


def take(here: Workspace, *rows: str, header: str = HEADER, day: int = 5) -> Any:
    """Import orders as they stood on a day."""
    path = here.folder.parent / f"orders-{day}.csv"
    path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    here.clock.moment = datetime(2026, 7, day, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    written = datetime(2026, 7, day, tzinfo=UTC)
    (one,) = here.ingest([path], ReadOptions(), exported_at=written).files
    return one


def told(here: Workspace) -> Mapping[Teller, int]:
    """Redemptions by who told of them."""
    return app.figures(here, "welcome").redeemed_by


def reasons(here: Workspace) -> Counter[str]:
    """Why codes on orders were refused."""
    count, found = app.refused_orders(here)
    assert count == len(found)
    return Counter(each.reason for each in found)


def test_an_order_that_names_a_code_redeems_it_once(here: Workspace) -> None:
    """The same file twice, a newer one with the same order, and every further run change nothing."""
    code = code_of(here)
    row = f"Z1,ann,2026-07-03,270.00,paid,{code},2026-07-03"
    for _again in range(2):
        one = take(here, row, "Z2,bob,2026-07-03,50.00,paid,,2026-07-03")
        assert not one.warnings
        assert told(here) == {"order": 1}
    take(here, row, "Z3,cid,2026-07-04,20.00,paid,,2026-07-04", day=6)
    app.settle_orders(here)
    figures = app.figures(here, "welcome")
    assert (figures.redeemed, figures.spent, told(here)) == (1, Decimal(30), {"order": 1})
    assert not reasons(here)


@pytest.mark.parametrize("first", ["till", "order"])
def test_till_and_order_tell_of_one_redemption(here: Workspace, first: str) -> None:
    """It stays one, whoever is first; and it is known that both told."""
    code = code_of(here)
    order = app.order_of(here, "Z1", Decimal(300), None, "ann", None)
    row = f"Z1,ann,2026-07-02,270.00,paid,{code},2026-07-03"
    if first == "till":
        assert app.redeem(here, code, order).is_new
        take(here, row)
    else:
        take(here, row)
        assert not app.redeem(here, code, order).is_new
    app.settle_orders(here)
    assert told(here) == {"both": 1}
    assert app.figures(here, "welcome").spent == Decimal(30)


def test_a_code_that_is_made_after_its_order_was_told(here: Workspace) -> None:
    """Unknown, and then known: the next time it is looked at again, and an order of an earlier day is refused."""
    take(here, "Z1,ann,2026-07-01,270.00,paid,LATER26,2026-07-01")
    assert reasons(here) == {"programs.unknown_coupon": 1}
    app.put(here, document(key="later", code="LATER26", prefix=None, currency=_currency(here)))
    app.settle_orders(here)
    assert not reasons(here)
    assert app.figures(here, "later").redeemed == 1
    code = code_of(here)  # on the 5th
    take(here, f"Z2,ann,2026-07-01,270.00,paid,{code},2026-07-06", day=6)
    assert reasons(here) == {"programs.order_before_issue": 1}


def test_why_codes_on_orders_are_refused(here: Workspace) -> None:
    """Unknown, another person's, used by another order, over a limit, over: each is listed with its reason."""
    currency = _currency(here)
    app.put(here, document(key="one", code="ONLYONE", prefix=None, limit_total=1, currency=currency))
    over = {"code": "SHORT26", "prefix": None, "valid_until": "2026-07-02", "currency": currency}
    app.put(here, document(key="short", **over))
    own = code_of(here)
    take(
        here,
        f"Z1,ann,2026-07-03,270.00,paid,{own},2026-07-03",
        f"Z2,ann,2026-07-04,270.00,paid,{own},2026-07-04",
        f"Z3,bob,2026-07-03,270.00,paid,{code_of(here, 'dan')},2026-07-03",
        "Z4,bob,2026-07-03,270.00,paid,NOBODYS,2026-07-03",
        "Z5,bob,2026-07-02,270.00,paid,onlyone,2026-07-02",
        "Z6,cid,2026-07-03,270.00,paid,ONLYONE,2026-07-03",
        "Z7,cid,2026-07-02,270.00,paid,SHORT26,2026-07-02",
        "Z8,eve,2026-07-04,270.00,paid,SHORT26,2026-07-04",
    )
    assert reasons(here) == {
        "programs.already_redeemed": 1,
        "programs.other_person": 1,
        "programs.unknown_coupon": 1,
        "programs.limit_reached": 1,
        "programs.expired": 1,
    }
    assert app.figures(here, "one").redeemed == 1
    assert app.figures(here, "short").redeemed == 1
    before = app.figures(here, "welcome")
    app.settle_orders(here)
    assert (app.figures(here, "welcome"), sum(reasons(here).values())) == (before, 5)


def test_a_code_that_was_used_in_time_and_told_too_late(here: Workspace, clock: SetClock) -> None:
    """It had run out by the time the orders came in; its order was in time."""
    app.put(here, document(version=2, valid_days=2, currency=_currency(here)))
    code = code_of(here)
    clock.moment = ISSUED + timedelta(days=8)
    assert app.expire(here) == 1
    take(here, f"Z1,ann,2026-07-03,270.00,paid,{code},2026-07-03", day=12)
    assert told(here) == {"order": 1}
    assert app.figures(here, "welcome").codes == {"redeemed": 1}


@pytest.mark.parametrize(
    "later",
    [
        "Z1,ann,2026-07-03,270.00,cancelled,{code},2026-07-06",
        "Z1,ann,2026-07-03,270.00,refunded,{code},2026-07-06",
        "Z1,ann,2026-07-03,270.00,paid,,2026-07-06",
    ],
)
def test_what_is_taken_back_gives_the_code_back(here: Workspace, later: str) -> None:
    """Cancelled, wholly refunded, or no longer named: rolled back once, and another order may use it."""
    code = code_of(here)
    take(here, f"Z1,ann,2026-07-03,270.00,paid,{code},2026-07-03")
    take(here, later.format(code=code), day=7)
    app.settle_orders(here)
    figures = app.figures(here, "welcome")
    assert (figures.redeemed, figures.spent, figures.rolled_back) == (0, Decimal(0), 1)
    take(here, f"Z9,ann,2026-07-07,270.00,paid,{code},2026-07-07", day=8)
    assert told(here) == {"order": 1}


def test_an_order_that_waits_for_its_money_leaves_the_till_alone(here: Workspace) -> None:
    """Unpaid is no end: what the till has told stands, and what the order names is redeemed when it is paid."""
    code, other = code_of(here), code_of(here, "bob")
    app.redeem(here, code, app.order_of(here, "Z1", Decimal(300), None, "ann", None))
    rows = ["Z1,ann,2026-07-03,270.00,{0},{1},2026-07-0{2}", "Z2,bob,2026-07-03,270.00,{0},{3},2026-07-0{2}"]
    take(here, *(row.format("pending", code, 3, other) for row in rows))
    assert (told(here), reasons(here)) == ({"till": 1}, Counter())
    take(here, *(row.format("paid", code, 6, other) for row in rows), day=7)
    assert told(here) == {"both": 1, "order": 1}


def test_refunds_take_back_what_only_the_till_has_told(here: Workspace) -> None:
    """Its orders name no code; what was paid for one of them came back whole."""
    code = code_of(here)
    app.redeem(here, code, app.order_of(here, "Z1", Decimal(300), None, "ann", None))
    header = "order_id,customer_id,order_date,amount,status,refund_amount,updated_at"
    take(here, "Z1,ann,2026-07-03,270.00,paid,100.00,2026-07-03", header=header)
    assert told(here) == {"till": 1}
    take(here, "Z1,ann,2026-07-03,270.00,paid,270.00,2026-07-05", header=header, day=6)
    assert (told(here), app.figures(here, "welcome").rolled_back) == ({}, 1)


def test_an_order_may_name_several_codes(here: Workspace) -> None:
    """Of one group only one goes; the other is listed."""
    app.put(
        here, document(key="gift", code="GIFT26", prefix=None, stack_group="gifts", currency=_currency(here))
    )
    app.put(here, document(key="more", code="MORE26", prefix=None, currency=_currency(here)))
    take(here, f'Z1,ann,2026-07-03,240.00,paid,"{code_of(here)}, gift-26;MORE26",2026-07-03')
    used = [app.figures(here, key).redeemed for key in ("gift", "more", "welcome")]
    assert sorted(used[1:]) == [0, 1]
    assert used[0] == 1
    assert reasons(here) == {"programs.not_together": 1}


def test_files_that_name_no_code_are_read_once(here: Workspace) -> None:
    """Without a column of codes nothing is kept and nothing warned of; nor is an empty one."""
    one = take(here, "Z1,ann,2026-07-03,270.00,paid", header="order_id,customer_id,order_date,amount,status")
    two = take(here, "Z2,ann,2026-07-03,270.00,paid,,2026-07-03", day=6)
    assert not one.warnings
    assert not [each for each in two.warnings if each.code == "pipeline.codes_not_kept"]
    assert not reasons(here)


@pytest.mark.parametrize(
    "terms",
    [
        {"kind": "amount", "value": "30.00"},
        {"kind": "percent", "value": "15"},
        {"kind": "percent", "value": "50", "max_discount": "40.00"},
        {"kind": "threshold", "value": None, "steps": [["300", "30"], ["500", "60"]]},
        {"kind": "threshold", "value": None, "steps": [["100", "10"]], "repeats": True},
    ],
)
def test_what_was_paid_tells_what_the_order_came_to(terms: dict[str, Any]) -> None:
    """The code takes off it exactly what leaves what was paid: for every price from 100 to 900, to a cent."""
    campaign = terms_of(document(**terms))
    for cents in range(10_000, 90_000, 37):
        whole = Decimal(cents) / 100
        if campaign.kind == "threshold" and whole < campaign.steps[0].spend:
            continue
        paid = whole - takes_off(campaign, Order("A", whole, "CNY")).discount
        found = before_coupon(campaign, paid)
        left = found - takes_off(campaign, Order("A", found, "CNY")).discount
        assert abs(left - paid) <= Decimal("0.01")
    assert before_coupon(campaign, Decimal(100), Decimal("12.50")) == Decimal("112.50")


def test_refusals_are_told_in_words(here: Workspace) -> None:
    """Every error that a redemption can end with has its sentence, with its fields filled in."""
    take(here, "Z4,bob,2026-07-03,270.00,paid,NOBODYS,2026-07-03")
    (one,) = app.refused_orders(here)[1]
    assert refusal(one.reason) == "There is no such code."
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.CouponRefused)
    ]
    assert {refusal(kind.code) for kind in kinds[1:]} == {kind.message for kind in kinds[1:]}


def _currency(here: Workspace) -> str:
    return here.settings.value.currency or "CNY"


def tell(here: Workspace, name: str, day: int, **properties: Any) -> None:
    """Store an event of ann's at noon of a day as the service does, and take it into the facts."""
    at = datetime(2026, 7, day, 12, tzinfo=UTC)
    here.clock.moment = at + timedelta(hours=1)  # type: ignore[attr-defined]
    message = {
        "type": "track", "event": name, "messageId": f"{name}-{day}", "userId": "ann",
        "timestamp": at.isoformat(), "properties": {"order_id": "E1", **properties},
    }  # fmt: skip
    event, _why = read_message(Desk.at(here.seal, "shop", here.clock.now()), message, "track")
    assert event is not None
    with here.ledger.writing() as connection:
        store(connection, [event])
    compact_events(here, here.clock)


def test_an_order_that_comes_as_an_event_redeems_its_code(here: Workspace) -> None:
    """Once, with a file that tells of it too; a newer event that leaves the code out changes nothing; cancelled, it is rolled back."""
    code = code_of(here)
    tell(here, "Order Completed", 3, total=270, coupon=code.lower(), discount=30)
    app.settle_orders(here)
    assert told(here) == {"order": 1}
    take(here, f"E1,ann,2026-07-03,270.00,paid,{code},2026-07-03")
    tell(here, "Order Updated", 6, total=260)
    app.settle_orders(here)
    assert (told(here), app.figures(here, "welcome").spent) == ({"order": 1}, Decimal(30))
    tell(here, "Order Cancelled", 7)
    app.settle_orders(here)
    assert (told(here), app.figures(here, "welcome").rolled_back) == ({}, 1)
    assert not reasons(here)


def test_a_row_of_an_order_names_its_codes(here: Workspace) -> None:
    """As our own route takes it: apart by commas, each of them looked at."""
    desk = Desk.at(here.seal, "shop", datetime(2026, 7, 3, 13, tzinfo=UTC))
    row = {"order_id": "E2", "customer_id": "ann", "ordered_at": "2026-07-03T12:00:00Z", "amount": "270"}
    event = read_order(desk, row | {"coupon": f"{code_of(here)}, NOBODYS1", "discount": "30"})
    with here.ledger.writing() as connection:
        store(connection, [event])
    here.clock.moment = desk.received_at  # type: ignore[attr-defined]
    compact_events(here, here.clock)
    app.settle_orders(here)
    assert (told(here), reasons(here)) == ({"order": 1}, {"programs.unknown_coupon": 1})


def test_the_newest_version_of_an_order_says_its_codes_whichever_comes_in_last(here: Workspace) -> None:
    """A file of how it was before neither brings its old code back nor takes the new one away."""
    old, new = code_of(here), code_of(here, "bob")
    take(here, f"Z1,bob,2026-07-03,270.00,paid,{new},2026-07-06", day=7)
    take(here, f"Z1,bob,2026-07-03,270.00,paid,{old},2026-07-04", day=8)
    assert (told(here), reasons(here)) == ({"order": 1}, Counter())
    assert [each["state"] for each in app.codes(here, "welcome") if each["code"] == new] == ["redeemed"]
