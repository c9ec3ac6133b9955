"""A copy that came back from a backup sends nothing before a person says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.outbox import (
    Message,
    NotPaused,
    OutboundPaused,
    begin_instance,
    check_instance,
    claim,
    confirm_instance,
    enqueue,
    instance_of,
    require_outbound,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evergrove.ledger import Ledger


def test_nothing_is_claimed_in_a_copy_before_a_person_confirms_it(
    ledger: Ledger, message: Callable[..., Message], noon: datetime
) -> None:
    """The claim itself looks, so that no sender can forget to ask."""
    with ledger.writing() as connection:
        enqueue(connection, [message()], noon)
        begun = begin_instance(connection, noon - timedelta(days=2), noon)
        with pytest.raises(OutboundPaused) as caught:
            require_outbound(connection)

    assert claim(ledger, "w", noon) == []
    assert "2026-02-28 12:00" in str(caught.value)
    with ledger.writing() as connection:
        assert [each.code for each in check_instance(connection)] == ["outbox.restored"]
        assert confirm_instance(connection, noon).id == begun.id
        require_outbound(connection)
        assert check_instance(connection) == []
    assert len(claim(ledger, "w", noon)) == 1


def test_the_original_was_never_paused(ledger: Ledger, noon: datetime) -> None:
    """There is nothing to confirm, and a copy is confirmed once."""
    with ledger.writing() as connection:
        assert instance_of(connection) is None
        require_outbound(connection)
        with pytest.raises(NotPaused):
            confirm_instance(connection, noon)
        begin_instance(connection, noon, noon)
        confirm_instance(connection, noon)
        with pytest.raises(NotPaused):
            confirm_instance(connection, noon)


def test_a_copy_of_a_copy_is_paused_anew_under_another_name(ledger: Ledger, noon: datetime) -> None:
    """Copies share the workspace's id and never this one."""
    with ledger.writing() as connection:
        first = begin_instance(connection, noon, noon)
        confirm_instance(connection, noon)
        second = begin_instance(connection, noon, noon + timedelta(days=1))
        assert instance_of(connection) == second
    assert second.id != first.id
    assert second.is_paused
