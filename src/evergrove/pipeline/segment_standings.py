"""The stored segments as the last night left them: how many are in each, what they are worth, who came and went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove.export.segments import MEMBERS
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.nights import SCORES
from evergrove.segments.language.membership import KEPT_DAYS
from evergrove.segments.language.store import definitions
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from evergrove.pipeline.segment_asking import Parts
    from evergrove.warehouse import Engine, Snapshot

RECENT_DAYS = 30


@dataclass(frozen=True)
class Standing:
    """
    A segment as the last night left it.

    Attributes:
        members: How many are in it.
        clv_12m: What they are expected to bring in 12 months, all together; None where that is known of nobody.
        came: How many the last night found in it first.
        went: How many it found in it no longer.
        entered: Of the 30 days up to that night, by reason.
        left: The same.
    """

    members: int = 0
    clv_12m: float | None = None
    came: int = 0
    went: int = 0
    entered: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class HistoryDay:
    """
    A day of which a night found somebody to have come or gone.

    Attributes:
        day: The day of its figures.
        entered: How many came, by reason.
        left: How many went, by reason.
        members: Who was in it then.
    """

    day: date
    entered: Mapping[str, int]
    left: Mapping[str, int]
    members: int


def standings(parts: Parts) -> tuple[Snapshot | None, dict[str, Standing]]:
    """The last night, and how each segment stood after it."""
    seen = parts.warehouse.newest("run")
    if seen is None or seen.as_of is None:
        return seen, {}
    with open_engine() as engine:
        if not parts.warehouse.show(engine, seen, MEMBERS):
            return seen, {}
        parts.warehouse.show(engine, seen, SCORES)
        counts = engine.run(_STANDING, as_of=seen.as_of)
        since = seen.as_of - timedelta(days=RECENT_DAYS)
        entered = _recent(engine, "entered_on", "entry_reason", since)
        left = _recent(engine, "exited_on", "exit_reason", since)
    found = {
        key: Standing(
            members,
            None if value is None else float(value),
            came,
            went,
            entered.get(key, {}),
            left.get(key, {}),
        )
        for key, members, value, came, went in counts
    }
    return seen, found


_STANDING = f"""
select m.segment,
    count(*) filter (where m.exited_on is null),
    sum(s.clv_12m) filter (where m.exited_on is null),
    count(*) filter (where m.entered_on = $as_of),
    count(*) filter (where m.exited_on = $as_of)
from {MEMBERS} m left join {SCORES} s using (customer_id)
group by m.segment order by m.segment
"""


def _recent(engine: Engine, day: str, reason: str, since: date) -> dict[str, dict[str, int]]:
    rows = engine.run(
        f"select segment, {reason}, count(*) from {MEMBERS} where {day} > $since"
        f" group by segment, {reason} order by segment, {reason}",
        since=since,
    )
    found: dict[str, dict[str, int]] = {}
    for key, why, count in rows:
        found.setdefault(key, {})[why] = count
    return found


def customers_of(parts: Parts) -> int | None:
    """Of how many customers the last night asked its segments; None before the first night."""
    seen = parts.warehouse.newest("run")
    if seen is None or seen.as_of is None:
        return None
    with open_engine() as engine:
        parts.warehouse.show(engine, seen, SCORES)
        if parts.warehouse.show(engine, seen, UNPROFILED):
            return int(
                engine.value(f"select count(*) from {SCORES} anti join {UNPROFILED} using (customer_id)")
            )
        return int(engine.value(f"select count(*) from {SCORES}"))


def history_of(parts: Parts, key: str) -> tuple[date | None, Sequence[HistoryDay]]:
    """
    Who came into a segment and who left it, night by night, as far back as those who left are kept.

    Args:
        parts: Of a workspace.
        key: Of the segment.

    Returns:
        The last day whose orders count, None before the first night; and each day on which somebody came or went, the
        oldest first. Nobody is told of a segment that the nights do not know.
    """
    seen = parts.warehouse.newest("run")
    if seen is None or seen.as_of is None:
        return None, ()
    with open_engine() as engine:
        if not parts.warehouse.show(engine, seen, MEMBERS):
            return seen.as_of, ()
        rows = engine.run(_HISTORY, key=key)
    days: dict[date, HistoryDay] = {}
    members, first = 0, seen.as_of - timedelta(days=KEPT_DAYS)
    for day, reason, entered, left in rows:
        members += entered - left
        known = days.get(day, HistoryDay(day, {}, {}, 0))
        days[day] = HistoryDay(
            day,
            {**known.entered, **({reason: entered} if entered else {})},
            {**known.left, **({reason: left} if left else {})},
            members,
        )
    # Before that, those who left are forgotten: it would seem as if fewer had been in it than were.
    return seen.as_of, tuple(each for day, each in days.items() if day > first)


_HISTORY = f"""
with moved as (
    select entered_on as day, entry_reason as reason, 1 as entered, 0 as gone from {MEMBERS} where segment = $key
    union all
    select exited_on, exit_reason, 0, 1 from {MEMBERS} where segment = $key and exited_on is not null
)
select day, reason, cast(sum(entered) as bigint), cast(sum(gone) as bigint)
from moved group by day, reason order by day, reason
"""


def tonight(parts: Parts) -> dict[str, dict[str, int]]:
    """
    Of each stored segment after the last night: members, and who entered and left on its day.

    Segments that are over are told with those who left them that night.
    """
    seen = parts.warehouse.newest("run")
    if seen is None:
        return {}
    with open_engine() as engine:
        if not parts.warehouse.show(engine, seen, MEMBERS):
            return {}
        rows = engine.run(
            "select segment, count(*) filter (where exited_on is null),"
            " count(*) filter (where entered_on = $as_of), count(*) filter (where exited_on = $as_of)"
            f" from {MEMBERS} group by segment",
            as_of=seen.as_of,
        )
    with parts.ledger.reading() as connection:
        known = definitions(connection)
    found = {key: dict(zip(("members", "entered", "left"), counts, strict=True)) for key, *counts in rows}
    empty = {"members": 0, "entered": 0, "left": 0}
    return {
        key: found.get(key, empty) for key in sorted({*known, *found}) if key in known or found[key]["left"]
    }
