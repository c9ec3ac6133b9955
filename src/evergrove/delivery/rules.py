"""When a message may leave: caps, and how long to wait after being put off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evergrove.outbox import Counts
    from evergrove.settings import OutreachSettings

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=4)
MOST_ATTEMPTS = 10
"""With the waits above, some 24 hours: what a server puts off for longer it will not take."""


def is_capped(counts: Counts, outreach: OutreachSettings) -> bool:
    """Whether a customer who has received so many messages has had as many as one may get."""
    return (
        counts.day >= outreach.per_day
        or counts.week >= outreach.per_week
        or counts.month >= outreach.per_month
    )


def retry_at(now: datetime, attempts: int, outbox_id: str) -> datetime:
    """
    When to try again a message that was put off.

    Waits double from a quarter of an hour to four hours. Between half and the whole of a wait is taken, by the
    message's own name, so that messages put off together do not come back together.

    Args:
        now: Of the attempt that was put off.
        attempts: How many there were, that one included.
        outbox_id: Hexadecimal.
    """
    wait: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 16), LONGEST_WAIT)
    share = int(outbox_id[:8], 16) / 0xFFFFFFFF
    return now + wait * (0.5 + 0.5 * share)
