"""A door that is open, once in each database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.access import Passwords
from evergrove.testing.door import CHEAP, Door

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.ledger import Ledger


@pytest.fixture(scope="session")
def cheap() -> Iterator[Passwords]:
    """Passwords hashed at the least cost that argon2 takes."""
    passwords = Passwords(CHEAP)
    yield passwords
    passwords.close()


@pytest.fixture
def door(ledger: Ledger, cheap: Passwords) -> Door:
    """An open door, once in each database."""
    return Door(ledger, cheap)
