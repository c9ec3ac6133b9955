"""``evergrove ingest`` without a file, and ``evergrove run``: the inbox first; archives by one's own hand."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 7, 3, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
ORDERS = "order_id,customer_id,order_date,amount\nZ1,zoe,2026-07-01,10\nZ2,yan,2026-07-02,20\n"


@pytest.fixture
def home(decided_workspace: Path, tmp_path: Path) -> Path:
    """A workspace."""
    return copy_of(decided_workspace, tmp_path / "shop")


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """``evergrove`` in it, ten seconds after the last file was put down."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON))
    later = SimpleNamespace(time=lambda: time.time() + 10)
    monkeypatch.setattr("evergrove.pipeline.inbox.time", later)

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, [*map(str, arguments), "-w", str(home)])

    return invoke


def test_what_lies_in_the_inbox_is_told(shop: Callable[..., Result], home: Path) -> None:
    """What came in, what was refused and why; then there is nothing left."""
    (home / "inbox" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (home / "inbox" / "notes.csv").write_text("colour,size\nred,1\n", encoding="utf-8")
    told = shop("ingest", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "orders.csv: 2 rows read = 2 good + 0 rejected + 0 duplicate." in told.output
    assert "notes.csv was refused and lies in" in told.output
    assert "Next: evergrove run" in told.output
    assert "Nothing complete lies in the inbox" in shop("ingest", "--lang", "en").output


def test_machines_are_told_file_by_file(shop: Callable[..., Result], home: Path) -> None:
    """An archive with its tables; a refused file with its code."""
    with zipfile.ZipFile(home / "inbox" / "july.zip", "w") as archive:
        archive.writestr("orders.csv", ORDERS)
        archive.writestr("notes.csv", "colour,size\nred,1\n")
    (one,) = json.loads(shop("ingest", "--json").stdout)["files"]
    assert one["file"] == "july.zip"
    assert one["refused"].startswith("ingest.")
    (table,) = one["tables"]
    assert table["rows"]["good"] == 2


def test_a_run_takes_the_inbox_first(shop: Callable[..., Result], home: Path) -> None:
    """But a dry run stores nothing."""
    (home / "inbox" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    shop("run", "--dry-run", "--quiet")
    assert (home / "inbox" / "orders.csv").exists()
    done = shop("run", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "orders.csv: 2 rows read" in done.output
    assert not (home / "inbox" / "orders.csv").exists()


def test_an_archive_by_ones_own_hand(shop: Callable[..., Result], tmp_path: Path) -> None:
    """Its tables come in like files; given again they are known."""
    path = tmp_path / "july.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("may/orders.csv", ORDERS)
    first = shop("ingest", path, "--json")
    assert first.exit_code == 0, first.output
    (table,) = json.loads(first.stdout)["files"]
    assert table["rows"]["good"] == 2
    (again,) = json.loads(shop("ingest", path, "--json").stdout)["files"]
    assert not again["new"]
