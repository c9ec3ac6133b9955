"""A workspace's seal, and a ledger whose very bytes can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import evergrove.people.tables  # noqa: F401 - registers them in the ledger
from evergrove.ledger import create_all, open_ledger
from evergrove.people import Seal, new_master_key, open_seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.ledger import Ledger


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A master key outside of any workspace."""
    path = tmp_path / "keys" / "master.json"
    new_master_key(path)
    return path


@pytest.fixture
def seal(ledger: Ledger, key_file: Path) -> Seal:
    """The seal of a ledger that holds the tables of persons."""
    return open_seal(ledger, key_file)


@pytest.fixture
def ledger_file(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in a file, for tests that look at its bytes; those of a PostgreSQL server are the server's."""
    opened = open_ledger(tmp_path / "own.sqlite", create=True)
    create_all(opened)
    yield opened
    opened.close()
