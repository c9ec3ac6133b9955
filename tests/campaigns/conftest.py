"""A ledger with the shipped playbooks at work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import evergrove.campaigns.tables
import evergrove.outbox.tables  # noqa: F401 - registers them in the ledger
from evergrove.campaigns import install_playbooks, start_playbook

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def shop(ledger: Ledger) -> Ledger:
    """L2, L5 and T1b are started."""
    with ledger.writing() as connection:
        install_playbooks(connection, NOW)
        for key in ("L2", "L5", "T1b"):
            start_playbook(connection, key, NOW)
    return ledger
