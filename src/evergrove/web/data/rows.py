"""Where rows went: of all that came in by day, and of one file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo  # noqa: TC003 - part of what a reader is

from evergrove import charts
from evergrove.core import _
from evergrove.web.data.words import BECAME, file_name, table_name
from evergrove.web.frame import Block, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.imports import Import, Part
    from evergrove.web.frame import Reader

DAYS = 30
"""Days of the picture: the newest on which anything came in."""
BY_DAY = _("How much came in, and was it of use?")
ALL_GOOD = _(
    "On {days} {days:day|days} with imports {read} {read:row|rows} came in; none had to be rejected."
)
SOME_BAD = _(
    "On {days} {days:day|days} with imports {read} {read:row|rows} came in; {rejected} {rejected:was|were} rejected."
)
HOW_TO_READ = _(
    "Taken: stands among your data. Repeated: said again what an earlier row had said, and counts once. Rejected: could "
    "not be used; the import says why."
)
LEFT_OUT = _(
    "{day} brought {rows} {rows:row|rows} at once and is left out of the picture, but not of the table."
)
FAR_MORE = 20
"""A day with so many times the rows of the usual one would press all others flat."""
ONE_ANSWER = _(
    "Of {read} {read:row|rows}, {good} {good:was|were} taken, {duplicate} repeated and {rejected} rejected."
)
NO_ROWS = _("The file held no rows.")
SUMS_UP = _("Taken, repeated and rejected rows add up to the rows that were read: none is lost.")
WHERE = _("Where did its rows go?")


@dataclass(frozen=True)
class Line:
    """
    An import as the list shows it.

    Attributes:
        shares: What became of its rows -> share in per cent, for the small bar.
    """

    number: int
    file: str
    table: str
    at: str
    read: str
    good: str
    duplicate: str
    rejected: str
    is_bad: bool
    days: str
    shares: tuple[tuple[str, float], ...]


def lines(items: Sequence[Import], reader: Reader) -> list[Line]:
    """Imports as the list shows them."""
    return [_line(each, reader) for each in items]


def _line(one: Import, reader: Reader) -> Line:
    formats = reader.formats
    days = ""
    if one.first_date is not None:
        days = formats.between(formats.day(one.first_date), formats.day(one.last_date))
        days = formats.day(one.first_date) if one.first_date == one.last_date else days
    counts = (("good", one.good), ("duplicate", one.duplicate), ("rejected", one.rejected))
    return Line(
        number=one.number,
        file=file_name(one.file),
        table=table_name(one.table, formats),
        at=reader.moment(one.recorded_at),
        read=formats.number(one.read),
        good=formats.number(one.good),
        duplicate=formats.number(one.duplicate),
        rejected=formats.number(one.rejected),
        is_bad=one.rejected > 0,
        days=days,
        shares=tuple((kind, round(100 * rows / one.read, 2)) for kind, rows in counts if rows),
    )


def days_block(items: Sequence[Import], reader: Reader, asked: str) -> Block:
    """Rows by the day on which they came in."""
    formats, zone = reader.formats, reader.zone
    by_day: dict[str, Counter[str]] = {}
    for one in items:
        day = _day(one, zone)
        if day not in by_day and len(by_day) == DAYS:
            break
        by_day.setdefault(day, Counter()).update(
            good=one.good, duplicate=one.duplicate, rejected=one.rejected, read=one.read
        )
    days = sorted(by_day)
    read, rejected = (sum(by_day[day][kind] for day in days) for kind in ("read", "rejected"))
    shown = {"read": formats.number(read), "rejected": formats.number(rejected), "days": len(days)}
    answer = formats.say(SOME_BAD if rejected else ALL_GOOD, **shown)
    kinds = ("good", "duplicate", "rejected")
    names = {kind: formats.say(BECAME[kind]) for kind in kinds}
    drawn = _drawn({day: by_day[day]["read"] for day in days})
    aside = [
        formats.say(LEFT_OUT, day=formats.day(day), rows=formats.number(by_day[day]["read"]))
        for day in days
        if day not in drawn
    ]
    picture = charts.rows_by_day(
        [formats.day(day) for day in drawn],
        {kind: [by_day[day][kind] for day in drawn] for kind in kinds},
        names,
        answer,
    )
    columns = [
        Column("day", formats.say(_("Day")), "day"),
        *(Column(kind, names[kind], "number") for kind in kinds),
    ]
    rows = [(day, *(by_day[day][kind] for kind in kinds)) for day in reversed(days)]
    return Block(
        "rows-by-day",
        formats.say(BY_DAY),
        answer,
        chart=picture if len(drawn) > 1 else None,
        height=240,
        table=Table(columns, rows),
        note=formats.sentences(*aside, formats.say(HOW_TO_READ)),
        files=f"/data/files/rows-by-day{asked}",
    )


def _drawn(read: Mapping[str, int]) -> list[str]:
    """The days that the picture shows: all but those beside which nothing else could be seen."""
    usual = median(read.values()) if read else 0
    return [day for day, rows in read.items() if rows <= FAR_MORE * max(usual, 1)]


def _day(one: Import, zone: ZoneInfo) -> str:
    return one.recorded_at.astimezone(zone).date().isoformat()


def file_block(one: Import, reader: Reader) -> Block:
    """Where the rows of one file went."""
    formats = reader.formats
    say = formats.say
    told = {name: formats.number(getattr(one, name)) for name in ("read", "good", "duplicate", "rejected")}
    answer = say(ONE_ANSWER, **told) if one.read else say(NO_ROWS)
    aside = sum(each.rows for each in one.excluded)
    purchases = BECAME["good"] if not aside else _("Taken as purchases")
    parts = [("good", say(purchases), one.good - aside)]
    parts += [("excluded", each.sentence or each.code, each.rows) for each in _most_first(one.excluded)]
    parts += [("duplicate", say(BECAME["duplicate"]), one.duplicate)]
    parts += [("rejected", each.sentence or each.code, each.rows) for each in _most_first(one.reasons)]
    shown = [part for part in parts if part[2]]
    rows = (
        [(say(BECAME[kind]), name, count, count / one.read) for kind, name, count in shown]
        if one.read
        else []
    )
    columns = (
        Column("became", say(_("What became of them"))),
        Column("reason", say(_("Which rows"))),
        Column("rows", say(_("Rows")), "number"),
        Column("share", say(_("Share")), "percent"),
    )
    picture = charts.rows_of_file([(kind, name, count) for kind, name, count in shown], formats, answer)
    return Block(
        "rows",
        say(WHERE),
        answer,
        chart=picture if len(shown) > 1 else None,
        height=56 + 38 * len(shown),
        table=Table(columns, rows),
        note=say(SUMS_UP),
        files=f"/data/imports/{one.number}/files/rows",
    )


def _most_first(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: -part.rows)
