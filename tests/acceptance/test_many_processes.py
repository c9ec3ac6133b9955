"""
One PostgreSQL, three processes that answer, one of them with live value, and two workers: nothing lost, nothing doubled.

Every batch of orders goes to all three at the same moment; log-ins, keys, links and Idempotency-Keys are the same in each.
The long version kills one of each kind in the middle of it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.conftest import new_database

from evergrove.access import RIGHTS, Passwords, create_key, operator, rights_of
from evergrove.app import open_workspace
from evergrove.audit import verify
from evergrove.core import SetClock
from evergrove.export.requested.tables import EXPORT
from evergrove.ingest.events.tables import CONFLICT, EVENT
from evergrove.jobs.tables import JOB
from evergrove.testing.door import CHEAP, PASSWORD, Door
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.access import Role

PROVING = "EVERGROVE_PROVE" in os.environ
BATCHES, BATCH = (200, 50) if PROVING else (12, 10)
CUSTOMERS = 20
SERVERS, WORKERS = 3, 2
ROLES: tuple[Role, ...] = ("admin", "analyst")
PATIENCE_S = 180.0 if PROVING else 60.0


@dataclass
class Yard:
    """Processes over one workspace, and keys to it."""

    folder: Path
    url: str
    keys: dict[Role, str] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def begin(self) -> None:
        """Start all of them, and wait until each answers."""
        self.ports = [free_port() for _ in range(SERVERS)]
        for number in range(SERVERS):
            self.serve(number)
        self.workers = [self.start("worker") for _ in range(WORKERS)]
        for number in range(SERVERS):
            until(lambda number=number: self.answers(number))  # type: ignore[misc]

    def serve(self, number: int) -> None:
        """Start one that answers; the first has the live process."""
        live = () if number == 0 else ("--no-live",)
        begun = self.start("serve", "--port", str(self.ports[number]), "--no-worker", *live)
        self.servers[number : number + 1] = [begun]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of its own."""
        settings = {
            "EVERGROVE_LOGS_FILE": str(self.folder.parent / "log.jsonl"),
            "EVERGROVE_SERVER_BURST": "5000",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "evergrove", *words, "-w", str(self.folder)],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
        )

    def end(self) -> None:
        """End all of them as services are ended."""
        for each in (*self.servers, *self.workers):
            each.send_signal(signal.SIGTERM)
        for each in (*self.servers, *self.workers):
            each.wait(timeout=40)

    def answers(self, number: int) -> bool:
        """Whether one is ready."""
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{self.ports[number]}/ready", timeout=5).status_code == 200
        return False

    def client(self, number: int, role: Role | None = "admin") -> httpx2.Client:
        """A client of one of them."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.keys[role]}"}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.ports[number]}", headers=headers, timeout=60)

    def figure(self, number: int, name: str) -> float:
        """One of the figures without labels."""
        with self.client(number) as client:
            text = client.get("/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
        return port


def until(holds: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait for something that other processes bring about."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it has not come about in time"
        time.sleep(0.1)


@pytest.fixture
def yard(postgres_server: str, begun_on_postgres: tuple[Path, str], tmp_path: Path) -> Iterator[Yard]:
    """Three that answer and two that work, over a copy of a workspace whose first night is done."""
    original, url = begun_on_postgres
    with new_database(postgres_server, url.partition("?")[0].rpartition("/")[2]) as copied:
        folder = copy_of(original, tmp_path / "workspace", (url, copied))
        with (folder / "evergrove.toml").open("a", encoding="utf-8") as settings:
            settings.write('\n[jobs]\nnight = ""\nmeasure = ""\n')
        found = Yard(folder, copied)
        with known_people(found), processes(found):
            yield found


@contextmanager
def known_people(yard: Yard) -> Iterator[None]:
    """An account and a key with all its rights for each role."""
    now = datetime.now(UTC)
    with open_workspace(yard.folder) as here:
        passwords = Passwords(CHEAP)
        door = Door(here.ledger, passwords, here.seal, SetClock(now))
        for role in ROLES:
            account = door.account(f"{role}@shop.example", role)
            scopes = [name for name in RIGHTS if name in rights_of(role)]
            with here.ledger.writing() as connection:
                made = create_key(connection, operator(), account, "test", scopes, now, timedelta(days=1))
            yard.keys[role] = made.text
        passwords.close()
    yield


@contextmanager
def processes(yard: Yard) -> Iterator[None]:
    """All of them, for the length of a test."""
    try:
        yard.begin()
        yield
        yard.end()
    finally:
        for each in (*yard.servers, *yard.workers):
            each.kill()
            each.wait()


def orders_of(batch: int) -> list[dict[str, str]]:
    """Orders of customers who come again and again."""
    return [
        {
            "order_id": f"P-{batch}-{n}",
            "customer_id": f"NEW-{(batch * BATCH + n) % CUSTOMERS:02}",
            "ordered_at": "2026-11-20T09:30:00Z",
            "amount": "12.50",
        }
        for n in range(BATCH)
    ]


def send(yard: Yard, number: int, batch: int) -> list[str]:
    """A batch to one of them, again and again until it is taken: what became of each order."""
    ends = time.monotonic() + PATIENCE_S
    with yard.client(number, "analyst") as client:
        while True:
            with suppress(httpx2.HTTPError):
                answer = client.post("/v1/orders", json=orders_of(batch))
                if answer.status_code == 200:
                    return [each["state"] for each in answer.json()["items"]]
                assert answer.status_code in {429, 503}, answer.text
            assert time.monotonic() < ends
            time.sleep(0.2)


@pytest.mark.slow
def test_many_processes_are_one_service(yard: Yard) -> None:
    """What goes to one is known to all, once."""
    log_in_everywhere(yard)
    once_everywhere(yard)
    with ThreadPoolExecutor(SERVERS * 2) as pool:
        told = [[pool.submit(send, yard, n, batch) for n in range(SERVERS)] for batch in range(BATCHES)]
        if PROVING:
            kill_one_of_each(yard)
        states = [[future.result() for future in batch] for batch in told]
    check_nothing_is_lost(yard, states)
    check_live_is_the_same(yard)
    check_jobs(yard)
    if PROVING:
        until(lambda: yard.figure(1, "evergrove_events_waiting") == 0)
        check_live_is_the_same(yard)


def log_in_everywhere(yard: Yard) -> None:
    """A log-in of one process is good in the others, and ends in all at once."""
    wanted = {"email": "admin@shop.example", "password": PASSWORD}
    with yard.client(0, None) as first, yard.client(1, None) as second, yard.client(2, None) as third:
        opened = first.post("/v1/sign-in", json=wanted)
        assert opened.status_code == 200, opened.text
        second.cookies.update(first.cookies)
        third.cookies.update(first.cookies)
        assert [each.get("/v1/me").status_code for each in (first, second, third)] == [200, 200, 200]
        ended = second.post("/v1/sign-out", headers={"X-CSRF-Token": opened.json()["csrf"]})
        assert ended.status_code == 204, ended.text
        assert [each.get("/v1/me").status_code for each in (first, third)] == [401, 401]


def once_everywhere(yard: Yard) -> None:
    """The same request to all at the same moment, under one Idempotency-Key, acts once and is answered alike."""

    def ask(number: int) -> dict[str, Any]:
        headers = {"Idempotency-Key": "the-same"}
        with yard.client(number) as client:
            while (answer := client.post("/v1/exports", json={}, headers=headers)).status_code == 409:
                time.sleep(0.1)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    with ThreadPoolExecutor(SERVERS) as pool:
        answers = list(pool.map(ask, range(SERVERS)))
    assert answers == [answers[0]] * SERVERS
    with open_workspace(yard.folder) as here, here.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(EXPORT)).scalar() == 1


def kill_one_of_each(yard: Yard) -> None:
    """One that answers, with its live process, and one that works; their successors go on."""
    for each in (yard.servers[0], yard.workers[0]):
        each.kill()
        each.wait()
    yard.serve(0)
    yard.workers[0] = yard.start("worker")
    until(lambda: yard.answers(0))


def check_nothing_is_lost(yard: Yard, states: list[list[list[str]]]) -> None:
    """Each order was new once, whichever process took it, and is there once."""
    for batch in states:
        for told in zip(*batch, strict=True):
            assert sorted(told)[:-1] == ["duplicate"] * (SERVERS - 1)
            assert set(told) <= {"new", "duplicate"}
            assert PROVING or "new" in told  # an answer that was killed was new to nobody
    with open_workspace(yard.folder) as here, here.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(EVENT)).scalar() == BATCHES * BATCH
        names = select(func.count(func.distinct(EVENT.c.message_id)))
        assert connection.execute(names).scalar() == BATCHES * BATCH
        assert connection.execute(select(func.count()).select_from(CONFLICT)).scalar() == 0
        assert verify(connection).broken is None


def check_live_is_the_same(yard: Yard) -> None:
    """Each customer has bought as often as orders were sent, whoever is asked."""
    until(lambda: yard.figure(2, "evergrove_dirty_customers") == 0)
    for name in (f"NEW-{n:02}" for n in range(0, CUSTOMERS, 5)):
        seen = []
        for number in range(SERVERS):
            with yard.client(number) as client:
                answer = client.get(f"/v1/customers/{name}")
            assert answer.status_code == 200, answer.text
            seen.append(answer.json())
        assert seen == [seen[0]] * SERVERS
        assert seen[0]["figures"]["orders"] == BATCHES * BATCH / CUSTOMERS


def check_jobs(yard: Yard) -> None:
    """Exports of two people through three processes: each is made once, and fetched from another process."""
    asked: list[tuple[Role, str]] = []
    for role in ROLES:
        for number in (1, 2):
            with yard.client(number, role) as client:
                answer = client.post("/v1/exports", json={"columns": ["customer_id", "tier"]})
            assert answer.status_code == 202, answer.text
            asked.append((role, answer.json()["id"]))
    for role, name in asked:
        with yard.client(0, role) as client, yard.client(1, role) as other:
            until(lambda name=name, client=client: client.get(f"/v1/exports/{name}").json()["is_there"])  # type: ignore[misc]
            link = client.post(f"/v1/exports/{name}/link").json()["url"].partition("/v1/")[2]
            assert other.get(f"/v1/{link}").status_code == 200
            assert client.get(f"/v1/{link}").status_code == 400
    with open_workspace(yard.folder) as here, here.ledger.reading() as connection:
        jobs = connection.execute(select(JOB.c.state, JOB.c.attempts)).all()
    assert {row.state for row in jobs} == {"done"}
    assert PROVING or {row.attempts for row in jobs} == {1}
