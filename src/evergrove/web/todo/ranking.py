"""Cells of tier and stage in the order of what a word can still save in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import _
from evergrove.report.amounts import short
from evergrove.report.grid_page import grid_cells
from evergrove.web.overview.cells import list_of, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.report.page import GridCell
    from evergrove.web.overview.standing import Standing
    from evergrove.web.todo.plays import Play

Order = Literal["all", "customer"]
TOP = 8
"""Cells that are shown in full; the others are opened."""
UNDECIDED = _(
    "{customers} {customers:customer|customers} could still stay or leave; {value} of the next 12 months is likely lost "
    "with them."
)
UNDECIDED_ONLY = _("{customers} {customers:customer|customers} could still stay or leave.")


@dataclass(frozen=True)
class Task:
    """
    One cell with something to gain.

    Attributes:
        cell: As the report shows it: counts, value, goal, steps.
        name: Tier and stage.
        href: Its list of customers.
        gain: What is likely lost of those who are not decided, written; without values, how many these are.
        each: The same for each of them, written; empty without values.
        undecided: How many these are, written.
        width: Of its bar, in per cent of the longest.
        plays: Playbooks that work here.
    """

    cell: GridCell
    name: str
    href: str
    gain: str
    each: str
    undecided: str
    width: float
    plays: tuple[Play, ...]


@dataclass(frozen=True)
class Week:
    """
    What to do, in order.

    Attributes:
        answer: How much there is to gain in all.
        first: Shown in full.
        others: With less to gain.
    """

    answer: str
    first: Sequence[Task]
    others: Sequence[Task]


def week_of(base: Standing, plays: Sequence[Play], by: Order = "all") -> Week:
    """
    Cells with something to gain, most of it first.

    Args:
        base: How the base stands.
        plays: All playbooks.
        by: What counts: the cell's gain in all, where messages go to everybody in it; or for each undecided customer,
            where a person's time is short.
    """
    cells = grid_cells(base.figures, base.words, base.formats)
    valued = any(row["clv_12m"] is not None for row in base.cells)
    gains = [(_gain(row, by, valued=valued), row) for row in base.cells]
    ranked = sorted(((gain, row) for gain, row in gains if gain > 0), key=lambda each: -each[0])
    most = ranked[0][0] if ranked else 1.0
    tasks = [
        _task(row, cells[row["tier"] or "", row["stage"]], 100 * gain / most, base, plays)
        for gain, row in ranked
    ]
    return Week(_answer(base), tasks[:TOP], tasks[TOP:])


def _gain(row: dict[str, Any], by: Order, *, valued: bool) -> float:
    """What is likely lost of those who are not decided; how many these are where nobody knows a value."""
    customers, lost = row["undecided"]["customers"], row["undecided"]["likely_lost"] or 0.0
    if not valued:
        return float(customers)
    return float(lost / max(1, customers) if by == "customer" else lost)


def _task(row: dict[str, Any], cell: GridCell, width: float, base: Standing, plays: Sequence[Play]) -> Task:
    formats, undecided = base.formats, row["undecided"]
    customers, lost = formats.number(undecided["customers"]), undecided["likely_lost"]
    return Task(
        cell=cell,
        name=name_of(row, base),
        href=list_of(row),
        gain="" if lost is None else short(lost, formats),
        each="" if lost is None else formats.money(lost / max(1, undecided["customers"])),
        undecided=customers,
        width=round(width, 1),
        plays=tuple(play for play in plays if play.works_in(row["tier"], row["stage"])),
    )


def _answer(base: Standing) -> str:
    """Of how many customers it is open whether they stay, and what goes with them."""
    leaving, formats = base.told.leaving, base.formats
    customers = formats.number(leaving["customers"])
    if leaving["likely_lost"] is None:
        return formats.say(UNDECIDED_ONLY, customers=customers)
    return formats.say(UNDECIDED, customers=customers, value=short(leaving["likely_lost"], formats))
