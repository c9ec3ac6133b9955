"""The stop and the other guards before the wire that people or money end: at once, in every worker, and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.decisions.budgets import put_budget, used
from evergrove.decisions.caps import set_own_cap
from evergrove.decisions.cases import close_case, open_case
from evergrove.decisions.money import Budget
from evergrove.delivery import Mail, MemoryChannel, SendReport, send
from evergrove.outbox import OUTBOX, Message, NotStopped, check_outbox, claim, enqueue, stopped
from evergrove.outbox.stopping import NotAScope, resume, stop
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.people.identity import merge
from evergrove.settings import Cap, OutreachSettings, Settings, ValueSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.delivery import AccountProblem, Receipt
    from evergrove.ledger import Ledger
    from evergrove.settings import MailSettings

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 of a Wednesday in Taipei."""
MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="o",
    step=0,
    channel="email",
    arm="treated",
    template="new-thanks",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + timedelta(days=2),
    cost=Decimal(1),
)


@dataclass
class Interrupted(MemoryChannel):
    """Does something in the middle of its n-th round, when messages are on the wire."""

    act: Callable[[], object] | None = None
    at_round: int = 1
    rounds: int = 0

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails, and act."""
        self.rounds += 1
        if self.act is not None and self.rounds == self.at_round:
            self.act()
        return super().deliver(mails)


@dataclass
class Shop:
    """A ledger with ten willing persons and a message for each."""

    ledger: Ledger
    seal: Seal
    settings: Settings
    clock: SetClock
    channel: Interrupted

    def send(self) -> SendReport:
        """Send what is due."""
        return send(self.ledger, self.seal, self.channel, self.clock, self.settings, worker="test")

    def change(self, act: Callable[[Connection], object]) -> None:
        """Do something in a transaction of its own."""
        with self.ledger.writing() as connection:
            act(connection)

    def queue(self, *customers: str, **changed: object) -> None:
        """A message to each, due now."""
        told = [replace(MESSAGE, customer_id=each, **changed) for each in customers]  # type: ignore[arg-type]
        self.change(lambda connection: enqueue(connection, told, TEN))

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """Customer to state and reason."""
        with self.ledger.reading() as connection:
            assert check_outbox(connection) == []
            rows = connection.execute(select(OUTBOX.c.customer_id, OUTBOX.c.state, OUTBOX.c.reason))
            return {customer: (state, reason) for customer, state, reason in rows}


CUSTOMERS = tuple(f"C{number}" for number in range(10))


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Shop:
    """Two connections to the mail server."""
    new_master_key(tmp_path / "key")
    settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
    seal = open_seal(ledger, tmp_path / "key")
    people = [
        PersonRow(each, f"{each}@example.com", each, "en", "Asia/Taipei", "granted") for each in CUSTOMERS
    ]
    with ledger.writing() as connection:
        store_people(connection, seal, people, TEN)
    return Shop(ledger, seal, settings, SetClock(TEN), Interrupted(width=2))


@pytest.mark.parametrize("scope", ["everything", "channel:email", "playbook:L2"])
def test_a_stop_during_a_run_lets_only_the_wire_s_messages_leave(shop: Shop, scope: str) -> None:
    """Two connections: four had left or were leaving; six wait, keep their place, and leave when it goes on."""
    shop.queue(*CUSTOMERS)
    shop.channel.act = lambda: shop.change(
        lambda connection: stop(connection, scope, "user:1", "Wrong price", TEN)
    )
    shop.channel.at_round = 2
    report = shop.send()
    assert (report.accepted, len(shop.channel.mails)) == (4, 4)
    states = [state for state, _reason in shop.rows().values()]
    assert (states.count("accepted"), states.count("queued")) == (4, 6)
    assert shop.send().accepted == 0
    assert claim(shop.ledger, "another", TEN) == []
    shop.change(lambda connection: resume(connection, scope))
    assert shop.send().accepted == 6
    assert len({mail.recipient[0] for mail in shop.channel.mails}) == len(shop.channel.mails) == 10


def test_what_another_worker_had_claimed_before_the_stop_does_not_leave_either(shop: Shop) -> None:
    """It is read again in the transaction before the wire."""
    shop.queue(*CUSTOMERS[:3])
    shop.channel.act = lambda: None
    shop.channel.width = 1
    shop.channel.at_round = 1
    shop.channel.act = lambda: shop.change(lambda connection: stop(connection, "everything", "cli", "", TEN))
    report = shop.send()  # all three are claimed at once; the first is on the wire
    assert report.accepted == 1
    assert sum(report.deferred.values()) >= 1
    assert set(report.deferred) <= {"outbox.stopped", "delivery.handed_back"}


def test_stops_stand_beside_each_other(shop: Shop) -> None:
    """One playbook is let go on, the channel still rests; who stopped first stands."""
    shop.change(lambda connection: stop(connection, "playbook:L2", "user:1", "first", TEN))
    shop.change(lambda connection: stop(connection, "playbook:L2", "user:2", "second", TEN))
    shop.change(lambda connection: stop(connection, "channel:sms", "user:2", "", TEN))
    with shop.ledger.reading() as connection:
        found = stopped(connection)
    assert [(each.scope, each.stopped_by) for each in found] == [
        ("channel:sms", "user:2"),
        ("playbook:L2", "user:1"),
    ]
    shop.change(lambda connection: resume(connection, "playbook:L2"))
    shop.queue("C1")
    assert shop.send().accepted == 1  # the other channel's rest is none of its business


@pytest.mark.parametrize("scope", ["", "all", "channel:", "playbook:L2; drop table", "customer:C1"])
def test_what_cannot_be_stopped_is_refused(shop: Shop, scope: str) -> None:
    """And to let go on what was not stopped is a mistake that is told."""
    with shop.ledger.writing() as connection:
        with pytest.raises(NotAScope):
            stop(connection, scope, "cli", "", TEN)
        with pytest.raises(NotStopped):
            resume(connection, "everything")


def test_an_open_case_holds_messages_of_all_ids_until_it_is_closed(shop: Shop) -> None:
    """Opened under one id, it holds for the other, and for nobody else."""
    shop.change(lambda connection: merge(connection, "C0", "C1", TEN))
    cases: list[str] = []
    shop.change(
        lambda connection: cases.append(open_case(connection, "C0", "complaint", "cli", TEN, ref="T-1"))
    )
    shop.queue("C1", "C2")
    assert shop.send() == SendReport(accepted=1, deferred={"decisions.open_case": 1})
    assert shop.rows()["C1"] == ("queued", "decisions.open_case")
    assert shop.send() == SendReport()
    shop.clock.moment = TEN + timedelta(hours=1)
    shop.change(lambda connection: close_case(connection, cases[0], "cli", shop.clock.now()))
    assert shop.send().accepted == 1
    again = []
    shop.change(
        lambda connection: again.append(open_case(connection, "C0", "complaint", "cli", TEN, ref="T-1"))
    )
    assert again == cases  # the same matter told again opens nothing
    shop.queue(
        "C1",
        occasion="later",
        playbook="L5",
        not_before=TEN + timedelta(hours=30),
        valid_until=TEN + timedelta(days=3),
    )
    shop.clock.moment = TEN + timedelta(hours=31)
    assert shop.send().accepted == 1


def test_a_case_that_nobody_closes_ends_by_itself(shop: Shop) -> None:
    """Its message leaves then, if it is still of use."""
    soon = TEN + timedelta(hours=3)
    shop.change(lambda connection: open_case(connection, "C0", "return", "cli", TEN, until=soon))
    shop.queue("C0")
    assert shop.send() == SendReport(deferred={"decisions.open_case": 1})
    shop.clock.moment = soon
    assert shop.send() == SendReport(accepted=1)


def test_a_playbook_writes_about_the_case_that_it_has_opened_itself(shop: Shop) -> None:
    """The apology leaves, advertising waits; a second matter of somebody else's holds the apology, too."""
    shop.change(lambda connection: open_case(connection, "C0", "detractor", "playbook:L4nd", TEN, ref="n"))
    shop.queue("C0", playbook="L4nd")
    shop.queue("C0", occasion="other")
    assert shop.send() == SendReport(accepted=1, deferred={"decisions.open_case": 1})
    shop.change(lambda connection: open_case(connection, "C1", "detractor", "playbook:L4nd", TEN, ref="n"))
    shop.change(lambda connection: open_case(connection, "C1", "complaint", "tickets", TEN, ref="T"))
    shop.queue("C1", playbook="L4nd")
    assert shop.send() == SendReport(deferred={"decisions.open_case": 1})


def test_a_budget_that_is_used_up_stops_sending_and_a_larger_one_lets_it_go_on(shop: Shop) -> None:
    """Three of one each: the others wait; what left is spent."""
    row = Budget("playbook:L2", "total", Decimal(3), "TWD", "Asia/Taipei", "cli", TEN)
    shop.change(lambda connection: put_budget(connection, row, TEN))
    shop.queue(*CUSTOMERS[:5])
    assert shop.send() == SendReport(accepted=3, deferred={"decisions.budget_exhausted": 2})
    with shop.ledger.reading() as connection:
        (found,) = used(connection, TEN)
    assert (found.committed, found.spent, found.left) == (Decimal(0), Decimal(3), Decimal(0))
    shop.change(lambda connection: put_budget(connection, replace(row, amount=Decimal(4)), TEN))
    assert shop.send() == SendReport(accepted=1, deferred={"decisions.budget_exhausted": 1})


def test_a_provider_s_speed_is_kept_and_nothing_is_lost(shop: Shop) -> None:
    """Four a minute: four leave, six wait; every quarter of a minute one more may."""
    hasty = OutreachSettings(channel_rates="email 4/minute", longest_wait_s=0)
    shop.settings = replace(shop.settings, outreach=hasty)
    shop.queue(*CUSTOMERS)
    first, second, third = (TEN + timedelta(seconds=each) for each in (15, 30, 135))
    waits = "decisions.provider_rate"
    assert shop.send() == SendReport(accepted=4, deferred={waits: 6}, next_at=first)
    shop.clock.moment = first
    assert shop.send() == SendReport(accepted=1, deferred={waits: 5}, next_at=second)
    shop.clock.moment = TEN + timedelta(minutes=2)
    assert shop.send() == SendReport(accepted=4, deferred={waits: 1}, next_at=third)


def test_a_calendar_day_is_that_of_the_customer_s_zone_and_ones_own_wish_holds(shop: Shop) -> None:
    """20:30 on one day and 09:00 on the next are two days, though no 20 hours apart: only the rolling day stops it."""
    shop.settings = replace(shop.settings, outreach=OutreachSettings(per_day=2, per_week=9))
    shop.change(lambda connection: set_own_cap(connection, "C0", Cap("email", "week", 2), TEN))
    for number in range(4):
        shop.queue("C0", "C1", occasion=f"o{number}")
    rows = []
    for hours in (0, 4, 24, 28):
        shop.clock.moment = TEN + timedelta(hours=hours)
        rows.append(shop.send())
    left = [mail.recipient[0] for mail in shop.channel.mails]
    assert left.count("C0@example.com") == 2
    assert left.count("C1@example.com") == 2  # the others found the day full, and were not kept for the next


def test_two_ids_of_one_person_in_one_round_get_one_message(shop: Shop) -> None:
    """Each would count the other as sent: the first leaves, the second finds the day full."""
    shop.change(lambda connection: merge(connection, "C0", "C1", TEN))
    shop.queue("C0", "C1")
    assert shop.send() == SendReport(accepted=1, skipped={"delivery.capped": 1})
