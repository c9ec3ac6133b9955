"""Sending killed at each durable step, with a real server at the other end of the wire."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.delivery import Mail, SendReport, SmtpChannel, send
from evergrove.ledger import Ledger, database_now, open_ledger
from evergrove.outbox import OUTBOX, Message, check_outbox, enqueue
from evergrove.people import PersonRow, new_master_key, open_seal, store_people
from evergrove.settings import MailSettings, Settings
from evergrove.simulation.sink import MailSink, mail_sink
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEN = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
CUSTOMERS = 60 if "EVERGROVE_PROVE" in os.environ else 4


def message_ids(sink: MailSink) -> Counter[str]:
    """How often each message came, by the name of its row in the outbox."""
    names = (str(message_from_bytes(mail.content)["Message-ID"]) for mail in sink.received)
    return Counter(name.strip("<>").partition("@")[0].partition(".")[0] for name in names)


def queued(ledger: Ledger) -> None:
    """Begin anew: every message waits."""
    message = Message(
        playbook="L2",
        version=1,
        customer_id="",
        occasion="2026-06-30",
        step=1,
        channel="email",
        arm="treated",
        template="new-thanks",
        decision_id="d",
        run_id=1,
        not_before=TEN,
        valid_until=TEN + timedelta(days=2),
    )
    with ledger.writing() as connection:
        connection.execute(OUTBOX.delete())
        enqueue(connection, [replace(message, customer_id=f"C{i}") for i in range(CUSTOMERS)], TEN)


def states_of(ledger: Ledger) -> dict[str, str]:
    """Message to state; every row obeys the rules of the outbox."""
    with ledger.reading() as connection:
        assert check_outbox(connection) == []
        return {row.id: row.state for row in connection.execute(select(OUTBOX.c.id, OUTBOX.c.state))}


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
@pytest.mark.parametrize("connections", [1, 3])
def test_killed_anywhere_nothing_is_lost_and_nothing_comes_twice(
    ledger: Ledger, tmp_path: Path, mail_settings: MailSettings, connections: int
) -> None:
    """After each kill and the run after it: once each, or unknown, and those at most as many as connections."""
    new_master_key(tmp_path / "key")
    seal = open_seal(ledger, tmp_path / "key")
    with ledger.writing() as connection:
        rows = [PersonRow(f"C{i}", f"c{i}@example.com", consent="granted") for i in range(CUSTOMERS)]
        store_people(connection, seal, rows, TEN)
    in_doubt: list[int] = []
    with mail_sink() as sink:
        mail = replace(mail_settings, host=sink.host, port=sink.port, connections=connections)

        def drain() -> SendReport:
            mine = open_ledger(ledger.where)
            done = send(mine, seal, SmtpChannel(mail), SetClock(TEN), Settings(mail=mail))
            mine.close()
            return done

        def prepare() -> None:
            sink.received.clear()
            queued(ledger)

        def verify() -> None:
            states_of(ledger)
            with ledger.writing() as connection:  # the leases of the dead run out
                held = OUTBOX.c.lease_until.is_not(None)
                connection.execute(OUTBOX.update().where(held).values(lease_until=database_now(connection)))
            drain()
            came, states = message_ids(sink), states_of(ledger)
            unknown = {name for name, state in states.items() if state == "unknown"}
            accepted = {name for name, state in states.items() if state == "accepted"}
            assert max(came.values()) == 1
            assert accepted <= set(came) <= accepted | unknown
            assert len(accepted | unknown) == CUSTOMERS
            assert len(unknown) <= connections
            in_doubt.append(len(unknown))

        points = kill_points(drain, verify, prepare=prepare)

    print(f"kills: send {points}, {sum(in_doubt)} times in doubt")  # noqa: T201 - the figure for the record
    rounds = -(-CUSTOMERS // connections)
    # Two at each commit (recovery, two claims of which the last finds nothing, a round's beginning, the last
    # round's end), and one between the wire and the record of each round.
    assert points == 2 * (1 + 2 + rounds + 1) + rounds
    # In doubt is who was begun and not yet recorded: behind the commit, behind the wire, before the next commit.
    assert sum(in_doubt) == 3 * CUSTOMERS


def test_the_sink_takes_what_the_channel_sends(
    mail_settings: MailSettings, make_mail: Callable[..., Mail]
) -> None:
    """The demo's server speaks enough of the protocol, over several connections, and keeps what it was given."""
    with mail_sink() as sink:
        channel = SmtpChannel(replace(mail_settings, host=sink.host, port=sink.port, connections=2))
        answers = channel.deliver([make_mail("a@example.com", 1), make_mail("b@example.com", 2)])
        channel.close()

    assert [answer.state for answer in answers if not isinstance(answer, Exception)] == ["accepted"] * 2
    assert sorted(mail.recipient for mail in sink.received) == ["a@example.com", "b@example.com"]
    assert {mail.sender for mail in sink.received} == {"shop@shop.example"}
    assert message_ids(sink) == Counter({f"{1:032x}": 1, f"{2:032x}": 1})
