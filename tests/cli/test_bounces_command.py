"""``evergrove bounces``: from a folder of mails into the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.delivery.links.test_returns import dsn
from typer.testing import CliRunner

from evergrove.cli.main import cli
from evergrove.testing.house import new_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_mails_are_counted_by_what_they_tell(tmp_path: Path) -> None:
    """One about no letter of ours, and one that is no report; what cannot be read says so."""
    folder = new_folder(tmp_path)
    mails = tmp_path / "mails"
    mails.mkdir()
    (mails / "1").write_bytes(dsn("1@shop.example"))
    (mails / "2").write_bytes(b"Subject: away\n\nuntil Monday")

    done = CliRunner().invoke(cli, ["bounces", str(mails), "-w", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {name: told[name] for name in ("taken", "known", "strange", "others")} == {
        "taken": 0,
        "known": 0,
        "strange": 1,
        "others": 1,
    }
    missing = CliRunner().invoke(cli, ["bounces", str(tmp_path / "none"), "-w", str(folder)])
    assert missing.exit_code == 2
