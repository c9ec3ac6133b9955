"""Blocks about groups of customers: who comes back, what they bring, all groups side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove import charts
from evergrove.core import _
from evergrove.report.answers import retention_answer
from evergrove.report.trust_blocks import SHORT
from evergrove.web.cohorts.said import best_answer, path_answer, sources_back_answer
from evergrove.web.frame import Block, Column, Table, query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.web.cohorts.groups import Groups

FILES = "/cohorts/files"
BACK = _("How many come back?")
GROWS = _("How does a customer's value grow, and how does it go on?")
SIDE_BY_SIDE = _("Which groups are worth more?")
PER_CENT = _(
    "Numbers are per cent. Read along a row: one group of new customers and the time after their first order."
)
NOT_SHOWN = _("{count} {count:customer of earlier groups is|customers of earlier groups are} not shown.")
PATHS = _(
    "Lines are what each group has brought per customer, net of refunds; dashed, what the model expects of it in the next 12 months. "
    "The newest figures rest on the shortest histories."
)
PATHS_OF_SOURCES = _(
    "Lines are what customers of each source had brought per customer at each age, net of refunds. The right ends rest on the oldest "
    "customers alone."
)
NO_AMOUNTS = _("These orders carry no amounts: value cannot be told. A column with amounts brings it.")
WHENCE = _("The source is that of the latest event within 30 days before the first order that names one.")
COMPARED = _("Groups are of different age: compare those that came at about the same time.")


def blocks_of(groups: Groups) -> list[Block]:
    """All blocks of the page."""
    return [retention_block(groups), paths_block(groups), table_block(groups)]


def _files(groups: Groups, key: str) -> str:
    by = "source" if groups.by_source else ""
    return f"{FILES}/{key}{query(by=by)}"


def retention_block(groups: Groups) -> Block:
    """The heat map."""
    formats, question = groups.formats, groups.formats.say(BACK)
    shown = [row for row in groups.rows if len(row["retention"]) > 1]
    if not shown:
        return Block("retention", question, missing=formats.say(SHORT))
    section = groups.section | {"rows": shown}
    answer = sources_back_answer(groups) if groups.by_source else retention_answer(section, formats)
    earlier = groups.told.earlier_customers
    note = formats.say(NOT_SHOWN, count=formats.number(earlier)) if earlier else ""
    return Block(
        "retention",
        question,
        answer,
        charts.cohort_retention(section, formats, answer),
        90 + 27 * len(shown),
        _by_age(groups, shown, "retention", first=1),
        note=formats.sentences(formats.say(PER_CENT), note),
        files=_files(groups, "retention"),
    )


def paths_block(groups: Groups) -> Block:
    """Value so far, and as it should go on."""
    formats, question = groups.formats, groups.formats.say(GROWS)
    if not groups.has_values:
        return Block("value", question, missing=formats.say(NO_AMOUNTS))
    answer = path_answer(groups)
    return Block(
        "value",
        question,
        answer,
        charts.cohort_paths(groups.section, groups.followed, formats, answer),
        400,
        _by_age(groups, groups.rows, "value", first=0),
        note=formats.say(PATHS_OF_SOURCES if groups.by_source else PATHS),
        files=_files(groups, "value"),
    )


def _by_age(groups: Groups, rows: Sequence[dict[str, Any]], name: str, first: int) -> Table:
    """A row a group, a column a period since the first order."""
    ages = range(first, max(len(row[name]) for row in rows))
    kind = "money" if name == "value" else "percent"
    columns = [
        *_named(groups),
        *(Column(f"{name}_{age}", groups.formats.number(age), kind) for age in ages),  # type: ignore[arg-type]
    ]
    cells = [
        (
            groups.label(row),
            row["customers"],
            *(row[name][age] if age < len(row[name]) else None for age in ages),
        )
        for row in rows
    ]
    return Table(columns, cells)


def _named(groups: Groups) -> list[Column]:
    said = _("Came from") if groups.by_source else _("First order in")
    say = groups.formats.say
    return [Column("group", say(said)), Column("customers", say(_("Customers")), "number")]


def table_block(groups: Groups) -> Block:
    """All groups side by side."""
    say = groups.formats.say
    soon = [] if groups.by_source else [Column("back_soon", say(_("Back within three months")), "percent")]
    columns = [
        *_named(groups),
        *soon,
        Column("active_share", say(_("Expected to order within half a year")), "percent"),
        Column("value_now", say(_("Brought so far, each")), "money"),
        Column("value_in_12m", say(_("Expected in 12 months, each")), "money"),
    ]
    rows = [
        (
            groups.label(row),
            row["customers"],
            *(row.get("back_soon") for _each in soon),
            row["active_share"],
            row["value_now"],
            row["forecast"]["value"][-1] if row["forecast"]["value"] else None,
        )
        for row in groups.rows
    ]
    return Block(
        "groups",
        say(SIDE_BY_SIDE),
        best_answer(groups),
        table=Table(columns, rows),
        note=say(WHENCE if groups.by_source else COMPARED),
        files=_files(groups, "groups"),
    )
