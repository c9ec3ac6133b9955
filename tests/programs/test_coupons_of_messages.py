"""Codes of messages: given with the message that carries them, and back when it never reached anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.programs.conftest import NOON

from evergrove.outbox import OUTBOX, Message, claim, enqueue, recover, settle
from evergrove.outbox.attempts import begin
from evergrove.outbox.withdrawing import withdraw_customer
from evergrove.programs import codes_for, figures, give_codes, release_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Campaign

MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="once",
    step=0,
    channel="email",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    params={"coupon_campaign": "welcome"},
    not_before=NOON,
    valid_until=NOON + timedelta(days=1),
)
FIVE = [replace(MESSAGE, customer_id=f"C{number}") for number in range(5)]


def queued(ledger: Ledger, *messages: Message) -> None:
    """Put messages into the queue, with their codes."""
    with ledger.writing() as connection:
        enqueue(connection, messages, NOON)
        give_codes(connection, messages, NOON)


def issued(ledger: Ledger) -> int:
    """How many codes somebody has."""
    with ledger.reading() as connection:
        return figures(connection, "welcome", NOON).issued


def test_a_message_gets_one_code_however_often_it_is_queued(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Each its own; those of a campaign that nobody made, and those of none, get nothing and stop nobody."""
    put()
    others = [
        replace(MESSAGE, customer_id="X", params={"coupon_campaign": "unknown"}),
        replace(MESSAGE, customer_id="Y", params={}),
    ]
    queued(ledger, *FIVE, *others)
    queued(ledger, *FIVE)
    with ledger.reading() as connection:
        codes = codes_for(connection, [each.id for each in (*FIVE, *others)])
    assert codes.keys() == {each.id for each in FIVE}
    assert len({*codes.values()}) == issued(ledger) == 5


@pytest.mark.parametrize("end", ["skipped", "failed", "expired", "accepted", "unknown"])
def test_only_what_reached_nobody_gives_its_code_back(
    ledger: Ledger, put: Callable[..., Campaign], end: str
) -> None:
    """Of an unknown one nobody can say, so that it keeps its code; twice changes nothing."""
    put()
    queued(ledger, *FIVE)
    (held,) = claim(ledger, "worker", NOON, limit=1)
    with ledger.writing() as connection:
        assert begin(connection, held, NOON)
        assert settle(connection, held, end, NOON, reason="some.reason")  # type: ignore[arg-type]
        given_back = release_ended(connection, NOON, OUTBOX.c.id == held.id)
        assert release_ended(connection, NOON) == 0
    assert given_back == (end in {"skipped", "failed", "expired"})
    assert issued(ledger) == 5 - given_back


def test_what_is_taken_back_or_too_late_frees_the_room_that_it_took(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """A campaign of five: whoever comes sixth gets a code only when somebody else's message did not leave."""
    put(limit_issued=5)
    sixth, seventh = (replace(MESSAGE, customer_id=name) for name in ("C6", "C7"))
    queued(ledger, *FIVE, sixth)
    with ledger.writing() as connection:
        assert codes_for(connection, [sixth.id]) == {}
        withdraw_customer(connection, "C0", "campaigns.exited", NOON)
        assert release_ended(connection, NOON, OUTBOX.c.customer_id == "C0") == 1
        assert give_codes(connection, [sixth], NOON) == 1
        assert give_codes(connection, [seventh], NOON) == 0
        assert recover(connection, NOON + timedelta(days=1)).expired == 5
        assert release_ended(connection, NOON + timedelta(days=1)) == 5
        assert give_codes(connection, [seventh], NOON) == 1
        states = set(connection.execute(select(OUTBOX.c.state)).scalars())
    assert states == {"skipped", "expired"}
    assert issued(ledger) == 1
