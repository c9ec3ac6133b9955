"""Customers as rows of a table, and where each row leads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from evergrove.core import InputError
from evergrove.report.words import names
from evergrove.web.customers.asked import PATH
from evergrove.web.customers.columns import BY_KEY, value_of
from evergrove.web.frame import Column, Table, reader_of
from evergrove.web.overview.standing import NothingStands, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.customers import CustomerLine
    from evergrove.http import Call
    from evergrove.web.customers.asked import Question


def customer_path(customer_id: str) -> str:
    """The page of one customer, whatever characters the id is made of."""
    return f"{PATH}/{quote(customer_id, safe='')}"


def words_of(call: Call) -> Mapping[str, Mapping[str, str]]:
    """Names of tiers, stages and playbooks; a policy's own tiers by their own names."""
    try:
        return standing(call).words
    except (NothingStands, InputError):
        return names(reader_of(call).formats)


def table_of(call: Call, lines: Sequence[CustomerLine], question: Question) -> Table:
    """A page of the list as a table; headings sort it."""
    formats, words = reader_of(call).formats, words_of(call)
    columns = [_heading(each, question, formats.say(BY_KEY[each].name)) for each in question.columns]
    rows = [[value_of(line, each, formats, words) for each in question.columns] for line in lines]
    return Table(columns, rows, [customer_path(line.customer_id) for line in lines])


def _heading(key: str, question: Question, name: str) -> Column:
    about = BY_KEY[key]
    sorts = question.sorted_by(key) if about.is_sorted else ""
    if question.sort != key:
        return Column(key, name, about.kind, sorts)
    return Column(key, name, about.kind, sorts, "descending" if question.order == "desc" else "ascending")
