"""Draining the outbox: guards in the last transaction, one record before and one after, nothing twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from evergrove.campaigns import Enrolment, enrolment, install_playbooks, pause_playbook, start_playbook
from evergrove.campaigns.store import store_entered
from evergrove.campaigns.types import Window
from evergrove.core import SetClock
from evergrove.delivery import AccountProblem, Mail, MemoryChannel, Receipt, SendReport, SmtpChannel, send
from evergrove.delivery.errors import NoSender, NoWayOut, PutsOffAll, RefusesAll, SenderRefused
from evergrove.ledger import Ledger, create_all, open_ledger
from evergrove.outbox import OUTBOX, Message, check_outbox, claim, enqueue
from evergrove.people import (
    PersonRow,
    Seal,
    address_hash,
    erase,
    new_master_key,
    open_seal,
    record_consent,
    release,
    store_people,
    suppress,
    suppressed,
)
from evergrove.people.tables import person as people
from evergrove.settings import MailSettings, OutreachSettings, Settings, ValueSettings
from evergrove.testing.smtp import Fault, scripted_smtp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 in Taipei."""
NIGHT = datetime(2026, 7, 1, 13, 30, tzinfo=UTC)
"""21:30 in Taipei, 14:30 in London."""
DAYS = timedelta(days=1)


@dataclass
class Shop:
    """A ledger with persons and messages, and what is needed to send."""

    ledger: Ledger
    seal: Seal
    settings: Settings
    clock: SetClock = field(default_factory=lambda: SetClock(TEN))
    channel: MemoryChannel = field(default_factory=MemoryChannel)

    def people(self, *rows: PersonRow) -> None:
        """Store persons."""
        with self.ledger.writing() as connection:
            store_people(connection, self.seal, rows, TEN)

    def queue(self, customers: Sequence[str], **changed: object) -> None:
        """Queue a message to each, due now and for two days."""
        messages = [replace(MESSAGE, customer_id=customer, **changed) for customer in customers]  # type: ignore[arg-type]
        with self.ledger.writing() as connection:
            enqueue(connection, messages, TEN)

    def send(self, **options: Any) -> SendReport:
        """Send into the channel."""
        return send(self.ledger, self.seal, self.channel, self.clock, self.settings, worker="test", **options)

    def change(self, act: Callable[[Connection], object]) -> None:
        """Do something in a transaction of its own."""
        with self.ledger.writing() as connection:
            act(connection)

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """Customer to state and reason."""
        with self.ledger.reading() as connection:
            assert check_outbox(connection) == []
            found = connection.execute(select(OUTBOX.c.customer_id, OUTBOX.c.state, OUTBOX.c.reason))
            return {customer: (state, reason) for customer, state, reason in found}

    @property
    def reached(self) -> list[str]:
        """Addresses that messages went to."""
        return [mail.recipient[0] for mail in self.channel.mails]


MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="2026-06-30",
    step=1,
    channel="email",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + 2 * DAYS,
    params={"coupon": "WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15"},
)


def person(number: int, **changed: str) -> PersonRow:
    """A customer of Taipei who has agreed."""
    row = PersonRow(f"C{number}", f"c{number}@example.com", f"Name {number}", "en", "Asia/Taipei", "granted")
    return replace(row, **changed)  # type: ignore[arg-type]


def entered(customer: str) -> Enrolment:
    """Somebody in the welcome for new customers, on the occasion of ``MESSAGE``."""
    return Enrolment(
        playbook="L2",
        version=1,
        customer_id=customer,
        occasion=MESSAGE.occasion,
        entered_on=TEN.date(),
        cause="evidence",
        tier="low",
        stage="new",
        orders=1,
        last_order=TEN.date(),
        windows=(Window(TEN.date(), TEN.date()),),
    )


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Shop:
    """An empty shop."""
    return _shop(ledger, tmp_path, mail_settings)


def _shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Shop:
    new_master_key(tmp_path / "key")
    settings = Settings(mail=mail_settings, value=ValueSettings(language="zh-Hans", timezone="Asia/Shanghai"))
    return Shop(ledger, open_seal(ledger, tmp_path / "key"), settings)


def test_what_is_due_leaves_once(shop: Shop) -> None:
    """Oldest first, in the reader's language, under a name made of the outbox's; a second run finds nothing."""
    shop.people(person(1), PersonRow("C2", "c2@example.com", consent="granted"))
    shop.queue(["C1", "C2"])
    shop.queue(["C1"], occasion="later", not_before=TEN + DAYS, valid_until=TEN + 3 * DAYS)

    assert shop.send() == SendReport(accepted=2)
    assert shop.send() == SendReport()
    subjects = {mail.recipient[0]: mail.rendered.subject for mail in shop.channel.mails}
    assert subjects == {
        "c1@example.com": "For your second order: 10% off",
        "c2@example.com": "您的第二笔订单可享9折优惠",
    }
    assert {mail.message_id.partition("@")[2] for mail in shop.channel.mails} == {"shop.example"}
    with shop.ledger.reading() as connection:
        stored = connection.execute(select(OUTBOX.c.message_id).where(OUTBOX.c.state == "accepted")).scalars()
        assert set(stored) == {mail.message_id for mail in shop.channel.mails}


def test_each_guard_stops_with_its_own_reason(shop: Shop) -> None:
    """Erased, consent, suppression, cap, in this order; what stops one message stops no other."""
    shop.people(*(person(i) for i in range(1, 8)), PersonRow("C8", consent="granted"))
    shop.queue([f"C{i}" for i in range(1, 10)])
    shop.queue(["C7"], occasion="yesterday", not_before=TEN - timedelta(hours=1))

    def change(connection: Connection) -> None:
        erase(connection, "C2", TEN)
        record_consent(connection, "C3", "revoked", "unsubscribe", TEN)
        suppress(connection, address_hash(shop.seal, "c4@example.com"), "people.bounced", TEN)
        # Several at once: the first of the order is the one that is stored.
        record_consent(connection, "C5", "denied", "form", TEN)
        suppress(connection, address_hash(shop.seal, "c5@example.com"), "people.complained", TEN)

    shop.change(change)
    report = shop.send()

    rows = shop.rows()
    assert rows["C1"] == ("accepted", None)
    assert rows["C2"] == ("skipped", "people.erased")
    assert rows["C3"] == ("skipped", "people.consent_revoked")
    assert rows["C4"] == ("skipped", "people.bounced")
    assert rows["C5"] == ("skipped", "people.consent_denied")
    assert rows["C8"] == ("skipped", "people.no_address")
    assert rows["C9"] == ("skipped", "people.consent_unknown")
    assert report.skipped["delivery.capped"] == 1
    assert sorted(shop.reached) == ["c1@example.com", "c6@example.com", "c7@example.com"]


def test_a_person_who_leaves_while_messages_go_out_gets_none_any_more(shop: Shop) -> None:
    """Consent is read again before each round: a withdrawal between claim and wire is heard."""
    shop.people(*(person(i) for i in range(1, 6)))
    shop.queue([f"C{i}" for i in range(1, 6)])

    class Leaving(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            if not self.mails:  # while the first message is on the wire, everybody else leaves
                gone = {f"C{i}" for i in range(1, 6)} - {mails[0].recipient[0].partition("@")[0].upper()}
                for customer in gone:
                    shop.change(
                        lambda connection, who=customer: record_consent(  # type: ignore[misc]
                            connection, who, "revoked", "unsubscribe", TEN
                        )
                    )
            return super().deliver(mails)

    shop.channel = Leaving(width=1)

    assert shop.send() == SendReport(accepted=1, skipped={"people.consent_revoked": 4})


def test_at_night_messages_wait_for_the_morning_of_their_reader(shop: Shop) -> None:
    """21:30 in Taipei is afternoon in London; of whom no zone is known the shop's counts."""
    shop.people(
        person(1), person(2, zone="Europe/London"), PersonRow("C3", "c3@example.com", consent="granted")
    )
    shop.queue(["C1", "C2", "C3"])
    shop.clock.moment = NIGHT

    assert shop.send() == SendReport(accepted=1, deferred={"delivery.quiet_hours": 2})
    assert shop.reached == ["c2@example.com"]
    assert shop.rows()["C1"] == ("queued", "delivery.quiet_hours")

    shop.clock.moment = datetime(2026, 7, 2, 0, 59, tzinfo=UTC)  # 08:59 in Taipei
    assert shop.send() == SendReport()
    shop.clock.moment = datetime(2026, 7, 2, 1, 0, tzinfo=UTC)
    assert shop.send() == SendReport(accepted=2)


def test_a_zone_that_this_machine_does_not_know_stops_nobody(shop: Shop) -> None:
    """Another machine accepted it: the shop's hours count, and everybody else's message leaves."""
    shop.people(person(1, zone="Mars/Olympus"), person(2))
    shop.queue(["C1", "C2"])

    assert shop.send() == SendReport(accepted=2)
    shop.queue(["C1"], occasion="night", valid_until=NIGHT + 2 * DAYS)
    shop.clock.moment = NIGHT
    shop.settings = replace(shop.settings, outreach=OutreachSettings(per_day=3))
    assert shop.send() == SendReport(deferred={"delivery.quiet_hours": 1})


def test_what_would_come_too_late_is_not_sent(shop: Shop) -> None:
    """A message that is of no use after the night, or was due in the past, expires."""
    shop.people(person(1), person(2))
    shop.queue(["C1"], valid_until=NIGHT + timedelta(hours=1))
    shop.queue(["C2"], valid_until=TEN + timedelta(hours=1))
    shop.clock.moment = NIGHT

    assert shop.send() == SendReport(expired=2)
    assert shop.rows() == {"C1": ("expired", "delivery.quiet_hours"), "C2": ("expired", "outbox.too_late")}
    assert shop.reached == []


def test_two_messages_to_one_customer_are_one_a_day(shop: Shop) -> None:
    """Both due at once: the first leaves, the second finds the cap; a cap of two lets both through."""
    shop.people(person(1), person(2))
    shop.queue(["C1", "C2"])
    shop.queue(["C1"], occasion="second")
    assert shop.send() == SendReport(accepted=2, skipped={"delivery.capped": 1})

    shop.settings = replace(shop.settings, outreach=OutreachSettings(per_day=3))
    shop.queue(["C1", "C2"], occasion="third")
    assert shop.send() == SendReport(accepted=2)


def test_virtual_sends_of_controls_count_and_never_leave(shop: Shop) -> None:
    """A control of one playbook has had today's message as far as another playbook is concerned."""
    shop.people(person(1))
    shop.queue(["C1"], arm="control")
    shop.queue(["C1"], playbook="L5", template="decline-question")

    assert shop.send() == SendReport(skipped={"delivery.capped": 1})
    assert shop.reached == []


def test_a_message_that_cannot_be_written_stops_no_other(shop: Shop) -> None:
    """A template that is not there, a value that is missing: stored with the reason."""
    shop.people(person(1), person(2), person(3))
    shop.queue(["C1"], template="no-such")
    shop.queue(["C2"], params={"coupon": "X"})
    shop.queue(["C3"])

    assert shop.send() == SendReport(
        accepted=1, skipped={"delivery.no_template": 1, "delivery.missing_value": 1}
    )


def test_an_address_that_does_not_open_stops_no_other(shop: Shop) -> None:
    """Somebody has moved a sealed address to another customer: that one gets nothing, everybody else does."""
    shop.people(person(1), person(2), person(3))
    shop.queue(["C1", "C2", "C3"])

    def exchange(connection: Connection) -> None:
        moved = select(people.c.sealed).where(people.c.customer_id == "C1").scalar_subquery()
        connection.execute(people.update().where(people.c.customer_id == "C2").values(sealed=moved))

    shop.change(exchange)

    assert shop.send() == SendReport(accepted=2, skipped={"people.seal_broken": 1})
    assert shop.rows()["C2"] == ("skipped", "people.seal_broken")


@pytest.mark.parametrize("act", ["pause", "exit"])
def test_what_a_worker_holds_is_called_off_too(shop: Shop, act: str) -> None:
    """While the first message is on the wire a person pauses the playbook, or customers are found to have ordered."""
    customers = [f"C{i}" for i in range(1, 6)]
    shop.people(*(person(i) for i in range(1, 6)))
    with shop.ledger.writing() as connection:
        install_playbooks(connection, TEN)
        start_playbook(connection, "L2", TEN)
        store_entered(connection, [entered(customer) for customer in customers], run_id=1)
    shop.queue(customers)

    def call_off(connection: Connection) -> None:
        if act == "pause":
            pause_playbook(connection, "L2", TEN)
        else:
            connection.execute(enrolment.update().values(state="exited"))

    class InTheMiddle(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            shop.change(call_off)
            return super().deliver(mails)

    shop.channel = InTheMiddle(width=1)

    code = {"pause": "campaigns.paused", "exit": "campaigns.exited"}[act]
    assert shop.send() == SendReport(accepted=1, skipped={code: 4})


def test_what_a_server_put_off_does_not_leave_after_a_pause(shop: Shop) -> None:
    """It was on the wire when the playbook was paused, and came back into the queue after it."""
    shop.people(person(1))
    with shop.ledger.writing() as connection:
        install_playbooks(connection, TEN)
        start_playbook(connection, "L2", TEN)
    shop.queue(["C1"])

    class PutOff(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            shop.change(lambda connection: pause_playbook(connection, "L2", TEN))
            return [Receipt("later", "delivery.put_off") for _mail in mails]

    shop.channel, usual = PutOff(), shop.channel
    assert shop.send() == SendReport(deferred={"delivery.put_off": 1})
    shop.channel, shop.clock.moment = usual, TEN + timedelta(hours=1)

    assert shop.send() == SendReport(skipped={"campaigns.paused": 1})
    assert shop.reached == []


@pytest.mark.parametrize("act", ["moves", "is erased"])
def test_a_message_goes_to_the_address_that_was_judged(
    postgres_url: str, tmp_path: Path, mail_settings: MailSettings, act: str
) -> None:
    """Another process writes between the guards and the mail: to a bounced address, or to none any more."""
    ledger = open_ledger(postgres_url, create=True)
    create_all(ledger)
    shop = _shop(ledger, tmp_path, mail_settings)
    shop.people(person(1))
    shop.queue(["C1"])
    new = replace(person(1), email="bounced@example.com")
    shop.change(
        lambda connection: suppress(
            connection, address_hash(shop.seal, str(new.email)), "people.bounced", TEN
        )
    )
    done: list[str] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM tombstone" in statement and not done:  # the last that is asked about the address
            done.append(act)
            if act == "moves":
                shop.people(new)
            else:
                shop.change(lambda connection: erase(connection, "C1", TEN))

    event.listen(ledger._engine, "after_cursor_execute", meanwhile)
    try:
        assert shop.send() == SendReport(accepted=1)
    finally:
        ledger.close()
    assert (shop.reached, done) == (["c1@example.com"], [act])


def test_what_a_server_says_of_each_message_is_kept(
    shop: Shop, mail_settings_for: Callable[..., MailSettings]
) -> None:
    """Accepted, refused for good, refused for now, unknown: each its state, its reason and its consequence."""
    shop.people(*(person(i) for i in range(1, 6)))
    shop.queue([f"C{i}" for i in range(1, 6)])
    faults = (
        Fault("rcpt", "550 5.1.1 no such user c2@example.com", to="c2@example.com"),
        Fault("dot", "554 5.7.1 spam", to="c3@example.com"),
        Fault("rcpt", "451 4.3.0 later", to="c4@example.com"),
        Fault("dot", "close", to="c5@example.com"),
    )
    with scripted_smtp(*faults) as server:
        settings = replace(shop.settings, mail=replace(mail_settings_for(server), connections=2))
        report = send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)

    assert report == SendReport(accepted=1, failed=2, unknown=1, deferred={"delivery.put_off": 1})
    assert shop.rows() == {
        "C1": ("accepted", None),
        "C2": ("failed", "delivery.address_refused"),
        "C3": ("failed", "delivery.content_refused"),
        "C4": ("queued", "delivery.put_off"),
        "C5": ("unknown", "delivery.no_answer"),
    }
    with shop.ledger.reading() as connection:
        assert suppressed(connection, [f"C{i}" for i in range(1, 6)]) == {"C2": "people.bounced"}
        kept = connection.execute(select(OUTBOX.c.detail).where(OUTBOX.c.customer_id == "C2")).scalar_one()
        assert kept == {"code": 550, "status": "5.1.1"}


def test_a_message_put_off_goes_again_with_the_same_name(
    shop: Shop, mail_settings_for: Callable[..., MailSettings]
) -> None:
    """Later, not at once; the server that saw it before recognises it by its Message-ID."""
    shop.people(person(1))
    shop.queue(["C1"])
    with scripted_smtp(Fault("dot", "451 4.3.0 later")) as server:
        settings = replace(shop.settings, mail=mail_settings_for(server))
        channel = SmtpChannel(settings.mail)
        first = send(shop.ledger, shop.seal, channel, shop.clock, settings)
        at_once = send(shop.ledger, shop.seal, channel, shop.clock, settings)
        shop.clock.moment = TEN + timedelta(minutes=16)
        second = send(shop.ledger, shop.seal, channel, shop.clock, settings)

    assert (first.deferred, at_once, second.accepted) == ({"delivery.put_off": 1}, SendReport(), 1)
    with shop.ledger.reading() as connection:
        name = connection.execute(select(OUTBOX.c.message_id)).scalar_one()
    assert [received.message_id for received in server.received] == [name]


def test_a_message_put_off_for_a_day_is_given_up(
    shop: Shop, mail_settings_for: Callable[..., MailSettings]
) -> None:
    """Ten attempts over a day, then it has failed; the customer is not hunted with it."""
    shop.people(person(1))
    shop.settings = replace(shop.settings, outreach=OutreachSettings(quiet_from=0, quiet_until=0))
    shop.queue(["C1"], valid_until=TEN + 9 * DAYS)
    attempts = 0
    with scripted_smtp(Fault("rcpt", "450 4.2.0 busy", times=-1)) as server:
        settings = replace(shop.settings, mail=mail_settings_for(server))
        while shop.rows()["C1"][0] == "queued":
            send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)
            shop.clock.moment += timedelta(hours=4)
            attempts += 1

    assert (attempts, shop.rows()["C1"]) == (10, ("failed", "delivery.gave_up"))


def test_a_problem_of_the_account_stops_the_run_and_burns_nothing(
    shop: Shop, mail_settings_for: Callable[..., MailSettings]
) -> None:
    """Refused sender: nothing is lost, nothing is tried a second time, and the next run sends it all."""
    shop.people(*(person(i) for i in range(1, 8)))
    shop.queue([f"C{i}" for i in range(1, 8)])
    with scripted_smtp(Fault("mail", "550 5.7.1 account closed")) as server:
        settings = replace(shop.settings, mail=mail_settings_for(server))
        stopped = send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)
        waiting = shop.rows()
        after = send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)

    assert isinstance(stopped.stopped, SenderRefused)
    assert set(waiting.values()) == {("queued", "delivery.handed_back")}
    assert after == SendReport(accepted=7)


@pytest.mark.parametrize(
    ("fault", "problem", "used_up"),
    [
        (Fault("dot", "554 5.7.1 no", times=-1), RefusesAll, 10),
        (Fault("rcpt", "550 5.7.1 relaying denied", times=-1), RefusesAll, 10),
        (Fault("rcpt", "450 4.7.1 slow down", times=-1), PutsOffAll, 5),
    ],
)
def test_the_same_refusal_again_and_again_stops_the_run(
    shop: Shop,
    mail_settings_for: Callable[..., MailSettings],
    fault: Fault,
    problem: type[AccountProblem],
    used_up: int,
) -> None:
    """A list is not burnt on a server that refuses it all; dead addresses alone stop nothing."""
    customers = [f"C{i}" for i in range(1, 41)]
    shop.people(*(person(i) for i in range(1, 41)))
    shop.queue(customers)
    with scripted_smtp(fault) as server:
        settings = replace(shop.settings, mail=mail_settings_for(server))
        report = send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)

    handled = report.failed + sum(report.deferred.values())
    assert isinstance(report.stopped, problem)
    assert handled == used_up
    assert sum(state == "queued" for state, _reason in shop.rows().values()) == 40 - report.failed


def test_dead_addresses_stop_nothing(shop: Shop, mail_settings_for: Callable[..., MailSettings]) -> None:
    """Twenty in a row do not exist: each is suppressed, and the list goes on."""
    shop.people(*(person(i) for i in range(1, 22)))
    shop.queue([f"C{i}" for i in range(1, 22)])
    with scripted_smtp(Fault("rcpt", "550 5.1.1 unknown", times=20)) as server:
        settings = replace(shop.settings, mail=mail_settings_for(server))
        report = send(shop.ledger, shop.seal, SmtpChannel(settings.mail), shop.clock, settings)

    assert report == SendReport(accepted=1, failed=20)
    with shop.ledger.writing() as connection:
        gone = suppressed(connection, [f"C{i}" for i in range(1, 22)])
        assert len(gone) == 20
        hashed = address_hash(shop.seal, f"{next(iter(gone)).lower()}@example.com")
        assert release(connection, hashed, TEN)


def test_a_worker_that_died_leaves_no_message_to_be_doubled(shop: Shop) -> None:
    """Claimed but not begun: sent by the next. Begun: unknown, listed, and not sent."""
    shop.people(person(1), person(2))
    shop.queue(["C1", "C2"])
    claims = claim(shop.ledger, "dead", TEN, lease_s=-1)
    with shop.ledger.writing() as connection:
        lost = next(each for each in claims if each.message.customer_id == "C2")
        connection.execute(
            OUTBOX.update()
            .where(OUTBOX.c.id == lost.id)
            .values(state="attempting", attempts=1, attempting_at=TEN)
        )

    assert shop.send() == SendReport(accepted=1, unknown=1, recovered=1)
    assert shop.reached == ["c1@example.com"]
    assert shop.rows()["C2"] == ("unknown", "outbox.lease_over")


def test_two_workers_with_messages_to_the_same_customers_do_not_block_each_other(shop: Shop) -> None:
    """Each begins a round for the same twenty people, in opposite orders and at the same moment."""
    both = threading.Barrier(2)

    class InStep(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            if not self.mails:
                both.wait(timeout=10)
            return super().deliver(mails)

    shop.settings = replace(shop.settings, outreach=OutreachSettings(per_day=3))
    shop.people(*(person(i) for i in range(100, 160)))
    firsts = {"one": range(100, 120), "two": range(120, 140)}
    shared = {"one": range(140, 160), "two": range(159, 139, -1)}
    for worker, start in (("one", 0), ("two", 100)):
        for nth, number in enumerate([*firsts[worker], *shared[worker]]):
            due = TEN - timedelta(minutes=10) + timedelta(seconds=start + nth)
            shop.queue([f"C{number}"], occasion=worker, not_before=due)

    def work(worker: str) -> SendReport:
        channel = InStep(width=20)
        return send(shop.ledger, shop.seal, channel, shop.clock, shop.settings, worker=worker, limit=40)

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(work, ("one", "two")))

    assert reports == [SendReport(accepted=40)] * 2


def test_a_limit_takes_so_many_and_leaves_the_rest(shop: Shop) -> None:
    """``limit`` counts messages taken."""
    shop.people(*(person(i) for i in range(1, 6)))
    shop.queue([f"C{i}" for i in range(1, 6)])

    assert shop.send(limit=2) == SendReport(accepted=2)
    assert shop.send() == SendReport(accepted=3)


def test_an_interruption_hands_back_what_was_not_begun(shop: Shop) -> None:
    """Ctrl-C in the middle: what was on the wire may have left, the rest is queued at once."""
    shop.people(*(person(i) for i in range(1, 6)))
    shop.queue([f"C{i}" for i in range(1, 6)])

    class Interrupted(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            super().deliver(mails)
            raise KeyboardInterrupt

    shop.channel = Interrupted(width=1)
    with pytest.raises(KeyboardInterrupt):
        shop.send()

    states = sorted(state for state, _reason in shop.rows().values())
    assert states == ["attempting", *["queued"] * 4]


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.co\r\nBcc: x@y.co", "a@b.co, c@d.co"])
def test_nothing_leaves_in_nobodys_name(shop: Shop, sender: str) -> None:
    """A sender is one address."""
    shop.settings = replace(shop.settings, mail=replace(shop.settings.mail, sender=sender))
    with pytest.raises(NoSender, match="sender"):
        shop.send()


@pytest.mark.parametrize(
    "way_out",
    [
        "",
        "leave@shop.example",
        "http://shop.example/x",
        "mailto:",
        "https:",
        "https://a.b/\r\nX: y",
        "https://a.b/>",
        "https:///leave",
        "https://shop@evil.example/",
        "https://a.b/leave me",
        "mailto:leave@shop.example?subject=leave me",
        "mailto:leave@shop.example?subject=x>\r\nBcc: x@y.co",
        "mailto:leave+{token}@shop.example",  # longer than an address may be before its @
    ],
)
def test_nothing_leaves_without_a_way_out(shop: Shop, way_out: str) -> None:
    """An address to write to, or a page that is encrypted."""
    shop.settings = replace(shop.settings, mail=replace(shop.settings.mail, unsubscribe=way_out))
    with pytest.raises(NoWayOut, match="unsubscribe"):
        shop.send()


def test_a_way_out_by_mail_may_say_who_leaves(shop: Shop) -> None:
    """In the subject, where there is room for it."""
    shop.people(person(1))
    shop.queue(["C1"])
    way_out = "mailto:leave@shop.example?subject={token}"
    shop.settings = replace(shop.settings, mail=replace(shop.settings.mail, unsubscribe=way_out))

    assert shop.send() == SendReport(accepted=1)
    assert shop.channel.mails[0].unsubscribe.endswith(f"={address_hash(shop.seal, 'c1@example.com')}")


def test_a_sender_in_any_script_is_told_the_server_in_ascii(
    shop: Shop, mail_settings_for: Callable[..., MailSettings]
) -> None:
    """As the recipients' domains are."""
    shop.people(person(1))
    shop.queue(["C1"])
    with scripted_smtp() as server:
        mail = replace(mail_settings_for(server), sender="laden@Bücher.example")
        settings = replace(shop.settings, mail=mail)
        report = send(shop.ledger, shop.seal, SmtpChannel(mail), shop.clock, settings)

    assert report == SendReport(accepted=1)
    assert server.received[0].message["From"].addresses[0].addr_spec == "laden@xn--bcher-kva.example"


def test_one_click_is_offered_where_the_page_can_tell_who_clicks(shop: Shop) -> None:
    """With {token} the address of each recipient is its own, and says nothing about the recipient."""
    shop.people(person(1), person(2))
    shop.queue(["C1", "C2"])
    page = "https://shop.example/leave?t={token}"
    shop.settings = replace(shop.settings, mail=replace(shop.settings.mail, unsubscribe=page))
    shop.send()

    ways_out = {mail.unsubscribe for mail in shop.channel.mails}
    assert len(ways_out) == 2
    assert all(mail.is_one_click for mail in shop.channel.mails)
    assert all(mail.unsubscribe in mail.rendered.text for mail in shop.channel.mails)
    assert not any("example.com" in way_out for way_out in ways_out)
