"""What every test may lean on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile("evergrove", derandomize=True, deadline=None)
settings.load_profile("evergrove")

SHARED = Path(os.environ.get("EVERGROVE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """The one way to the development data, and the only skip: a user's clone does not have them."""

    def path_of(name: str) -> Path:
        path = SHARED / "data" / name
        if not path.exists():
            pytest.skip(f"development data are not here: {path}; set EVERGROVE_SHARED")
        return path

    return path_of
