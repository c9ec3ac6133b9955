"""A run waits for a provider that takes messages no faster, never in vain, and never deaf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from evergrove.core import SetClock
from evergrove.decisions.rates import Pace, room_for
from evergrove.delivery import MemoryChannel, SendReport, send
from evergrove.delivery.pacing import Waiting, left_behind
from evergrove.delivery.service import send_over
from evergrove.outbox import Message, claim, enqueue
from evergrove.outbox.stopping import stop
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import OutreachSettings, Rate, Settings, ValueSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.delivery import AccountProblem, Mail, Receipt
    from evergrove.ledger import Ledger
    from evergrove.settings import MailSettings

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 of a Wednesday in Taipei."""
CUSTOMERS = tuple(f"C{number}" for number in range(10))
MESSAGE = Message(
    playbook="L2", version=1, customer_id="", occasion="o", step=0, channel="email", arm="treated",
    template="new-thanks", decision_id="d", run_id=1, not_before=TEN, valid_until=TEN + timedelta(hours=2),
)  # fmt: skip
WAITS = "decisions.provider_rate"


@dataclass
class Timed(MemoryChannel):
    """Notes when it was given each mail."""

    clock: SetClock = field(default_factory=lambda: SetClock(TEN))
    at: list[datetime] = field(default_factory=list)

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails and the moment."""
        self.at += [self.clock.moment] * len(mails)
        return super().deliver(mails)


@dataclass
class Shop:
    """A ledger with ten willing persons, and a clock that waiting moves."""

    ledger: Ledger
    seal: Seal
    settings: Settings
    clock: SetClock
    channel: Timed
    waited: list[float] = field(default_factory=list)

    def wait(self, _stopping: Event, seconds: float) -> None:
        """Let time pass."""
        self.waited.append(seconds)
        self.clock.moment += timedelta(seconds=seconds)

    def send(self, waiting: Waiting | None = None, rate: str = "", limit: int | None = None) -> SendReport:
        """Send what is due to a provider that takes so much."""
        settings = replace(self.settings, outreach=OutreachSettings(channel_rates=rate))
        own = (self.ledger, self.seal, self.channel, self.clock, settings)
        return send(*own, worker="test", limit=limit, waiting=waiting or Waiting(60, wait=self.wait))

    def queue(self, *customers: str, **changed: object) -> None:
        """A message to each, due now."""
        told = [replace(MESSAGE, customer_id=each, **changed) for each in customers]  # type: ignore[arg-type]
        with self.ledger.writing() as connection:
            enqueue(connection, told, TEN)


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Shop:
    """Two messages at once."""
    new_master_key(tmp_path / "key")
    settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
    seal = open_seal(ledger, tmp_path / "key")
    people = [
        PersonRow(each, f"{each}@example.com", each, "en", "Asia/Taipei", "granted") for each in CUSTOMERS
    ]
    with ledger.writing() as connection:
        store_people(connection, seal, people, TEN)
    clock = SetClock(TEN)
    return Shop(ledger, seal, settings, clock, Timed(width=2, clock=clock))


@pytest.mark.parametrize(("rate", "allowed", "span_s"), [("email 4/minute", 4, 60), ("email 3/second", 3, 1)])
def test_one_run_sends_all_and_never_more_than_the_provider_takes(
    shop: Shop, rate: str, allowed: int, span_s: int
) -> None:
    """A bucket full at once, and then evenly: the n-th leaves no earlier than its token, and no later than a look."""
    shop.queue(*CUSTOMERS)
    assert shop.send(rate=rate) == SendReport(accepted=10)
    step = timedelta(seconds=span_s / allowed)
    tokens = [TEN] * allowed + [TEN + step * nth for nth in range(1, 11 - allowed)]
    late = [at - token for at, token in zip(shop.channel.at, tokens, strict=True)]
    assert min(late) >= -timedelta(microseconds=10)  # a third of a second is none of whole microseconds
    assert max(late) <= timedelta(seconds=1)
    assert len({mail.recipient for mail in shop.channel.mails}) == 10


def test_a_wait_that_is_too_long_ends_the_run_and_is_told(shop: Shop) -> None:
    """One an hour, and a minute's patience: the next may leave in an hour, and nothing was waited for."""
    shop.queue(*CUSTOMERS[:3])
    report = shop.send(rate="email 1/hour")
    assert report == SendReport(accepted=1, deferred={WAITS: 2}, next_at=TEN + timedelta(hours=1))
    assert shop.waited == []
    told = left_behind(report)
    assert (
        str(told)
        == "2 messages wait for a provider that takes no more now; the next may leave at 2026-07-01 03:00:00 UTC."
    )
    assert left_behind(SendReport(accepted=1)) is None
    assert len(claim(shop.ledger, "another", TEN)) == 2  # they stand in the queue as they stood


def test_patience_ends_where_many_short_waits_are_too_long_together(shop: Shop) -> None:
    """A job: fifteen seconds each, and half a minute in all."""
    shop.queue(*CUSTOMERS)
    report = shop.send(Waiting(60, 30, wait=shop.wait), "email 4/minute")
    assert report == SendReport(accepted=6, deferred={WAITS: 4}, next_at=TEN + timedelta(seconds=45))
    assert sum(shop.waited) == pytest.approx(30)


def test_a_run_that_is_to_end_does_not_go_on_waiting(shop: Shop) -> None:
    """Whoever asks is heard within a look, in the middle of a wait."""
    shop.queue(*CUSTOMERS[:3])
    waiting = Waiting(3600, wait=shop.wait, is_over=lambda: len(shop.waited) >= 5)
    report = shop.send(waiting, "email 1/hour")
    assert (report.accepted, report.deferred) == (1, {WAITS: 2})
    assert shop.clock.moment == TEN + timedelta(seconds=5)


def test_a_clock_that_stands_still_is_not_waited_for(shop: Shop) -> None:
    """A simulated day: nothing passes, however long one waits."""
    shop.queue(*CUSTOMERS[:3])
    report = shop.send(Waiting(60, wait=lambda _stopping, _seconds: None), "email 1/minute")
    assert report == SendReport(accepted=1, deferred={WAITS: 2}, next_at=TEN + timedelta(minutes=1))


def test_nobody_waits_for_messages_that_will_not_leave(shop: Shop) -> None:
    """Too late by then, of another channel, or stopped meanwhile."""
    shop.queue("C0")
    assert shop.send(rate="email 1/minute") == SendReport(accepted=1)
    shop.queue("C1", valid_until=TEN + timedelta(seconds=59))
    shop.queue("C2", channel="sms")
    shop.queue("C3", playbook="L5")
    with shop.ledger.writing() as connection:
        stop(connection, "playbook:L5", "cli", "", TEN)
    assert shop.send(rate="email 1/minute") == SendReport()
    assert shop.waited == []


def test_a_limit_ends_a_run_before_its_wait(shop: Shop) -> None:
    """Four were asked for, and four were there."""
    shop.queue(*CUSTOMERS)
    assert shop.send(rate="email 4/minute", limit=4) == SendReport(accepted=4)
    assert shop.waited == []
    assert shop.send(rate="email 4/minute", limit=1) == SendReport(accepted=1)


def test_a_channel_that_waits_holds_up_no_other_and_ends_with_it(shop: Shop) -> None:
    """The other breaks: the waiting one is woken, and it is raised."""

    class Broken(MemoryChannel):
        def close(self) -> None:
            assert waits.wait(20)
            raise RuntimeError

    waits = Event()
    shop.queue(*CUSTOMERS[:3])
    outreach = OutreachSettings(channel_rates="email 1/hour", longest_wait_s=3600)
    settings = replace(shop.settings, outreach=outreach)

    def wait(stopping: Event, _seconds: float) -> None:
        waits.set()
        assert stopping.wait(20)

    with pytest.raises(RuntimeError):
        send_over(
            shop.ledger,
            shop.seal,
            [shop.channel, Broken(name="file")],
            shop.clock,
            settings,
            waiting=Waiting(3600, wait=wait),
        )
    assert len(shop.channel.mails) == 1


@pytest.mark.parametrize("rate", [Rate(4, 60), Rate(7, 1), Rate(1, 3600), Rate(1000, 60)])
def test_room_is_what_the_guard_lets_through(ledger: Ledger, rate: Rate) -> None:
    """Read without taking, it is the very number of messages that the bucket then gives, at any moment."""
    moments = [TEN + timedelta(seconds=each) for each in (0, 0.2, 1, 14.9, 15, 61, 1800, 7200)]
    with ledger.writing() as connection:
        for now in moments:
            room = room_for(connection, "email", rate, now)
            pace = Pace(connection, {"email": rate}, now)
            taken = 0
            while (at := pace.place("email")) is None:
                taken += 1
            assert taken == room.places
            assert at == room_for(connection, "email", rate, now).next_at
