"""When a message may leave: caps, and how long to wait after being put off."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from evergrove.delivery.types import Patience

if TYPE_CHECKING:
    from evergrove.outbox import Counts
    from evergrove.settings import OutreachSettings

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=4)
MOST_ATTEMPTS = 10
"""With the waits above, some 24 hours: what a server puts off for longer it will not take."""
OF_MAIL = Patience(FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, least_share=0.5)
OF_SERVERS = Patience(first=timedelta(seconds=30), longest=timedelta(hours=1), attempts=12)
"""Of channels over HTTP: some two hours as a rule, with full jitter, so that what was put off together comes back apart."""


def is_capped(counts: Counts, outreach: OutreachSettings) -> bool:
    """Whether a customer who has received so many messages has had as many as one may get."""
    return (
        counts.day >= outreach.per_day
        or counts.week >= outreach.per_week
        or counts.month >= outreach.per_month
    )


def retry_at(
    now: datetime, attempts: int, outbox_id: str, patience: Patience = OF_MAIL, wait_s: float | None = None
) -> datetime:
    """
    When to try again a message that was put off.

    Waits double from attempt to attempt. A share of each is taken, by the message's own name and the attempt, so that
    messages put off together do not come back together.

    Args:
        now: Of the attempt that was put off.
        attempts: How many there were, that one included.
        outbox_id: Of the message.
        patience: Of the channel: the first wait, the longest, and the least share.
        wait_s: What the other side has asked for, in seconds; it is heard as far as the longest wait goes.
    """
    wait: timedelta = min(patience.first * 2 ** min(attempts - 1, 16), patience.longest)
    drawn = int.from_bytes(sha256(f"{outbox_id} {attempts}".encode()).digest()[:8]) / 2**64
    chosen = wait * (patience.least_share + (1 - patience.least_share) * drawn)
    asked = min(timedelta(seconds=max(wait_s or 0.0, 0.0)), patience.longest)
    return now + max(chosen, asked)
