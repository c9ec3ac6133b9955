"""Messages to put into the outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.outbox import Message

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    """The moment at which messages are due."""
    return NOON


@pytest.fixture
def message() -> Callable[..., Message]:
    """A message to customer C-1, with any of its fields said otherwise."""

    def made(customer_id: str = "C-1", **fields: Any) -> Message:
        given: dict[str, Any] = {
            "playbook": "L2",
            "version": 1,
            "occasion": "new:2026-03-01",
            "step": 0,
            "channel": "email",
            "arm": "treated",
            "template": "new-thanks",
            "decision_id": "d" * 32,
            "run_id": 7,
            "not_before": NOON,
            "valid_until": NOON + timedelta(days=3),
        }
        return Message(customer_id=customer_id, **{**given, **fields})

    return made
