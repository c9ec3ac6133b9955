"""
Progress of jobs as server-sent events.

One task a process looks at the ledger, once a second while anybody listens; all streams of the process read what it
found. So a stream costs no thread and no query of its own, and it does not matter which worker of which machine does
the job. Events are states, not changes: after a break there is nothing to catch up on but how things are now.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import or_
from starlette.concurrency import run_in_threadpool

from evergrove.core import EvergroveError, InputError, _
from evergrove.jobs.acts import jobs_where
from evergrove.jobs.tables import JOB
from evergrove.jobs.types import OPEN

if TYPE_CHECKING:
    from evergrove.app.service import Service
    from evergrove.jobs import Job

MOST, MOST_EACH = 100, 5
"""Streams of a process, and of one key or account."""
MOST_JOBS = 200
WAIT_S = 1.0
"""For how long a stream waits without looking whether it is to end."""
RECENT = timedelta(seconds=60)
"""For how long an ended job is still told of: a stream that is slow has missed nothing until then."""


class TooManyStreams(InputError):
    """As many streams are open as may be."""

    code = "api.too_many_streams"
    message = _("{most} streams are open already, which is the most.")
    hint = _("Close one, or ask for GET /v1/jobs now and then.")


@dataclass(frozen=True)
class Look:
    """What was found at one moment: the jobs, newest first."""

    at: datetime
    jobs: tuple[Job, ...]


@dataclass
class Streams:
    """
    The open streams of a process, and the one look at the ledger that they share.

    Attributes:
        service: Whose ledger it is.
        poll_s: Seconds between two looks.
        beat_s: After so many seconds without news a stream sends a comment, and its reader's right is looked at again.
        lasts_s: After which a stream ends; its reader comes back by itself.
        is_ending: Whether the process ends: all streams do then, within a second.
    """

    service: Service
    poll_s: float = 1.0
    beat_s: float = 15.0
    lasts_s: float = 3600.0
    last: Look | None = None
    is_ending: bool = False
    _open: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _listening: int = 0
    _condition: asyncio.Condition = field(default_factory=asyncio.Condition)
    _looking: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many there are."""
        return sum(self._open.values())

    def enter(self, who: str) -> None:
        """
        Count a stream of somebody's, from any thread.

        Raises:
            TooManyStreams: It is one too many.
        """
        with self._lock:
            for count, most in ((self.open, MOST), (self._open.get(who, 0), MOST_EACH)):
                if count >= most:
                    raise TooManyStreams(most=most)
            self._open[who] = self._open.get(who, 0) + 1

    def leave(self, who: str) -> None:
        """One stream less."""
        with self._lock:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]

    def end(self) -> None:
        """Have all streams end, from any thread: what is being answered holds up the end of the process."""
        self.is_ending = True

    async def listen(self) -> None:
        """Begin to wait for looks; the first who does has them begin."""
        self._listening += 1
        if self._looking is None or self._looking.done():
            self._condition, self.last = asyncio.Condition(), None
            self._looking = asyncio.create_task(self._keep_looking())

    def end_listening(self) -> None:
        """Wait no more; the last one has the looking end."""
        self._listening -= 1
        if not self._listening and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def next_look(self, after: Look | None) -> Look | None:
        """The next look that is another than ``after``; None where there was none for a second, or a beat."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self.beat_s, WAIT_S)), self._condition:
                await self._condition.wait_for(lambda: self.last is not after)
                return self.last
        return None

    async def _keep_looking(self) -> None:
        while True:
            with suppress(EvergroveError):  # a ledger that is busy is looked at again
                found = await run_in_threadpool(self.look)
                if self.last is None or found.jobs != self.last.jobs:
                    async with self._condition:
                        self.last = found
                        self._condition.notify_all()
            await asyncio.sleep(self.poll_s)

    def look(self, since: datetime | None = None) -> Look:
        """Jobs that wait, run, or have ended after a moment; by itself, in the last minute."""
        here = self.service.here
        now = here.clock.now()
        ended = JOB.c.settled_at >= min(since or now, now) - RECENT
        with here.ledger.reading() as connection:
            found = jobs_where(connection, or_(JOB.c.state.in_(OPEN), ended), MOST_JOBS)
        return Look(now, tuple(found))


def mark(text: str) -> str:
    """By which an event is known again."""
    return sha256(text.encode()).hexdigest()[:16]
