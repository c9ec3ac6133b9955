"""A service over a small workspace, and browsers of every role."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from evergrove.access import Passwords
from evergrove.core import SetClock
from evergrove.testing.browsing import Browser
from evergrove.testing.door import CHEAP
from evergrove.testing.house import NOON, House, new_folder, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.access import Role


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    """Passwords hashed at the least cost that argon2 takes."""
    cheap = Passwords(CHEAP)
    yield cheap
    cheap.close()


@pytest.fixture
def house(tmp_path: Path, passwords: Passwords) -> Iterator[House]:
    """A service over an empty workspace of this test's own."""
    with opened(new_folder(tmp_path), passwords, SetClock(NOON)) as house:
        yield house


@pytest.fixture
def begun_house(begun_on_sqlite: tuple[Path, str], tmp_path: Path, passwords: Passwords) -> Iterator[House]:
    """A service over a copy of a workspace whose first night is done: 200 customers, playbooks started."""
    from evergrove.testing.workspaces import copy_of

    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    with opened(folder, passwords, SetClock(datetime(2026, 6, 30, 18, tzinfo=UTC))) as house:
        yield house


@pytest.fixture
def visitor(begun_house: House) -> Callable[..., Browser]:
    """Visitors without scripts over the workspace whose first night is done: ``visitor("marketer", language="zh-Hans")``."""

    def of(role: Role | None = "admin", language: str = "en") -> Browser:
        return Browser(begun_house, role, language)

    return of
