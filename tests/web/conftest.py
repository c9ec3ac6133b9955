"""Browsers of every role over a small workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.api.conftest import begun_house, house, passwords

from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.access import Role
    from evergrove.testing.house import House

__all__ = ["begun_house", "house", "passwords", "visitor"]


@pytest.fixture
def visitor(begun_house: House) -> Callable[..., Browser]:
    """Visitors without scripts over the workspace whose first night is done: ``visitor("marketer", language="zh-Hans")``."""

    def of(role: Role | None = "admin", language: str = "en") -> Browser:
        return Browser(begun_house, role, language)

    return of
