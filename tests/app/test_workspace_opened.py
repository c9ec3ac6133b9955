"""What cannot be opened is refused in a sentence with the way out; who works in it works alone."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from evergrove.app import create_workspace, open_workspace
from evergrove.app.workspace import NoWorkspace
from evergrove.core import EvergroveError, SetClock
from evergrove.core.platform import InUse
from evergrove.delivery import MemoryChannel
from evergrove.ingest import ReadOptions
from evergrove.ledger import LedgerMissing, LedgerOutdated, LedgerTooNew, NotALedger, open_ledger
from evergrove.ledger.schema import VERSION
from evergrove.people.errors import MasterKeyDamaged, MasterKeyMissing, WrongMasterKey
from evergrove.settings import UnreadableSettings
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace


def refused(folder: Path, error: type[EvergroveError]) -> str:
    """What is said when a folder does not open."""
    with pytest.raises(error) as found, open_workspace(folder):
        pass
    return str(found.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new workspace in SQLite; its key lies beside it."""
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key")
    return tmp_path / "shop"


def at_schema(folder: Path, number: str) -> None:
    """Say that the ledger has another schema than it has."""
    ledger = open_ledger(folder / "ledger.sqlite", any_schema=True)
    with ledger.writing() as connection:
        connection.execute(VERSION.update().values(version_num=number))
    ledger.close()


@pytest.mark.parametrize("what", ["nothing", "an empty folder", "a file"])
def test_no_workspace(tmp_path: Path, what: str) -> None:
    """Says how to make one."""
    if what == "an empty folder":
        (tmp_path / "shop").mkdir()
    elif what == "a file":
        (tmp_path / "shop").touch()

    assert "evergrove init" in refused(tmp_path / "shop", NoWorkspace)


def test_an_older_ledger(folder: Path) -> None:
    """Names the command that brings it up to date."""
    at_schema(folder, "0000")

    assert "evergrove upgrade" in refused(folder, LedgerOutdated)


def test_a_newer_ledger(folder: Path) -> None:
    """This version would misread it."""
    at_schema(folder, "9999")

    assert "9999" in refused(folder, LedgerTooNew)


def test_no_ledger(folder: Path) -> None:
    """An empty one is never made silently."""
    (folder / "ledger.sqlite").unlink()

    assert "backup" in refused(folder, LedgerMissing)
    assert not (folder / "ledger.sqlite").exists()


def test_a_file_that_is_no_ledger(folder: Path) -> None:
    """It is looked at before SQLite may change it."""
    (folder / "ledger.sqlite").write_bytes(b"not a database" * 100)

    assert "restore" in refused(folder, NotALedger)


def test_a_key_that_has_gone(folder: Path) -> None:
    """Says where it was looked for, and how to name another place."""
    (folder.parent / "key").unlink()

    said = refused(folder, MasterKeyMissing)

    assert str(folder.parent / "key") in said
    assert "key_file in [workspace]" in said


def test_a_key_of_another_workspace(folder: Path) -> None:
    """Opens nothing, and says so before anything is read with it."""
    with open_workspace(folder):
        pass
    create_workspace(folder.parent / "other", chosen={}, key_file=folder.parent / "other.key")
    (folder.parent / "key").write_bytes((folder.parent / "other.key").read_bytes())

    assert "not the one that sealed" in refused(folder, WrongMasterKey)


def test_a_damaged_key(folder: Path) -> None:
    """Half a key is none."""
    key = folder.parent / "key"
    key.write_text(key.read_text()[:30])

    assert "copy" in refused(folder, MasterKeyDamaged)


def test_settings_that_are_no_toml(folder: Path) -> None:
    """Names the file."""
    (folder / "evergrove.toml").write_text("[value\n")

    assert "evergrove.toml" in refused(folder, UnreadableSettings)


@pytest.mark.usefixtures("kill_sweep")
def test_who_changes_facts_or_results_is_alone(begun: Workspace) -> None:
    """While another process is at work ingest, run and measure refuse at once; reading and sending do not wait."""

    def elsewhere() -> None:
        with open_workspace(begun.folder, SetClock(begun.clock.now())) as mine:
            for verb in (
                lambda: mine.ingest([], ReadOptions()),
                lambda: mine.ingest_customers([], ReadOptions()),
                mine.run,
                lambda: mine.run(dry_run=True),
                mine.measure,
            ):
                with pytest.raises(InUse, match="nothing was changed"):
                    verb()
            assert mine.send(channel=MemoryChannel()).accepted == 0
            assert mine.export("tiers", begun.folder.parent / "tiers.csv") > 0
            assert mine.playbooks()

    with begun.alone():
        assert not forked(elsewhere).was_killed()
    with begun.alone():
        pass


@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_process_leaves_the_workspace_free(folder: Path) -> None:
    """The system itself frees the lock; nobody has to delete a file."""

    def killed() -> None:
        with open_workspace(folder) as mine, mine.alone():
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked(killed).was_killed()

    with open_workspace(folder) as workspace, workspace.alone():
        pass
