"""One call for one message, several at a time, and what a call that failed says of the message."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from evergrove.delivery.channels.errors import ChannelAway, ChannelRefuses
from evergrove.delivery.errors import AccountProblem
from evergrove.delivery.types import Receipt
from evergrove.net import CallFailed, Limits, Redirected, RefusedAddress, RefusedUrl, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.core import EvergroveError
    from evergrove.delivery.types import Outgoing
    from evergrove.net import Answer, Door, Request

_SECONDS = re.compile(r"\d{1,9}")


class Callers:
    """Threads that each call for one message; they are started when there are two to call for."""

    def __init__(self, width: int, name: str) -> None:
        self.width = width
        self._name = name
        self._threads: ThreadPoolExecutor | None = None

    def each(
        self, call: Callable[[Outgoing], Receipt | AccountProblem], letters: Sequence[Outgoing]
    ) -> list[Receipt | AccountProblem]:
        """What became of each message."""
        if len(letters) == 1:
            return [_told(call, letters[0])]
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.width, thread_name_prefix=f"evergrove-{self._name}")
        return list(self._threads.map(lambda letter: _told(call, letter), letters))

    def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None


def _told(call: Callable[[Outgoing], Receipt | AccountProblem], letter: Outgoing) -> Receipt | AccountProblem:
    try:
        return call(letter)
    except AccountProblem as problem:
        return problem


def called(
    channel: str, section: str, request: Request, timeout_s: float, through: Door, *, is_idempotent: bool
) -> Answer | Receipt:
    """
    Call for one message.

    Args:
        channel: For whom.
        section: Of the settings, to be named where something is wrong with them.
        request: The call.
        timeout_s: For all of it.
        through: The door.
        is_idempotent: Whether the other side takes what comes under the same key only once.

    Returns:
        The answer; or a receipt where none came and the message may have arrived.

    Raises:
        AccountProblem: Nothing has left, and nothing would.
    """
    try:
        return fetch(request, Limits(total_s=timeout_s), through=through)
    except (RefusedUrl, RefusedAddress) as refused:
        raise ChannelAway(channel=channel, reason=_said(refused)) from refused
    except Redirected as redirected:
        reply = redirected.params.get("status", "-")
        raise ChannelRefuses(channel=channel, section=section, reply=reply) from redirected
    except CallFailed as failed:
        if failed.may_have_arrived:
            return Receipt("again" if is_idempotent else "unknown", "delivery.no_answer")
        raise ChannelAway(channel=channel, reason=_said(failed)) from failed


def _said(error: EvergroveError) -> str:
    return error.message.format(**error.params)


def asked_to_wait(answer: Answer, now: datetime) -> float | None:
    """Seconds that Retry-After asks for, as a number or a date (RFC 9110, 10.2.3); None where it does not."""
    value = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
