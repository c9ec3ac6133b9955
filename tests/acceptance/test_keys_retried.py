"""Requests under an Idempotency-Key, fifty at once each, while the service is killed again and again: one effect a key."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.acceptance.test_events_killed import serve

from evergrove.access import Passwords, create_key, operator
from evergrove.access.tables import idempotency
from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.ledger import database_now
from evergrove.people.tables import consent_event
from evergrove.testing.door import CHEAP, Door
from evergrove.testing.house import CHOSEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TWINS = 50
KEYS, KILLS = (200, 20) if "EVERGROVE_PROVE" in os.environ else (4, 1)
UNHURRIED = {"burst": "100000", "per_second": "10000"}
LOST = b"lost"
ENDS_S = 120.0


def new_workspace(tmp_path: Path) -> tuple[Path, str]:
    """An empty workspace without limits on requests, and a key that may record consents."""
    folder, clock, passwords = tmp_path / "workspace", SetClock(datetime.now(UTC)), Passwords(CHEAP)
    create_workspace(folder, chosen={**CHOSEN, "server": UNHURRIED}, key_file=tmp_path / "key", clock=clock)
    with open_workspace(folder) as here:
        owner = Door(here.ledger, passwords, here.seal, clock).account("admin@shop.example", "admin")
        with here.ledger.writing() as connection:
            lasts, now = timedelta(days=1), clock.now()
            key = create_key(connection, operator(), owner, "test", ["consents.write"], now, lasts).text
    passwords.close()
    return folder, key


def ask(client: httpx2.Client, name: str) -> bytes:
    """Ask until it is answered for good; the body, or that the answer is lost and the act done."""
    body = {"status": "granted", "source": "test"}  # of this moment: a second act would be a second row
    ends = time.monotonic() + ENDS_S
    while time.monotonic() < ends:
        try:
            answer = client.post(f"/v1/persons/{name}/consents", json=body, headers={"Idempotency-Key": name})
        except httpx2.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == 200:
            return answer.content
        if answer.json()["code"] == "http.answer_lost":
            return LOST
        assert answer.status_code in {409, 503}, answer.text
        time.sleep(0.02)
    message = f"{name} was not answered"
    raise AssertionError(message)


def age(folder: Path) -> None:
    """Let the leases of a killed service pass, which would take a minute."""
    with open_workspace(folder) as here, here.ledger.writing() as connection:
        late = database_now(connection) - timedelta(milliseconds=1)
        connection.execute(update(idempotency).where(idempotency.c.state != "done").values(lease_until=late))


def effects(folder: Path) -> Mapping[str, int]:
    """How often each act was done."""
    own = consent_event.c.customer_id
    with open_workspace(folder) as here, here.ledger.reading() as connection:
        rows = connection.execute(select(own, func.count()).group_by(own)).all()
    return {row[0]: row[1] for row in rows}


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_key_acts_once_under_twins_and_kills(tmp_path: Path) -> None:
    """Ten thousand requests in ``make prove``; whoever is answered hears the same bytes."""
    folder, key = new_workspace(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    heard, every = dict[str, Counter[bytes]](), KEYS // KILLS
    service = serve(folder, port)
    with (
        ThreadPoolExecutor(TWINS) as pool,
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            auth=(key, ""),
            timeout=30,
            limits=httpx2.Limits(max_connections=TWINS),
        ) as client,
    ):
        for nth in range(KEYS):
            name = f"C-{nth}"
            twins = [pool.submit(ask, client, name) for _each in range(TWINS)]
            if nth % every == every // 2:
                time.sleep((nth * 7 % 11) / 100)  # nobody knows where that meets it
                service.send_signal(signal.SIGKILL)
                service.wait()
                age(folder)
                service = serve(folder, port)
            heard[name] = Counter(each.result() for each in twins)
    service.terminate()
    service.wait(40)

    assert effects(folder) == dict.fromkeys(heard, 1)
    assert sum(map(Counter.total, heard.values())) == KEYS * TWINS
    assert all(len(bodies) == 1 for bodies in heard.values())
    lost = sum(LOST in bodies for bodies in heard.values())
    said = f"{KEYS * TWINS} requests under {KEYS} keys, {KILLS} kills, {lost} answers lost, one effect each"
    print(said)  # noqa: T201 - with -s, the figure of ``make prove``
    assert lost <= KILLS
