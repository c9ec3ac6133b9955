"""How often each guard has held a message back: at decisions, before the wire, and what waits because of it now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.decisions.guards import ORDER
from evergrove.decisions.tables import decision
from evergrove.outbox import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

GUARDS: tuple[str, ...] = tuple(guard.__name__ for guard in ORDER)
"""Names of the guards, in their order."""
OF_CODE: Mapping[str, str] = {
    "outbox.stopped": "stopped",
    "decisions.channel_not_set_up": "channel",
    "delivery.no_channel": "channel",
    "people.profiling_refused": "profiling",
    "people.profiling_minor": "profiling",
    "campaigns.exited": "called_off",
    "campaigns.paused": "called_off",
    "decisions.open_case": "case",
    "delivery.capped": "caps",
    "decisions.no_hour_left": "quiet",
    "decisions.holiday": "quiet",
    "delivery.quiet_hours": "quiet",
    "decisions.budget_exhausted": "budget",
    "decisions.no_token": "tokens",
    "delivery.no_token": "tokens",
    "decisions.provider_rate": "speed",
    "delivery.throttled": "speed",
}
"""Which guard gives a reason."""
OF_PREFIX: Mapping[str, str] = {"decisions.cap_": "caps", "people.": "person"}
"""The same, of reasons that come in many kinds."""


@dataclass(frozen=True)
class HeldBack:
    """
    How often one reason has held messages back.

    Attributes:
        guard: That gives it.
        code: Of the reason.
        decided: Decisions against a message since then; one that is looked at again is counted each day.
        before_wire: Messages that were let go of for good at the wire since then.
        waiting: Messages that wait because of it now.
    """

    guard: str
    code: str
    decided: int
    before_wire: int
    waiting: int


def guard_of(code: str) -> str | None:
    """Name of the guard that gives a reason; None: none does, such as of what another playbook outranked."""
    found = OF_CODE.get(code)
    return found or next((guard for start, guard in OF_PREFIX.items() if code.startswith(start)), None)


def held_back(connection: Connection, since: date, moment: datetime) -> tuple[HeldBack, ...]:
    """
    What held messages back, in the order of the guards, the most frequent reason of each first.

    Args:
        connection: Of any block.
        since: First day of decisions that count.
        moment: From which on messages count that were let go of before the wire.
    """
    row, made = OUTBOX.c, decision.c
    decided = select(made.as_of, made.reason, func.count()).where(made.as_of >= since)
    dropped = select(row.state, row.reason, func.count()).where(
        row.state == "skipped", row.reason.is_not(None), row.settled_at >= moment
    )
    waiting = select(row.state, row.reason, func.count()).where(
        row.state == "queued", row.reason.is_not(None)
    )
    counts = (
        _summed(connection.execute(decided.group_by(made.as_of, made.reason))),
        _summed(connection.execute(dropped.group_by(row.state, row.reason))),
        _summed(connection.execute(waiting.group_by(row.state, row.reason))),
    )
    found = [
        HeldBack(guard, code, *(each[code] for each in counts))
        for code in set().union(*counts)
        if (guard := guard_of(code))
    ]
    return tuple(sorted(found, key=lambda each: (GUARDS.index(each.guard), -each.decided, each.code)))


def _summed(rows: Iterable[Any]) -> Counter[str]:
    """By reason; days are summed up here, so that the database reads its index in order."""
    sums = Counter[str]()
    for _key, code, count in rows:
        sums[code or ""] += count
    return sums
