"""What the page shows, as values: every number already written in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergrove.text.formats import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.charts import Option


@dataclass(frozen=True)
class Table:
    """
    A table with written cells.

    Attributes:
        columns: Headings.
        rows: Cells, as many a row as there are columns.
        words: How many columns from the left hold words; the others hold numbers and stand to the right.
        stacked: On a phone, one cell below the other, each with its heading.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    stacked: bool = False


@dataclass(frozen=True)
class Block:
    """
    A question, its answer, the chart and the table behind it.

    Attributes:
        key: Id on the page, and of its chart.
        question: What a reader asks; stands small above the answer.
        answer: One sentence with the number in it.
        chart: ECharts option; None where only the table stands.
        height: Of the chart, in pixels.
        table: Behind the chart.
        note: How to read it, one line.
        definitions: Keys of the definitions it rests on.
        missing: Why it cannot be given; then there is neither chart nor table.
        also: Further questions that the same reason leaves open.
        link: Where to read on, and what that is called; None for nowhere.
        is_wide: The table needs the whole width: it stands below the words.
        points: Said below the note, a paragraph each.
    """

    key: str
    question: str
    answer: str
    chart: Option | None = None
    height: int = 360
    table: Table | None = None
    note: str = ""
    definitions: tuple[str, ...] = ()
    missing: str = ""
    also: tuple[str, ...] = ()
    link: tuple[str, str] | None = None
    is_wide: bool = False
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """One headline figure: name, value, what it speaks of, and where its definition stands."""

    name: str
    value: str
    note: str
    definition: str


@dataclass(frozen=True)
class GridCell:
    """One cell of tier x stage, written; ``size`` orders the cells by what they are worth."""

    key: str
    size: float
    tier_code: str
    tier: str
    stage: str
    customers: str
    value: str
    action: str
    goal: str
    steps: tuple[str, ...]
    depth: int
    call_back: str = ""
    also: str = ""


@dataclass(frozen=True)
class GridTexts:
    """What stands around the grid."""

    lead: str
    question: str
    answer: str
    reading: str


@dataclass(frozen=True)
class Limit:
    """Something the data cannot tell: the reason, and the figures it concerns."""

    reason: str
    concerns: str


@dataclass(frozen=True)
class Finding:
    """What one playbook earned: the kind of answer, the sentence, and what to know of it."""

    kind: str
    answer: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Outreach:
    """The part about what was done: the answer for the whole programme, one for each playbook, and blocks."""

    title: str
    lead: str
    question: str
    answer: str
    note: str
    findings: tuple[Finding, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """
    Everything that the template writes down.

    ``leads`` open the parts whose words depend on the data; ``nobody`` says why no customer can be named to look
    at first, where that is so; ``outreach`` is there where something was done.
    """

    title: str
    answer: str
    lead: str
    interval: str
    band: tuple[float, float, float] | None
    facts: tuple[str, ...]
    cards: tuple[Card, ...]
    blocks: dict[str, Block]
    limits: tuple[Limit, ...] = ()
    notes: tuple[str, ...] = ()
    charts: dict[str, Option] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    nobody: str = ""
    outreach: Outreach | None = None


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> Table:
    """A table from any sequences; columns of numbers that hold nothing at all are left out."""
    kept = [
        k
        for k in range(len(columns))
        if k < max(1, words) or not rows or any(row[k] not in {"", NOTHING} for row in rows)
    ]
    return Table(tuple(columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows), words)
