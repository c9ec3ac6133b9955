"""The grid of tiers and stages: who stands where, what they are worth, how many more or fewer than a month ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from evergrove.core import _
from evergrove.report.amounts import short
from evergrove.report.answers import grid_answer, slipping_away
from evergrove.report.grid_page import axes, depth_of
from evergrove.web.frame import Column, Table, query
from evergrove.web.overview.stats import signed

if TYPE_CHECKING:
    from evergrove.web.overview.standing import Standing

MOST_SAVED = _("Where can most be saved?")
MOST_CUSTOMERS = _("Where are most customers?")
PROSPECTS = _("{customers} {customers:prospect has|prospects have} not bought yet.")
SAYS = _("{cell}: {customers} {customers:customer|customers}, {value}")
READING = _(
    "In each cell: how many customers, their value of the next 12 months, and how many more or fewer they are than on "
    "{day}. The stronger the colour, the more value. Each cell opens its list."
)
READING_COUNTS = _(
    "In each cell: how many customers. The stronger the colour, the more of them. Each cell opens its list."
)
READING_NEW = _(
    "In each cell: how many customers, and their value of the next 12 months. The stronger the colour, the more value. "
    "Each cell opens its list."
)


@dataclass(frozen=True)
class Shown:
    """
    A cell as the page shows it.

    Attributes:
        href: Its list of customers.
        says: All of it in one sentence, for who does not see where it stands.
        customers: Written.
        value: Written in short; empty where values are not known.
        change: Of the number of customers since about a month ago; empty where there is none.
        rises: Whether there are more.
        depth: Shade, 0 to 4.
    """

    href: str
    says: str
    customers: str
    value: str
    change: str
    rises: bool
    depth: int


@dataclass(frozen=True)
class Grid:
    """
    The whole grid.

    Attributes:
        question: What it answers.
        answer: One sentence.
        tiers: Codes of its rows; "" for customers without a tier.
        stages: Codes of its columns.
        cells: By both.
        note: How to read it.
        table: The same as rows.
        prospects: How many have not bought yet; empty where nobody is known of, or where they stand in the grid.
    """

    question: str
    answer: str
    tiers: list[str]
    stages: list[str]
    cells: dict[tuple[str, str], Shown]
    note: str
    table: Table
    prospects: str = ""


def list_of(row: dict[str, Any]) -> str:
    """Where the customers of a cell are listed."""
    return f"/customers{query(tier=row['tier'], stage=row['stage'])}"


def page_of(customer_id: str) -> str:
    """Where one customer is shown; an id may hold a slash."""
    return f"/customers/{quote(customer_id, safe='')}"


def name_of(row: dict[str, Any], base: Standing) -> str:
    """Tier and stage of a cell; the stage alone where there is no tier."""
    tier = [base.words["tier"][row["tier"]]] if row["tier"] else []
    return " · ".join([*tier, base.words["stage"][row["stage"]]])


def grid_of(base: Standing) -> Grid:
    """The grid; cells that everybody has left since stay, with what they have lost."""
    figures, formats = base.figures, base.formats
    rows = base.told.grid["rows"]
    measure = "clv_12m" if any(row["clv_12m"] is not None for row in rows) else "customers"
    most = max((row[measure] or 0.0 for row in rows), default=0.0)
    tiers, stages = axes(figures)
    prospects = sum(row["customers"] for row in base.cells if row["stage"] == "prospect")
    if (
        prospects and len(stages) > 1
    ):  # nobody who has not bought has a tier: a row and a column for one number
        tiers = [tier for tier in tiers if tier or _has_untiered(base)]
        stages.remove("prospect")
    else:
        prospects = 0
    return Grid(
        question=formats.say(MOST_SAVED if slipping_away(figures) else MOST_CUSTOMERS),
        answer=grid_answer(figures, base.words, formats),
        tiers=tiers,
        stages=stages,
        cells={
            (row["tier"] or "", row["stage"]): _shown(row, base, depth_of(row[measure], most)) for row in rows
        },
        note=_note(base, valued=measure == "clv_12m"),
        table=_table(base),
        prospects=formats.say(PROSPECTS, customers=formats.number(prospects)) if prospects else "",
    )


def _note(base: Standing, *, valued: bool) -> str:
    """How to read the cells."""
    say, before = base.formats.say, base.told.before
    if not valued:
        return say(READING_COUNTS)
    return say(READING_NEW) if before is None else say(READING, day=base.formats.day(before["as_of"]))


def _has_untiered(base: Standing) -> bool:
    """Whether somebody who has bought is without a tier: data without amounts."""
    return any(row["tier"] is None and row["stage"] != "prospect" for row in base.cells)


def _shown(row: dict[str, Any], base: Standing, depth: int) -> Shown:
    formats, before = base.formats, row["before"]
    customers, value = formats.number(row["customers"]), row["clv_12m"]
    written = "" if value is None else short(value, formats)
    says = formats.say(
        SAYS, cell=name_of(row, base), customers=customers, value=written or formats.money(None)
    )
    difference = 0 if before is None else row["customers"] - before["customers"]
    return Shown(list_of(row), says, customers, written, signed(difference, formats), difference > 0, depth)


def _table(base: Standing) -> Table:
    say = base.formats.say
    columns = (
        Column("tier", say(_("Value tier")), "tier"),
        Column("stage", say(_("Life-cycle stage")), "stage"),
        Column("customers", say(_("Customers")), "number"),
        Column("customers_before", say(_("Customers a month before")), "number"),
        Column("clv_12m", say(_("Value of the next 12 months")), "money"),
        Column("clv_12m_before", say(_("That value a month before")), "money"),
        Column("likely_lost", say(_("Value likely lost")), "money"),
    )
    rows = [
        (
            row["tier"],
            row["stage"],
            row["customers"],
            (row["before"] or {}).get("customers"),
            row["clv_12m"],
            (row["before"] or {}).get("clv_12m"),
            row["likely_lost"],
        )
        for row in base.told.grid["rows"]
    ]
    return Table(columns, rows)
