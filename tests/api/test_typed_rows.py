"""Orders, refunds and customers in our own shape: every field is named, and none is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.ingest.events.tables import EVENT

if TYPE_CHECKING:
    from evergrove.testing.house import House

ORDER = {
    "order_id": "A1",
    "customer_id": "u1",
    "ordered_at": "2026-07-01T09:30:00+08:00",
    "amount": "128.50",
    "currency": "CNY",
    "lines": [{"product_id": "P7", "quantity": 2, "price": 64.25}],
}


def contents(house: House) -> list[dict[str, Any]]:
    """What is kept of all events."""
    with house.here.ledger.reading() as connection:
        return list(connection.execute(select(EVENT.c.content).order_by(EVENT.c.seq)).scalars())


def test_an_order_is_told_once_a_newer_version_once_more(house: House) -> None:
    """By its number and the moment of its version; a version that says something else is a conflict."""
    client = house.client("admin")
    first = client.post("/v1/orders", json=ORDER).json()["items"]
    again = client.post("/v1/orders", json=ORDER).json()["items"]
    newer = {**ORDER, "amount": 100, "updated_at": "2026-07-02T09:00:00Z"}

    assert ([each["state"] for each in first], [each["state"] for each in again]) == (["new"], ["duplicate"])
    assert client.post("/v1/orders", json=newer).json()["items"][0]["state"] == "new"
    conflict = client.post("/v1/orders", json={**ORDER, "amount": 99})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "ingest.event_conflict")
    told = [
        each["state"]
        for each in client.post("/v1/orders", json=[{**ORDER, "amount": 99}, newer]).json()["items"]
    ]
    assert told == ["conflict", "duplicate"]
    assert [each["amount"] for each in contents(house)] == ["128.5000", "100.0000"]
    assert contents(house)[0]["lines"] == [{"product_id": "P7", "quantity": "2.0000", "price": "64.2500"}]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"amount": "1e5"}, "amount", "ingest.bad_amount"),
        ({"amount": "0.00001"}, "amount", "ingest.amount_too_precise"),
        ({"amount": -1}, "amount", "events.negative"),
        ({"amount": 1e12}, "amount", "ingest.amount_too_large"),
        ({"amount": 10**400}, "amount", "ingest.amount_too_large"),
        ({"amount": True}, "amount", "ingest.bad_amount"),
        ({"amount": None}, "amount", "ingest.no_amount"),
        ({"currency": "YUAN"}, "currency", "ingest.bad_currency"),
        ({"order_id": "a\u0007b"}, "order_id", "ingest.bad_order_id"),
        ({"order_id": "x" * 257}, "order_id", "ingest.bad_order_id"),
        ({"order_id": "1.2E+11"}, "order_id", "ingest.damaged_id"),
        ({"customer_id": ""}, "customer_id", "ingest.no_customer"),
        ({"ordered_at": "yesterday"}, "ordered_at", "ingest.bad_date"),
        ({"ordered_at": "1970-12-31"}, "ordered_at", "ingest.date_too_early"),
        ({"ordered_at": "2026-07-04T12:00:01Z"}, "ordered_at", "ingest.date_in_future"),
        ({"status": "cancelled"}, "updated_at", "events.no_update_time"),
        ({"status": "lost"}, "status", "ingest.bad_word"),
        ({"tier": "high"}, "tier", "events.unknown_field"),
        ({"lines": {"product_id": "P7"}}, "lines", "events.bad_list"),
        ({"lines": [{"product_id": ["P7"]}]}, "lines[0].product_id", "ingest.bad_id"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_nothing_is_stored(
    house: House, change: dict[str, Any], path: str, code: str
) -> None:
    """The rules of files, R1 to R10; alone and in a list, whose other rows are not stored either."""
    client = house.client("admin")
    for body, place in (({**ORDER, **change}, "body"), ([ORDER, {**ORDER, **change}], "body[1]")):
        answer = client.post("/v1/orders", json=body)
        assert answer.status_code == 422
        assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [
            (f"{place}.{path}", code)
        ]
    assert contents(house) == []


def test_a_refund_and_a_cancellation_name_their_order(house: House) -> None:
    """Without an amount all that is left is given back."""
    client = house.client("admin")
    refund = {"order_id": "A1", "customer_id": "u1", "refunded_at": "2026-07-02", "refund_id": "R1"}
    assert (
        client.post("/v1/refunds", json=[refund, {**refund, "refund_id": "R2", "amount": 5}]).status_code
        == 200
    )
    gone = {**ORDER, "status": "cancelled", "updated_at": "2026-07-02T00:00:00Z"}
    assert client.post("/v1/orders", json=gone).status_code == 200

    with house.here.ledger.reading() as connection:
        told = connection.execute(select(EVENT.c.kind, EVENT.c.content).order_by(EVENT.c.message_id)).all()
    assert [(kind, content.get("amount")) for kind, content in told] == [
        ("cancel", None),
        ("refund", None),
        ("refund", "5.0000"),
    ]


def test_what_is_told_of_a_customer_is_sealed(house: House) -> None:
    """Nothing personal stands in what is kept openly."""
    told = {"customer_id": "u1", "email": "ann@shop.example", "name": "Ann", "consent": True}
    assert house.client("admin").post("/v1/customers", json=told).json()["items"][0]["state"] == "new"

    assert contents(house) == [{"format": "evergrove.event/1", "told": ["consent", "email", "name"]}]
    assert house.client("admin").post("/v1/customers", json={**told, "tier": "high"}).status_code == 422


@pytest.mark.parametrize("body", [[], [ORDER] * 1001, 7, "x", [7]])
def test_a_request_has_one_to_a_thousand_rows(house: House, body: object) -> None:
    """Each of them an object."""
    assert house.client("admin").post("/v1/orders", json=body).status_code == 422
