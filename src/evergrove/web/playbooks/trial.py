"""The last trial of a playbook: who would have got what, when and at what cost, as figures, tables and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.api import playbooks as routes
from evergrove.core import InputError, _
from evergrove.decisions import OUTCOME_WORDS
from evergrove.text import Formats
from evergrove.web.frame import Block, Column, Table, ask
from evergrove.web.overview.cells import page_of
from evergrove.web.playbooks.words import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.api.playbooks import Trial
    from evergrove.http import Call

NOT_TRIED = "campaigns.not_tried"
SHOWN = 20
"""Rows of who would have got what on the page; the file has all that are kept."""
MONTH_DAYS = 30
WEEKS = (
    ("week", _("Week of"), "day"),
    ("entered", _("Entered"), "number"),
    ("people", _("Customers reached"), "number"),
    ("messages", _("Messages"), "number"),
    ("untreated", _("Kept untreated"), "number"),
    ("not_sent", _("Not sent"), "number"),
    ("cost", _("Cost"), "money"),
)
REASONS = (("reason", _("Why"), "text"), ("messages", _("Messages"), "number"))
ROWS = (
    ("customer_id", _("Customer"), "text"),
    ("day", _("Day"), "day"),
    ("step", _("Step"), "number"),
    ("letter", _("Letter"), "text"),
    ("outcome", _("What would have become of it"), "text"),
    ("reason", _("Why"), "text"),
    ("cost", _("Cost"), "money"),
)
ANSWER = _(
    "On {nights} {nights:night|nights} from {since} to {until} it would have reached {people} {people:customer|customers} "
    "by {messages} {messages:message|messages}, at a cost of {cost}; {controls} would have been kept untreated."
)
FIRST = _("The first {shown} of {all}; the file has {kept}.")


@dataclass(frozen=True)
class Shown:
    """
    A trial as the page shows it.

    Attributes:
        told: As the API tells it.
        answer: All of it in one sentence.
        blocks: By week, why not, and who would have got what.
        per_month: How many would enter within 30 days.
    """

    told: Trial
    answer: str
    blocks: Sequence[Block]
    per_month: float


def newest_trial(call: Call, key: str) -> Trial | None:
    """The newest trial of the newest version; None without one."""
    try:
        found: Trial = ask(call, routes.trial, key=key)
    except InputError as error:
        if error.code == NOT_TRIED:
            return None
        raise
    return found


def shown(told: Trial, call: Call, *, all_rows: bool = False) -> Shown:
    """
    A trial for the page.

    Args:
        told: As the API tells it.
        call: Of the request.
        all_rows: Of who would have got what, as the files have them.
    """
    figures, formats = told.figures, Formats(call.language, told.figures["currency"])
    counts = {name: formats.number(figures[name]) for name in ("nights", "people", "messages", "controls")}
    answer = formats.say(
        ANSWER,
        since=formats.day(figures["since"]),
        until=formats.day(figures["until"]),
        cost=formats.money(figures["cost"]),
        **counts,
    )
    blocks = [_weeks(told, formats), _reasons(told, formats), _rows(told, formats, all_rows=all_rows)]
    days = (date.fromisoformat(figures["until"]) - date.fromisoformat(figures["since"])).days + 1
    per_month = figures["entered"] * MONTH_DAYS / max(1, days)
    return Shown(told, answer, [each for each in blocks if each.table and each.table.rows], per_month)


def _columns(columns: Sequence[tuple[str, str, str]], formats: Formats) -> list[Column]:
    return [Column(key, formats.say(name), kind) for key, name, kind in columns]  # type: ignore[arg-type]  # kinds


def _files(told: Trial, key: str) -> str:
    return f"{path_of(told.key, 'files')}/{key}"


def _weeks(told: Trial, formats: Formats) -> Block:
    rows = [
        (
            each["week"],
            each["entered"],
            each["people"],
            each["messages"],
            each["controls"],
            sum(each["not_sent"].values()),
            float(each["cost"]),
        )
        for each in told.figures["weeks"]
    ]
    table = Table(_columns(WEEKS, formats), rows)
    return Block("weeks", formats.say(_("When, and at what cost?")), table=table, files=_files(told, "weeks"))


def _reasons(told: Trial, formats: Formats) -> Block:
    counts = sorted(told.figures["not_sent"].items(), key=lambda each: (-each[1], each[0]))
    rows = [(told.reasons.get(code, code), number) for code, number in counts]
    table = Table(_columns(REASONS, formats), rows)
    question = formats.say(_("What would not have left, and why?"))
    return Block("not-sent", question, table=table, files=_files(told, "not-sent"))


def _rows(told: Trial, formats: Formats, *, all_rows: bool) -> Block:
    kept: list[dict[str, Any]] = told.figures["rows"]
    chosen = kept if all_rows else kept[:SHOWN]
    rows = [
        (
            each["customer_id"],
            each["day"],
            each["step"] + 1,
            each["template"],
            formats.say(OUTCOME_WORDS.get(each["outcome"], each["outcome"])),
            told.reasons.get(each["reason"], each["reason"]),
            float(each["cost"]),
        )
        for each in chosen
    ]
    links = [page_of(each["customer_id"]) for each in chosen]
    counts = {"shown": len(chosen), "all": told.figures["rows_in_all"], "kept": len(kept)}
    note = formats.say(FIRST, **{name: formats.number(number) for name, number in counts.items()})
    return Block(
        "who",
        formats.say(_("Who would have got what?")),
        table=Table(_columns(ROWS, formats), rows, links),
        note=note if len(chosen) < counts["all"] else "",
        files=_files(told, "who"),
    )
