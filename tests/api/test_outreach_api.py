"""Messages, tasks, tokens and reports over HTTP."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.outbox import (
    CHANNEL_TOKEN,
    DELIVERY_RECEIPT,
    OUTBOX,
    Message,
    begin_all,
    claim,
    enqueue,
    settle,
)
from evergrove.outbox.tasks import open_task
from evergrove.people.consent.asking import consent_of
from evergrove.testing.house import NOON, House, new_folder, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.access import Passwords
    from evergrove.outbox import Outcome


def put(house: House, customer: str, state: Outcome, *, channel: str = "webhook", **said: Any) -> str:
    """A message that was attempted and settled so."""
    sent = Message(
        playbook="L2",
        version=1,
        customer_id=customer,
        occasion="o",
        step=1,
        channel=channel,
        arm="treated",
        template="new-thanks",
        decision_id="d",
        run_id=1,
        not_before=NOON,
        valid_until=NOON + timedelta(days=3),
    )
    ledger = house.here.ledger
    with ledger.writing() as connection:
        enqueue(connection, [sent], NOON)
    (held,) = claim(ledger, "test", NOON)
    with ledger.writing() as connection:
        begin_all(connection, [(held, None)], NOON)
        settle(connection, held, state, NOON, reason="test.reason", **said)
    return held.id


@pytest.fixture
def house(tmp_path: Path, passwords: Passwords) -> Iterator[House]:
    """A service whose webhook has a secret."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    own = {"url": "https://hooks.shop.example/", "secret_file": str(secret)}
    with opened(new_folder(tmp_path, webhook=own), passwords, SetClock(NOON)) as made:
        yield made


def test_what_nobody_knows_is_listed_and_settled_by_hand(house: House) -> None:
    """It left: accepted. It did not: failed, and not queued; only then a person may let it go once more, as an act."""
    client = house.client("marketer")
    lost, gone = put(house, "C1", "unknown"), put(house, "C2", "unknown")

    listed = client.get("/v1/outbox", params={"state": "unknown"}).json()["items"]
    assert {each["id"] for each in listed} == {lost, gone}
    assert client.post(f"/v1/outbox/{lost}/retry", json={}).json()["code"] == "outbox.not_retryable"
    told = client.post(f"/v1/outbox/{gone}/settle", json={"did_leave": True}).json()
    assert (told["state"], told["reason"]) == ("accepted", "outbox.did_leave")
    assert client.post(f"/v1/outbox/{lost}/settle", json={"did_leave": False}).json()["state"] == "failed"
    again = client.post(f"/v1/outbox/{lost}/settle", json={"did_leave": True})
    assert (again.status_code, again.json()["code"]) == (409, "outbox.nothing_to_settle")
    assert client.get(f"/v1/outbox/{lost}").json()["state"] == "failed"

    told = client.post(f"/v1/outbox/{lost}/retry", json={}).json()
    assert (told["state"], told["reason"], told["attempts"]) == ("queued", "outbox.retried", 0)
    acts = [each["act"] for each in house.client("admin").get("/v1/audit").json()["items"]]
    assert acts.count("outbox.settled") == 2
    assert acts.count("outbox.retried") == 1


def test_pages_of_messages_meet_each_message_once(house: House) -> None:
    """Five messages, two a page."""
    names = {put(house, f"C{nth}", "accepted") for nth in range(5)}
    client, found, cursor = house.client("viewer"), list[str](), None
    assert client.get("/v1/outbox").status_code == 403
    client = house.client("analyst")
    for _page in range(3):
        page = client.get("/v1/outbox", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert (sorted(found), cursor) == (sorted(names), None)


def test_several_states_are_asked_for_at_once(house: House) -> None:
    """With the reason in words and the cost beside its currency; a state that is none is refused."""
    lost, gone = put(house, "C1", "unknown"), put(house, "C2", "failed")
    put(house, "C3", "accepted")
    client = house.client("analyst")

    listed = client.get("/v1/outbox", params={"state": ["unknown", "failed"], "arm": "treated"}).json()[
        "items"
    ]

    assert {each["id"] for each in listed} == {lost, gone}
    assert {(each["cost"], each["currency"], each["message"]) for each in listed} == {
        ("0.00", "CNY", "test.reason")
    }
    assert client.get("/v1/outbox", params={"state": "gone"}).status_code == 422
    whole = client.get(f"/v1/outbox/{lost}").json()
    assert (whole["decision"], whole["reports"]) == (None, [])


def test_messages_are_counted_as_they_stand(house: House) -> None:
    """By state and reason; a filter changes the counts, and not the names that can be chosen."""
    for nth, state in enumerate(("accepted", "accepted", "failed")):
        put(house, f"C{nth}", state)  # type: ignore[arg-type]  # outcomes
    put(house, "S", "unknown", channel="sms")
    client = house.client("analyst")

    told = client.get("/v1/outbox-counts").json()
    of_sms = client.get("/v1/outbox-counts", params={"channel": "sms"}).json()

    assert {each["state"]: each["messages"] for each in told["items"]} == {
        "accepted": 2,
        "failed": 1,
        "unknown": 1,
    }
    assert [(each["state"], each["messages"]) for each in of_sms["items"]] == [("unknown", 1)]
    assert (of_sms["messages"], of_sms["channels"]) == (1, ["sms", "webhook"])
    assert house.client("viewer").get("/v1/outbox-counts").status_code == 403


def test_a_task_is_taken_by_one_and_its_outcome_is_the_messages(house: House) -> None:
    """Somebody else finds it taken; who wants no more calls gets none."""
    outbox_id = put(house, "C1", "awaiting_staff", channel="task")
    with house.here.ledger.writing() as connection:
        due = NOON + timedelta(days=2)
        task = open_task(connection, "call_back", "C1", due, NOON, outbox_id=outbox_id)
    client = house.client("marketer")

    (listed,) = client.get("/v1/tasks").json()["items"]
    assert (listed["id"], listed["state"], listed["customer_id"]) == (task, "open", "C1")
    assert client.post(f"/v1/tasks/{task}/take").json()["state"] == "taken"
    other = house.client("admin").post(f"/v1/tasks/{task}/take")
    assert (other.status_code, other.json()["code"]) == (409, "outbox.task_taken")
    done = client.post(f"/v1/tasks/{task}/finish", json={"outcome": "no_more", "note": "too_often"}).json()
    assert (done["state"], done["outcome"], done["note"]) == ("done", "no_more", "too_often")
    assert client.post(f"/v1/tasks/{task}/cancel").json()["code"] == "outbox.task_over"
    assert client.get("/v1/tasks").json()["items"] == []
    assert client.get(f"/v1/outbox/{outbox_id}").json()["state"] == "complained"
    with house.here.ledger.reading() as connection:
        assert consent_of(connection, ["C1"], channel="phone") == {"C1": "revoked"}


def test_an_acceptance_told_twice_counts_once(house: House) -> None:
    """The mini-program's server may repeat itself."""
    client = house.client("analyst")
    one = {"customer_id": "C1", "template": "tmpl", "ref": "e1", "granted_at": "2026-07-02T12:00:00Z"}
    assert client.post("/v1/channel-tokens", json={"items": [one]}).json() == {"new": 1, "known": 0}
    told = client.post("/v1/channel-tokens", json={"items": [one, {**one, "ref": "e2"}]}).json()
    assert told == {"new": 1, "known": 1}
    more = client.post("/v1/channel-tokens", json={"items": [{**one, "count": 3}]}).json()
    assert more == {"new": 2, "known": 1}
    assert client.post("/v1/channel-tokens", json={"items": [{**one, "count": 0}]}).status_code == 422
    with house.here.ledger.reading() as connection:
        assert len(connection.execute(select(CHANNEL_TOKEN)).all()) == 4


def signed(body: bytes, moment: int, secret: bytes = b"s3cret") -> dict[str, str]:
    """The headers of a report."""
    mark = hmac.new(secret, f"{moment}.".encode() + body, sha256).hexdigest()
    return {"evergrove-signature": f"t={moment},v1={mark}", "content-type": "application/json"}


def test_reports_are_heard_once_and_impossible_ones_change_nothing(house: House) -> None:
    """Row 24 of the fault table: late, twice, of an unknown message, and in an order that cannot be."""
    name, client = put(house, "C1", "accepted"), house.client(None)
    stamp = int(NOON.timestamp())

    def report(kind: str, of: str = name) -> dict[str, int]:
        body = json.dumps({"id": of, "kind": kind}).encode()
        answer = client.post("/v1/receipts/webhook", content=body, headers=signed(body, stamp))
        assert answer.status_code == 200
        counts: dict[str, int] = answer.json()
        return counts

    assert report("delivered") == {"applied": 1}
    assert report("delivered") == {"repeated": 1}
    assert report("complained") == {"applied": 1}
    assert report("failed") == {"ignored": 1}
    assert report("read") == {"ignored": 1}
    assert report("delivered", "f" * 32) == {"waiting": 1}
    with house.here.ledger.reading() as connection:
        row = connection.execute(select(OUTBOX.c.state, OUTBOX.c.detail)).one()
        kinds = connection.execute(select(DELIVERY_RECEIPT.c.kind, DELIVERY_RECEIPT.c.effect)).all()
    assert (row.state, row.detail) == ("complained", {"kind": "complained"})
    assert len(kinds) == 5


def test_a_report_without_proof_changes_nothing(house: House) -> None:
    """No signature, another secret, another body, an old time stamp, a channel without reports: case 49."""
    name, client = put(house, "C1", "accepted"), house.client(None)
    body, stamp = json.dumps({"id": name, "kind": "complained"}).encode(), int(NOON.timestamp())
    heads: tuple[Any, ...] = (
        {},
        signed(body, stamp, b"guess"),
        signed(body + b" ", stamp),
        signed(body, stamp - 301),
        signed(body, stamp + 301),
        {"evergrove-signature": "t=,v1="},
        {"evergrove-signature": f"t={stamp},v1=\u00e9".encode()},
    )
    for headers in heads:
        answer = client.post("/v1/receipts/webhook", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "delivery.report_not_proven"), headers
    for channel in ("sms", "line", "nothing"):
        answer = client.post(f"/v1/receipts/{channel}", content=body, headers=signed(body, stamp))
        assert (answer.status_code, answer.json()["code"]) == (404, "delivery.no_reports")
    strange = b'[[{"id": 1}], null, "x", {"kind": {}}]'
    answer = client.post("/v1/receipts/webhook", content=strange, headers=signed(strange, stamp))
    assert (answer.status_code, answer.json()) == (200, {})
    assert house.client("admin").get(f"/v1/outbox/{name}").json()["state"] == "accepted"


def test_channels_are_shown_with_what_they_lack(house: House) -> None:
    """A profile that nobody has tried says so; what is not set up says what is missing."""
    found = {each["name"]: each for each in house.client("analyst").get("/v1/channels").json()["items"]}

    assert found["task"]["ready"] is True
    assert (found["sms"]["ready"], found["sms"]["code"]) == (False, "delivery.channel_not_set_up")
    assert found["console"]["wanted"] is False
    assert found["webhook"]["wanted"] is True


def test_where_messages_and_secrets_go_is_changed_at_the_machine_only() -> None:
    """Whoever could name a server and a file from elsewhere could have any file sent to it."""
    from dataclasses import fields

    from evergrove.app.settings_file import is_changeable
    from evergrove.settings import Settings

    telling = ("url", "file", "profile", "plugins", "folder", "account")
    open_to_all = {
        f"{section.name}.{each.name}"
        for section in fields(Settings)
        for each in fields(getattr(Settings(), section.name))
        if section.name in ("webhook", "sms", "wechat", "wecom", "line", "file", "channels")
        and is_changeable(section.name, each.name)
        and any(word in each.name for word in telling)
    }
    assert open_to_all == set()
