"""Nobody but its owner looks into a workspace, whatever rights the owner's other files are made with."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from evergrove.app import create_workspace
from evergrove.core.platform import WINDOWS
from evergrove.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(WINDOWS, reason="rights are kept otherwise there")


@pytest.fixture
def open_handed() -> Iterator[None]:
    """An account that lets everybody read and write what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Files and folders that others may read, write or look into."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.stat().st_mode & 0o077]


@pytest.mark.usefixtures("open_handed")
@pytest.mark.parametrize("is_there", [False, True])
def test_a_new_workspace_is_its_owners_alone(tmp_path: Path, *, is_there: bool) -> None:
    """Settings may hold the ledger's password, and the ledger says who is a customer; its log too."""
    folder = tmp_path / "shop"
    if is_there:
        folder.mkdir()
    create_workspace(folder, chosen={}, key_file=tmp_path / "key")

    with closing(open_ledger(folder / "ledger.sqlite")) as ledger:
        with ledger.writing() as connection:
            connection.execute(text("delete from workspace"))
        assert sorted(path.name for path in folder.glob("ledger*")) == [
            "ledger.sqlite",
            "ledger.sqlite-shm",
            "ledger.sqlite-wal",
        ]
        assert open_to_others(folder) == []
    assert is_there or not folder.stat().st_mode & 0o077


def test_a_workspace_at_work_stays_its_owners_alone(decided_workspace: Path) -> None:
    """Facts, results and rejected rows as well."""
    assert any(decided_workspace.glob("warehouse/scores/*"))
    assert (decided_workspace / "workspace.lock").exists()  # whoever can open it can keep its owner out
    assert open_to_others(decided_workspace) == []
