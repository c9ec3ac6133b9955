"""Workspaces to save, and what two of them are compared by."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from tests.conftest import BEGUN

from evergrove.app import open_workspace
from evergrove.core import SetClock
from evergrove.ledger import open_ledger
from evergrove.ledger.migration import climb
from evergrove.outbox import OUTBOX
from evergrove.testing.workspaces import copy_of, rows_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from evergrove.app import Workspace

NOT_KEPT = (
    "outbox",
    "playbook.state",
    "instance",
    "audit",
    "login",
    "one_time_link",
    "known_device",
    "api_key.revoked_at",
)
"""What a restore changes on purpose: nothing leaves by itself, nobody comes in by what was ended since, and it is noted."""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own settings stay out; what is made without a word about the time is made then."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME", "EVERGROVE_WORKSPACE_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("evergrove.app.backups.SystemClock", lambda: SetClock(BEGUN))


@pytest.fixture
def shop(begun_folder: Path, tmp_path: Path) -> Path:
    """A workspace after its first night, once in each database; its key is this test's own."""
    move_key(begun_folder, tmp_path)
    return begun_folder


@pytest.fixture
def shop_in_sqlite(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Path:
    """The same, in SQLite only."""
    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    move_key(folder, tmp_path)
    return folder


def move_key(folder: Path, to: Path) -> Path:
    """Put a copy of a workspace's key elsewhere, and say so in its settings; where it is then."""
    settings = folder / "evergrove.toml"
    text = settings.read_text(encoding="utf-8")
    (old,) = (line for line in text.splitlines() if line.startswith("key_file"))
    key = to / "own keys" / "key"
    key.parent.mkdir(exist_ok=True)
    shutil.copy(old.partition('"')[2].rstrip('"'), key)
    settings.write_text(text.replace(old, f'key_file = "{key}"'), encoding="utf-8")
    return key


def content(folder: Path, moment: datetime = BEGUN) -> tuple[object, ...]:
    """Everything that a workspace says, but for what a restore changes on purpose."""
    with open_workspace(folder, SetClock(moment)) as workspace:
        return content_of(workspace)


def content_of(workspace: Workspace) -> tuple[object, ...]:
    """The same, of an open one; its files are looked at to the last byte."""
    newest = workspace.warehouse.newest()
    problems = [] if newest is None else workspace.warehouse.verify(newest, deep=True)
    return workspace.id, rows_of(workspace.ledger, NOT_KEPT), problems


def waiting(workspace: Workspace) -> int:
    """How many messages would still leave by themselves."""
    with workspace.ledger.reading() as connection:
        states = connection.execute(select(OUTBOX.c.state)).scalars().all()
    return sum(state in {"queued", "claimed"} for state in states)


def older_copy(shop: Path, folder: Path) -> Path:
    """The workspace as the first version kept it: the same rows in a ledger of schema 0001."""
    shutil.copytree(shop, folder)
    (folder / "ledger.sqlite").rename(folder / "newer")
    made = open_ledger(folder / "ledger.sqlite", create=True)
    with made.rebuilding() as connection:
        climb(connection, to="0001")
    made.close()
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as raw:
        raw.execute("attach ? as newer", [str(folder / "newer")])
        tables = [row[0] for row in raw.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            if table.startswith("sqlite_") or table == "alembic_version":
                continue
            columns = ", ".join(f'"{row[1]}"' for row in raw.execute(f"pragma table_info('{table}')"))
            raw.execute(f'insert into main."{table}" ({columns}) select {columns} from newer."{table}"')
        raw.commit()
    (folder / "newer").unlink()
    return folder
