"""Between two runs: who moves by an order enters what the move begins, once, whatever comes first."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app.events_answered import take_events
from evergrove.app.playbooks import add
from evergrove.app.weeks import READ
from evergrove.campaigns.tables import enrolment, held_entry
from evergrove.core import SetClock
from evergrove.ingest.events import Event, store
from evergrove.ingest.events.content import order_content
from evergrove.live import Base, Steps
from evergrove.live.lease import hold
from evergrove.outbox import OUTBOX
from evergrove.testing.workspaces import write_people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)
FIRST = date(2026, 7, 1)
"""The day after the last run's."""
NEWS = [f"N{number:02}" for number in range(6)]
"""Who has not ordered yet."""
WELCOME: dict[str, Any] = {
    "format": "evergrove.playbook/2", "key": "W", "version": 1, "name": "W", "goal": "W", "priority": 1,
    "reentry": 1, "control": 0.0,
    "trigger": {"kind": "stage", "enters": "new", "causes": ["evidence"]},
    "exits": {"order": False},
    "steps": [{"template": "new-thanks", "valid_days": 1}],
}  # fmt: skip


class Shop:
    """A workspace, its clock, and a process that answers marks."""

    def __init__(self, here: Workspace, clock: SetClock) -> None:
        self.here, self.clock, self.told = here, clock, 0

    def at(self, day: date, hour: float) -> None:
        """Let it be that hour of the day in Shanghai."""
        self.clock.moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 8)

    def order(self, customer: str, order: str, kind: str = "order") -> None:
        """An order, or that it is cancelled."""
        self.told += 1
        now = self.clock.now()
        event = Event(
            source="test",
            message_id=f"m{self.told}",
            digest=sha256(f"{kind} {customer} {order}".encode()).hexdigest(),
            kind=kind,  # type: ignore[arg-type]
            customer_id=customer,
            at=now,
            received_at=now,
            content=order_content(order, Decimal(150) if kind == "order" else None),
        )
        with self.here.ledger.writing() as connection:
            store(connection, [event])

    @contextmanager
    def passes(self) -> Iterator[Steps]:
        """By who holds the lease."""
        with self.here.ledger.writing() as connection:
            hold(connection, "test")
        with Base(self.here.warehouse, self.here.settings) as base:
            yield Steps(base, self.here.ledger, self.clock)

    def live(self) -> None:
        """What the live process does: follow, and one pass."""
        with self.passes() as steps:
            steps.follow()
            steps.once()

    def entered(self, key: str = "W") -> list[str]:
        """Who entered a playbook, once for each entry."""
        with self.here.ledger.reading() as connection:
            found = select(enrolment.c.customer_id).where(enrolment.c.playbook == key)
            return sorted(connection.execute(found).scalars())

    def written(self) -> list[str]:
        """To whom something waits to be sent, or was."""
        with self.here.ledger.reading() as connection:
            found = select(OUTBOX.c.customer_id).where(OUTBOX.c.playbook == "W")
            return sorted(connection.execute(found).scalars())


def start(here: Workspace, document: dict[str, Any]) -> None:
    """Put a playbook to work."""
    add(here, document)
    here.try_playbook(document["key"])
    here.start(document["key"])


@pytest.fixture
def shop(begun: Workspace, tmp_path: Path) -> Shop:
    """At ten on the day after the last run's, with people who have agreed to letters and ordered nothing."""
    assert isinstance(begun.clock, SetClock)
    found = Shop(begun, begun.clock)
    found.at(FIRST, 10)
    begun.ingest_customers([write_people(tmp_path / "people.csv", dict.fromkeys(NEWS, "yes"))], READ)
    return found


@one_database
def test_a_first_order_begins_what_a_night_would_begin_and_the_night_does_not_again(shop: Shop) -> None:
    """Minutes after the order; looked at again, and by the next two nights, it is the same move."""
    start(shop.here, WELCOME)
    shop.order("N00", "o1")
    assert take_events(shop.here).entered == 0  # nobody has moved before the pass

    shop.live()
    assert take_events(shop.here).entered == 2  # this one, and L2 that Evergrove brings
    assert take_events(shop.here).entered == 0
    assert shop.entered() == shop.entered("L2") == shop.written() == ["N00"]

    for day in (FIRST, FIRST + timedelta(days=1)):
        shop.at(day + timedelta(days=1), 2)
        shop.here.run(day)
        shop.live()
        take_events(shop.here)
    assert shop.entered() == shop.entered("L2") == shop.written() == ["N00"]


@one_database
def test_who_moved_back_before_anybody_looked_does_not_enter(shop: Shop) -> None:
    """An order that was taken back began nothing."""
    start(shop.here, WELCOME)
    shop.order("N00", "o1")
    shop.live()
    shop.clock.moment += timedelta(minutes=1)
    shop.order("N00", "o1", "cancel")
    shop.live()
    assert take_events(shop.here).entered == 0


@one_database
def test_steps_of_who_enters_between_runs_have_the_days_that_a_night_gives_them(shop: Shop) -> None:
    """The second message of L2 is due by the median first gap, which the run has noted."""
    shop.order("N00", "o1")
    shop.live()
    with shop.here.ledger.reading() as connection:
        row = connection.execute(select(enrolment).where(enrolment.c.customer_id == "N00")).first()
    assert row is None
    take_events(shop.here)
    shop.at(FIRST, 23)
    shop.order("N01", "o2")
    shop.at(FIRST + timedelta(days=1), 2)
    shop.here.run(FIRST)
    with shop.here.ledger.reading() as connection:
        rows = {
            each.customer_id: each
            for each in connection.execute(select(enrolment).where(enrolment.c.playbook == "L2"))
        }

    def gaps(name: str) -> list[int]:
        steps, entered = rows[name].windows["steps"], rows[name].entered_on
        return [(date.fromisoformat(due) - entered).days for due, _until, _last in steps]

    assert {"N00", "N01"} <= rows.keys()
    assert gaps("N00") == gaps("N01")
    assert rows["N00"].entered_on == rows["N01"].entered_on - timedelta(days=1)


@one_database
def test_who_finds_no_room_between_runs_is_left_to_the_night(shop: Shop) -> None:
    """Two a day: the night lets in two of the rest, and holds the others back as it always does."""
    start(shop.here, {**WELCOME, "limits": {"most_per_day": 2}})
    for number, name in enumerate(NEWS):
        shop.order(name, f"o{number}")
    shop.live()
    take_events(shop.here)
    assert take_events(shop.here).entered == 0
    assert len(shop.entered()) == 2

    shop.at(FIRST + timedelta(days=1), 2)
    shop.here.run(FIRST)

    assert len(shop.entered()) == len({*shop.entered()}) == 4
    with shop.here.ledger.reading() as connection:
        held = connection.execute(select(held_entry.c.customer_id)).scalars().all()
    assert {*held} | {*shop.entered()} == {*NEWS}


@pytest.mark.slow
@one_database
@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)]
)
def test_whatever_comes_first_each_move_begins_one_entry(shop: Shop, seed: int) -> None:
    """
    Passes, jobs and nights in any order, orders around midnight: a first order is one occasion.

    A playbook that may be entered again on the next day, and is over with its one message, has nothing else that would
    keep a second entry away.
    """
    draw = Random(seed)  # noqa: S311 - a seeded draw
    start(shop.here, WELCOME)
    left, day, nights = list(NEWS), FIRST, 0
    while nights < 3:
        for hour in sorted(draw.uniform(0.2, 23.8) for _ in range(draw.randint(1, 5))):
            shop.at(day, hour)
            act = draw.choice(("order", "order", "live", "answer", "live and answer"))
            if act == "order" and left:
                name = left.pop()
                shop.order(name, f"o-{name}")
            if "live" in act:
                shop.live()
            if "answer" in act:
                take_events(shop.here)
        day += timedelta(days=1)
        if draw.random() < 0.8:  # the other nights nobody runs
            late = draw.random() < 0.5
            if late and left:  # an order of the small hours, which the night does not count yet
                shop.at(day, 0.5)
                shop.order(left[-1], f"o-{left.pop()}")
                shop.live()
                take_events(shop.here)
            shop.at(day, 2)
            shop.here.run(day - timedelta(days=1))
            shop.live()
            take_events(shop.here)
            nights += 1
    for name in left:
        shop.order(name, f"o-{name}")
    for _ in range(2):
        day += timedelta(days=1)
        shop.at(day, 2)
        shop.here.run(day - timedelta(days=1))
    assert shop.entered() == sorted(NEWS)
    assert shop.written() == sorted(NEWS)
