"""``evergrove users`` and ``evergrove keys``: what is secret is printed once, and the way on is named."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from evergrove.access import HashCost, Passwords, actor_of_key, enter
from evergrove.app import create_workspace, open_workspace
from evergrove.cli.main import cli
from evergrove.core import SetClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)
REFUSED, INPUT = 3, 2
ADA = "ada@shop.example"
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A command in a new workspace, at noon."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON))
    monkeypatch.chdir(tmp_path)
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "shop.key", clock=SetClock(NOON))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "-w", "shop"])

    return invoke


def told(result: Result) -> dict[str, Any]:
    """The answer for machines."""
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def come_in(folder: Path, link: str) -> None:
    """Open a link and choose a password."""
    passwords = Passwords(HashCost(1, 8, 1))
    with open_workspace(folder, SetClock(NOON)) as workspace:
        token = link.rpartition("/")[2]
        enter(workspace.ledger, passwords, token, "four words nobody joins", workspace.clock)
    passwords.close()


def test_the_first_is_invited_and_everybody_is_listed(run: Command, tmp_path: Path) -> None:
    """An empty list names the command that comes next; an invitation prints a link under the configured address."""
    empty = run("users")
    assert "Next: evergrove users invite EMAIL --role admin -w shop" in empty.output

    done = run("users", "invite", ADA, "--role", "admin")
    assert done.exit_code == 0, done.output
    [link] = re.findall(r"^http://127\.0\.0\.1:8350/link/\S{43}$", done.output, flags=re.MULTILINE)
    assert "until 2026-07-05 12:00 UTC" in done.output
    assert "invited" in run("users").output
    come_in(tmp_path / "shop", link)

    assert told(run("users", "--json"))["users"] == [
        {
            "email": ADA,
            "role": "admin",
            "state": "active",
            "sees_personal": True,
            "created_at": NOON.isoformat(),
        }
    ]
    assert link.rpartition("/")[2] not in run("users").output


def test_roles_are_given_and_accounts_disabled(run: Command, tmp_path: Path) -> None:
    """The last administrator stays; personal data are given beside the role and stay until they are taken."""
    for email, role in ((ADA, "admin"), ("bob@shop.example", "viewer")):
        come_in(tmp_path / "shop", told(run("users", "invite", email, "--role", role, "--json"))["link"])

    assert told(run("users", "role", "bob@shop.example", "--role", "analyst", "--personal", "--json"))[
        "sees_personal"
    ]
    assert told(run("users", "role", "bob@shop.example", "--role", "marketer", "--json"))["sees_personal"]
    refused = run("users", "disable", ADA)
    assert (refused.exit_code, "access.last_admin" in refused.stderr) == (REFUSED, True)
    assert "no more" in run("users", "disable", "bob@shop.example").output
    assert re.search(r"bob@shop\.example +marketer +disabled +shown", run("users").output)
    assert "/link/" in run("users", "reset", ADA).output


def test_a_key_is_printed_once(run: Command, tmp_path: Path) -> None:
    """The list shows its prefix, what it may, and when it was used; revoked it opens nothing."""
    come_in(tmp_path / "shop", told(run("users", "invite", ADA, "--role", "analyst", "--json"))["link"])
    assert "no keys" in run("keys").output

    done = run("keys", "create", "till", "--for", ADA, "--scope", "events.write", "--scope", "customers.read")
    assert done.exit_code == 0, done.output
    [text] = re.findall(r"^evg_\S+$", done.output, flags=re.MULTILINE)
    prefix = text[: len("evg_") + 12]
    with open_workspace(tmp_path / "shop", SetClock(NOON)) as workspace:
        assert actor_of_key(workspace.ledger, text, workspace.clock).rights == {
            "events.write",
            "customers.read",
        }

    listed = run("keys").output
    assert (prefix in listed, text in listed) == (True, False)
    assert "2026-07-02 12:00 UTC" in listed
    assert run("keys", "revoke", prefix).exit_code == 0
    assert told(run("keys", "--json"))["keys"][0]["state"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("users", "invite"), INPUT, "cli.no_email"),
        (("users", "invite", ADA), INPUT, "cli.no_role"),
        (("users", "invite", "ada", "--role", "viewer"), INPUT, "access.not_an_email"),
        (("users", "disable", ADA), INPUT, "access.no_such_account"),
        (("keys", "create"), INPUT, "cli.no_key_named"),
        (("keys", "create", "till"), INPUT, "cli.no_owner"),
        (("keys", "revoke", "evg_0"), INPUT, "access.no_such_key"),
    ],
)
def test_what_cannot_be_done_is_refused_in_three_languages(
    run: Command, arguments: tuple[str, ...], status: int, code: str
) -> None:
    """With the code that one searches for; Chinese readers read Chinese."""
    for language in ("en", "zh-Hans", "zh-Hant"):
        done = run(*arguments, "--lang", language)
        assert (done.exit_code, f"[{code}]" in done.stderr) == (status, True)
        assert bool(CHINESE.search(done.stderr)) == (language != "en")
