"""A service that is killed while events come in: what it answered is there, what it did not is there once after a retry."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import func, select

from evergrove.access import Passwords, create_key, operator
from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.core import SetClock
from evergrove.ingest.events.tables import EVENT
from evergrove.testing.door import CHEAP, Door
from evergrove.testing.house import CHOSEN

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20 if "EVERGROVE_PROVE" in os.environ else 1
SENDERS = 4
READY_S = 60.0


def new_workspace(tmp_path: Path) -> tuple[Path, str]:
    """An empty workspace, and a key that may send events."""
    folder, clock, passwords = tmp_path / "workspace", SetClock(datetime.now(UTC)), Passwords(CHEAP)
    create_workspace(folder, chosen=CHOSEN, key_file=tmp_path / "key", clock=clock)
    with open_workspace(folder) as here:
        owner = Door(here.ledger, passwords, here.seal, clock).account("admin@shop.example", "admin")
        with here.ledger.writing() as connection:
            lasts, now = timedelta(days=1), clock.now()
            key = create_key(connection, operator(), owner, "test", ["events.write"], now, lasts).text
    passwords.close()
    return folder, key


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the service, and wait until it answers."""
    words = ["serve", "-w", str(folder), "--port", str(port), "--no-worker", "--no-live"]
    said = (folder.parent / "log").open("ab")
    begun = subprocess.Popen([sys.executable, "-m", "evergrove", *words], stdout=said, stderr=said)
    said.close()
    ends = time.monotonic() + READY_S
    while time.monotonic() < ends:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"http://127.0.0.1:{port}/ready", timeout=5).status_code == 200:
                return begun
        assert begun.poll() is None, (folder.parent / "log").read_text()
        time.sleep(0.05)
    raise AssertionError((folder.parent / "log").read_text())


def send(address: str, key: str, run: str, stop: Signal) -> tuple[list[str], list[str]]:
    """Send one event after the other until nobody answers; which were answered, and which were sent."""
    answered: list[str] = []
    sent: list[str] = []
    with (
        httpx2.Client(base_url=address, auth=(key, ""), timeout=10) as client,
        suppress(httpx2.TransportError),
    ):
        while not stop.is_set():
            sent.append(f"{run}-{len(sent)}")
            if client.post("/v1/track", json=message(sent[-1])).status_code == 200:
                answered.append(sent[-1])
    return answered, sent


def message(name: str) -> dict[str, str]:
    """An event of that name."""
    return {"userId": "u1", "messageId": name, "event": "Seen", "timestamp": "2026-03-02T12:00:00Z"}


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_what_was_answered_is_there_after_a_kill_and_a_retry_doubles_nothing(tmp_path: Path) -> None:
    """Reliability c2, over a socket: SIGKILL while several send."""
    folder, key = new_workspace(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    address, answered, sent = f"http://127.0.0.1:{port}", set[str](), set[str]()
    with ThreadPoolExecutor(SENDERS) as pool:
        for kill in range(KILLS):
            service, stop = serve(folder, port), Signal()
            told = [pool.submit(send, address, key, f"{kill}-{n}", stop) for n in range(SENDERS)]
            time.sleep(1.0)
            service.send_signal(signal.SIGKILL)
            service.wait()
            stop.set()
            for each in told:
                heard, tried = each.result()
                answered.update(heard)
                sent.update(tried)

    assert len(answered) > KILLS * SENDERS
    with open_workspace(folder) as here, here.ledger.reading() as connection:
        assert answered <= set(connection.execute(select(EVENT.c.message_id)).scalars())
    service = serve(folder, port)
    with httpx2.Client(base_url=address, auth=(key, ""), timeout=30) as client:
        batch = [{"type": "track", **message(name)} for name in sorted(sent)]
        for start in range(0, len(batch), 500):
            assert client.post("/v1/batch", json={"batch": batch[start : start + 500]}).status_code == 200
    service.terminate()
    service.wait(40)
    with open_workspace(folder) as here, here.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(EVENT)).scalar_one() == len(sent)
