"""One customer over time, what the figures rest on, and finding somebody by what is personal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from evergrove.testing.house import House

SOME = ("C000002", "C000009", "C000017", "C000031", "C000060")


def test_the_last_day_of_a_life_is_what_the_run_published(begun_house: House) -> None:
    """P(alive) on the run's day, computed from the orders, is the score; purchases are the days of orders that count."""
    client = begun_house.client("viewer")

    for name in SOME:
        life = client.get(f"/v1/customers/{name}/alive").json()
        published = client.get(f"/v1/customers/{name}").json()["value"]["p_alive"]
        bought = client.get(f"/v1/customers/{name}/orders").json()["orders"]
        assert life["p_alive"][-1] == pytest.approx(published, rel=1e-12)
        assert life["days"][-1] == life["as_of"]
        assert life["days"][0] == life["purchases"][0]
        assert set(life["purchases"]) <= {each["date"] for each in bought}
        assert len(life["days"]) == len(life["p_alive"])


def test_the_past_is_what_each_run_published(begun_house: House) -> None:
    """After one run there is one point, with that run's very figures."""
    client = begun_house.client("viewer")

    for name in SOME:
        only = client.get(f"/v1/customers/{name}/past").json()["items"]
        now = client.get(f"/v1/customers/{name}").json()
        assert len(only) == 1
        assert (only[0]["tier"], only[0]["stage"]) == (now["tier"]["key"], now["stage"]["key"])
        for figure in ("clv_12m", "clv_12m_low", "clv_12m_high", "clv", "p_alive", "historic_value"):
            assert only[0][figure] == now["value"][figure]


def test_a_timeline_holds_everything_once_in_order(begun_house: House) -> None:
    """Its pages together are all orders, refunds and moves, the newest first, and none is told twice."""
    client = begun_house.client("viewer")
    bought = client.get("/v1/customers/C000002/orders").json()
    moves = client.get("/v1/customers/C000002/transitions").json()["items"]
    seen, cursor = [], ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = client.get(f"/v1/customers/C000002/timeline?limit=3{more}").json()
        seen += answer["items"]
        cursor = answer["next_cursor"]

    days = [each["on"] for each in seen]
    assert days == sorted(days, reverse=True)
    orders = [each["told"]["order_id"] for each in seen if each["kind"] == "order"]
    assert sorted(orders) == sorted(each["order_id"] for each in bought["orders"])
    assert len([each for each in seen if each["kind"] == "refund"]) == len(bought["refunds"])
    told = [each["move"] for each in seen if each["kind"] == "move"]
    assert sorted(told, key=str) == sorted(moves, key=str)
    only = client.get("/v1/customers/C000002/timeline?kind=move").json()["items"]
    assert len(only) == len(moves)
    assert {each["kind"] for each in only} == {"move"}


def test_what_was_told_since_is_marked(begun_house: House) -> None:
    """An order that a program told stands in the timeline at once, as one that no run has counted."""
    order = {
        "order_id": "N-1",
        "customer_id": "C000002",
        "ordered_at": "2026-06-30T20:00:00Z",
        "amount": "12.50",
    }
    assert begun_house.client("admin").post("/v1/orders", json=order).status_code == 200

    newest = begun_house.client("viewer").get("/v1/customers/C000002/timeline").json()["items"][0]

    assert (newest["kind"], newest["amount"], newest["is_waiting"]) == ("order", "12.50", True)
    assert newest["told"]["order_id"] == "N-1"
    assert newest["on"] == "2026-07-01"  # four in the morning of the next day in Shanghai


def test_lineage_names_the_models_document(begun_house: House) -> None:
    """Parameters are those that the run keeps, and every figure has a formula in words or its SQL."""
    client = begun_house.client("viewer")
    told = client.get("/v1/customer-lineage", headers={"Accept-Language": "zh-Hans"}).json()
    kept = client.get(f"/v1/runs/{told['snapshot']}").json()["model_document"]["model"]

    assert told["purchases"]["parameters"] == kept["model"]["parameters"]
    assert told["annual_discount_rate"] == kept["terms"]["annual_discount_rate"]
    assert all(each["origin"] or each["sql"] in told["sql"] for each in told["figures"])
    assert "observation_end" in told["sql"]["customer_summary"]
    names = {each["key"]: each["name"] for each in told["figures"]}
    assert names["clv_12m"] == "未来 12\u00a0个月的价值"


def test_somebody_is_found_by_address_and_that_is_noted(begun_house: House) -> None:
    """In whatever spelling; the trail tells who looked for whom, and never by which address."""
    admin = begun_house.client("admin")
    email = admin.get("/v1/customers/C000009").json()["contacts"][0]["email"]

    found = admin.post("/v1/customer-search", json={"text": f"  {email.upper()} "}).json()

    assert found["items"] == [{"customer_id": "C000009", "by": "email", "is_valued": True}]
    rows = admin.get("/v1/audit").json()["items"]
    noted = [each for each in rows if each["act"] == "people.looked_up"]
    assert [(each["of"], each["details"]) for each in noted] == [("customer:C000009", {"by": "email"})]
    assert email not in str(rows)
    assert admin.post("/v1/customer-search", json={"text": email[:-1]}).json()["items"] == []


def test_who_may_not_see_addresses_cannot_ask_by_them(begun_house: House) -> None:
    """A marketer finds by id, and learns nothing of an address, not even whether it is known."""
    marketer = begun_house.client("marketer")
    email = begun_house.client("admin").get("/v1/customers/C000009").json()["contacts"][0]["email"]

    by_id = marketer.post("/v1/customer-search", json={"text": "C000009"}).json()
    by_any = marketer.post("/v1/customer-search", json={"text": email}).json()
    by_email = marketer.post("/v1/customer-search", json={"text": email, "by": "email"})

    assert by_id["items"] == [{"customer_id": "C000009", "by": "customer_id", "is_valued": True}]
    assert by_any == {"items": [], "searched": ["customer_id"]}
    assert (by_email.status_code, by_email.json()["code"]) == (403, "access.field_masked")
