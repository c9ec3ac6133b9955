"""An act under an Idempotency-Key happens once, whoever asks how often (reliability e7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from evergrove.access.errors import AccountExists
from evergrove.access.tables import idempotency
from evergrove.audit import note
from evergrove.audit.tables import AUDIT
from evergrove.http import Body, Routes, ThisCall
from evergrove.http.once import LEASE, Claim, Kept, claim, release, settle
from evergrove.ledger import database_now
from evergrove.people import Seal

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.testing.house import House

SEAL = Seal(b"k" * 32)
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
ACT = "test.acted"


class What(Body):
    """What is to be done."""

    name: str


def acts(ledger: Ledger) -> int:
    """How often it was done."""
    with ledger.reading() as connection:
        return len(connection.execute(select(AUDIT.c.id).where(AUDIT.c.act == ACT)).all())


class Acting:
    """A service with a route that acts, and stops where a test says."""

    def __init__(self, house: House) -> None:
        self.house, self.client = house, house.client()
        self.begun, self.go = Event(), Event()
        self.go.set()
        self.before: Exception | None = None
        self.after: Exception | None = None
        routes = Routes("/test", tag="test")
        routes.post("/acts", right="settings.write", status_code=201)(self._act)
        house.also(routes)
        self.client = house.client()

    def _act(self, call: ThisCall, what: What) -> dict[str, Any]:
        self.begun.set()
        self.go.wait(10)
        if self.before:
            raise self.before
        with call.here.ledger.writing() as connection:
            note(connection, ACT, call.by, "test:1", {}, at=call.here.clock.now())
        if self.after:
            raise self.after
        return {"name": what.name, "request": call.id}

    def ask(self, name: str = "Ada") -> Any:
        """Ask for it, under the key."""
        return self.client.post("/v1/test/acts", json={"name": name}, headers=KEY)

    def done(self) -> int:
        """How often it was done."""
        return acts(self.house.here.ledger)


@pytest.fixture
def acting(house: House) -> Acting:
    """A service with a route that acts."""
    return Acting(house)


def test_asking_again_gives_the_same_answer_and_does_nothing(acting: Acting) -> None:
    """Status and body are those of the first answer, byte for byte."""
    first, again = acting.ask(), acting.ask()

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert acting.done() == 1


def test_without_a_key_each_request_acts(acting: Acting) -> None:
    """Nothing is compared."""
    for _each in range(2):
        acting.client.post("/v1/test/acts", json={"name": "Ada"})

    assert acting.done() == 2


def test_another_request_under_the_same_key_is_refused(acting: Acting) -> None:
    """422: the key was somebody's slip, and neither answer would be the right one."""
    acting.ask("Ada")
    other = acting.ask("Bob")

    assert (other.status_code, other.json()["code"]) == (422, "http.key_reused")
    assert acting.done() == 1


def test_a_key_belongs_to_who_sent_it(acting: Acting) -> None:
    """Another key of a program is another actor: it hears nothing of the first one's answer."""
    acting.ask()
    other = acting.house.key("admin", "settings.write")

    answer = acting.client.post(
        "/v1/test/acts", json={"name": "Ada"}, headers={**KEY, "Authorization": f"Bearer {other}"}
    )

    assert "Idempotency-Replayed" not in answer.headers
    assert acting.done() == 2


def test_fifty_twins_at_once_act_once(acting: Acting) -> None:
    """The others are told to come back, or hear the one answer."""
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _each: acting.ask(), range(50)))

    bodies = {each.content for each in answers if each.status_code == 201}
    assert len(bodies) == 1
    assert {each.status_code for each in answers} <= {201, 409}
    assert acting.done() == 1
    assert acting.ask().content in bodies


def test_a_twin_of_one_at_work_is_told_to_come_back(acting: Acting) -> None:
    """409 with Retry-After, no longer than the lease."""
    acting.go.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(acting.ask)
        acting.begun.wait(10)
        twin = acting.ask()
        acting.go.set()
        assert first.result().status_code == 201

    assert (twin.status_code, twin.json()["code"]) == (409, "http.still_running")
    assert 0 < int(twin.headers["Retry-After"]) <= LEASE.total_seconds()


def test_what_failed_before_it_acted_can_be_asked_for_again(acting: Acting) -> None:
    """Nothing was stored, so nothing is answered from the store."""
    acting.before = ZeroDivisionError()
    assert acting.ask().status_code == 500
    acting.before = None

    assert acting.ask().status_code == 201
    assert acting.done() == 1


def test_a_refusal_that_stored_something_is_answered_again(acting: Acting) -> None:
    """An attempt that was counted, say: asking again must not count it twice."""
    acting.after = AccountExists(email="x", role="admin")
    first, again = acting.ask(), acting.ask()

    assert (first.status_code, again.status_code) == (409, 409)
    assert first.content == again.content
    assert acting.done() == 1


def test_an_act_whose_answer_was_lost_is_not_done_again(acting: Acting) -> None:
    """The service failed between act and answer: later ones are told so, at once."""
    acting.after = ZeroDivisionError()
    assert acting.ask().status_code == 500
    acting.after = None

    again = acting.ask()
    assert (again.status_code, again.json()["code"]) == (409, "http.answer_lost")
    assert acting.done() == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
def test_a_key_that_is_none_is_refused(acting: Acting, key: str) -> None:
    """1 to 255 visible ASCII characters."""
    answer = acting.client.post(
        "/v1/test/acts", json={"name": "Ada"}, headers=[(b"Idempotency-Key", key.encode())]
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "http.key_unusable")


def test_neither_request_nor_answer_lies_open_in_the_ledger(acting: Acting) -> None:
    """Both may hold what is personal: one is a keyed hash, the other sealed."""
    acting.ask("Ada Lovelace")

    with acting.house.here.ledger.reading() as connection:
        row = connection.execute(select(idempotency)).one()
    assert "Ada" not in repr(row)
    assert KEY["Idempotency-Key"] not in repr(row)


# The rows themselves, in each database.


def age(ledger: Ledger) -> None:
    """Let the time of every lease pass."""
    with ledger.writing() as connection:
        now = database_now(connection)
        connection.execute(update(idempotency).values(lease_until=now - timedelta(milliseconds=1)))


def test_a_claim_that_was_overtaken_writes_nothing_more(ledger: Ledger) -> None:
    """Its holder was paused past the lease: what it still wants to store is refused, in the same transaction."""
    first = claim(ledger, SEAL, "n", "r")
    age(ledger)
    second = claim(ledger, SEAL, "n", "r")
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)

    with pytest.raises(Exception, match="later one"), ledger.fenced(first.prove).writing():
        pass
    with ledger.fenced(second.prove).writing():
        pass
    release(ledger, first)
    settle(ledger, SEAL, first, Kept(201, b"late", ""))

    with ledger.reading() as connection:
        row = connection.execute(select(idempotency)).one()
    assert (row.state, row.token) == ("acted", 2)


def test_after_a_day_a_key_is_new(ledger: Ledger) -> None:
    """Rows are kept for 24 hours and then let go of."""
    claim(ledger, SEAL, "n", "r")
    with ledger.writing() as connection:
        connection.execute(update(idempotency).values(expires_at=database_now(connection)))

    assert claim(ledger, SEAL, "n", "another request") == Claim("n", 1)
