"""A server of the shop's own: signed, one key, the same bytes, whatever goes wrong. Rows 22 and 23 of the fault table."""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.delivery.channels.errors import ChannelRefuses, InTheOpen
from evergrove.delivery.channels.webhook import WebhookChannel
from evergrove.delivery.service import send, send_over
from evergrove.outbox import OUTBOX, Message, check_outbox, enqueue, retry
from evergrove.outbox.tables import STOP
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.people.consent.recording import record_consents
from evergrove.settings import OutreachSettings, Settings, ValueSettings, WebhookSettings
from evergrove.testing.gateway import FAULTS, Fault, ScriptedGateway, scripted_gateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.delivery import Channel, SendReport
    from evergrove.ledger import Ledger

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 in Taipei."""
MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="2026-06-30",
    step=1,
    channel="webhook",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + timedelta(days=9),
    params={"coupon": "WELCOME10", "coupon_value": 10},
)
ALWAYS = OutreachSettings(quiet_from=0, quiet_until=0)


@dataclass
class Shop:
    """A ledger with persons who have agreed to everything, and messages to them."""

    ledger: Ledger
    seal: Seal
    folder: Path
    clock: SetClock = field(default_factory=lambda: SetClock(TEN))

    def begin(self, customers: int) -> None:
        """Empty the outbox, and queue a message to each."""
        with self.ledger.writing() as connection:
            connection.execute(OUTBOX.delete())
            connection.execute(STOP.delete())
            messages = [replace(MESSAGE, customer_id=f"C{nth}") for nth in range(customers)]
            enqueue(connection, messages, TEN)
        self.clock.moment = TEN

    def channel(self, gateway: ScriptedGateway, **changed: object) -> WebhookChannel:
        """To a server."""
        own = WebhookSettings(url=gateway.url, secret_file=str(self.folder / "secret"), connections=1)
        return WebhookChannel(replace(own, timeout_s=1, **changed), gateway.door)  # type: ignore[arg-type]

    def send(self, channel: WebhookChannel) -> SendReport:
        """Send what is due."""
        own = Settings(value=ValueSettings(timezone="Asia/Taipei"), outreach=ALWAYS)
        return send(self.ledger, self.seal, channel, self.clock, own, worker="test")

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of each message, by customer."""
        with self.ledger.reading() as connection:
            assert check_outbox(connection) == []
            rows = connection.execute(select(OUTBOX.c.state, OUTBOX.c.reason).order_by(OUTBOX.c.customer_id))
            return [(state, reason) for state, reason in rows]


def made(ledger: Ledger, folder: Path) -> Shop:
    """A shop with twelve customers."""
    new_master_key(folder / "key")
    (folder / "secret").write_text("s3cret\n", encoding="utf-8")
    shop = Shop(ledger, open_seal(ledger, folder / "key"), folder)
    people = [PersonRow(f"C{nth}", zone="Asia/Taipei") for nth in range(12)]
    with ledger.writing() as connection:
        store_people(connection, shop.seal, people, TEN)
        words = dict.fromkeys((each.customer_id for each in people), "granted")
        record_consents(connection, words, "form", TEN, channel="any")  # type: ignore[arg-type]
    return shop


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path) -> Shop:
    """A shop."""
    return made(ledger, tmp_path)


def test_a_server_is_told_of_a_message_and_can_prove_by_whom(shop: Shop) -> None:
    """The receiver of docs/channels.md, in a few lines: time stamp, body, secret; no name and no address in it."""
    shop.begin(1)
    with scripted_gateway(accepted=b'{"id": "ours-1"}') as server:
        assert shop.send(shop.channel(server)).accepted == 1
        (call,) = server.calls

    parts = [part.split("=", 1) for part in call.headers["evergrove-signature"].split(",")]
    moment, marks = dict(parts)["t"], [value for name, value in parts if name == "v1"]
    expected = hmac.new(b"s3cret", f"{moment}.".encode() + call.content, sha256).hexdigest()
    assert (int(moment), marks) == (int(TEN.timestamp()), [expected])
    assert call.headers["idempotency-key"] == call.json["id"]
    assert call.json["params"] == {"coupon": "WELCOME10", "coupon_value": 10}
    with shop.ledger.reading() as connection:
        row = connection.execute(select(OUTBOX)).one()
    assert (row.state, row.provider_id, row.id) == ("accepted", "ours-1", call.json["id"])


def test_while_a_secret_is_rotated_both_sign(shop: Shop) -> None:
    """A receiver that still has the former one, and one that has the new one already, both believe it."""
    (shop.folder / "old").write_text("former\n", encoding="utf-8")
    shop.begin(1)
    with scripted_gateway() as server:
        shop.send(shop.channel(server, old_secret_file=str(shop.folder / "old")))
        (call,) = server.calls

    moment, *marks = (part.split("=", 1)[1] for part in call.headers["evergrove-signature"].split(","))
    signed = f"{moment}.".encode() + call.content
    assert marks == [hmac.new(key, signed, sha256).hexdigest() for key in (b"s3cret", b"former")]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("busy", "delivery.throttled"),
        ("error", "delivery.put_off"),
        ("away", "delivery.put_off"),
        ("lost", "delivery.no_answer"),
        ("reset", "delivery.no_answer"),
        ("error_body", "delivery.did_not_take"),
    ],
)
def test_what_went_wrong_is_tried_again_with_the_same_key_and_bytes(
    shop: Shop, fault: Fault, reason: str
) -> None:
    """Also where the answer was lost: the other side knows the key."""
    shop.begin(1)
    with scripted_gateway(fault, refused=b'{"error": "no"}') as server:
        channel = shop.channel(server)
        assert shop.send(channel).deferred == {reason: 1}
        shop.clock.moment += timedelta(hours=1)
        assert shop.send(channel).accepted == 1
        first, second = server.calls

    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["evergrove-signature"] != second.headers["evergrove-signature"]


def test_retry_after_is_heard_up_to_an_hour(shop: Shop) -> None:
    """A server that asks for a week gets an hour; one that asks for half an hour gets no less."""
    for asked, least, most in ((1800, 1800, 3600), (604_800, 3600, 3600)):
        shop.begin(1)
        with scripted_gateway("busy", wait_s=asked) as server:
            shop.send(shop.channel(server))
        with shop.ledger.reading() as connection:
            due = connection.execute(select(OUTBOX.c.not_before)).scalar_one()
        assert timedelta(seconds=least) <= due - TEN <= timedelta(seconds=most)


def test_what_is_never_taken_is_given_up_and_replayed_by_hand_under_its_key(shop: Shop) -> None:
    """A dead letter after twelve attempts; a person lets it go once more when the server is well."""
    shop.begin(1)
    faults: list[Fault] = ["away"] * 12
    with scripted_gateway(*faults) as server:
        while shop.states()[0][0] == "queued":
            shop.send(shop.channel(server))
            shop.clock.moment += timedelta(hours=1)
        assert shop.states() == [("failed", "delivery.gave_up")]
        with shop.ledger.writing() as connection:
            name = connection.execute(select(OUTBOX.c.id)).scalar_one()
            retry(connection, name, shop.clock.moment)
        assert shop.send(shop.channel(server)).accepted == 1
        calls = server.calls

    assert len(calls) == 13
    assert {call.headers["idempotency-key"] for call in calls} == {name}
    assert len({call.content for call in calls}) == 1


def test_one_refused_message_leaves_the_others_of_its_round_untouched(shop: Shop) -> None:
    """Three at once, the second is refused for good."""
    shop.begin(3)
    with scripted_gateway("ok", "refused") as server:
        report = shop.send(shop.channel(server, connections=1))

    assert (report.accepted, report.failed) == (2, 1)
    assert sorted(state for state, _reason in shop.states()) == ["accepted", "accepted", "failed"]


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "302 Found"])
def test_a_server_that_lets_nobody_in_stops_its_channel_and_burns_nothing(shop: Shop, status: str) -> None:
    """Wrong secret, wrong address, a redirect: the account's fault and not the messages'."""
    from evergrove.net import Door
    from evergrove.testing.http import HOST, scripted_http

    shop.begin(5)
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nLocation: http://169.254.169.254/\r\n\r\n".encode()
    with scripted_http(answer) as server:
        door = Door(allowed=frozenset({server.address}), look_up=lambda _host, _port: (HOST,))
        own = WebhookSettings(
            url=f"http://hook.test:{server.port}/", secret_file=str(shop.folder / "secret"), connections=1
        )
        report = shop.send(WebhookChannel(own, door))
        assert len(server.received) == 1

    assert isinstance(report.stopped, ChannelRefuses)
    assert set(shop.states()) == {("queued", "delivery.handed_back")}


def test_nothing_goes_to_a_server_in_the_open(shop: Shop) -> None:
    """Customer ids and coupons cross no network unencrypted."""
    own = WebhookSettings(url="http://hook.shop.example/", secret_file=str(shop.folder / "secret"))
    with pytest.raises(InTheOpen, match="https"):
        WebhookChannel(own)


def test_a_channel_that_stops_holds_up_no_other(shop: Shop) -> None:
    """Two channels at once: one server is away, the messages of the other leave."""
    from evergrove.delivery.channels.console import ConsoleChannel

    shop.begin(3)
    with shop.ledger.writing() as connection:
        shown = [replace(MESSAGE, customer_id=f"C{nth}", channel="console") for nth in range(6, 9)]
        enqueue(connection, shown, TEN)
    gone = WebhookSettings(url="http://gone.test:9/", secret_file=str(shop.folder / "secret"))
    own = Settings(value=ValueSettings(timezone="Asia/Taipei"), outreach=ALWAYS)
    with scripted_gateway() as server, (shop.folder / "shown").open("w") as out:
        channels: list[Channel] = [WebhookChannel(gone, server.door), ConsoleChannel(out)]
        report = send_over(shop.ledger, shop.seal, channels, shop.clock, own)

    assert (report.accepted, report.channels["console"].accepted) == (3, 3)
    assert report.stopped is not None and report.channels["console"].stopped is None  # noqa: PT018
    assert len((shop.folder / "shown").read_text().splitlines()) == 3
    assert shop.states().count(("queued", "delivery.handed_back")) == 3


@pytest.mark.slow
@settings(max_examples=25 if "EVERGROVE_PROVE" in os.environ else 8, suppress_health_check=list(HealthCheck))
@given(faults=st.lists(st.sampled_from([each for each in FAULTS if each != "hang"]), max_size=14))
def test_whatever_goes_wrong_one_message_has_one_key_and_is_taken_over_once(
    tmp_path_factory: pytest.TempPathFactory, ledger_in: Callable[[Path], Ledger], faults: list[Fault]
) -> None:
    """In any order of faults: one key, one body, at most one acceptance is written down, and nothing after it is sent."""
    folder = tmp_path_factory.mktemp("shop")
    ledger = ledger_in(folder)
    shop = made(ledger, folder)
    shop.begin(1)
    with scripted_gateway(*faults, refused=b'{"error": "no"}') as server:
        for _attempt in range(16):
            shop.send(shop.channel(server))
            shop.clock.moment += timedelta(hours=1, minutes=1)
        calls = server.calls
    ((state, _reason),) = shop.states()
    ledger.close()

    assert len({call.headers["idempotency-key"] for call in calls}) == 1
    assert len({call.content for call in calls}) == 1
    assert state in ("accepted", "failed", "unknown")
    taken = [nth for nth, fault in enumerate([*faults, "ok"]) if fault in ("ok", "garbled")]
    if state == "accepted":
        assert len(calls) == taken[0] + 1
    assert json.loads(calls[0].content)["format"] == "evergrove.message/1"


def test_the_receiver_of_the_documentation_takes_each_message_once(shop: Shop) -> None:
    """Run as it stands in docs/channels.md: it believes us, no other, no old call, and knows what it has seen."""
    text = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    (example,) = (part.partition("```")[0] for part in text.split("```python\n") if "def take(" in part)
    scope: dict[str, Any] = {}
    exec(example, scope)  # noqa: S102 - of our own documentation
    take, seen = scope["take"], set[str]()
    shop.begin(1)
    with scripted_gateway("lost") as server:
        shop.send(shop.channel(server))
        shop.clock.moment += timedelta(hours=1)
        shop.send(shop.channel(server))
        first, second = server.calls

    assert take(first.headers, first.content, [b"s3cret"], seen, TEN.timestamp) == 200
    later = (TEN + timedelta(hours=1)).timestamp
    assert take(second.headers, second.content, [b"new", b"s3cret"], seen, later) == 200
    assert len(seen) == 1
    assert take(first.headers, first.content, [b"s3cret"], seen, later) == 401
    assert take(first.headers, first.content + b" ", [b"s3cret"], seen, TEN.timestamp) == 401
    assert take(first.headers, first.content, [b"guess"], seen, TEN.timestamp) == 401
