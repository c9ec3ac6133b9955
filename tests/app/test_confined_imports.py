"""Files named on the command line: read in this process by default, in a confined one where the settings say so."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import imports, incoming, open_workspace
from evergrove.core import SetClock
from evergrove.core.confinement import run_confined
from evergrove.ingest import ReadOptions
from evergrove.ingest.sources.confined import room_here
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the Linux kernel")

CALLED = "evergrove.ingest.sources.confined.run_confined"
NOW = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
ORDERS = (
    "order_id,customer_id,order_date,amount,status\n"
    + "".join(f"Z{n},zoe,2026-06-0{n},10,paid\n" for n in range(1, 6))
    + "Z6,zoe,never,9,paid\n"
)


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace that confines whatever it reads, by its own settings file."""
    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    settings = folder / "evergrove.toml"
    text = settings.read_text(encoding="utf-8")
    head, mark, rest = text.partition("[workspace]\n")
    settings.write_text(
        f'{head}[workspace]\nconfine = "all"\n{rest}' if mark else f'{text}\n[workspace]\nconfine = "all"\n'
    )
    with open_workspace(folder, SetClock(NOW)) as workspace:
        yield workspace


def given(here: Workspace) -> list[Path]:
    """A file, and the same in an archive."""
    plain, packed = here.folder.parent / "o.csv", here.folder.parent / "o.zip"
    plain.write_text(ORDERS)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("more/o2.csv", ORDERS.replace("Z", "Y"))
    return [plain, packed]


def test_files_are_read_by_confined_processes(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recognised, unpacked and read there; the rows and their account are those of any reading."""
    asked: list[str] = []

    def noted(*arguments: object, **options: object) -> object:
        asked.append(str(options["file"]))
        return run_confined(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(CALLED, noted)
    with incoming.unpacked(here, given(here)) as files:
        assert [file.name for file in files] == ["o.csv", "o2.csv"]
        assert {imports.table_of(here, file, ReadOptions()).table for file in files} == {"orders"}
        found = here.ingest(files, ReadOptions()).files
    assert room_here() is None
    assert {"o.csv", "o.zip", "o2.csv"} <= set(asked)
    assert [(one.rows.good, one.rows.rejected) for one in found] == [(5, 1), (5, 1)]


def test_own_files_are_read_as_they_are_by_default(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for them."""
    usual = replace(
        here, settings=replace(here.settings, workspace=replace(here.settings.workspace, confine="inbox"))
    )

    def never(*_arguments: object, **_options: object) -> object:
        pytest.fail("a confined process was started")

    monkeypatch.setattr(CALLED, never)
    with incoming.unpacked(usual, given(here)) as files:
        found = usual.ingest(files, ReadOptions()).files
    assert [one.rows.good for one in found] == [5, 5]
