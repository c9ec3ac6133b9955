"""``evergrove ingest URL --query``: from a database into the workspace, once, and no secret is stored."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

SECRET = "s3cret-W0rd"  # noqa: S105 -- of no account


@pytest.fixture
def home(decided_workspace: Path, tmp_path: Path) -> Path:
    """A workspace."""
    return copy_of(decided_workspace, tmp_path / "shop")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A shop's database."""
    path = tmp_path / "webshop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "create table orders (order_id text, customer_id text, paid_at text, total text);"
            "insert into orders values ('Z1', 'c1', '2026-06-28 10:00:00', '12.50'), ('Z2', 'c2', '2026-06-29', '20');"
        )
    return f"sqlite:///{path}"


def test_a_query_comes_in_once(evergrove: Callable[..., Done], home: Path, url: str) -> None:
    """The second time nothing is new; the import is called after the database."""
    arguments = (
        "ingest", url, "--query", f"select *, '{SECRET}' as token from orders", "--as", "orders", "-w", home, "--json",
    )  # fmt: skip
    first, second = evergrove(*arguments), evergrove(*arguments)
    assert first.status == second.status == 0, first.err
    (told,), (again,) = (json.loads(done.out)["files"] for done in (first, second))
    assert told["rows"] == {"read": 2, "good": 2, "rejected": 0, "duplicate": 0}
    assert told["new"]
    assert not again["new"]
    assert "sqlite-webshop-" in told["file"]
    assert not list((home / "inbox").rglob("*.parquet"))
    held = (path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert not any(SECRET.encode() in content for content in held)


def test_url_and_query_belong_together(evergrove: Callable[..., Done], home: Path, url: str) -> None:
    """Each without the other is refused with the way out."""
    alone = evergrove("ingest", url, "-w", home)
    assert alone.status == 2
    assert "--query" in alone.err
    file = evergrove("ingest", "orders.csv", "--query", "select 1", "-w", home)
    assert file.status == 2
    assert "postgresql://" in file.err
