"""Messages that people of the shop carry out: each becomes a task, whose outcome is the message's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove.delivery.channels.base import ChannelBase
from evergrove.delivery.types import Receipt
from evergrove.outbox.tasks import CALL_BACK, open_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Outgoing
    from evergrove.ledger import Ledger

AT_ONCE = 50
LONGEST_KIND = 40


class TaskChannel(ChannelBase):
    """Puts a message on the list of what staff are to do; ``params`` may name its ``task_kind`` and ``task_days``."""

    name = "task"

    def __init__(self, ledger: Ledger, days: int) -> None:
        """
        Nothing is opened yet.

        Args:
            ledger: Keeps the tasks.
            days: Within which staff should act, where the message does not say.
        """
        self._ledger = ledger
        self._days = days

    @property
    def width(self) -> int:
        """Tasks that are opened in one transaction."""
        return AT_ONCE

    def deliver(self, letters: Sequence[Outgoing], /) -> list[Receipt | AccountProblem]:
        """Open a task for each; one that is open already stays as it is."""
        with self._ledger.writing() as connection:
            names = [
                open_task(
                    connection,
                    _kind(letter),
                    letter.message.customer_id,
                    self._due(letter),
                    letter.sent_at,
                    outbox_id=letter.outbox_id,
                )
                for letter in letters
            ]
        return [Receipt("awaiting_staff", provider_id=name) for name in names]

    def _due(self, letter: Outgoing) -> datetime:
        """Some days on, and never later than the message is of use."""
        days = letter.message.params.get("task_days", self._days)
        known = days if isinstance(days, int) and 0 <= days <= 90 else self._days
        return min(letter.sent_at + timedelta(days=known), letter.message.valid_until)


def _kind(letter: Outgoing) -> str:
    kind = letter.message.params.get("task_kind")
    return kind[:LONGEST_KIND] if isinstance(kind, str) and kind else CALL_BACK
