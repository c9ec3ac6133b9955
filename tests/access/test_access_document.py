"""docs/access.md is walked: each command is run as shown and prints what is shown, but for what is drawn at random."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from evergrove.access import HashCost, Passwords, enter
from evergrove.app import create_workspace, open_workspace
from evergrove.cli.main import cli
from evergrove.core import SetClock

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)
PARTS = re.compile(
    r"^<!-- enters: (?P<email>\S+) -->$|^```(?P<language>console|text)\n(?P<body>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)
PREFIX = "evg_3f9c02a41b7d"
SECRET = re.compile(r"(?<=/link/)\S{43}|(?<=evg_[0-9a-f]{12}_)\S{43}")


def test_the_page_prints_what_its_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty workspace to a revoked key."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    clock = SetClock(NOON)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: clock)
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "shop.key", clock=clock)
    monkeypatch.chdir(tmp_path / "shop")
    passwords, printed, real, compared = Passwords(HashCost(1, 8, 1)), "", PREFIX, 0

    for part in PARTS.finditer(PAGE.read_text(encoding="utf-8")):
        if part["email"]:
            token = printed.rsplit(maxsplit=1)[-1].rpartition("/")[2]
            with open_workspace(tmp_path / "shop", clock) as workspace:
                enter(workspace.ledger, passwords, token, "four words nobody joins", clock)
        elif part["language"] == "console":
            printed = ""
            for line in part["body"].splitlines():
                done = CliRunner().invoke(cli, line.replace(PREFIX, real).split()[2:])
                assert done.exit_code == 0, f"{line}: {done.output}"
                printed += done.stdout
                found = re.search(r"evg_[0-9a-f]{12}", printed)
                real = found[0] if found else real
        else:
            compared += 1
            assert SECRET.sub("Wq3...", printed).replace(real, PREFIX) == part["body"]
    passwords.close()
    assert compared == 3
