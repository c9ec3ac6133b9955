"""Pure rules of jobs: how long to wait before the next attempt, and what a log may hold."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

BASE = timedelta(seconds=30)
CAP = timedelta(hours=1)
WAIT_LEAST = timedelta(seconds=5)
WAIT_SPREAD = timedelta(seconds=25)
LINES = 50
LENGTH = 200
HIDDEN = "…"
_PERSONAL = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+|\+?\d(?:[ ()./-]{0,2}\d){6,}")
"""What reads like an address, or like a phone number: seven digits or more, however they are grouped."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")


def retry_delay(attempts: int, draw: Callable[[], float]) -> timedelta:
    """
    Exponential back-off with full jitter: uniform between nothing and min(cap, base * 2^(attempts - 1)).

    Args:
        attempts: How many there were, from 1.
        draw: Gives numbers in [0, 1).

    Source:
        Brooker (2015), Exponential Backoff And Jitter, AWS Architecture Blog: of the variants compared, full
        jitter ends competition with the least work.
    """
    doublings = min(attempts - 1, 20)  # beyond, the cap has long been reached
    longest: timedelta = min(CAP, BASE * int(2**doublings))
    return longest * draw()


def wait_delay(draw: Callable[[], float]) -> timedelta:
    """How long a job that found the workspace taken lets others have it: 5 to 30 seconds."""
    return WAIT_LEAST + WAIT_SPREAD * draw()


def without_persons(value: object) -> str | int | float | bool | None:
    """A parameter as a log may hold it: addresses and phone numbers are left out, long texts are cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return _masked(str(value))[:LENGTH]


def _masked(text: str) -> str:
    """Days and moments look like phone numbers and are none."""
    parts, last = [], 0
    for day in _DAY.finditer(text):
        parts += [_PERSONAL.sub(HIDDEN, text[last : day.start()]), day[0]]
        last = day.end()
    return "".join([*parts, _PERSONAL.sub(HIDDEN, text[last:])])


def line(at: datetime, text: str, params: Mapping[str, object]) -> dict[str, Any]:
    """One line of a log; ``text`` is a sentence as marked for translation."""
    kept = {name: without_persons(value) for name, value in params.items()}
    return {"at": at.isoformat(timespec="seconds"), "text": text, "params": kept}


def tail(lines: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The last lines, as many as are kept."""
    return tuple(lines[-LINES:])


def remaining(started_at: datetime, told_at: datetime, percent: int | None) -> timedelta | None:
    """
    Time left at the speed so far.

    Args:
        started_at: Of the attempt.
        told_at: When the percentage was told.
        percent: 0 to 100; nothing can be said below 1.
    """
    if not percent:
        return None
    return max(told_at - started_at, timedelta(0)) * (100 - percent) / percent
