"""When one message after the other fails in the same way, it is not the messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.delivery.errors import AnswersNothing, PutsOffAll, RefusesAll

if TYPE_CHECKING:
    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Handed, Receipt

MOST_IN_A_ROW: dict[Handed, int] = {"failed": 10, "later": 5, "again": 5, "unknown": 3}
"""Few enough not to use up a list, many enough that single bad messages do not stop it."""


OF_ONE = ("delivery.unsafe_header", "delivery.no_token", "delivery.opted_out")
"""Reasons that lie with one recipient, whatever they are refused for."""


class Breaker:
    """Counts how often in a row the same thing went wrong for no fault of the address."""

    def __init__(self, channel: str = "email") -> None:
        self._channel = channel
        self._state: Handed = "accepted"
        self._count = 0

    def problem_after(self, receipt: Receipt) -> AccountProblem | None:
        """The reason to stop after this message, or None."""
        if receipt.suppress or receipt.reason in OF_ONE:
            return None  # says nothing about the others: a list may begin with its dead addresses
        self._count = self._count + 1 if receipt.state == self._state else 1
        self._state = receipt.state
        if self._count < MOST_IN_A_ROW.get(receipt.state, self._count + 1):
            return None
        reply = (receipt.detail or {}).get("code", "-")
        if receipt.state == "unknown":
            return AnswersNothing(channel=self._channel, count=self._count)
        problem = RefusesAll if receipt.state == "failed" else PutsOffAll
        return problem(channel=self._channel, count=self._count, reply=reply)
