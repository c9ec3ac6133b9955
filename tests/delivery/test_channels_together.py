"""Messages on channels other than e-mail, from the queue to the provider and back."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.delivery.channels.folder import FolderChannel
from evergrove.delivery.channels.gateway import Around, GatewayChannel, LedgerKeys, load_profile
from evergrove.delivery.channels.registry import Context, listed, open_channel
from evergrove.delivery.channels.tasks import TaskChannel
from evergrove.delivery.letters import add_letter
from evergrove.delivery.service import send
from evergrove.outbox import (
    OUTBOX,
    Grant,
    Message,
    Report,
    balance,
    check_outbox,
    enqueue,
    grant,
    take_report,
)
from evergrove.outbox.tasks import finish, tasks
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.people.consent.recording import record_consents
from evergrove.settings import (
    ChannelsSettings,
    FileSettings,
    GatewaySettings,
    MailSettings,
    OutreachSettings,
    Settings,
    ValueSettings,
)
from evergrove.testing.gateway import ScriptedGateway, scripted_gateway
from evergrove.testing.http import scripted_http

if TYPE_CHECKING:
    from pathlib import Path

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
    channel="sms",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + timedelta(days=3),
    params={"coupon": "=WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15"},
)
CUSTOMERS = 12


@dataclass
class Shop:
    """A ledger with persons who have agreed to everything and have a phone and an id of the platform."""

    ledger: Ledger
    seal: Seal
    folder: Path
    settings: Settings
    clock: SetClock = field(default_factory=lambda: SetClock(TEN))

    def queue(self, customers: int, **changed: Any) -> None:
        """Queue a message to each."""
        messages = [replace(MESSAGE, customer_id=f"C{nth}", **changed) for nth in range(customers)]
        with self.ledger.writing() as connection:
            enqueue(connection, messages, TEN)

    def send(self, channel: Channel) -> SendReport:
        """Send what is due."""
        return send(self.ledger, self.seal, channel, self.clock, self.settings, worker="test")

    def gateway(self, name: str, server: ScriptedGateway, **changed: Any) -> GatewayChannel:
        """A shipped profile that leads to this machine."""
        (self.folder / "secret").write_text("s3cret\n", encoding="utf-8")
        profile = load_profile(name)
        here = f"http://gateway.test:{server.server.port}/"
        token = profile.token
        if token is not None:
            token = replace(token, call=replace(token.call, url=here + "token"))
        led = replace(profile, request=replace(profile.request, url=here + "send"), token=token)
        own = GatewaySettings(
            profile=name, account="AC1", secret_file=str(self.folder / "secret"), sender="S", connections=1
        )
        around = Around(server.door, LedgerKeys(self.ledger, self.seal))
        return GatewayChannel(led, replace(own, timeout_s=1, **changed), around)

    def states(self) -> dict[str, tuple[str, str | None]]:
        """Customer to state and reason."""
        with self.ledger.reading() as connection:
            assert check_outbox(connection) == []
            rows = connection.execute(select(OUTBOX.c.customer_id, OUTBOX.c.state, OUTBOX.c.reason))
            return {customer: (state, reason) for customer, state, reason in rows}


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path) -> Shop:
    """A shop."""
    new_master_key(tmp_path / "key")
    settings = Settings(
        value=ValueSettings(timezone="Asia/Taipei", currency="TWD"),
        mail=MailSettings(sender="shop@shop.example", unsubscribe="mailto:leave@shop.example"),
        outreach=OutreachSettings(quiet_from=0, quiet_until=0),
    )
    made = Shop(ledger, open_seal(ledger, tmp_path / "key"), tmp_path, settings)
    people = [
        PersonRow(
            f"C{nth}",
            language="en",
            zone="Asia/Taipei",
            identifiers=(("phone", f"+8869123456{nth:02d}"), ("open_id", f"o{nth}")),
        )
        for nth in range(CUSTOMERS)
    ]
    with ledger.writing() as connection:
        store_people(connection, made.seal, people, TEN)
        words: Any = dict.fromkeys((each.customer_id for each in people), "granted")
        record_consents(connection, words, "form", TEN, channel="any")
    return made


def test_a_bad_number_is_written_to_no_more_and_the_others_get_theirs(shop: Shop) -> None:
    """One bad recipient of a round leaves the rest untouched; the next message to that number is stopped by a guard."""
    shop.queue(3)
    with scripted_gateway("ok", "bad_number", refused=b'{"code": 21614}') as server:
        report = shop.send(shop.gateway("twilio-sms", server))
        numbers = [call.form["To"] for call in server.calls]
    found = shop.states()
    (bad,) = [customer for customer, (state, _reason) in found.items() if state == "failed"]
    assert (report.accepted, report.failed, len(set(numbers))) == (2, 1, 3)
    assert all(number.startswith("+886912") for number in numbers)

    shop.clock.moment = TEN + timedelta(days=9)
    later = {"not_before": shop.clock.moment, "valid_until": shop.clock.moment + timedelta(days=2)}
    shop.queue(3, occasion="next", **later)
    with scripted_gateway() as server:
        report = shop.send(shop.gateway("twilio-sms", server))
    assert (report.accepted, report.skipped) == (2, {"people.bounced": 1})
    assert shop.states()[bad] == ("skipped", "people.bounced")


def test_a_report_that_comes_before_the_answer_was_written_down_counts_all_the_same(shop: Shop) -> None:
    """Gateways are quick: the report waits until it is known what the provider calls the message."""
    shop.queue(1)
    early = Report("sms", "SM0", "delivered", "delivered")
    with shop.ledger.writing() as connection:
        assert take_report(connection, early, TEN) == "waiting"
    with scripted_gateway() as server:
        shop.send(shop.gateway("twilio-sms", server))
    assert shop.states()["C0"] == ("delivered", "outbox.reported")
    with shop.ledger.writing() as connection:
        assert take_report(connection, early, TEN) == "repeated"


def test_a_token_allows_one_message_and_comes_back_when_nothing_has_left(shop: Shop) -> None:
    """Three customers, two tokens; one call is put off: its token is there again, and is spent at the next attempt."""
    fields = {"thing1": "{{ coupon }}"}
    words = {
        "subject": "Hello",
        "body": "Hello {{ coupon }}",
        "platforms": {"wechat": {"template_id": "T1", "fields": fields}},
    }
    letter = {
        "format": "evergrove.letter/1",
        "name": "new-coupon",
        "category": "marketing",
        "params": {},
        "words": dict.fromkeys(("en", "zh-Hans", "zh-Hant"), words),
    }
    grants = [Grant(f"C{nth}", "wechat", "T1", "e", TEN) for nth in (0, 1)]
    with shop.ledger.writing() as connection:
        add_letter(connection, letter, shop.settings, TEN, "test")
        assert (grant(connection, grants), grant(connection, grants)) == (2, 0)
    shop.queue(3, channel="wechat")

    def said(body: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def left() -> dict[str, int]:
        with shop.ledger.reading() as connection:
            return balance(connection, ["C0", "C1", "C2"], "wechat", "T1")

    token, good = said(b'{"access_token": "A", "expires_in": 7200}'), said(b'{"errcode": 0, "msgid": 1}')
    with scripted_http(token, good, said(b'{"errcode": 45009}'), good) as server:
        gateway = ScriptedGateway(server, 0)
        first = shop.send(shop.gateway("wechat-subscription", gateway))
        assert (first.accepted, first.deferred) == (1, {"delivery.throttled": 1})
        assert sum(first.skipped.values()) == 1
        assert sum(left().values()) == 1
        shop.clock.moment += timedelta(hours=1)
        second = shop.send(shop.gateway("wechat-subscription", gateway))
        sent = json.loads(server.received[1].partition(b"\r\n\r\n")[2])

    assert (second.accepted, left()) == (1, {})
    assert (sent["template_id"], sent["data"]) == ("T1", {"thing1": {"value": "=WELCOME10"}})
    assert shop.states()["C2"][0] == "skipped"
    with shop.ledger.reading() as connection:
        assert balance(connection, ["C2"], "wechat", "T1") == {}


def test_a_task_is_opened_once_and_its_outcome_settles_the_message(shop: Shop) -> None:
    """Due within two days, or when the message is of no use any more; what nobody did in time has expired."""
    shop.queue(2, channel="task", params={"task_kind": "call_back"})
    report = shop.send(TaskChannel(shop.ledger, 2))
    assert report.awaiting_staff == 2
    with shop.ledger.writing() as connection:
        first, second = tasks(connection)
        assert {each.due_at for each in (first, second)} == {TEN + timedelta(days=2)}
        finish(connection, first.id, "reached", TEN, who="user:1")
    assert shop.states()[first.customer_id] == ("delivered", "outbox.task_reached")

    shop.clock.moment = TEN + timedelta(days=4)
    assert shop.send(TaskChannel(shop.ledger, 2)).expired == 1
    assert shop.states()[second.customer_id] == ("expired", "outbox.never_confirmed")
    with shop.ledger.reading() as connection:
        assert [each.id for each in tasks(connection, state="expired")] == [second.id]


def test_a_file_is_there_whole_and_no_cell_of_it_is_a_formula(shop: Shop) -> None:
    """One file a run, no draft left over; a code that begins with an equals sign stays a text."""
    shop.queue(3, channel="file")
    out = shop.folder / "out"
    out.mkdir()
    assert shop.send(FolderChannel(FileSettings(folder=str(out)))).accepted == 3

    (path,) = out.iterdir()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["customer_id"] for row in rows) == ["C0", "C1", "C2"]
    assert {row["coupon"] for row in rows} == {"'=WELCOME10"}
    assert {row["message"] for row in rows} == {each[0] for each in _ids(shop)}


def _ids(shop: Shop) -> list[Any]:
    with shop.ledger.reading() as connection:
        return list(connection.execute(select(OUTBOX.c.id)))


def test_two_workers_tell_a_provider_of_each_message_once(shop: Shop) -> None:
    """Twelve messages, two workers at the same time, in either database."""
    shop.queue(CUSTOMERS)
    with scripted_gateway() as server:

        def work(_nth: int) -> int:
            return shop.send(shop.gateway("twilio-sms", server)).accepted

        with ThreadPoolExecutor(2) as threads:
            accepted = sum(threads.map(work, range(2)))
        numbers = [call.form["To"] for call in server.calls]

    assert (accepted, len(numbers), len(set(numbers))) == (CUSTOMERS, CUSTOMERS, CUSTOMERS)


def test_channels_say_what_they_lack_and_an_unnamed_plugin_never_sends(shop: Shop) -> None:
    """Shipped profiles are marked as not tried; an address in the own network is refused when it is looked at."""
    (shop.folder / "secret").write_text("s3cret\n", encoding="utf-8")
    (shop.folder / "mine.toml").write_text(
        'format = "evergrove.gateway/1"\nname = "mine"\nchannel = "sms"\nsays = "x"\ndocs = ""\nverified = true\n'
        'form = "short"\nneeds = []\n[request]\nurl = "https://127.0.0.1/send"\n[answer]\nok = [200]\n',
        encoding="utf-8",
    )
    own = replace(
        shop.settings,
        sms=GatewaySettings(profile=str(shop.folder / "mine.toml"), secret_file=str(shop.folder / "secret")),
        line=GatewaySettings(profile="line", secret_file=str(shop.folder / "none")),
        channels=ChannelsSettings(plugins="pigeon"),
    )
    context = Context(shop.folder, own, shop.ledger, shop.seal, shop.clock)
    found = {each.name: each for each in listed(context)}

    codes = {name: each.problem.code for name, each in found.items() if each.problem is not None}
    assert codes["sms"] == "net.refused_address"
    assert codes["line"] == "delivery.no_channel_secret"
    assert codes["pigeon"] == "delivery.plugin_unusable"
    assert (found["line"].verified, found["sms"].verified, found["task"].is_ready) == (False, True, True)
    assert open_channel("task", context).name == "task"
