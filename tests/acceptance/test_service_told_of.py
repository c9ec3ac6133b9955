"""One service, three processes: all of them write into one log and count into one ``/metrics``; nobody is named."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest

from evergrove.access import RIGHTS, Passwords, create_key, operator, rights_of
from evergrove.app import open_workspace
from evergrove.core import SetClock
from evergrove.testing.door import CHEAP, Door
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 90.0
SEEN = 'evergrove_process_seen_timestamp_seconds{process="%s"}'


@pytest.fixture
def folder(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Path:
    """A workspace whose first night is done."""
    return copy_of(begun_on_sqlite[0], tmp_path / "workspace")


@pytest.fixture
def key(folder: Path) -> str:
    """A key with all rights of an administrator."""
    now, passwords = datetime.now(UTC), Passwords(CHEAP)
    with open_workspace(folder) as here:
        account = Door(here.ledger, passwords, here.seal, SetClock(now)).account("a@shop.example")
        with here.ledger.writing() as connection:
            scopes = [name for name in RIGHTS if name in rights_of("admin")]
            made = create_key(connection, operator(), account, "test", scopes, now, timedelta(days=1))
    passwords.close()
    return made.text


@pytest.fixture
def client(folder: Path, key: str, tmp_path: Path) -> Iterator[httpx2.Client]:
    """A client of a service at work, which is ended as services are, and in time."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    settings = {
        "EVERGROVE_LOGS_FILE": str(tmp_path / "log.jsonl"),
        "EVERGROVE_JOBS_NIGHT": "",
        "EVERGROVE_JOBS_MEASURE": "",
    }
    service = subprocess.Popen(
        [sys.executable, "-m", "evergrove", "serve", "--port", str(port), "-w", str(folder)],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
    )
    try:
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        ) as found:
            wait_for(found, "evergrove_requests_in_flight")
            yield found
            with found.stream("GET", "/v1/jobs/events") as stream:  # what is open does not hold up the end
                assert next(stream.iter_lines()) == "retry: 2000"
                begun = time.monotonic()
                service.send_signal(signal.SIGTERM)
                assert service.wait(timeout=30) == 0
                assert time.monotonic() - begun < 30
    finally:
        service.kill()
        service.wait()


def figures(client: httpx2.Client) -> dict[str, float]:
    """Series -> value."""
    with suppress(httpx2.HTTPError):
        lines = [line.rpartition(" ") for line in client.get("/metrics").text.splitlines() if line[:1] != "#"]
        return {series: float(value) for series, _space, value in lines}
    return {}


def wait_for(client: httpx2.Client, *series: str) -> dict[str, float]:
    """The figures, once all of some are there and more than nothing."""
    ends = time.monotonic() + PATIENCE_S
    while not all((found := figures(client)).get(each) for each in series):
        assert time.monotonic() < ends, [each for each in series if not found.get(each)]
        time.sleep(0.3)
    return found


@pytest.mark.slow
def test_all_processes_of_a_service_are_told_of(client: httpx2.Client, tmp_path: Path) -> None:
    """An order, a job, and a page that there is not; each is seen in the figures, and the log has the lines."""
    order = {"order_id": "Z-1", "customer_id": "NEW", "ordered_at": "2026-07-01T09:30:00Z", "amount": "12.50"}
    assert client.post("/v1/orders", json=order).status_code == 200
    assert client.post("/v1/jobs", json={"kind": "tidy"}).status_code == 202
    assert client.get("/v1/mei.lin@shop.example").status_code == 404

    found = wait_for(
        client,
        SEEN % "worker",
        SEEN % "live",
        "evergrove_live_pass_seconds_count",
        'evergrove_job_seconds_count{kind="tidy",state="done"}',
    )

    assert found['evergrove_events_total{kind="order",outcome="new"}'] == 1
    assert found['evergrove_request_seconds_count{method="POST",route="/v1/orders",status="200"}'] == 1
    assert found['evergrove_request_seconds_count{method="GET",route="none",status="404"}'] == 1
    assert found["evergrove_dirty_customers"] == 0
    assert found["evergrove_live_lag_seconds"] == 0
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["process"] for line in lines} == {"serve", "worker", "live"}
    assert {"service began", "process began", "request", "job began", "job ended"} <= {
        line["event"] for line in lines
    }
    assert "mei" not in text
