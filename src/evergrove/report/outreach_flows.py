"""Who moved from where to where since the first night: streams, and the matrix beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove import charts
from evergrove.core import _
from evergrove.report.page import Block, table
from evergrove.segments.codes import STAGES, TIERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from evergrove.report.page import Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

NEWCOMER = "newcomer"
"""Where a flow begins for customers who came after the first night, as the figures name it."""
WORDS: Mapping[str, str] = {
    NEWCOMER: _("Came since"),
    "": _("Without one"),
}
QUESTIONS: Mapping[str, str] = {
    "tier": _("Who moved between the tiers?"),
    "stage": _("Who moved between the stages?"),
}
TIERS_MOVED = _(
    "{up} {up:customer|customers} rose to a higher tier, {down} fell to a lower one, and {came} {came:is|are} new."
)
STAGES_MOVED = _(
    "{slipped} {slipped:customer|customers} slipped into decline or churned, {back} came back from there, and {came} {came:is|are} new."
)
STILL = _("Only one night has been computed so far, so nobody can have moved.")
READING = _(
    "On the left where customers stood after the first night, on the right where they stand now; each stream is as wide as the customers it carries."
)
LEAVING = frozenset(("decline", "churned"))
LEAST_PX, PER_PLACE = 260, 46


@dataclass(frozen=True)
class Streams:
    """
    Flows of one axis, drawn and tabled.

    Attributes:
        answer: How many moved up and down, or away and back.
        chart: Streams from left to right.
        height: Of the chart, in pixels.
        table: A row for each start, a column for each end; the last row says how many stand there now.
    """

    answer: str
    chart: dict[str, Any]
    height: int
    table: Table


def flow_block(section: Figures, axis: str, names: Mapping[str, str], formats: Formats) -> Block | None:
    """
    The streams of one axis since the first night.

    Args:
        section: ``outreach`` of the figures.
        axis: "tier" or "stage".
        names: Of its values.
        formats: The reader's language.
    """
    rows = section["flows"][axis]
    if not rows:
        return None
    question = formats.say(QUESTIONS[axis])
    if section["first_day"] == section["as_of"]:
        return Block(f"outreach_{axis}s", question, "", missing=formats.say(STILL))
    found = streams(rows, axis, names, formats)
    return Block(
        f"outreach_{axis}s",
        question,
        found.answer,
        found.chart,
        found.height,
        found.table,
        note=formats.say(READING),
        definitions=(axis,),
    )


def streams(rows: Sequence[Figures], axis: str, names: Mapping[str, str], formats: Formats) -> Streams:
    """
    Flows of an axis as a chart and as a table.

    Args:
        rows: ``from``, ``to`` and ``customers`` of each.
        axis: "tier" or "stage".
        names: Of its values.
        formats: The reader's language.
    """
    known = TIERS[::-1] if axis == "tier" else STAGES
    starts = used((row["from"] for row in rows), (*known, None, NEWCOMER))
    ends = used((row["to"] for row in rows), (*known, None))
    count = {(row["from"], row["to"]): row["customers"] for row in rows}
    counts = [[count.get((start, end), 0) for end in ends] for start in starts]
    titles = {
        code: formats.say(WORDS[code or ""]) if code in {None, NEWCOMER} else names.get(str(code), str(code))
        for code in (*starts, *ends)
    }
    answer = moved_answer(axis, count, formats)
    chart = charts.sankey(
        [(start or "", titles[start]) for start in starts],
        [(end or "", titles[end]) for end in ends],
        counts,
        formats,
        answer,
    )
    cells = [
        (titles[start], *(formats.number(each) for each in row), formats.number(sum(row)))
        for start, row in zip(starts, counts, strict=True)
    ]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    last = (formats.say(_("Now")), *map(formats.number, totals), formats.number(sum(totals)))
    heading = (formats.say(_("At the start")), *(titles[end] for end in ends), formats.say(_("Total")))
    height = max(LEAST_PX, PER_PLACE * max(len(starts), len(ends)))
    return Streams(answer, chart, height, table(heading, [*cells, last]))


def used(found: Iterable[str | None], order: Iterable[str | None]) -> list[str | None]:
    """What is there, in order; a code of another version stands last and is not lost."""
    present, known = set(found), list(order)
    return [code for code in known if code in present] + sorted(map(str, present - set(known)))


def moved_answer(axis: str, count: Mapping[tuple[str | None, str | None], int], formats: Formats) -> str:
    """How many moved up and down, or away and back, and how many came; keys are (from, to)."""
    codes: tuple[str | None, ...] = TIERS if axis == "tier" else STAGES

    def among(holds: Callable[[str, str], bool]) -> str:
        moved = (
            customers
            for (start, end), customers in count.items()
            if start in codes and end in codes and holds(str(start), str(end))
        )
        return formats.number(sum(moved))

    came = formats.number(sum(customers for (start, _end), customers in count.items() if start == NEWCOMER))
    if axis == "tier":
        up = among(lambda start, end: TIERS.index(end) > TIERS.index(start))
        down = among(lambda start, end: TIERS.index(end) < TIERS.index(start))
        return formats.say(TIERS_MOVED, up=up, down=down, came=came)
    slipped = among(lambda start, end: end in LEAVING and start not in LEAVING)
    back = among(lambda start, end: start in LEAVING and end not in LEAVING)
    return formats.say(STAGES_MOVED, slipped=slipped, back=back, came=came)
