"""The page on resources: every request that it shows has an answer, and every route that it names is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evergrove.access import Passwords
from evergrove.api import RESOURCES
from evergrove.core import SetClock
from evergrove.testing.door import CHEAP
from evergrove.testing.house import opened
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api-resources.md").read_text(encoding="utf-8")


@pytest.fixture
def cheap() -> Iterator[Passwords]:
    """Passwords hashed at the least cost."""
    passwords = Passwords(CHEAP)
    yield passwords
    passwords.close()


@pytest.mark.slow
def test_every_request_of_the_page_is_answered(
    begun_on_sqlite: tuple[Path, str], tmp_path: Path, cheap: Passwords
) -> None:
    """In a workspace after its first night, an administrator is answered by 200."""
    shown = re.findall(r"^GET (/v1/\S+)$", PAGE, flags=re.MULTILINE)
    assert len(shown) == 40
    folder = copy_of(begun_on_sqlite[0], tmp_path / "workspace")
    with opened(folder, cheap, SetClock(datetime(2026, 6, 30, 18, tzinfo=UTC))) as house:
        client = house.client("admin")
        for path in shown:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)


def test_every_route_that_the_page_names_is_there() -> None:
    """Methods and paths in its sentences are those of the service."""
    known = {
        (method, each.path.replace(":int", ""))
        for resource in RESOURCES
        for each in resource.routes.router.routes
        for method in each.methods
    }
    named = re.findall(r"`(POST|PUT|DELETE) /v1(/[^`?\s]+)", PAGE)
    assert named
    assert {(method, path) for method, path in named} <= known
