"""Doctor looks around a workspace too: backups, room, files that lie about, what is due, the clock."""

from __future__ import annotations

import os
from collections import namedtuple
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import BEGUN

from evergrove.app import backups, open_workspace
from evergrove.core import SetClock, sole_owner
from evergrove.pipeline.notes import NOTES

if TYPE_CHECKING:
    from pathlib import Path

Disk = namedtuple("Disk", "total used free")  # noqa: PYI024 - as shutil has it
MACHINE = {"ledger.unsafe_sqlite", "pipeline.not_confined"}
NO_NIGHT = {"audit.behind"}
"""Playbooks were started and no night came, at whose end that is sealed: a note."""


def codes(folder: Path, days: float = 0) -> set[str]:
    """What doctor finds some days after the first night, but for this machine's own SQLite."""
    with open_workspace(folder, SetClock(BEGUN + timedelta(days=days))) as workspace:
        return {each.code for each in workspace.doctor()} - MACHINE


def test_a_backup_is_missed_until_there_is_one_and_when_there_are_no_more(shop: Path, tmp_path: Path) -> None:
    """A week without one is too long; one that was taken away is told of."""
    assert codes(shop) == {"pipeline.never_backed_up"}
    made = backups.back_up_workspace(shop, tmp_path / "saved.tar")[0]

    assert codes(shop) == set()
    assert codes(shop, days=7) == NO_NIGHT <= set(NOTES)
    assert codes(shop, days=8.1) == {"pipeline.backup_overdue"} | NO_NIGHT
    made.to.write_bytes(b"cut")
    assert codes(shop) == {"pipeline.backup_gone"}
    made.to.unlink()
    assert codes(shop) == {"pipeline.backup_gone"}


@pytest.mark.parametrize(("free", "is_found"), [(4, True), (6, False)])
def test_a_disk_that_is_nearly_full(
    shop_in_sqlite: Path, monkeypatch: pytest.MonkeyPatch, free: int, *, is_found: bool
) -> None:
    """Below a twentieth."""
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Disk(100, 100 - free, free))

    assert ("pipeline.disk_nearly_full" in codes(shop_in_sqlite)) is is_found


def test_a_system_that_holds_no_reader_is_told_of(
    shop_in_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a note: nothing can be done about it but to know it."""
    monkeypatch.setattr("evergrove.pipeline.doctor_files.lacking", lambda: ("network",))
    with open_workspace(shop_in_sqlite, SetClock(BEGUN)) as workspace:
        assert "pipeline.not_confined" in {each.code for each in workspace.doctor()}
    assert "pipeline.not_confined" in NOTES


def test_files_that_no_snapshot_names(shop_in_sqlite: Path) -> None:
    """Ours, once the nights that should have deleted them did not come; others' at once."""
    ours = shop_in_sqlite / "warehouse" / "scores" / f"20260701T000000-{'0' * 32}.parquet"
    ours.write_bytes(b"x")

    assert "pipeline.unnamed_files" not in codes(shop_in_sqlite, days=2)
    assert "pipeline.unnamed_files" in codes(shop_in_sqlite, days=4)
    ours.rename(ours.with_name("copy.parquet"))
    assert "pipeline.unnamed_files" in codes(shop_in_sqlite)


def test_snapshots_let_go_of_and_never_deleted(shop: Path) -> None:
    """No night has come since."""
    with open_workspace(shop, SetClock(BEGUN)) as workspace, workspace.ledger.writing() as connection:
        workspace.warehouse.retire(connection, [1])

    assert "pipeline.retention_due" not in codes(shop, days=2)
    assert "pipeline.retention_due" in codes(shop, days=4)


def test_files_that_wait_in_the_inbox(shop_in_sqlite: Path) -> None:
    """A day is too long; what is hidden is still being copied."""
    for name in ("orders.csv", ".orders.csv.part"):
        path = shop_in_sqlite / "inbox" / name
        path.touch()
        os.utime(path, (BEGUN.timestamp(), BEGUN.timestamp()))

    assert "pipeline.inbox_stuck" not in codes(shop_in_sqlite, days=0.9)
    with open_workspace(shop_in_sqlite, SetClock(BEGUN + timedelta(days=2))) as workspace:
        (found,) = (each for each in workspace.doctor() if each.code == "pipeline.inbox_stuck")
    assert found.params["count"] == 1


def test_a_clock_that_went_back(shop: Path) -> None:
    """What was recorded cannot lie ahead."""
    assert "pipeline.clock_skewed" not in codes(shop)
    assert "pipeline.clock_skewed" in codes(shop, days=-1)


def test_a_command_at_work(shop_in_sqlite: Path) -> None:
    """Its lock is held; it is no fault."""
    with sole_owner(shop_in_sqlite / "workspace.lock"):
        assert "pipeline.at_work" in codes(shop_in_sqlite)
    assert "pipeline.at_work" not in codes(shop_in_sqlite)
