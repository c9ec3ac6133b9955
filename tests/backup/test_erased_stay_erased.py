"""Whoever was erased after a backup stays erased when it is restored."""

from __future__ import annotations

import errno
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.conftest import BEGUN

from evergrove.app import backups, open_workspace
from evergrove.app.weeks import READ
from evergrove.backup import Where
from evergrove.backup.errors import ErasuresNotWritten, ErasuresUnreadable
from evergrove.core import SetClock
from evergrove.people.tables import person

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

LATER = SetClock(BEGUN + timedelta(days=1))
PEOPLE = (
    "customer,email,name,consent\nADA,ada.private@mail.example,Ada Lovelace,yes\n"
    "BOB,bob@mail.example,Bob,yes\n"
)


@pytest.fixture
def saved(shop: Path, tmp_path: Path) -> Path:
    """A backup in which Ada is known, made before she asked to be forgotten."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    with open_workspace(shop, LATER) as workspace:
        workspace.ingest_customers([tmp_path / "people.csv"], READ)
    return backups.back_up_workspace(shop, tmp_path / "saved.tar")[0].to


def erase_ada(shop: Path) -> None:
    """She asks."""
    with open_workspace(shop, LATER) as workspace:
        workspace.erase("ADA")


def known(workspace: Workspace) -> dict[str, tuple[str, bool]]:
    """Status of Ada and Bob, and whether something sealed is kept of them."""
    with workspace.ledger.reading() as connection:
        rows = connection.execute(select(person).where(person.c.customer_id.in_(("ADA", "BOB")))).all()
    return {row.customer_id: (row.status, row.sealed is not None) for row in rows}


def is_forgotten(folder: Path, tmp_path: Path) -> bool:
    """Ada is, and the file that named her brings her back under no name; Bob is not."""
    again = tmp_path / "again.csv"
    again.write_text(PEOPLE + "EVE,ADA.private@mail.example,Ada,yes\n", encoding="utf-8")
    with open_workspace(folder, LATER) as workspace:
        before = known(workspace)
        (intake,) = workspace.ingest_customers([again], READ)
        return (
            before == {"ADA": ("erased", False), "BOB": ("active", True)}
            and known(workspace) == before
            and intake.rejected == {"people.erased": 2}
        )


@pytest.mark.parametrize("by", ["the list beside the key", "the workspace replaced", "a list given"])
def test_an_older_backup_brings_nobody_back(saved: Path, shop: Path, tmp_path: Path, by: str) -> None:
    """Each of the three ways is enough by itself."""
    erase_ada(shop)
    beside = tmp_path / "own keys" / "key.erased"
    where = Where(tmp_path / "back", ledger="sqlite")
    if by == "a list given":
        beside.rename(tmp_path / "copy of the list")
        where = Where(tmp_path / "back", ledger="sqlite", tombstones=tmp_path / "copy of the list")
    elif by == "the workspace replaced":
        beside.unlink()
        where = Where(shop, ledger="sqlite", force=True)

    done = backups.restore_workspace(saved, where)

    assert (done.erased, done.warnings) == (1, ())
    assert is_forgotten(where.folder, tmp_path)


def test_nothing_of_the_erased_is_left_in_the_restored_folder(
    saved: Path, shop: Path, tmp_path: Path
) -> None:
    """Not even sealed: what the backup still held of her is in no file of the restored one."""
    with open_workspace(shop, LATER) as workspace, workspace.ledger.reading() as connection:
        sealed = connection.execute(select(person.c.sealed).where(person.c.customer_id == "ADA")).scalar_one()
    assert sealed in saved.read_bytes()
    erase_ada(shop)

    backups.restore_workspace(saved, Where(tmp_path / "back", ledger="sqlite"))

    files = [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert [path for path in files if sealed in path.read_bytes()] == []


def test_the_list_names_nobody(saved: Path, shop: Path, tmp_path: Path) -> None:
    """It lies outside of the workspace: who reads it without the key learns when, and how many."""
    assert saved.exists()
    erase_ada(shop)

    beside = tmp_path / "own keys" / "key.erased"

    text = beside.read_text(encoding="ascii")
    assert beside.stat().st_mode & 0o077 == 0
    assert text.count("\n") == 2
    assert not any(word in text for word in ("ADA", "ada", "Lovelace", "mail.example"))


def test_a_missing_list_is_said(saved: Path, tmp_path: Path) -> None:
    """With the moment from which on erasures are forgotten."""
    done = backups.restore_workspace(saved, Where(tmp_path / "back", ledger="sqlite"))

    (warning,) = done.warnings
    assert warning.code == "backup.no_erasures"
    assert "2026-06-30 18:00 UTC" in str(warning)


@pytest.mark.parametrize("damage", ["cut", "another's", "no list", "missing"])
def test_a_list_that_cannot_be_read_stops_the_restore(
    saved: Path, shop: Path, tmp_path: Path, damage: str
) -> None:
    """Rather no workspace than one that knows the erased again; and it is never written over."""
    erase_ada(shop)
    beside = tmp_path / "own keys" / "key.erased"
    text = beside.read_text(encoding="ascii")
    name = text.partition('"workspace": "')[2][:32]
    given = tmp_path / "given"
    given.write_text(
        {"cut": text[:-40], "another's": text.replace(name, "0" * 32), "no list": "hello"}.get(damage, "")
    )
    if damage == "missing":
        given.unlink()

    with pytest.raises(ErasuresUnreadable):
        backups.restore_workspace(saved, Where(tmp_path / "back", ledger="sqlite", tombstones=given))

    assert not (tmp_path / "back").exists()
    if damage != "missing":
        shutil.copy(given, beside)
        with open_workspace(shop, LATER) as workspace:
            if damage != "cut":
                with pytest.raises(ErasuresUnreadable):
                    workspace.erase("BOB")
                assert known(workspace)["BOB"] == ("active", True)


def test_nobody_is_erased_whom_a_backup_would_bring_back(
    shop_in_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the list cannot be written, the erasure is refused and says so."""

    def full(_source: object, _target: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with open_workspace(shop_in_sqlite, LATER) as workspace:
        with monkeypatch.context() as disk, pytest.raises(ErasuresNotWritten, match="the disk is full"):
            disk.setattr("os.replace", full)
            workspace.erase("ADA")
        assert known(workspace) == {}
