"""``evergrove audit``: what was done is listed, what was changed is named, and a cut tail is seen."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from evergrove.app import open_workspace
from evergrove.audit import note
from evergrove.cli.main import cli
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

UNSOUND, INPUT, OURS = 1, 2, 1


@pytest.fixture
def audit(decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``evergrove audit`` in a workspace with three acts more than its first nights have left."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with open_workspace(copy_of(decided_workspace, tmp_path / "shop")) as workspace:
        for n in range(3):
            with workspace.ledger.writing() as connection:
                note(connection, "test.acted", "user:u1", f"thing:{n}", {"n": n})

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, ["audit", *map(str, arguments), "-w", "shop"])

    return invoke


def past_us(*statements: str) -> None:
    """What somebody does who opens the file with SQLite's own tool."""
    with closing(sqlite3.connect("shop/ledger.sqlite", isolation_level=None)) as raw:
        for statement in ("drop trigger audit_no_change", "drop trigger audit_no_delete", *statements):
            raw.execute(statement)


def test_a_whole_trail_is_verified_and_listed(audit: Command) -> None:
    """Sealed by exporting the head; verified against it from then on."""
    assert "No exported head" in audit("verify").output
    done = audit("head", "head.json", "--json")
    head = json.loads(done.output)
    assert done.exit_code == 0, done.output

    verified = json.loads(audit("verify", "head.json", "--json").output)
    assert (verified["sound"], verified["rows"], verified["hash"]) == (True, head["seq"], head["hash"])
    listed = audit("list", "--act", "test.", "--last", "2")
    assert "thing:2" in listed.output
    assert "n=2" in listed.output
    assert "thing:0" not in listed.output
    assert "Nothing noted" in audit("list", "--by", "user:nobody").output


def test_a_changed_row_is_named_and_ends_with_a_status(audit: Command) -> None:
    """The first broken row, by its number; doctor says the same."""
    last = json.loads(audit("head", "head.json", "--json").output)["seq"]
    past_us(f"update audit set what = 'thing:9' where seq = {last - 1}")

    done = audit("verify")

    assert done.exit_code == UNSOUND
    assert f"Row {last - 1} of the audit trail is not what was sealed" in done.output
    examined = CliRunner().invoke(cli, ["doctor", "-w", "shop"])
    assert (examined.exit_code, "audit.row_changed" in examined.output) == (UNSOUND, True)
    assert "audit.unguarded" in examined.output


def test_a_head_of_another_chain_is_replaced_only_when_asked_and_noted(audit: Command) -> None:
    """A cut tail is seen, the exported head is not overwritten, and replacing it leaves a row behind."""
    last = json.loads(audit("head", "head.json", "--json").output)["seq"]
    past_us(f"delete from audit where seq = {last}")

    cut = audit("verify", "head.json")
    assert (cut.exit_code, f"ends before row {last}" in cut.output) == (UNSOUND, True)
    refused = audit("head", "head.json")
    assert (refused.exit_code, "audit.head_not_continued" in refused.output) == (OURS, True)

    assert audit("head", "head.json", "--replace").exit_code == 0
    assert audit("verify", "head.json").exit_code == 0
    assert f"seq={last}" in audit("list", "--act", "audit.head_replaced").output


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '{"format": "evergrove.audit_head/2"}',
        '{"format": "evergrove.audit_head/1", "workspace": "x"}',
    ],
)
def test_what_is_no_head_is_refused(audit: Command, tmp_path: Path, content: str) -> None:
    """Another format, another workspace's, or no JSON at all; and it is not overwritten either."""
    file = tmp_path / "head.json"
    file.write_text(content)

    for action in ("verify", "head"):
        done = audit(action, "head.json")
        assert (done.exit_code, "audit.head_unreadable" in done.output) == (INPUT, True)
    assert file.read_text() == content


def test_a_head_with_a_forged_place_is_refused(audit: Command, tmp_path: Path) -> None:
    """Places are whole numbers and hashes have 64 digits."""
    file = tmp_path / "head.json"
    assert audit("head", "head.json").exit_code == 0
    good = json.loads(file.read_text())

    for wrong in ({"seq": True}, {"seq": -1}, {"seq": "1"}, {"hash": "x"}, {"hash": None}):
        file.write_text(json.dumps(good | wrong))
        assert audit("verify", "head.json").exit_code == INPUT
