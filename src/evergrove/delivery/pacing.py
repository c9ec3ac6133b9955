"""Waiting for a provider that takes messages no faster: as long as it is worth it, and never deaf."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from threading import Event
from typing import TYPE_CHECKING

from evergrove.core import Sentence, _
from evergrove.decisions.rates import Room, room_for
from evergrove.outbox import count_due, is_due

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from evergrove.core import Clock
    from evergrove.delivery.channels import Channel
    from evergrove.delivery.types import SendReport
    from evergrove.ledger import Ledger
    from evergrove.settings import OutreachSettings

PROVIDER_RATE = "decisions.provider_rate"
WAITS = _(
    "{count} {count:message waits|messages wait} for a provider that takes no more now; the next may leave at {at} UTC."
)
LOOK_S = 1.0
"""Between two looks at whether somebody wants the run to end, while it waits."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Waiting:
    """
    How long a run of sending waits, and for whom it ends at once.

    Attributes:
        at_a_time_s: Longest single wait in seconds; where the next place is further ahead, the run ends. 0: it never waits.
        in_all_s: Longest of all waits of a channel together.
        is_over: Whether somebody wants the run to end.
        wait: Passes the seconds, or fewer once the event is set: by the clock that the run goes by.
    """

    at_a_time_s: float
    in_all_s: float = inf
    is_over: Callable[[], bool] = _never
    wait: Callable[[Event, float], object] = Event.wait


@dataclass
class Pacing:
    """
    The provider of one channel, as one run of sending keeps to it.

    Messages are claimed only as far as there is room for them, so that what waits stands in the queue as it stood, and
    any worker may take it. The guard before the wire still counts each: workers who saw the same room share it there.

    Attributes:
        stopping: Set when all channels of the run are to end.
        next_at: When the provider takes the next of the messages that this run leaves behind; None: it leaves none behind.
        behind: How many these are.
    """

    ledger: Ledger
    channel: Channel
    clock: Clock
    outreach: OutreachSettings
    waiting: Waiting
    stopping: Event
    next_at: datetime | None = None
    behind: int = 0
    _waited_s: float = field(default=0.0, init=False)

    def room(self, most: int) -> int:
        """
        How many messages may be claimed now, after waiting for a place where there is none.

        Args:
            most: No more than these.

        Returns:
            0: none is due, or the run is not to wait for it; ``next_at`` then says when one may leave.
        """
        while (found := self._found()) is not None and found.places == 0:
            with self.ledger.reading() as connection:
                waits = is_due(connection, found.next_at, self.channel.name)
            if not waits:
                return 0
            if not self._pass_until(found):
                self._leave_behind(found)
                return 0
        return most if found is None else min(most, found.places)

    def _found(self) -> Room | None:
        rate = self.outreach.rates.get(self.channel.name)
        if rate is None:
            return None
        with self.ledger.reading() as connection:
            return room_for(connection, self.channel.name, rate, self.clock.now())

    def _pass_until(self, found: Room) -> bool:
        """Wait for the next place, and a second at most for as many as the channel takes at once; False: not so long."""
        begun = self.clock.now()
        until = max(found.next_at, min(found.at(self.channel.width), begun + timedelta(seconds=LOOK_S)))
        wanted = (until - begun).total_seconds()
        if wanted > self.waiting.at_a_time_s or self._waited_s + wanted > self.waiting.in_all_s:
            return False
        before = begun
        while before < until:
            if self.stopping.is_set() or self.waiting.is_over():
                return False
            self.waiting.wait(self.stopping, min((until - before).total_seconds(), LOOK_S))
            now = self.clock.now()
            if now <= before:  # a clock that is set by hand stands still: nobody would ever be let through
                return False
            before = now
        self._waited_s += (before - begun).total_seconds()
        return True

    def _leave_behind(self, found: Room) -> None:
        with self.ledger.reading() as connection:
            self.behind = count_due(connection, found.next_at, self.channel.name)
        self.next_at = found.next_at if self.behind else None


def left_behind(report: SendReport) -> Sentence | None:
    """What waits for a provider after a run, and until when; None: nothing does."""
    if report.next_at is None:
        return None
    told = {"count": report.deferred.get(PROVIDER_RATE, 0), "at": f"{report.next_at:%Y-%m-%d %H:%M:%S}"}
    return Sentence("delivery.waits_for_provider", WAITS, told)
