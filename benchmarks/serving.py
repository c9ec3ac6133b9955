"""A real service on loopback, for what has to be measured from outside: started, asked, ended."""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
from benchmarks.machine import ROOT

from evergrove.access import Passwords, create_key, enter, invite, operator
from evergrove.app import open_workspace
from evergrove.live import heart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

READY_S = 60.0
END_S = 30.0


class NotServing(Exception):
    """The service ended, or did not come up in time: there is nothing to measure."""


@dataclass(frozen=True)
class Serving:
    """
    A service at work.

    Attributes:
        address: Where it listens.
        key: Of a program that may do everything.
        process: The first of its processes.
    """

    address: str
    key: str
    process: subprocess.Popen[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """What shows who asks."""
        return {"Authorization": f"Bearer {self.key}"}

    def client(self, connections: int = 100) -> httpx2.AsyncClient:
        """A client that keeps its connections."""
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        return httpx2.AsyncClient(base_url=self.address, headers=self.headers, limits=limits, timeout=30.0)


@contextmanager
def serving(folder: Path, log: Path, *options: str, scopes: Sequence[str]) -> Iterator[Serving]:
    """
    Serve a workspace in processes of its own, for the length of a ``with`` block.

    Args:
        folder: The workspace; its rate limits should be out of the way.
        log: File for what the service says.
        options: Of ``evergrove serve``.
        scopes: Of the key.

    Raises:
        NotServing: It did not come up.
    """
    key, port = _key(folder, scopes), _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "evergrove", "serve", "-w", str(folder), "--port", str(port), *options]
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            _until_ready(process, address, log)
            if "--no-live" not in options:
                _until_live(folder, process, log)
            yield Serving(address, key, process)
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _key(folder: Path, scopes: Sequence[str]) -> str:
    """A key of a new administrator, made as people make them."""
    lasts, email = timedelta(days=1), f"{secrets.token_hex(6)}@shop.example"
    with open_workspace(folder) as here:
        passwords = Passwords()
        with here.ledger.writing() as connection:
            link = invite(connection, here.seal, operator(), email, "admin", here.clock.now(), lasts=lasts)
        owner = enter(here.ledger, passwords, link.token, secrets.token_urlsafe(24), here.clock).account_id
        passwords.close()
        with here.ledger.writing() as connection:
            return create_key(
                connection, operator(), owner, "benchmarks", scopes, here.clock.now(), lasts
            ).text


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx2.get(f"{address}/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    process.kill()
    raise NotServing(log.read_text(errors="replace")[-2000:])


def _until_live(folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    """Live value has a process of its own, which comes up by itself."""
    end = time.monotonic() + READY_S
    with open_workspace(folder) as here:
        begun = here.clock.now()
        while time.monotonic() < end and process.poll() is None:
            with here.ledger.reading() as connection:
                beat = heart(connection).beat_at
            if beat is not None and beat >= begun:
                return
            time.sleep(0.05)
    process.kill()
    raise NotServing(log.read_text(errors="replace")[-2000:])
