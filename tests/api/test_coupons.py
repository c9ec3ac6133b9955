"""What a shop's till asks of coupons, and what those who make campaigns do."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tests.programs.conftest import document

from evergrove.audit.tables import AUDIT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from evergrove.testing.house import House

CAMPAIGN = "/v1/coupon-campaigns/welcome"


def put(house: House, **changes: Any) -> TestClient:
    """A marketer who has put a campaign in place."""
    client = house.client("marketer")
    asked = {"document": document(**changes)}
    done = client.put(f"/v1/coupon-campaigns/{asked['document']['key']}", json=asked)
    assert done.status_code == 200, done.text
    return client


def give(client: TestClient, customer: str = "C-1", ref: str = "r-1") -> str:
    """A code."""
    done = client.post(f"{CAMPAIGN}/issue", json={"customer_id": customer, "ref": ref})
    assert done.status_code == 200, done.text
    return str(done.json()["code"])


def till(house: House) -> TestClient:
    """A shop's program, whose key redeems and does nothing else."""
    return house.client(None, Authorization=f"Bearer {house.key('marketer', 'coupons.redeem')}")


ORDER = {"order_id": "A-1", "amount": "300.00", "customer_id": "C-1"}


def test_a_checkout_from_the_first_look_to_the_refund(house: House) -> None:
    """Looked up, reserved, redeemed, a part given back, all given back; figures follow."""
    maker, program = put(house, budget="100", redemption="0.5"), till(house)
    code = give(maker)

    looked = program.get(f"/v1/coupons/{code}", params={"amount": "300.00", "customer_id": "C-1"}).json()
    assert (looked["usable"], looked["state"], looked["takes_off"]["discount"]) == (True, "issued", "30.00")
    held = program.post(f"/v1/coupons/{code}/reserve", json={**ORDER, "lease_s": 600}).json()
    assert (held["state"], held["reserved_until"]) == ("reserved", "2026-07-02T12:10:00Z")
    used = program.post(f"/v1/coupons/{code}/redeem", json=ORDER).json()
    assert (used["state"], used["discount"], used["is_new"]) == ("redeemed", "30.00", True)
    assert program.post(f"/v1/coupons/{code}/redeem", json=ORDER).json()["is_new"] is False
    part = {"order_id": "A-1", "refunded": "90.00", "refund_id": "r-1"}
    assert program.post("/v1/coupon-roll-backs", json=part).json()["items"][0]["returned"] == "10.00"
    told = maker.get(f"{CAMPAIGN}/figures").json()
    assert (told["redeemed"], told["spent"], told["expected"], told["budget"]) == (
        1,
        "20.00",
        "0.00",
        "100.00",
    )
    back = program.post("/v1/coupon-roll-backs", json={"order_id": "A-1"}).json()["items"][0]
    assert (back["state"], back["returned"]) == ("rolled_back", "30.00")
    assert maker.get(f"{CAMPAIGN}/figures").json()["spent"] == "0.00"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "-1"}, 422, "programs.invalid_amount"),
        ({"amount": "0"}, 422, "programs.invalid_amount"),
        ({"amount": "1e18"}, 422, "http.invalid_request"),
        ({"amount": "99999999999.99"}, 200, ""),
        ({"amount": "300.005"}, 422, "programs.invalid_amount"),
        ({"amount": "NaN"}, 422, "http.invalid_request"),
        ({"amount": "99.99"}, 422, "programs.spend_too_low"),
        ({"currency": "USD"}, 422, "programs.wrong_currency"),
        ({"customer_id": "C-2"}, 422, "programs.other_person"),
        ({"points": 3}, 422, "http.invalid_request"),
    ],
    ids=str,
)
def test_case_53_no_order_that_cannot_be_one(
    house: House, changes: dict[str, Any], status: int, code: str
) -> None:
    """422 with the way out, and nothing is stored."""
    code_of = give(put(house, min_spend="100"))
    done = till(house).post(f"/v1/coupons/{code_of}/redeem", json={**ORDER, **changes})

    assert done.status_code == status, done.text
    if status == 422:
        assert done.json()["code"] == code
        assert done.json()["hint"]
        assert house.client().get(f"{CAMPAIGN}/figures").json()["redeemed"] == 0


def test_conflicts_are_409_and_what_is_not_there_404(house: House) -> None:
    """Used, over, resting; no such code, campaign or order."""
    maker, program = put(house, limit_per_person=1), till(house)
    code = give(maker)
    program.post(f"/v1/coupons/{code}/redeem", json=ORDER)

    taken = program.post(f"/v1/coupons/{code}/redeem", json={**ORDER, "order_id": "A-2"})
    assert (taken.status_code, taken.json()["code"]) == (409, "programs.already_redeemed")
    again = maker.post(f"{CAMPAIGN}/issue", json={"customer_id": "C-1", "ref": "r-2"})
    assert (again.status_code, again.json()["code"]) == (409, "programs.not_issued")
    changed = maker.put(CAMPAIGN, json={"document": document(value=99)})
    assert (changed.status_code, changed.json()["code"]) == (409, "programs.terms_fixed")
    other = give(maker, "C-2", "r-3")
    assert maker.post(f"{CAMPAIGN}/pause").json()["state"] == "paused"
    rests = program.post(
        f"/v1/coupons/{other}/redeem", json={**ORDER, "order_id": "A-3", "customer_id": "C-2"}
    )
    assert (rests.status_code, rests.json()["code"]) == (409, "programs.paused")
    assert maker.post(f"{CAMPAIGN}/resume").json()["state"] == "active"
    assert maker.post(f"/v1/coupons/{other}/void").json() == {"voided": True}
    for path, found in (
        ("/v1/coupons/NO-SUCH-CODE", "programs.unknown_coupon"),
        ("/v1/coupon-campaigns/nothing", "programs.unknown_campaign"),
    ):
        done = maker.get(path)
        assert (done.status_code, done.json()["code"]) == (404, found)
    lost = program.post("/v1/coupon-roll-backs", json={"order_id": "A-77"})
    assert (lost.status_code, lost.json()["code"]) == (404, "programs.no_use_of_order")


def test_a_stranger_is_told_nothing_of_any_code(house: House) -> None:
    """Without a key the answer is the same, whatever stands in the address."""
    code = give(put(house))
    answers = set()
    for asked in (code, "NO-SUCH-CODE"):
        done = house.client(None).get(f"/v1/coupons/{asked}")
        told = done.json()
        answers.add((done.status_code, told["code"], told["message"]))
    assert [status for status, _code, _message in answers] == [401]


def test_a_key_that_redeems_makes_no_campaigns(house: House) -> None:
    """A scope each: who has the shop's key cannot print money."""
    put(house)
    program = till(house)
    assert program.get("/v1/coupon-campaigns").status_code == 403
    assert program.put(CAMPAIGN, json={"document": document(version=2)}).status_code == 403
    assert program.post(f"{CAMPAIGN}/issue", json={"customer_id": "C-1", "ref": "r"}).status_code == 403


def test_an_act_under_an_idempotency_key_happens_once(house: House) -> None:
    """The answer is given again as it was; the key with another request is refused."""
    code, program = give(put(house)), till(house)
    headers = {"Idempotency-Key": "checkout-1"}
    first = program.post(f"/v1/coupons/{code}/redeem", json=ORDER, headers=headers)
    again = program.post(f"/v1/coupons/{code}/redeem", json=ORDER, headers=headers)

    assert first.json()["is_new"] is True
    assert again.content == first.content
    other = program.post(f"/v1/coupons/{code}/redeem", json={**ORDER, "amount": "9.00"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "http.key_reused")


def test_case_51_fifty_requests_at_once_redeem_one_code_once(house: House) -> None:
    """One 200 and 49 times 409, over the same routes that a till asks."""
    code, program = give(put(house)), till(house)

    def ask(number: int) -> int:
        order = {**ORDER, "order_id": f"A-{number}"}
        return program.post(f"/v1/coupons/{code}/redeem", json=order).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(ask, range(50)))
    assert statuses == [200] + [409] * 49


def test_codes_are_drawn_in_batches_and_listed_as_csv(house: House) -> None:
    """The same batch draws nothing new; a customer's id that looks like a formula is a text."""
    maker = put(house, limit_issued=31)
    asked = {"count": 30, "ref": "flyer"}
    first = maker.post(f"{CAMPAIGN}/codes", json=asked).json()
    assert [each["code"] for each in maker.post(f"{CAMPAIGN}/codes", json=asked).json()["items"]] == [
        each["code"] for each in first["items"]
    ]
    give(maker, "=1+1")
    refused = maker.post(f"{CAMPAIGN}/codes", json={"count": 1, "ref": "more"}).json()["refused"]
    assert refused == {"more:0": "all codes of the campaign are out"}

    done = maker.get(f"{CAMPAIGN}/codes")
    assert done.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(done.content.decode("utf-8-sig"))))
    assert len(rows) == 31
    assert {row["code"] for row in rows} > {each["code"] for each in first["items"]}
    assert [row["customer_id"] for row in rows if row["customer_id"]] == ["'=1+1"]
    assert maker.get("/v1/coupon-campaigns/nothing/codes").status_code == 404


def test_a_file_of_redemptions_is_accounted_for_row_by_row(house: House) -> None:
    """Read = taken + known + refused; sent again, it changes nothing."""
    maker, program = put(house, limit_total=2), till(house)
    codes = [give(maker, f"C-{n}", f"r-{n}") for n in range(4)]
    program.post(f"/v1/coupons/{codes[0]}/redeem", json={**ORDER, "order_id": "A-0", "customer_id": "C-0"})
    text = (
        "order_id,code,customer_id,amount,currency\n"
        f"A-0,{codes[0]},C-0,300.00,CNY\n"
        f"A-1,{codes[1].lower()},C-1,300.00,\n"
        f"A-2,{codes[2]},C-2,300.00,CNY\n"
        f"A-3,{codes[3]},C-3,many,CNY\n"
        "A-4,NO-SUCH-CODE,C-4,300.00,CNY\n"
        f"A-5,{codes[3]},C-3,300.00,USD\n"
        "\n"
        f"A-6,,C-3,300.00,CNY\n"
    )
    first, again = (
        program.post("/v1/coupon-redemptions", content=text.encode("gb18030")).json() for _ in "12"
    )

    counts = ("read", "taken", "known", "refused", "discount")
    assert [first[name] for name in counts] == [7, 1, 1, 5, "30.00"]
    assert [again[name] for name in counts] == [7, 0, 2, 5, "0.00"]
    assert [(row["line"], row["code"]) for row in first["reasons"]] == [
        (4, "programs.limit_reached"),
        (5, "programs.unreadable_row"),
        (6, "programs.unknown_coupon"),
        (7, "programs.wrong_currency"),
        (9, "programs.unreadable_row"),
    ]
    assert maker.get(f"{CAMPAIGN}/figures").json()["redeemed"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "programs.unreadable_redemptions"),
        (b"order,code\n", "programs.missing_column"),
        (b"\xff\xfe\xff", "programs.unreadable_redemptions"),
        (b'order_id,code,amount\n"A-1,X,1\n', "programs.unreadable_redemptions"),
    ],
)
def test_what_is_no_file_of_redemptions_is_refused_whole(house: House, content: bytes, code: str) -> None:
    """With what it takes."""
    done = till(house).post("/v1/coupon-redemptions", content=content)
    assert (done.status_code, done.json()["code"]) == (422, code)


def test_what_changes_a_campaign_is_noted(house: House) -> None:
    """With who did it."""
    maker = put(house)
    maker.post(f"{CAMPAIGN}/pause")
    maker.post(f"{CAMPAIGN}/pause")
    with house.here.ledger.reading() as connection:
        rows = connection.execute(select(AUDIT.c.act, AUDIT.c.what).order_by(AUDIT.c.id)).all()
    assert [tuple(row) for row in rows if row.what.startswith("coupon")] == [
        ("programs.campaign_put", "coupon_campaign:welcome"),
        ("programs.campaign_paused", "coupon_campaign:welcome"),
    ]


def test_codes_do_not_stand_in_the_trail(house: House) -> None:
    """Who may read the trail cannot shop with it."""
    maker = put(house)
    code = give(maker)
    maker.post(f"/v1/coupons/{code}/void")
    with house.here.ledger.reading() as connection:
        rows = connection.execute(select(AUDIT)).all()
    assert any(row.act == "programs.voided" for row in rows)
    assert code not in str(rows)
    assert code.replace("-", "") not in str(rows)


def test_codes_of_the_shops_own_are_brought_and_given(house: House) -> None:
    """A file of codes, each row told of; the campaign gives them out as the shop writes them, and then none."""
    client = put(house, stock=True, prefix=None, limit_issued=2)
    done = client.post(f"{CAMPAIGN}/stock", content=b"code,amount\nShop-a1,12.00\nshop A1,\nx,\n")
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["read"], told["taken"], told["known"], told["refused"], told["waiting"]) == (3, 1, 0, 2, 1)
    assert [(each["line"], each["code"]) for each in told["reasons"]] == [
        (3, "programs.code_repeated"),
        (4, "programs.unusable_code"),
    ]
    over = client.post(f"{CAMPAIGN}/stock", content=b"AAAA-1\nAAAA-2\n")
    assert (over.status_code, over.json()["code"]) == (409, "programs.stock_over_cap")
    assert give(client) == "Shop-a1"
    none = client.post(f"{CAMPAIGN}/issue", json={"customer_id": "C-2", "ref": "r-2"})
    assert (none.status_code, "run out" in none.json()["message"]) == (409, True)
    assert client.get(f"{CAMPAIGN}/figures").json()["stock"] == 0
    assert (
        till(house).get("/v1/coupons/SHOPA1", params={"amount": "50"}).json()["takes_off"]["discount"]
        == "12.00"
    )


def test_what_is_not_known_of_a_campaign_says_why(house: House) -> None:
    """No playbook has given its codes out; no order has named one."""
    client = put(house)
    told = client.get(f"{CAMPAIGN}/subsidy").json()
    assert (told["items"], told["reason"]) == ([], "measurement.subsidy_no_playbook")
    assert "nobody to compare with" in told["message"]
    assert client.get("/v1/coupon-refusals", params={"campaign": "welcome"}).json() == {
        "count": 0,
        "items": [],
    }
    assert client.get("/v1/coupon-refusals", params={"campaign": "nothing"}).status_code == 404
    assert client.get("/v1/coupon-campaigns/nothing/subsidy").status_code == 404
