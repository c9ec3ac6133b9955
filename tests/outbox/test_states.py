"""The states of a message: which step leads where, and which are refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from evergrove.ledger import database_now
from evergrove.outbox import (
    OUTBOX,
    Claim,
    Learnt,
    Outcome,
    State,
    begin,
    check_outbox,
    claim,
    defer,
    enqueue,
    record_receipt,
    recover,
    settle,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evergrove.ledger import Ledger
    from evergrove.outbox import Message

# The states and arrows of the design, written down apart from the code.
ARROWS = {
    ("queued", "claimed"),
    ("claimed", "attempting"),
    ("claimed", "queued"),
    ("claimed", "skipped"),
    ("claimed", "expired"),
    ("attempting", "accepted"),
    ("attempting", "failed"),
    ("attempting", "unknown"),
    ("attempting", "skipped"),
    ("attempting", "expired"),
    ("attempting", "queued"),
    ("unknown", "accepted"),
    ("unknown", "failed"),
    ("accepted", "delivered"),
    ("accepted", "bounced"),
    ("accepted", "complained"),
    ("unknown", "delivered"),
    ("unknown", "bounced"),
    ("unknown", "complained"),
    ("delivered", "bounced"),
    ("delivered", "complained"),
    ("attempting", "awaiting_staff"),
    ("awaiting_staff", "delivered"),
    ("awaiting_staff", "failed"),
    ("awaiting_staff", "complained"),
    ("awaiting_staff", "expired"),
}


def row(ledger: Ledger) -> Any:
    """The only row of the outbox."""
    with ledger.reading() as connection:
        return connection.execute(select(OUTBOX)).one()


def put(ledger: Ledger, now: datetime, *messages: Message) -> int:
    """Put messages into the outbox."""
    with ledger.writing() as connection:
        return enqueue(connection, messages, now)


def claimed(ledger: Ledger, now: datetime, lease_s: float = 300) -> Claim:
    """The claim of the only due message."""
    (only,) = claim(ledger, "w", now, lease_s=lease_s)
    return only


def begun(ledger: Ledger, held: Claim, now: datetime) -> bool:
    """Begin an attempt in a transaction of its own."""
    with ledger.writing() as connection:
        return begin(connection, held, now)


def settled(ledger: Ledger, held: Claim, state: Outcome, now: datetime) -> bool:
    """Settle in a transaction of its own."""
    with ledger.writing() as connection:
        return settle(connection, held, state, now, reason="test.reason")


def problems(ledger: Ledger) -> list[str]:
    """The codes of broken rules."""
    with ledger.reading() as connection:
        return [problem.code for problem in check_outbox(connection)]


def test_a_message_goes_through_to_delivered(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Queued, claimed, attempting, accepted, delivered: each step leaves its trace in the row."""
    sent = message(params={"coupon": "WELCOME10"}, cost=Decimal("0.0123"), language="zh-Hant")
    assert put(ledger, noon, sent) == 1
    assert (row(ledger).state, row(ledger).token, row(ledger).attempts) == ("queued", 0, 0)

    held = claimed(ledger, noon)
    assert held.message == sent
    assert (row(ledger).state, row(ledger).claimed_by, held.token) == ("claimed", "w", 1)

    with ledger.writing() as connection:
        assert begin(connection, held, noon, message_id="<1@shop>")
    assert (row(ledger).state, row(ledger).attempts, row(ledger).attempting_at) == ("attempting", 1, noon)

    later = noon + timedelta(seconds=2)
    with ledger.writing() as connection:
        assert settle(connection, held, "accepted", later, provider_id="250 abc")
    assert (row(ledger).state, row(ledger).settled_at, row(ledger).provider_id) == (
        "accepted",
        later,
        "250 abc",
    )

    with ledger.writing() as connection:
        assert record_receipt(connection, held.id, "delivered", later)
        assert not record_receipt(connection, held.id, "delivered", later)
        assert states(connection) == {("L2", "delivered"): 1}
    assert (row(ledger).message_id, row(ledger).lease_until) == ("<1@shop>", None)
    assert problems(ledger) == []


@pytest.mark.parametrize("start", get_args(State))
def test_every_step_that_is_not_an_arrow_of_the_design_is_refused(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, start: State
) -> None:
    """From each state, every verb either follows an arrow or changes nothing."""
    reached = set()
    put(ledger, noon, message())
    held = claimed(ledger, noon)
    with ledger.writing() as connection:
        as_claimed = dict(connection.execute(select(OUTBOX)).mappings().one())
    steps: list[Callable[[Any], object]] = [
        lambda c: begin(c, held, noon),
        lambda c: defer(c, held, noon + timedelta(hours=1), "test.reason", noon),
        *(lambda c, s=s: settle(c, held, s, noon, reason="test.reason") for s in get_args(Outcome)),
        *(lambda c, s=s: record_receipt(c, held.id, s, noon) for s in get_args(Learnt)),
    ]
    for step in steps:
        with ledger.writing() as connection:
            connection.execute(OUTBOX.update().values({**as_claimed, "state": start}))
            said = step(connection)
            end = connection.execute(select(OUTBOX.c.state)).scalar_one()
        assert bool(said) == (end != start)
        if end != start:
            reached.add((start, end))
    if start == "queued":
        with ledger.writing() as connection:
            connection.execute(OUTBOX.update().values({**as_claimed, "state": start, "lease_until": None}))
        claimed(ledger, noon)
        reached.add((start, row(ledger).state))

    assert reached == {arrow for arrow in ARROWS if arrow[0] == start}


def test_the_same_message_is_put_in_once(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Playbook, customer, occasion and step name a message; version, channel and texts do not."""
    assert put(ledger, noon, message(), message(step=1)) == 2
    assert put(ledger, noon, message(version=2, channel="sms", template="other"), message(step=2)) == 1

    with ledger.reading() as connection:
        assert states(connection) == {("L2", "queued"): 3}


def test_a_control_is_born_skipped_and_never_claimed(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """A virtual send: there to be counted, never to leave, whatever is tried."""
    put(ledger, noon, message(arm="control"))

    assert (row(ledger).state, row(ledger).reason) == ("skipped", "campaigns.control")
    assert claim(ledger, "w", noon) == []
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        connection.execute(OUTBOX.update().values(state="queued", settled_at=None))
    assert problems(ledger) == []


def test_only_what_is_due_is_claimed_oldest_first(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Not before its moment, not from its last moment on; the limit holds."""
    hour = timedelta(hours=1)
    put(
        ledger,
        noon,
        message("later", not_before=noon + hour),
        message("over", not_before=noon - 2 * hour, valid_until=noon),
        message("second", not_before=noon),
        message("first", not_before=noon - hour),
        message("third", not_before=noon, step=1),
    )

    taken = claim(ledger, "w", noon, limit=2)
    rest = claim(ledger, "w", noon)

    assert {held.message.customer_id for held in taken + rest} == {"first", "second", "third"}
    assert (taken[0].message.customer_id, len(taken)) == ("first", 2)
    assert claim(ledger, "w", noon) == []


def test_a_deferred_message_comes_back_at_its_new_hour(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Quiet hours: nothing has left, the attempt does not count as one at that moment, a new token is due."""
    put(ledger, noon, message())
    held = claimed(ledger, noon)
    morning = noon + timedelta(hours=21)
    with ledger.writing() as connection:
        assert begin(connection, held, noon)
        assert defer(connection, held, morning, "delivery.quiet_hours", noon) is True
    assert (row(ledger).state, row(ledger).reason, row(ledger).attempting_at) == (
        "queued",
        "delivery.quiet_hours",
        None,
    )

    assert claim(ledger, "w", noon) == []
    again = claimed(ledger, morning)
    assert (again.token, again.attempts) == (2, 1)
    assert not settled(ledger, held, "skipped", morning)
    assert problems(ledger) == []


def test_what_would_come_back_too_late_expires(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Deferred to the end of its use or beyond, a message is let go with the reason of the delay."""
    put(ledger, noon, message(valid_until=noon + timedelta(hours=2)))
    held = claimed(ledger, noon)

    with ledger.writing() as connection:
        assert defer(connection, held, noon + timedelta(hours=2), "delivery.quiet_hours", noon) == "expired"

    assert (row(ledger).state, row(ledger).reason) == ("expired", "delivery.quiet_hours")
    assert problems(ledger) == []


def test_recovery_requeues_what_was_claimed_and_lists_what_may_have_left(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """A dead worker's claims go back, its attempts become unknown, old ones expire; live leases stay."""
    put(ledger, noon, *(message(f"C-{n}") for n in range(4)))
    tried, *idle = claim(ledger, "dead", noon, limit=3)
    (living,) = claim(ledger, "living", noon, limit=1)
    put(ledger, noon, message("old", valid_until=noon + timedelta(hours=1)))
    begun(ledger, tried, noon)
    with ledger.writing() as connection:
        over = database_now(connection) - timedelta(seconds=1)
        connection.execute(OUTBOX.update().where(OUTBOX.c.claimed_by == "dead").values(lease_until=over))

    with ledger.writing() as connection:
        found = recover(connection, noon + timedelta(hours=2))
        again = recover(connection, noon + timedelta(hours=2))

    assert len(idle) == 2
    assert (found.requeued, found.unknown, found.expired) == (2, 1, 1)
    assert (again.requeued, again.unknown, again.expired) == (0, 0, 0)
    assert begun(ledger, living, noon)
    assert problems(ledger) == []


def test_unknown_is_never_taken_again(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Only the provider's log or a person settles it, and never back into the queue."""
    put(ledger, noon, message())
    held = claimed(ledger, noon)
    begun(ledger, held, noon)
    settled(ledger, held, "unknown", noon)

    for hours in range(3):
        moment = noon + timedelta(hours=hours)
        with ledger.writing() as connection:
            recover(connection, moment)
            enqueue(connection, [message()], moment)
        assert claim(ledger, "w", moment) == []
    with ledger.writing() as connection:
        assert record_receipt(connection, held.id, "accepted", noon, reason="outbox.by_hand")
    assert row(ledger).state == "accepted"


def test_an_end_without_a_message_needs_a_reason(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """Whoever asks why a customer got nothing finds a code."""
    put(ledger, noon, message())
    held = claimed(ledger, noon)

    with ledger.writing() as connection, pytest.raises(ValueError, match="reason"):
        settle(connection, held, "skipped", noon)


DAMAGES: dict[str, dict[str, Any]] = {
    "outbox.no_such_state": {"state": "sent"},
    "outbox.control_written_to": {"arm": "control"},
    "outbox.held_by_nobody": {"claimed_by": None},
    "outbox.never_attempted": {"attempts": 0},
    "outbox.settled_wrongly": {"settled_at": None, "state": "accepted", "lease_until": None},
    "outbox.without_reason": {"state": "failed", "lease_until": None},
    "outbox.lease_left_over": {"state": "accepted"},
}


@pytest.mark.parametrize("code", DAMAGES)
def test_the_check_finds_each_impossible_row(
    ledger: Ledger, message: Callable[..., Message], noon: datetime, code: str
) -> None:
    """Damage that no verb can do: the rule that it breaks is named, with the row."""
    put(ledger, noon, message())
    held = claimed(ledger, noon)
    begun(ledger, held, noon)
    assert problems(ledger) == []
    values = {"settled_at": noon} if DAMAGES[code].get("state") in {"accepted", "failed"} else {}

    with ledger.writing() as connection:
        if ledger.dialect == "sqlite":
            connection.exec_driver_sql("pragma ignore_check_constraints = on")
        else:
            for name in ("state", "arm", "control"):
                connection.exec_driver_sql(f"alter table outbox drop constraint ck_outbox_{name}")
        connection.execute(OUTBOX.update().values({**values, **DAMAGES[code]}))
    with ledger.reading() as connection:
        found = {problem.code: problem for problem in check_outbox(connection)}

    assert code in found
    assert held.id in str(found[code])


def test_arrows_name_states_that_exist() -> None:
    """The table of arrows above speaks of the states of the product, and leaves from all but the ends."""
    ends = {"failed", "skipped", "expired", "bounced", "complained"}
    assert {state for arrow in ARROWS for state in arrow} == set(get_args(State))
    assert {start for start, _ in ARROWS} == set(get_args(State)) - ends
    assert not {(a, b) for a, b in product(ends, get_args(State))} & ARROWS
