"""``evergrove serve`` as it is run: it begins, answers, and ends; and says why where it cannot begin."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from evergrove.cli.main import cli
from evergrove.core import sole_owner
from evergrove.server.serving import LOCK_FILE, Begun, Wish, networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without an order."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "shop"
    done = CliRunner().invoke(cli, ["init", str(folder), "--key-file", str(tmp_path / "shop.key")])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        number: int = found.getsockname()[1]
    return number


def refused(shop: Path, *words: str) -> str:
    """What is said where the service does not begin."""
    done = CliRunner().invoke(cli, ["serve", "-w", str(shop), *words])
    assert done.exit_code == 2, done.output
    return done.output


def test_a_taken_port_is_told_with_another(shop: Path) -> None:
    """Before anything of the workspace is opened."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        said = refused(shop, "--port", str(number))

    assert "[server.port_taken]" in said
    assert f"--port {number + 1}" in said


def test_a_folder_that_is_no_workspace_is_told(tmp_path: Path) -> None:
    """With the command that makes one."""
    assert "evergrove init" in refused(tmp_path / "nowhere")


def test_an_address_that_is_not_here_is_told(shop: Path) -> None:
    """203.0.113.0/24 is nobody's (RFC 5737)."""
    assert "[server.address_unusable]" in refused(shop, "--host", "203.0.113.5")


def test_tracebacks_are_shown_to_this_machine_only(shop: Path) -> None:
    """Case 76: with --debug it does not listen where others hear."""
    done = CliRunner().invoke(cli, ["serve", "-w", str(shop), "--host", "0.0.0.0", "--debug"])  # noqa: S104

    assert type(done.exception).__name__ == "DebugInPublic"


def test_a_second_one_in_the_same_workspace_is_told(shop: Path, port: int) -> None:
    """With the way to have one that only answers."""
    with sole_owner(shop / LOCK_FILE):
        said = refused(shop, "--port", str(port))

    assert "[server.already_serving]" in said
    assert "--no-worker --no-live" in said


def test_a_ledger_of_an_older_version_is_told(shop: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings it up to date."""
    monkeypatch.setattr("evergrove.ledger.schema.newest_schema", lambda *_scripts: "9999")

    assert "evergrove upgrade" in refused(shop, "--port", str(port))


@pytest.mark.parametrize("given", ["*", "everybody", "10.0.0.0/8, x", "10.0.0.1/8"])
def test_a_proxy_to_trust_has_an_address(shop: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trusting everybody would let anybody say who they are."""
    monkeypatch.setenv("EVERGROVE_SERVER_TRUSTED_PROXIES", given)

    assert "[server.not_a_network]" in refused(shop)


def test_proxies_are_listed_by_commas() -> None:
    """Addresses and networks of both kinds."""
    assert networks(" 127.0.0.1, 10.1.0.0/16,, ::1 ") == ["127.0.0.1", "10.1.0.0/16", "::1"]


@pytest.mark.parametrize("first", ["http://127.0.0.1:8350/link/abc", None])
def test_a_quiet_start_shows_the_way_in_for_the_first_administrator(
    shop: Path, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """It is shown once and nowhere else; without it nobody could sign in. Nothing else is said."""

    def begin(_wish: Wish, begun: Callable[[Begun], object]) -> None:
        begun(Begun("http://127.0.0.1:8350", first))

    monkeypatch.setattr("evergrove.server.serving.serve", begin)
    done = CliRunner().invoke(cli, ["serve", "-w", str(shop), "--quiet", "--lang", "en"])

    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1:] == ([first] if first else [])
    assert (done.stdout == "") is (first is None)


@contextmanager
def served(shop: Path, port: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A service in a process of its own, that has begun; it is killed if a test forgets it."""
    command = [sys.executable, "-m", "evergrove", "serve", "-w", str(shop), "--port", str(port), *words]
    told = (shop.parent / "log.txt").open("w")
    with told, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(shop: Path) -> list[dict[str, object]]:
    """What its processes have written down; warnings for people stand between."""
    written = (shop.parent / "log.txt").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in written if line.startswith("{") and line.endswith("}")]


def pids(shop: Path, kind: str) -> list[int]:
    """Processes of a kind that have begun so far."""
    return [
        int(str(each["pid"]))
        for each in lines(shop)
        if each["event"] == "process began" and each["kind"] == kind
    ]


def wait_for(shop: Path, kind: str, count: int = 1) -> list[int]:
    """Wait until so many processes of a kind have begun."""
    until = time.monotonic() + 90
    while len(pids(shop, kind)) < count:
        assert time.monotonic() < until, lines(shop)
        time.sleep(0.1)
    return pids(shop, kind)


def is_there(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_it_begins_answers_and_ends(shop: Path, port: int) -> None:
    """One link for the first administrator, two children of which a killed one comes back, and an end at SIGTERM."""
    with served(shop, port, "--json") as process:
        assert process.stdout is not None
        told = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        assert told["url"] == f"http://127.0.0.1:{port}"
        assert "/link/" in told["first_link"]
        with urlopen(f"{told['url']}/ready", timeout=20) as answer:  # noqa: S310 - our own address
            assert json.load(answer)["status"] == "ready"
        (worker,), (live,) = wait_for(shop, "worker"), wait_for(shop, "live")
        os.kill(worker, signal.SIGKILL)
        second = wait_for(shop, "worker", 2)[-1]

        process.send_signal(signal.SIGTERM)
        assert process.wait(35) == 0
    assert not any(map(is_there, (worker, second, live)))


@pytest.mark.slow
def test_children_end_with_a_parent_that_was_killed(shop: Path, port: int) -> None:
    """However it went: its ends of their pipes close."""
    with served(shop, port, "--no-live") as process:
        (worker,) = wait_for(shop, "worker")
        process.kill()
        process.wait()
        until = time.monotonic() + 30
        while is_there(worker):
            assert time.monotonic() < until
            time.sleep(0.1)
    assert pids(shop, "live") == []
