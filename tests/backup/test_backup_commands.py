"""The commands backup, restore and upgrade: what a person reads, what a machine reads, how they end."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from tests.backup.conftest import content, older_copy
from tests.conftest import BEGUN
from typer.testing import CliRunner, Result

from evergrove.app import open_workspace
from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.ledger import newest_schema
from evergrove.ledger.schema import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

CHINESE = re.compile("[\u4e00-\u9fff]")
INPUT = 2


def evergrove(*words: str | Path) -> Result:
    """``evergrove``, in this process."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def answer(done: Result) -> dict[str, Any]:
    """What a command says to a machine."""
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def files_of(shop: Path) -> int:
    """How many a backup holds: the warehouse's, ledger and settings."""
    return len(list((shop / "warehouse").rglob("*.parquet"))) + 2


def test_saved_tried_and_brought_back(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Each command says what it did, what it did not, and what comes next."""
    before, key = content(shop_in_sqlite), tmp_path / "own keys" / "key"

    made = evergrove("backup", tmp_path / "b.tar.zst", "-w", shop_in_sqlite)
    tried = evergrove("restore", tmp_path / "b.tar.zst", "--verify")
    back = evergrove("restore", tmp_path / "b.tar.zst", tmp_path / "back")

    assert [done.exit_code for done in (made, tried, back)] == [0, 0, 0], made.stderr + tried.stderr
    assert f"the key {key} is not in it: without that key nobody can open them" in made.stdout
    assert f"is whole: {files_of(shop_in_sqlite)} files have their digests" in tried.stdout
    assert "The night as of 2026-06-30, computed anew from it, says what was published." in tried.stdout
    assert "The master key opens its personal data." in tried.stdout
    assert "Playbooks that rest: L2, L5, T1b" in back.stdout
    assert "No list of erasures was found" in back.stderr
    assert content(tmp_path / "back") == before


def test_what_machines_read(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """One document each, with its format."""
    made = answer(evergrove("backup", tmp_path / "b", "-w", shop_in_sqlite, "--json"))
    tried = answer(evergrove("restore", tmp_path / "b", "--verify", "--json"))
    back = answer(evergrove("restore", tmp_path / "b", tmp_path / "back", "--json"))

    said = (made["format"], made["files"], made["rows"]["person"])
    assert said == ("evergrove.backup_made/1", files_of(shop_in_sqlite), 200)
    assert (tried["replayed"], tried["key_opens"], tried["warnings"]) == ("2026-06-30", True, [])
    assert back["paused"] == ["L2", "L5", "T1b"]
    assert back["warnings"] == ["backup.no_erasures"]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_they_speak_chinese(shop_in_sqlite: Path, tmp_path: Path, language: str) -> None:
    """Errors too."""
    said = [
        evergrove("backup", tmp_path / "b.tar", "-w", shop_in_sqlite, "--lang", language),
        evergrove("restore", tmp_path / "b.tar", "--verify", "--lang", language),
        evergrove("restore", tmp_path / "b.tar", shop_in_sqlite, "--lang", language),
        evergrove("upgrade", "--check", "-w", shop_in_sqlite, "--lang", language),
    ]

    assert [done.exit_code for done in said] == [0, 0, INPUT, 0]
    for done in said:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "evergrove restore" not in line]
        assert lines
        assert all(CHINESE.search(line) for line in lines), lines


def test_a_key_that_is_not_at_hand_is_said_and_the_rest_is_tried(
    shop_in_sqlite: Path, tmp_path: Path
) -> None:
    """A backup can be tried out where the key is not."""
    evergrove("backup", tmp_path / "b.tar", "-w", shop_in_sqlite)
    (tmp_path / "own keys" / "key").unlink()

    done = evergrove("restore", tmp_path / "b.tar", "--verify")

    assert done.exit_code == 0
    assert "says what was published" in done.stdout
    assert "The master key opens" not in done.stdout
    assert "is not at hand" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("restore", "{shop}"), "cli.no_folder"),
        (("restore", "{shop}", "{shop}"), "backup.folder_taken"),
        (("restore", "{shop}", "{shop} new"), "backup.not_a_backup"),
        (("backup", "{shop}/b.tar", "-w", "{shop}"), "backup.inside"),
        (("backup", "{shop}/b.tar", "-w", "{shop} no"), "app.no_workspace"),
        (("upgrade", "-w", "{shop} no"), "app.no_workspace"),
    ],
)
def test_what_is_refused(shop_in_sqlite: Path, words: tuple[str, ...], code: str) -> None:
    """In a sentence, with its code and the exit status of what was given."""
    done = evergrove(*(word.format(shop=shop_in_sqlite) for word in words))

    assert done.exit_code == INPUT
    assert f"[{code}]" in done.stderr


def test_an_older_workspace_is_upgraded_after_a_backup(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Other commands name the command; --check changes nothing; the backup brings the old rows back."""
    folder = older_copy(shop_in_sqlite, tmp_path / "older")

    refused = evergrove("run", "-w", folder)
    check = evergrove("upgrade", "--check", "-w", folder)
    assert refused.exit_code == INPUT
    assert "evergrove upgrade" in refused.stderr
    assert "[ledger.outdated]" in refused.stderr
    assert "The ledger has schema 0001" in check.stdout
    assert evergrove("upgrade", "--check", "-w", folder).stdout == check.stdout
    assert list(tmp_path.glob("*.tar.zst")) == []

    done = evergrove("upgrade", "-w", folder)

    assert done.exit_code == 0, done.stderr
    (saved,) = tmp_path.glob("older-schema-0001-*.tar.zst")
    assert str(saved) in done.stdout
    with open_workspace(folder, SetClock(BEGUN)) as workspace:
        assert [each.code for each in workspace.doctor() if each.code != "ledger.unsafe_sqlite"] == []
        assert workspace.replay(BEGUN.date().replace(month=6, day=30)).is_equal
    assert "Nothing to do" in evergrove("upgrade", "-w", folder).stdout
    tried = answer(evergrove("restore", saved, "--verify", "--json"))
    assert (tried["schema"], tried["warnings"]) == ("0001", ["backup.older_schema"])
    assert evergrove("restore", saved, tmp_path / "back").exit_code == 0
    with open_workspace(tmp_path / "back", SetClock(BEGUN)) as workspace:
        assert workspace.id


@pytest.mark.parametrize("command", ["run", "upgrade", "doctor"])
def test_a_newer_workspace_is_refused(shop_in_sqlite: Path, command: str) -> None:
    """An older program would misread what a newer one wrote."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(shop_in_sqlite / "ledger.sqlite")) as raw:
        raw.execute("update alembic_version set version_num = '9999'")
        raw.commit()

    done = evergrove(command, "-w", shop_in_sqlite)

    assert done.exit_code == INPUT
    assert "[ledger.too_new]" in done.stderr


def test_an_upgrade_needs_nobody_else_at_work_and_leaves_what_fails_as_it_was(
    shop_in_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails is not taken; the backup is there all the same."""
    steps = tmp_path / "steps"
    shutil.copytree(SCRIPTS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    known = newest_schema()
    following = f"{int(known) + 1:04}"
    (steps / "versions" / f"{following}_break.py").write_text(
        f'revision, down_revision = "{following}", "{known}"\n\n\ndef upgrade():\n    raise ZeroDivisionError\n'
    )
    before = content(shop_in_sqlite)
    monkeypatch.setattr("evergrove.ledger.migration.SCRIPTS", steps)
    monkeypatch.setattr("evergrove.ledger.migration.climb.__defaults__", (steps,))
    monkeypatch.setattr("evergrove.ledger.migration.migrate.__defaults__", (steps,))
    monkeypatch.setattr("evergrove.ledger.schema.newest_schema.__defaults__", (steps,))
    monkeypatch.setattr("evergrove.backup.upgrading.SCRIPTS", steps)

    done = evergrove("upgrade", "-w", shop_in_sqlite)

    assert done.exit_code == 1
    assert len(list(tmp_path.glob("workspace-schema-*.tar.zst"))) == 1
    monkeypatch.undo()
    assert content(shop_in_sqlite) == before
