"""``/v1/files``: files that wait for somebody to look at them: held on purpose, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import Field

from evergrove.api.imports import Part, reads_cells
from evergrove.api.values import plain, worded
from evergrove.app import held
from evergrove.app.asked import take_in
from evergrove.app.refusals import without_cells
from evergrove.core import EvergroveError, Sentence
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.ingest.columns import customer_roles
from evergrove.ingest.presets.preset import own_presets, shipped_presets
from evergrove.ingest.reasons import REASONS
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.values.words import table
from evergrove.people import ROWS
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergrove.http import Call

routes = Routes(tag="imports")

FileId = Annotated[
    str, Path(pattern="^[0-9a-f]{20}$", description="Of the file.", examples=["0f1e2d3c4b5a69788796"])
]
MOST_COLUMNS = 60


class FileAnswer(Answer):
    """A file that waits for somebody."""

    id: str = Field(examples=["0f1e2d3c4b5a69788796"])
    file: str = Field(examples=["orders.csv"])
    bytes: int
    at: Moment = Field(description="When it came to lie there; after 30 days it is deleted.")
    is_refused: bool = Field(
        description="Whether it was to come in and could not; else it was held on purpose."
    )
    why: str | None = Field(
        description="Why it was refused, in the workspace's language; what stands in it is told to those who may read it."
    )


class Reading(Body):
    """How a file is to be read; what is left out is found out."""

    table: str = Field(
        default="", max_length=40, description="To which its rows belong.", examples=["orders"]
    )
    mapping: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default_factory=dict,
        max_length=MOST_COLUMNS,
        description="What a column is called here, to the file's header; an empty text: there is no such column.",
        examples=[{"customer": "Buyer", "date": "Paid at:dmy"}],
    )
    currency: str = Field(default="", max_length=3, description="ISO 4217 code of all amounts.")
    timezone: str = Field(
        default="", max_length=60, description="Zone of the shop.", examples=["Asia/Taipei"]
    )
    encoding: str = Field(default="", max_length=30, description="Of a text.", examples=["GB18030"])


class Taking(Reading):
    """How a file is to be read, and whether the next one like it is to be read alike."""

    keep_as: str = Field(
        default="",
        max_length=64,
        pattern="^[A-Za-z0-9_-]*$",
        description="Name under which the mapping is kept as a preset of the workspace; empty: it is not.",
        examples=["our-shop"],
    )


class ColumnOf(Answer):
    """A column that a table may have."""

    name: str = Field(examples=["customer"])
    header: str | None = Field(description="The file's column that is taken for it; null: none.")
    confidence: float | None = Field(description="How sure that is, 0 to 1.")
    is_required: bool
    sentence: str = Field(description="What it says.")


class Problem(Answer):
    """Why a file cannot be read like this."""

    code: str
    message: str
    hint: str


class LookAnswer(Answer):
    """What would be made of a file; nothing is stored."""

    header: list[str] = Field(description="The file's columns.")
    table: str = Field(description="To which its rows would belong; empty where nothing tells.")
    told_by: str = Field(description="The shop system that wrote it, where that is known.")
    columns: list[ColumnOf]
    ignored: list[str] = Field(description="The file's columns of which nothing is taken.")
    names: list[str] = Field(description="Columns of ``rows``.")
    rows: list[list[str | None]] = Field(description="Its first good rows, as they would be stored.")
    read: int
    good: int
    rejected: int
    duplicate: int
    reasons: list[Part]
    currency: str
    timezone: str
    encoding: str
    is_beginning: bool = Field(description="Whether only its first rows were looked at: the file is long.")
    problem: Problem | None


class Queued(Answer):
    """Work that the next free worker does."""

    job: int = Field(description="/v1/jobs/{number} tells how it goes.")


class FormatAnswer(Answer):
    """A kind of export that is known."""

    name: str = Field(examples=["shopify"])
    title: str = Field(examples=["Shopify, Orders export (CSV)"])
    table: str = Field(examples=["orders"])
    is_own: bool = Field(
        description="Whether the workspace has kept it from a mapping that somebody corrected."
    )
    headers: list[str] = Field(description="Columns by which it is told.")
    refund: str = Field(description="How refunds stand in it; empty where that is as usual.")
    has_buyer: bool = Field(description="False where the plain export names nobody who bought.")


@routes.get("/files", right="imports.read")
def waiting(call: ThisCall) -> Page[FileAnswer]:
    """Files that wait for somebody: refused ones, and those that were sent with hold=1; the newest first."""
    return Page(items=[_told(call, each) for each in held.waiting_here(call.here)])


@routes.get("/files/{file_id}", right="imports.read")
def one_file(call: ThisCall, file_id: FileId) -> FileAnswer:
    """One of them."""
    return _told(call, held.held_here(call.here, file_id))


@routes.post("/files/{file_id}/look", right="imports.write", once=False)
def look(call: ThisCall, file_id: FileId, reading: Reading) -> LookAnswer:
    """
    See what would be made of a file, and of which column: nothing is stored.

    Of a long text its first four megabytes are looked at. What cannot be read like this is told under ``problem``,
    beside the file's header: name a column, and look again.
    """
    try:
        return _look(call, held.look_at(call.here, file_id, held.Wish(**reading.model_dump())))
    except EvergroveError as error:
        raise _seen_by(call, error) from None


@routes.post("/files/{file_id}/take", right="imports.write", status_code=202)
def take(call: ThisCall, file_id: FileId, taking: Taking) -> Queued:
    """Have a file taken in as you say, by the next worker that is free."""
    return Queued(job=take_in(call.here, file_id, held.Wish(**taking.model_dump())))


@routes.delete("/files/{file_id}", right="imports.write", status_code=204)
def throw_away(call: ThisCall, file_id: FileId) -> None:
    """Delete a file that waits."""
    held.throw_away(call.here, file_id)


@routes.get("/formats", right="imports.read")
def formats(call: ThisCall) -> Page[FormatAnswer]:
    """Which exports of shop systems are known, those that the workspace has kept among them."""
    own = own_presets(call.here.folder)
    known = [(each, True) for each in own] + [(each, False) for each in shipped_presets()]
    items = [
        FormatAnswer(
            name=each.name,
            title=each.title,
            table=each.table,
            is_own=is_own,
            headers=list(each.signature),
            refund=each.refund,
            has_buyer=each.has_buyer,
        )
        for each, is_own in known
    ]
    return Page(items=items)


@routes.get("/formats/columns", right="imports.read")
def columns(call: ThisCall) -> dict[str, list[ColumnOf]]:
    """The tables that files may hold, and the columns of each."""
    return {name: _columns(call, name, {}) for name in TABLES}


TABLES = ("orders", "customers", *(name for name in declared_tables() if name != "refunds"), "refunds")
"""That a file may hold."""


def _told(call: Call, one: held.Held) -> FileAnswer:
    return FileAnswer(
        id=one.id,
        file=one.path.name,
        bytes=one.path.stat().st_size,
        at=one.at,
        is_refused=one.is_refused,
        why=(one.why if reads_cells(call) else one.plainly) or None,
    )


def _look(call: Call, found: held.Look) -> LookAnswer:
    told = {name: (header, sure) for name, header, sure in held.told_roles(found)}
    intake = found.seen.intake if found.seen is not None else found.people
    used = {header for header, _sure in told.values()}
    reasons: dict[str, Any] = dict(intake.rejected) if intake is not None else {}
    seen = found.seen
    encodings = () if seen is None else tuple(seen.intake.encodings.values())
    return LookAnswer(
        header=list(found.header),
        table=found.table,
        told_by=found.told_by,
        columns=_columns(call, found.table, told) if found.table in TABLES else [],
        ignored=[name for name in found.header if name not in used],
        names=list(seen.names) if seen else [],
        rows=[[None if cell is None else str(plain(cell)) for cell in row] for row in seen.rows]
        if seen
        else [],
        **(
            vars(intake.rows)
            if intake is not None
            else dict.fromkeys(("read", "good", "rejected", "duplicate"), 0)
        ),
        reasons=[_part(call, code, what) for code, what in reasons.items()],
        currency=seen.intake.currency if seen else "",
        timezone=seen.intake.timezone if seen else "",
        encoding=encodings[0] if encodings else "" if found.people is None else found.people.encoding,
        is_beginning=found.is_beginning,
        problem=_problem(call, found.refused) if found.refused is not None else None,
    )


def _part(call: Call, code: str, what: Any) -> Part:
    sentence = REASONS.get(code) or ROWS.get(code)
    rows, amount = (what, None) if isinstance(what, int) else (what.rows, str(what.amount))
    return Part(code=code, sentence=sentence and worded(sentence, call), rows=rows, amount=amount)


def _seen_by(call: Call, error: EvergroveError) -> EvergroveError:
    return error if reads_cells(call) else without_cells(error)


def _problem(call: Call, refused: EvergroveError) -> Problem:
    say, error = translator(call.language), _seen_by(call, refused)
    told = [
        Sentence(error.code, text, error.params).said(say) if text else ""
        for text in (error.message, error.hint)
    ]
    return Problem(code=error.code, message=told[0], hint=told[1])


def _columns(call: Call, name: str, told: dict[str, tuple[str, float]]) -> list[ColumnOf]:
    found: list[ColumnOf] = []
    for column, is_required, sentence in _known(name):
        header, sure = told.get(column, (None, None))
        found.append(
            ColumnOf(
                name=column,
                header=header,
                confidence=sure,
                is_required=is_required,
                sentence=worded(sentence, call) if sentence else "",
            )
        )
    return found


def _known(name: str) -> Iterable[tuple[str, bool, str]]:
    """Columns of a table: name, whether each row needs it, and what it says."""
    if name in {"orders", "refunds"}:
        return [
            (role, role in {"customer", "date"}, said["sentence"]) for role, said in table("columns").items()
        ]
    if name == "customers":
        roles = table("customers")
        return [(role, role == "customer", roles[role].get("sentence", "")) for role in customer_roles.ROLES]
    return [(each.name, each.is_required, each.sentence) for each in declared_tables()[name].columns]
