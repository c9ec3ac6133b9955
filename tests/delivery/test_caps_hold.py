"""Caps hold in any order of queueing, waiting, joining, and sending by two workers; who must not be written to is not."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from tests.conftest import new_database

from evergrove.delivery.guards import hindrances
from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import OUTBOX, Claim, Message, begin_all, claim, enqueue, settle
from evergrove.outbox.types import SLACK
from evergrove.people import PersonRow, new_master_key, open_seal, record_consent, standing_of, store_people
from evergrove.people.identity import merge
from evergrove.settings import OutreachSettings, Settings, ValueSettings

PROVING = "EVERGROVE_PROVE" in os.environ
START = datetime(2026, 3, 28, 2, tzinfo=UTC)
"""A Saturday, the last before a Sunday of 23 hours in Berlin, and days before a month's end."""
ZONES = {"a": "Europe/Berlin", "b": "Europe/Berlin", "c": "Asia/Shanghai"}
OUTREACH = OutreachSettings(per_day=1, per_week=2, per_month=4, quiet_from=0, quiet_until=0)
SETTINGS = Settings(outreach=OUTREACH, value=ValueSettings(timezone="Asia/Shanghai"))
WORKERS = st.sampled_from(["one", "other"])
MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="",
    step=0,
    channel="email",
    arm="treated",
    template="t",
    decision_id="d",
    run_id=1,
    not_before=START,
    valid_until=START + timedelta(days=90),
    cost=Decimal(0),
)


class Sending(RuleBasedStateMachine):
    """Two workers over one ledger, and a clock that only tests move."""

    def __init__(self, server: str = "") -> None:
        super().__init__()
        self.open = ExitStack()
        place = Path(self.open.enter_context(TemporaryDirectory()))
        where = self.open.enter_context(new_database(server)) if server else place / "ledger.sqlite"
        self.ledger = open_ledger(where, create=True)
        self.open.callback(self.ledger.close)
        create_all(self.ledger)
        new_master_key(place / "key")
        seal = open_seal(self.ledger, place / "key")
        people = [PersonRow(n, f"{n}@example.com", n, "en", zone, "granted") for n, zone in ZONES.items()]
        with self.ledger.writing() as connection:
            store_people(connection, seal, people, START)
        self.now, self.number = START, 0
        self.held: dict[str, list[Claim]] = defaultdict(list)
        self.begun: dict[str, list[Claim]] = defaultdict(list)
        self.person = {name: name for name in ZONES}
        self.refused: dict[str, datetime] = {}

    def teardown(self) -> None:
        """Nothing is left open."""
        self.open.close()

    @rule(customer=st.sampled_from([*ZONES]), is_control=st.booleans())
    def queue(self, customer: str, *, is_control: bool) -> None:
        """One more message is due now; of a control it is virtual, and decisions have looked at the caps."""
        self.number += 1
        if is_control and self.left(self.person[customer]):
            return
        message = replace(
            MESSAGE,
            customer_id=customer,
            occasion=str(self.number),
            not_before=self.now,
            arm="control" if is_control else "treated",
        )
        with self.ledger.writing() as connection:
            enqueue(connection, [message], self.now)

    @rule(hours=st.sampled_from([1, 5, 19, 24, 100]))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.now += timedelta(hours=hours)

    @rule(worker=WORKERS)
    def take(self, worker: str) -> None:
        """A worker claims what is due."""
        self.held[worker] += claim(self.ledger, worker, self.now, 4, lease_s=10**9)

    @rule(worker=WORKERS)
    def start(self, worker: str) -> None:
        """A worker begins up to three messages, one a customer, in one transaction, as a round does."""
        chosen = {each.message.customer_id: each for each in self.held[worker][:3]}
        self.held[worker] = [each for each in self.held[worker] if each not in chosen.values()]
        with self.ledger.writing() as connection:
            named = [(each, None) for _name, each in sorted(chosen.items())]
            begun = begin_all(connection, named, self.now, lease_s=10**9)
            standings = standing_of(connection, [*chosen], now=self.now)
            stops = hindrances(connection, begun, standings, SETTINGS, self.now, "email")
            for each in begun:
                stop = stops.get(each.message.customer_id)
                if stop is None:
                    self.begun[worker].append(each)
                    assert each.message.customer_id not in self.refused
                else:
                    settle(connection, each, "skipped", self.now, reason=stop.reason)

    @rule(worker=WORKERS, state=st.sampled_from(["accepted", "unknown", "failed"]))
    def end(self, worker: str, state: str) -> None:
        """What a worker has on the wire comes to an end."""
        with self.ledger.writing() as connection:
            for each in self.begun.pop(worker, []):
                settle(connection, each, state, self.now, reason="test")  # type: ignore[arg-type]

    @rule()
    def join(self) -> None:
        """Two customers turn out to be one person: what each had counts for both from now on."""
        if self.person["b"] == "a" or self.left("a") or self.left("b"):
            return  # what both had before anybody knew may be more than one may get
        with self.ledger.writing() as connection:
            merge(connection, "a", "b", self.now)
        self.person["b"] = "a"

    @rule()
    def refuse(self) -> None:
        """Somebody wants nothing any more."""
        with self.ledger.writing() as connection:
            record_consent(connection, "c", "revoked", "unsubscribe", self.now)
        self.refused["c"] = self.now

    def left(self, person: str) -> list[datetime]:
        """When messages left to a person, or may have, or virtually did."""
        with self.ledger.reading() as connection:
            rows = connection.execute(select(OUTBOX)).all()
        gone = ("attempting", "accepted", "unknown")
        return sorted(
            each.attempting_at or each.not_before
            for each in rows
            if self.person[each.customer_id] == person
            and (each.state in gone or (each.arm == "control" and each.not_before <= self.now))
        )

    @invariant()
    def caps_hold(self) -> None:
        """Counted anew, by the calendar and by windows that roll: no day, week or month has more than allowed."""
        for person in set(self.person.values()):
            zone, moments = ZoneInfo(ZONES[person]), self.left(person)
            for days, most in ((1, 1), (7, 2), (30, 4)):
                length = timedelta(days=days) - SLACK
                assert all(sum(m <= each < m + length for each in moments) <= most for m in moments)
            local = [each.astimezone(zone).date() for each in moments]
            named: tuple[list[tuple[object, ...]], ...] = (
                [(d,) for d in local],
                [tuple(d.isocalendar()[:2]) for d in local],
                [(d.year, d.month) for d in local],
            )
            for keys, most in zip(named, (1, 2, 4), strict=True):
                assert all(keys.count(key) <= most for key in set(keys))


def budget(examples: int) -> settings:
    """So many lives of 25 steps, many more of them in ``make prove``."""
    return settings(
        max_examples=20 * examples if PROVING else examples, stateful_step_count=25, deadline=None
    )


def test_caps_hold_in_a_file() -> None:
    """SQLite."""
    run_state_machine_as_test(Sending, settings=budget(15))


@pytest.mark.slow
def test_caps_hold_in_postgresql(postgres_server: str) -> None:
    """The same rules over a server."""

    class SendingThere(Sending):
        def __init__(self) -> None:
            super().__init__(postgres_server)

    run_state_machine_as_test(SendingThere, settings=budget(2))
