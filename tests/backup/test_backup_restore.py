"""What was saved comes back, whichever way it was packed and whichever database it was kept in."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from tests.backup.conftest import content, waiting
from tests.conftest import BEGUN, new_database

from evergrove.app import backups, open_workspace
from evergrove.app.weeks import READ
from evergrove.app.workspace import NoWorkspace
from evergrove.backup import Where
from evergrove.backup.errors import (
    BackupExists,
    BackupInside,
    FolderTaken,
    LedgerElsewhere,
    LedgerNotEmpty,
    LedgerNotNamed,
    NotWrittenBackup,
    OtherWorkspace,
    SourceDamaged,
)
from evergrove.core import InUse, SetClock, sole_owner
from evergrove.ledger import open_ledger
from evergrove.people.errors import MasterKeyMissing, WrongMasterKey
from evergrove.people.seal import new_master_key
from evergrove.testing.processes import forked
from evergrove.testing.workspaces import copy_of, write_orders

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("saved.tar.zst", "saved.tar", "saved")


def saved(folder: Path, to: Path) -> Path:
    """A backup of a workspace."""
    return backups.back_up_workspace(folder, to)[0].to


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_workspace_says_what_the_saved_one_said(shop: Path, tmp_path: Path, kind: str) -> None:
    """Every row, every byte of every file, the same id; its night comes out the same when computed anew."""
    before = content(shop)
    origin = saved(shop, tmp_path / kind)

    done = backups.restore_workspace(origin, Where(tmp_path / "back", ledger="sqlite"))

    assert content(tmp_path / "back") == before
    assert (done.kept, done.erased, done.paused) == (None, 0, ("L2", "L5", "T1b"))
    with open_workspace(tmp_path / "back", SetClock(BEGUN)) as back:
        assert back.replay(BEGUN.date() - timedelta(days=1)).is_equal
        assert waiting(back) == 0
        assert {one.playbook.key for one in back.playbooks() if one.state == "paused"} == {"L2", "L5", "T1b"}
        assert {one.state for one in back.playbooks()} == {"paused", "draft"}
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_backup_goes_back_into_postgresql(shop: Path, postgres_server: str, tmp_path: Path) -> None:
    """From either database; numbers that count by themselves go on behind those that were given."""
    origin = saved(shop, tmp_path / "saved.tar.zst")

    with new_database(postgres_server) as url:
        backups.restore_workspace(origin, Where(tmp_path / "back", ledger=url))

        assert content(tmp_path / "back") == content(shop)
        assert not (tmp_path / "back" / "ledger.sqlite").exists()
        orders = write_orders(tmp_path / "new.csv", BEGUN.date(), {"NEW": 10.0})
        with open_workspace(tmp_path / "back", SetClock(BEGUN + timedelta(days=1))) as back:
            back.ingest([orders], READ)
            snapshots = [each.id for each in back.warehouse.snapshots()]
        assert snapshots == [1, 2, 3]
        with pytest.raises(LedgerNotEmpty):
            backups.restore_workspace(origin, Where(tmp_path / "twice", ledger=url))
        assert not (tmp_path / "twice").exists()


def test_tar_and_zstd_read_it_as_any_other(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Nobody needs this program to get at his files; they are their owner's alone."""
    origin = saved(shop_in_sqlite, tmp_path / "saved.tar")

    subprocess.run(["tar", "-xf", origin, "-C", tmp_path, "--one-top-level=out"], check=True)

    out = tmp_path / "out"
    assert (out / "evergrove.toml").read_bytes() == (shop_in_sqlite / "evergrove.toml").read_bytes()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "evergrove.backup/1"
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "manifest.json",
        *(file["path"] for file in manifest["files"]),
    }
    assert origin.stat().st_mode & 0o077 == 0
    assert [path for path in out.rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []


def test_the_key_is_not_in_it(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Nor rejected rows, which name persons, nor the log of the ledger."""
    key = (tmp_path / "own keys" / "key").read_text(encoding="ascii")
    (shop_in_sqlite / "rejects").mkdir(exist_ok=True)
    (shop_in_sqlite / "rejects" / "20260630T000000-1-0123456789ab.csv").write_text("raw\nAda Lovelace\n")
    origin = saved(shop_in_sqlite, tmp_path / "saved")

    whole = b"".join(path.read_bytes() for path in origin.rglob("*") if path.is_file())

    assert json.loads(key)["key"].encode() not in whole
    assert b"Ada Lovelace" not in whole
    assert sorted(path.name for path in origin.iterdir()) == [
        "evergrove.toml",
        "ledger.sqlite",
        "manifest.json",
        "warehouse",
    ]


def test_backups_in_one_folder_are_named_by_their_moment(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """For cron, which always gives the same name."""
    (tmp_path / "all").mkdir()

    origin = saved(shop_in_sqlite, tmp_path / "all")

    assert origin.name == "workspace-20260630T180000Z.tar.zst"
    with pytest.raises(BackupExists):
        saved(shop_in_sqlite, tmp_path / "all")


def test_a_backup_replaces_nothing_and_lies_elsewhere(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """A file that is there, another backup, the workspace itself."""
    (tmp_path / "there.tar").write_text("mine")
    folder = saved(shop_in_sqlite, tmp_path / "folder")

    for taken in (tmp_path / "there.tar", folder):
        with pytest.raises(BackupExists):
            saved(shop_in_sqlite, taken)
    with pytest.raises(BackupInside):
        saved(shop_in_sqlite, shop_in_sqlite / "b.tar")
    with pytest.raises(NoWorkspace):
        saved(tmp_path / "nothing", tmp_path / "b.tar")
    assert (tmp_path / "there.tar").read_text() == "mine"


@pytest.mark.parametrize("damage", ["gone", "flipped", "longer"])
def test_no_backup_is_made_of_a_damaged_file(shop_in_sqlite: Path, tmp_path: Path, damage: str) -> None:
    """It would hide the damage; nothing is left where it was to go."""
    path = next((shop_in_sqlite / "warehouse" / "scores").glob("*.parquet"))
    content_ = bytearray(path.read_bytes())
    content_[len(content_) // 2] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes(content_ if damage == "flipped" else path.name.encode() + content_)

    for kind in KINDS:
        with pytest.raises(SourceDamaged, match="scores"):
            saved(shop_in_sqlite, tmp_path / "to" / kind)

    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.usefixtures("kill_sweep")
def test_a_full_disk_leaves_nothing(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """At whichever size files may not grow any more."""
    import resource
    import signal

    def run() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        (tmp_path / "to").mkdir()
        for size in (100_000, 300_000, 460_000, 500_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            with pytest.raises((NotWrittenBackup, Exception)) as refused:
                saved(shop_in_sqlite, tmp_path / "to" / "b.tar")
            assert type(refused.value).__module__.startswith("evergrove"), repr(refused.value)
            assert list((tmp_path / "to").iterdir()) == []

    assert not forked(run).was_killed()
    assert saved(shop_in_sqlite, tmp_path / "to" / "b.tar").exists()


def test_a_workspace_is_only_replaced_when_that_is_said(shop: Path, tmp_path: Path) -> None:
    """And stays beside, whole, as it was at that moment."""
    origin = saved(shop, tmp_path / "saved.tar")
    before = content(shop)
    with open_workspace(shop, SetClock(BEGUN + timedelta(days=1))) as workspace:
        workspace.ingest([write_orders(tmp_path / "new.csv", BEGUN.date(), {"NEW": 10.0})], READ)
    later = content(shop)

    with pytest.raises(FolderTaken):
        backups.restore_workspace(origin, Where(shop, ledger="sqlite"))
    assert content(shop) == later
    with sole_owner(shop / "workspace.lock"), pytest.raises(InUse):
        backups.restore_workspace(origin, Where(shop, ledger="sqlite", force=True))
    done = backups.restore_workspace(origin, Where(shop, ledger="sqlite", force=True))

    assert done.kept is not None
    assert content(shop) == before
    assert content(done.kept) == later
    assert not (shop / ".unfinished").exists()


def test_another_workspace_is_not_replaced(
    shop_in_sqlite: Path, tmp_path: Path, decided_workspace: Path
) -> None:
    """Nor a folder that is none, however much it is wanted."""
    from evergrove.app import create_workspace

    origin = saved(shop_in_sqlite, tmp_path / "saved.tar")
    create_workspace(tmp_path / "other", chosen={}, key_file=tmp_path / "other key")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()

    for folder in (tmp_path / "other", tmp_path / "mine"):
        with pytest.raises(OtherWorkspace):
            backups.restore_workspace(origin, Where(folder, force=True))
    assert (tmp_path / "mine" / "letter").exists()
    back = copy_of(decided_workspace, tmp_path / "later")  # the same shop, a night later
    assert backups.restore_workspace(origin, Where(back, force=True)).kept is not None


def test_a_workspace_whose_ledger_is_lost_is_replaced(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """That is what backups are for; what is left of it stays beside."""
    origin, before = saved(shop_in_sqlite, tmp_path / "saved.tar"), content(shop_in_sqlite)
    (shop_in_sqlite / "ledger.sqlite").write_bytes(b"no ledger")

    done = backups.restore_workspace(origin, Where(shop_in_sqlite, force=True))

    assert content(shop_in_sqlite) == before
    assert done.kept is not None
    assert (done.kept / "ledger.sqlite").read_bytes() == b"no ledger"


def test_where_a_postgresql_ledger_goes_must_be_said(
    begun_on_postgres: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never back into the database that is in use; and not beside what the environment says."""
    origin = saved(begun_on_postgres[0], tmp_path / "saved.tar")

    with pytest.raises(LedgerNotNamed):
        backups.restore_workspace(origin, Where(tmp_path / "back"))
    with pytest.raises(LedgerNotEmpty):
        backups.restore_workspace(origin, Where(tmp_path / "back", ledger=begun_on_postgres[1]))
    monkeypatch.setenv("EVERGROVE_WORKSPACE_LEDGER", "postgresql://elsewhere/db")
    with pytest.raises(LedgerElsewhere):
        backups.restore_workspace(origin, Where(tmp_path / "back", ledger="sqlite"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved.tar"]


def test_without_its_key_nothing_is_restored(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Nor with another; the key may lie elsewhere now."""
    origin, before = saved(shop_in_sqlite, tmp_path / "saved.tar"), content(shop_in_sqlite)
    key = tmp_path / "own keys" / "key"
    key.rename(tmp_path / "moved key")
    new_master_key(tmp_path / "another")

    with pytest.raises(MasterKeyMissing):
        backups.restore_workspace(origin, Where(tmp_path / "back"))
    with pytest.raises(WrongMasterKey):
        backups.restore_workspace(origin, Where(tmp_path / "back", key_file=tmp_path / "another"))
    assert not (tmp_path / "back").exists()
    backups.restore_workspace(origin, Where(tmp_path / "back", key_file=tmp_path / "moved key"))

    assert content(tmp_path / "back") == before


def test_a_snapshot_that_was_let_go_of_is_not_saved(shop: Path, tmp_path: Path) -> None:
    """Its files may go at any moment; what readers see is saved whole."""
    with open_workspace(shop, SetClock(BEGUN + timedelta(days=1))) as workspace:
        workspace.ingest([write_orders(tmp_path / "new.csv", BEGUN.date(), {"NEW": 10.0})], READ)
        with workspace.ledger.writing() as connection:
            workspace.warehouse.retire(connection, [1, 2])
        (newest,) = workspace.warehouse.snapshots()
        gone = next((shop / "warehouse").glob("*/*.parquet"))
    assert newest.id == 3

    manifest = backups.back_up_workspace(shop, tmp_path / "saved.tar")[0].manifest

    named = {file.path for made in newest.tables.values() for file in made.files}
    assert {file.path.removeprefix("warehouse/") for file in manifest.warehouse} == named
    assert gone.exists()
    assert backups.verify_backup(tmp_path / "saved.tar").opens


def test_a_backup_is_one_moment_while_others_write(shop: Path, tmp_path: Path) -> None:
    """A process commits pairs of rows all the time: no backup holds one without the other."""
    if not hasattr(__import__("os"), "fork"):
        pytest.skip("this system cannot fork")
    stop = tmp_path / "stop"
    where = open_where(shop)

    def write() -> None:
        ledger = open_ledger(where)
        number = 0
        while not stop.exists():
            number += 1
            with ledger.writing() as connection:
                for side in ("left", "right"):
                    connection.execute(
                        text("insert into same_person (customer_id, person_id) values (:id, :side)"),
                        {"id": f"{side} {number:06}", "side": side},
                    )

    writer = forked(write)
    made = [backups.back_up_workspace(shop, tmp_path / f"{n}.tar")[0].manifest for n in range(3)]
    stop.touch()
    assert not writer.was_killed()

    counts = [manifest.rows["same_person"] for manifest in made]
    assert counts == sorted(counts)
    assert counts[-1] > 0
    for n in range(3):
        backups.restore_workspace(tmp_path / f"{n}.tar", Where(tmp_path / f"back {n}", ledger="sqlite"))
        with open_workspace(tmp_path / f"back {n}", SetClock(BEGUN)) as back, back.ledger.reading() as rows:
            sides = rows.execute(text("select person_id, count(*) from same_person group by 1")).all()
        assert len({count for _side, count in sides}) <= 1


def open_where(folder: Path) -> str:
    """By which a workspace's ledger is opened again."""
    with open_workspace(folder, SetClock(BEGUN)) as workspace:
        return workspace.ledger.where
