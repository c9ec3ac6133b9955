"""When work that comes again is due: every so often, or daily at a local time. Pure: no clock, no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evergrove.jobs.errors import NotAZone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

DAY = timedelta(days=1)
RESOLUTION = timedelta(microseconds=1)
"""Of a stored moment: what is late by exactly the window still starts."""


@dataclass(frozen=True)
class Every:
    """Again and again, so many seconds apart."""

    seconds: int

    @property
    def period(self) -> timedelta:
        """From one moment to the next."""
        return timedelta(seconds=self.seconds)

    def next_after(self, moment: datetime, _zone: ZoneInfo) -> datetime:
        """The first moment after another one at which it is due."""
        return moment + self.period

    def newest_until(self, after: datetime, now: datetime, _zone: ZoneInfo) -> tuple[datetime | None, int]:
        """The newest moment due in (after, now], and how many there are."""
        count = (now - after) // self.period
        return (after + count * self.period, count) if count > 0 else (None, 0)


@dataclass(frozen=True)
class Daily:
    """
    Once a day at a local time.

    A time that the clocks leave out in spring is due when they have jumped; one that they show twice in autumn
    is due the first time only.
    """

    at: time

    @property
    def period(self) -> timedelta:
        """From one moment to the next, where no clock is changed in between."""
        return DAY

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment after another one at which it is due."""
        day = moment.astimezone(zone).date() - DAY
        while (due := self.on(day, zone)) <= moment:
            day += DAY
        return due

    def newest_until(self, after: datetime, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, int]:
        """The newest moment due in (after, now], and how many there are."""
        newest, count = None, 0
        while (due := self.next_after(newest or after, zone)) <= now:
            newest, count = due, count + 1
        return newest, count

    def on(self, day: date, zone: ZoneInfo) -> datetime:
        """The moment of that day at which it is due, in UTC."""
        local = datetime.combine(day, self.at, zone)
        # PEP 495: in a gap, fold=0 reckons with the offset before it and fold=1 with the one behind it.
        early, late = (local.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
        if early >= late:  # no clock is changed here, or both hours exist and `late` is the first
            return late
        return _jump(early, late, zone)


def _jump(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the offset that holds at ``behind``; the change lies between the two."""
    low, high = int(before.timestamp()), int(behind.timestamp())
    offset = behind.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        is_behind = datetime.fromtimestamp(middle, zone).utcoffset() == offset
        low, high = (low, middle) if is_behind else (middle, high)
    return datetime.fromtimestamp(high, UTC)


Rule = Every | Daily


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """
    Work that comes again.

    Attributes:
        key: Its name; a job of it is not queued while an earlier one waits or runs.
        kind: Which work.
        rule: When.
        zone: IANA name, for local times.
        late: How late it may start; what was missed for longer is passed over, and said.
        params: What the work needs to know.
        most_attempts: After so many it is given up.
    """

    key: str
    kind: str
    rule: Rule
    zone: str
    late: timedelta
    params: Mapping[str, Any]
    most_attempts: int


@dataclass(frozen=True)
class Due:
    """
    What a schedule asks for at a moment.

    Attributes:
        moment: For which a job is to be queued; None: nothing is due, or all of it was missed.
        missed: How many moments are passed over.
        last_missed: The newest of them.
        until: All that was due until then has been dealt with.
    """

    moment: datetime | None
    missed: int
    last_missed: datetime | None
    until: datetime


def due(rule: Rule, zone: ZoneInfo, late: timedelta, last: datetime, now: datetime) -> Due:
    """
    What is due after ``last`` and until ``now``; several missed moments are caught up by one job.

    A clock that was set back by less than a period repeats nothing; one that had run ahead by more begins
    anew, instead of being silent until it is there again.
    """
    if last - now > rule.period:
        return Due(None, 0, None, now)
    newest, _count = rule.newest_until(last, now, zone)
    if newest is None:
        return Due(None, 0, None, last)
    too_late = now - late - RESOLUTION
    last_missed, missed = rule.newest_until(last, too_late, zone)
    return Due(None if newest == last_missed else newest, missed, last_missed, newest)


def written(rule: Rule) -> dict[str, Any]:
    """A rule as it is stored."""
    if isinstance(rule, Every):
        return {"format": "evergrove.schedule/1", "every_s": rule.seconds}
    return {"format": "evergrove.schedule/1", "daily": rule.at.isoformat("minutes")}


def read(document: Mapping[str, Any]) -> Rule:
    """A rule from what was stored."""
    if "every_s" in document:
        return Every(int(document["every_s"]))
    return Daily(time.fromisoformat(document["daily"]))


def zone_of(name: str) -> ZoneInfo:
    """
    A zone by its name.

    Raises:
        NotAZone: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotAZone(zone=name) from error
