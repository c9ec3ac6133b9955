"""What a process that serves holds: opened once, shared by all its threads, closed once."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.access import Buckets, Life, Passwords
from evergrove.access.limits import Limit, household
from evergrove.access.trail import named
from evergrove.app.current import Current
from evergrove.app.workspace import open_workspace
from evergrove.ingest.events.writer import EventWriter
from evergrove.ingest.facts.noted import facts_noted
from evergrove.live.waiting import Waiters
from evergrove.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from evergrove.access import Actor
    from evergrove.app.workspace import Workspace
    from evergrove.core import Clock
    from evergrove.settings import ServerSettings

USUAL, EVENTS = "usual", "events"


@dataclass(frozen=True)
class Strangers:
    """How much an address may still ask for of which nobody knows yet who asks."""

    buckets: Buckets

    def take(self, address: str) -> None:
        """
        Count one.

        Raises:
            TooManyAttempts: It was one too many.
        """
        self.buckets.take(household(address))

    def give_back(self, address: str) -> None:
        """Count one less: now it is known who asked."""
        self.buckets.give_back(household(address))


@dataclass(frozen=True)
class Service:
    """
    What a process that serves holds.

    Attributes:
        current: The workspace, with its settings as they are now.
        passwords: Hashes and checks them, in threads of its own.
        buckets: What requests of those who are known take from, by kind.
        wrong_keys: What invalid keys take from, by address.
        unread: What bodies take from that must be read to find out who asks, by address.
        visitors: What links that nobody has made take from, by address.
        letters: What links of letters take from, by link.
        life: How long log-ins last.
        events: Stores what programs tell, many in one transaction.
        live: Tells when live rows have caught up with events.
        reader: What was published, held in memory while it is read.
    """

    current: Current
    passwords: Passwords
    buckets: Mapping[str, Buckets]
    wrong_keys: Strangers
    unread: Strangers
    visitors: Strangers
    letters: Buckets
    life: Life
    events: EventWriter
    live: Waiters
    reader: Reader

    @property
    def here(self) -> Workspace:
        """The workspace; ``call.here`` is the same in the name of whoever asks."""
        return self.current.workspace

    @property
    def currency(self) -> str:
        """Of amounts where nothing else is said: as the settings name it, else as facts have it; may be empty."""
        here = self.here
        return here.settings.value.currency or facts_noted(here.warehouse.newest()).currency

    def take(self, bucket: str, actor: Actor) -> None:
        """
        Count a request of somebody.

        Args:
            bucket: ``usual``, ``events``, or empty: not counted.
            actor: Whose it is.

        Raises:
            TooManyAttempts: It is one too many; the error says how long to wait.
        """
        if bucket:
            self.buckets[bucket].take(named(actor))


WRONG_KEYS = Limit(20, 30.0)
"""As for wrong passwords: a whole office may stand behind one address."""
UNREAD = Limit(100, 1.0)
"""Bodies of strangers that are read at once; those whose key turns out to be right do not count."""

VISITORS = Limit(60, 1.0)
"""Links of letters that are none of ours; those that are do not count here."""
PER_LINK = Limit(60, 2.0)
"""What one link of a letter is asked for: a reader clicks a few times, scanners some more."""


def buckets_of(chosen: ServerSettings, monotonic: Callable[[], float]) -> dict[str, Buckets]:
    """The buckets that the settings ask for."""
    return {
        USUAL: Buckets(Limit(chosen.burst, 1 / chosen.per_second), monotonic),
        EVENTS: Buckets(Limit(chosen.event_burst, 1 / chosen.events_per_second), monotonic),
    }


@contextmanager
def open_service(
    folder: Path,
    clock: Clock | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    passwords: Passwords | None = None,
) -> Iterator[Service]:
    """
    Open a workspace for a process that serves, for the length of a ``with`` block.

    Args:
        folder: Of the workspace.
        clock: What time it is.
        monotonic: Seconds that never go back, for rate limits.
        passwords: Of tests, which hash cheaply.

    Raises:
        InputError: As ``open_workspace`` does.
    """
    with open_workspace(folder, clock) as here:
        own, reader, events = passwords or Passwords(), Reader(here), EventWriter(here.ledger)
        waiters = Waiters(here.ledger)
        try:
            yield Service(
                current=Current(here, monotonic),
                passwords=own,
                buckets=buckets_of(here.settings.server, monotonic),
                wrong_keys=Strangers(Buckets(WRONG_KEYS, monotonic)),
                unread=Strangers(Buckets(UNREAD, monotonic)),
                visitors=Strangers(Buckets(VISITORS, monotonic)),
                letters=Buckets(PER_LINK, monotonic),
                life=Life(),
                events=events,
                live=waiters,
                reader=reader,
            )
        finally:
            events.close()  # first: what waits is stored
            waiters.close()
            reader.close()
            if passwords is None:
                own.close()
