"""A workspace after its first night, in which more nights may follow."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.reading import Reader
from evergrove.testing.workspaces import copy_of, write_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.app import Workspace

FIRST = date(2026, 6, 30)
"""The day of the first night."""


@pytest.fixture
def clock() -> SetClock:
    """The night after that day."""
    return SetClock(datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Asia/Shanghai")))


@pytest.fixture
def here(begun_on_sqlite: tuple[Path, str], tmp_path: Path, clock: SetClock) -> Iterator[Workspace]:
    """A copy of that workspace, open."""
    with open_workspace(copy_of(begun_on_sqlite[0], tmp_path / "workspace"), clock) as workspace:
        yield workspace


@pytest.fixture
def reader(here: Workspace) -> Iterator[Reader]:
    """What reads it."""
    made = Reader(here)
    yield made
    made.close()


@pytest.fixture
def night(here: Workspace, clock: SetClock, tmp_path: Path) -> Callable[..., int]:
    """Lets a day pass on which some customers order, and runs; the number of its snapshot."""
    nights = 0

    def passed(*customers: str) -> int:
        nonlocal nights
        nights += 1
        clock.moment += timedelta(days=1)
        day = FIRST + timedelta(days=nights)
        if customers:
            here.ingest([write_orders(tmp_path / f"{day}.csv", day, dict.fromkeys(customers, 150.0))], READ)
        snapshot = here.run(day).snapshot_id
        assert snapshot is not None
        return snapshot

    return passed
