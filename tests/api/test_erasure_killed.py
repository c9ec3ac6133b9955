"""An erasure under an Idempotency-Key that is killed anywhere: asked for again, all of it is done, and its answer is true."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from evergrove.access.tables import idempotency
from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.http.once import Kept, claim, settle
from evergrove.ingest.events.reading import Desk
from evergrove.ingest.events.segment import read_message
from evergrove.ingest.events.store import store
from evergrove.ledger import database_now
from evergrove.people import PersonRow, contacts, store_people
from evergrove.people.tables import person
from evergrove.testing.house import NOON, House
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

ANSWER = Kept(200, b'{"is_new": true}', "application/json")
NAMED = {"type": "page", "userId": "ADA", "messageId": "m", "properties": {"path": "/ada-lovelace"}}


def ask(here: Workspace) -> Kept:
    """What a service does with one request to erase Ada."""
    held = claim(here.ledger, here.seal, "name", "request", is_resumed=True)
    if isinstance(held, Kept):
        return held
    replace(here, ledger=here.ledger.fenced(held.prove)).erase("ADA")
    settle(here.ledger, here.seal, held, ANSWER)
    return ANSWER


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_erasure_is_done_by_whoever_asks_again(tmp_path: Path) -> None:
    """It takes several transactions: killed between two of them it was answered as stored, and half of it was not."""
    made, folder, clock = tmp_path / "made", tmp_path / "workspace", SetClock(NOON)
    create_workspace(made, chosen={}, key_file=tmp_path / "key", clock=clock)
    with open_workspace(made, clock) as here, here.ledger.writing() as connection:
        desk = Desk.at(here.seal, "shop", NOON)
        event, _refused = read_message(desk, NAMED, "page")
        assert event is not None
        store(connection, [event])
        store_people(connection, here.seal, [PersonRow("ADA", "ada@mail.example", "Ada Lovelace")], NOON)
    reached = set()

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)

    def run() -> None:
        with open_workspace(folder, clock) as here:
            ask(here)

    def verify() -> None:
        with open_workspace(folder, clock) as here:
            with here.ledger.writing() as connection:
                late = database_now(connection) - timedelta(milliseconds=1)
                connection.execute(update(idempotency).values(lease_until=late))
                reached.add(connection.execute(select(idempotency.c.state)).scalar())
            assert ask(here) == ANSWER
            assert ask(here) == ANSWER
            with here.ledger.reading() as connection:
                assert contacts(connection, here.seal, ["ADA"]) == {}
                assert connection.execute(select(person.c.status)).scalars().all() == ["erased"]
        assert not any(b"lovelace" in path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert kill_points(run, verify, prepare=prepare) > 8
    assert reached == {None, "running", "done"}  # never as stored, and not done


def test_an_erasure_that_broke_off_is_begun_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP: the first try fails behind its first transaction, the second one does all of it."""
    here, key = house.here, {"Idempotency-Key": "erase-1"}
    with here.ledger.writing() as connection:
        store_people(connection, here.seal, [PersonRow("ADA", "ada@mail.example")], NOON)
    broken = house.client("admin")

    def fail(*_given: object, **_named: object) -> None:
        message = "broke off"
        raise RuntimeError(message)

    with monkeypatch.context() as patched:
        patched.setattr("evergrove.app.workspace.pipeline.erase_person", fail)
        assert broken.delete("/v1/persons/ADA", headers=key).status_code == 500
    again = broken.delete("/v1/persons/ADA", headers=key)

    assert (again.status_code, again.json()["is_new"]) == (200, True)
    replayed = broken.delete("/v1/persons/ADA", headers=key)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.content == again.content
