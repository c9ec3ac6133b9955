"""A process that is killed at any of its durable writes leaves a whole backup, a whole workspace, or none."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from tests.backup.conftest import content, older_copy, waiting
from tests.conftest import BEGUN, new_database

from evergrove.app import backups, open_workspace
from evergrove.backup import Where
from evergrove.backup.errors import LedgerNotEmpty, NotABackup
from evergrove.core import SetClock
from evergrove.ledger import newest_schema
from evergrove.testing.kill import kill_points

if TYPE_CHECKING:
    from pathlib import Path

PROVING = "EVERGROVE_PROVE" in os.environ
EVERY, LEAST = (1, 20) if PROVING else (27, 1)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kill_sweep")]


@pytest.mark.parametrize("kind", ["saved.tar.zst", "saved"])
def test_a_killed_backup_is_whole_or_none(shop: Path, tmp_path: Path, kind: str) -> None:
    """Under its name stands nothing but what a restore takes; doing it again succeeds."""
    to, before = tmp_path / "to" / kind, content(shop)

    def prepare() -> None:
        shutil.rmtree(tmp_path / "to", ignore_errors=True)

    def verify() -> None:
        for left in (tmp_path / "to").glob("*"):
            if left != to:
                assert left.name.startswith(f".{kind}.")
                with pytest.raises(NotABackup):
                    backups.verify_backup(left)
        if not to.exists():
            backups.back_up_workspace(shop, to)
        shutil.rmtree(tmp_path / "back", ignore_errors=True)
        backups.restore_workspace(to, Where(tmp_path / "back", ledger="sqlite"))
        assert content(tmp_path / "back") == before

    points = kill_points(lambda: backups.back_up_workspace(shop, to), verify, EVERY, prepare=prepare)
    assert points >= LEAST


@pytest.mark.parametrize("replaces", [False, True])
def test_a_killed_restore_leaves_the_old_or_the_new(shop: Path, tmp_path: Path, *, replaces: bool) -> None:
    """Where a workspace is replaced, its folder holds one of the two at every moment, and the old one is never lost."""
    origin, saved = backups.back_up_workspace(shop, tmp_path / "saved.tar")[0].to, content(shop)
    with open_workspace(shop, SetClock(BEGUN)) as workspace, workspace.ledger.writing() as connection:
        connection.execute(text("update person set language = 'en'"))
    later = content(shop)
    original = shutil.copytree(shop, tmp_path / "original")
    folder = tmp_path / "there" / "shop"
    where = Where(folder, ledger="sqlite", force=replaces)

    def prepare() -> None:
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.parent.mkdir()
        if replaces:
            shutil.copytree(original, folder)

    def verify() -> None:
        if replaces or folder.exists():
            found = content(folder)
            assert found in ([saved, later] if replaces else [saved])
            if found == saved:
                assert is_at_rest(folder)
        if replaces:
            others = [path for path in folder.parent.iterdir() if path != folder]
            olds = [path for path in (folder, *others) if is_whole(path) and content(path) == later]
            assert olds
        if not folder.exists() or content(folder) != saved:
            backups.restore_workspace(origin, where)
            assert content(folder) == saved

    points = kill_points(lambda: backups.restore_workspace(origin, where), verify, EVERY, prepare=prepare)
    assert points >= LEAST


def is_whole(folder: Path) -> bool:
    """Whether it is a workspace and no draft of one."""
    return (folder / "evergrove.toml").exists() and not (folder / ".unfinished").exists()


def is_at_rest(folder: Path) -> bool:
    """Whether nothing would leave by itself."""
    with open_workspace(folder, SetClock(BEGUN)) as workspace:
        states = {one.state for one in workspace.playbooks()}
        return states <= {"paused", "draft"} and waiting(workspace) == 0


def test_a_killed_restore_into_postgresql_is_whole_or_none(
    shop_in_sqlite: Path, postgres_server: str, tmp_path: Path
) -> None:
    """The folder comes last; a database that was filled before it is told from an empty one."""
    origin = backups.back_up_workspace(shop_in_sqlite, tmp_path / "saved.tar")[0].to
    saved, folder = content(shop_in_sqlite), tmp_path / "there" / "shop"
    urls: list[str] = []

    with ExitStack() as databases:

        def prepare() -> None:
            shutil.rmtree(folder.parent, ignore_errors=True)
            databases.close()
            urls[:] = [databases.enter_context(new_database(postgres_server))]

        def verify() -> None:
            if folder.exists():
                assert content(folder) == saved
                return
            try:
                backups.restore_workspace(origin, Where(folder, ledger=urls[0]))
            except LedgerNotEmpty:
                urls.append(databases.enter_context(new_database(postgres_server)))
                backups.restore_workspace(origin, Where(folder, ledger=urls[-1]))
            assert content(folder) == saved

        points = kill_points(
            lambda: backups.restore_workspace(origin, Where(folder, ledger=urls[0])),
            verify,
            EVERY,
            prepare=prepare,
        )
    assert points >= LEAST


def test_a_killed_upgrade_leaves_the_old_schema_or_the_new(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """With the backup made before it, as soon as the schema is the new one."""
    older, folder = older_copy(shop_in_sqlite, tmp_path / "older"), tmp_path / "there" / "shop"

    def prepare() -> None:
        shutil.rmtree(folder.parent, ignore_errors=True)
        shutil.copytree(older, folder)

    def verify() -> None:
        plan, _made = backups.upgrade_workspace(folder, check=True)
        made = list(folder.parent.glob("*.tar.zst"))
        assert plan.found == "0001" or len(made) == 1
        backups.upgrade_workspace(folder, tmp_path / "there" / "again.tar")
        with open_workspace(folder, SetClock(BEGUN)) as workspace:
            assert workspace.doctor() is not None
        assert backups.upgrade_workspace(folder, check=True)[0].found == newest_schema()

    points = kill_points(lambda: backups.upgrade_workspace(folder), verify, EVERY, prepare=prepare)
    assert points >= LEAST
