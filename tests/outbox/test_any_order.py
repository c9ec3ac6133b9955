"""Verbs in any order, by workers that keep old claims: what may not happen does not."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from evergrove.ledger import database_now, open_ledger
from evergrove.outbox import (
    INSTANCE,
    OUTBOX,
    STOP,
    Learnt,
    Message,
    Outcome,
    begin,
    check_outbox,
    claim,
    defer,
    enqueue,
    record_receipt,
    recover,
    settle,
)

if TYPE_CHECKING:
    from random import Random

    from evergrove.outbox import Claim

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUSTOMERS = st.integers(0, 3)
ANY = st.randoms(use_true_random=False)


class Workers(RuleBasedStateMachine):
    """Workers that claim, stall, come back and carry on with whatever they once held."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = open_ledger(Path(self.folder.name) / "ledger.sqlite", create=True)
        with self.ledger.writing() as connection:
            OUTBOX.create(connection)
            INSTANCE.create(connection)
            STOP.create(connection)
        self.now = START
        self.claims: list[Claim] = []
        self.may_send: list[Claim] = []
        self.sent: list[Claim] = []
        self.wire: Counter[str] = Counter()
        self.put: dict[str, Message] = {}

    def teardown(self) -> None:
        """Clear up."""
        self.ledger.close()
        self.folder.cleanup()

    @rule(customer=CUSTOMERS, step=CUSTOMERS)
    def decide(self, customer: int, step: int) -> None:
        """A run puts messages in, new or known; customer 3 is a control."""
        message = Message(
            playbook="L2",
            version=1,
            customer_id=f"C-{customer}",
            occasion="o",
            step=step,
            channel="email",
            arm="control" if customer == 3 else "treated",
            template="t",
            decision_id="d",
            run_id=1,
            not_before=START,
            valid_until=START + timedelta(hours=12),
        )
        with self.ledger.writing() as connection:
            new = enqueue(connection, [message], self.now)
        assert new == (message.id not in self.put)
        self.put.setdefault(message.id, message)

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        """A worker claims; it may never come back to what it took."""
        self.claims += claim(self.ledger, f"w{len(self.claims)}", self.now, limit=limit)

    @precondition(lambda self: self.claims)
    @rule(choose=ANY)
    def start(self, choose: Random) -> None:
        """Some worker, perhaps long after, sets out to send."""
        held = choose.choice(self.claims)
        with self.ledger.writing() as connection:
            if begin(connection, held, self.now):
                self.may_send.append(held)

    @precondition(lambda self: self.may_send)
    @rule(choose=ANY)
    def send(self, choose: Random) -> None:
        """A worker that may send does so, once for each attempt."""
        held = self.may_send.pop(choose.randrange(len(self.may_send)))
        self.wire[held.id] += 1
        self.sent.append(held)

    @precondition(lambda self: self.sent)
    @rule(choose=ANY, outcome=st.sampled_from(["accepted", "failed", "unknown"]))
    def tell(self, choose: Random, outcome: Outcome) -> None:
        """It says what the channel said."""
        with self.ledger.writing() as connection:
            settle(connection, choose.choice(self.sent), outcome, self.now, reason="test.reason")

    @precondition(lambda self: self.may_send)
    @rule(choose=ANY, hours=st.integers(1, 6), skip=st.booleans())
    def hold_back(self, choose: Random, hours: int, *, skip: bool) -> None:
        """A guard stops it before the wire: it is put back, or let go."""
        held = self.may_send.pop(choose.randrange(len(self.may_send)))
        later = self.now + timedelta(hours=hours)
        with self.ledger.writing() as connection:
            if skip:
                settle(connection, held, "skipped", self.now, reason="test.reason")
            else:
                defer(connection, held, later, "test.reason", self.now)

    @precondition(lambda self: self.claims)
    @rule(choose=ANY, state=st.sampled_from(["accepted", "failed", "delivered", "bounced", "complained"]))
    def learn(self, choose: Random, state: Learnt) -> None:
        """A receipt comes in, deserved or not."""
        with self.ledger.writing() as connection:
            record_receipt(connection, choose.choice(self.claims).id, state, self.now, reason="test.reason")

    @rule(minutes=st.integers(0, 90))
    def time_passes(self, minutes: int) -> None:
        """Leases end, hours go by."""
        self.now += timedelta(minutes=minutes)
        with self.ledger.writing() as connection:
            passed = database_now(connection)
            held = OUTBOX.c.lease_until.is_not(None)
            connection.execute(OUTBOX.update().where(held).values(lease_until=passed))

    @rule()
    def clear_up(self) -> None:
        """A new worker begins by clearing up behind the dead."""
        with self.ledger.writing() as connection:
            recover(connection, self.now)

    @invariant()
    def nothing_impossible(self) -> None:
        """No message twice, none lost, no control, and no row that breaks a rule."""
        with self.ledger.reading() as connection:
            assert check_outbox(connection) == []
            rows = connection.execute(select(OUTBOX.c.id, OUTBOX.c.state)).all()
        states = {row.id: row.state for row in rows}
        assert states.keys() == self.put.keys()
        assert set(self.wire.values()) <= {1}
        for name in self.wire:
            assert self.put[name].arm == "treated"
            assert states[name] not in {"queued", "claimed", "skipped", "expired"}


@pytest.mark.slow
def test_no_order_of_events_sends_a_message_twice() -> None:
    """Fifteen histories of thirty events each, the same ones every time."""
    run_state_machine_as_test(Workers, settings=settings(max_examples=15, stateful_step_count=30))
