"""``/v1/imports``: what came in, where its rows went, and files that are sent."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

from fastapi import Path, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from evergrove.access import sight
from evergrove.api.values import worded
from evergrove.app.asked import MOST_UPLOADED, Upload
from evergrove.http import Answer, Call, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.ingest.reasons import REASONS
from evergrove.people import ROWS
from evergrove.reading import import_at, imports_page, rejected_page
from evergrove.reading.imports import ImportLine
from evergrove.report.words import EXCLUDED

routes = Routes("/imports", tag="imports")

Number = Annotated[int, Path(ge=1, le=2**53, description="Of the import.")]
Ending = Literal["csv", "tsv", "txt", "json", "jsonl", "parquet", "xlsx", "zip", "gz"]
ENDINGS: tuple[str, ...] = get_args(Ending)
UPLOADED = MOST_UPLOADED
"""Bytes of a file that comes in over HTTP."""


class Part(Answer):
    """Some rows of one kind."""

    code: str
    sentence: str | None
    rows: int
    amount: str | None = Field(description="Of money in them, where there is any.")


class Import(Answer):
    """One file that came in: each row read is good, rejected or a duplicate."""

    number: int
    table: str = Field(examples=["orders"])
    file: str
    sha256: str
    read: int
    good: int
    rejected: int
    duplicate: int
    excluded: list[Part] = Field(
        description="Good rows that are no purchases: cancelled, unpaid and the like."
    )
    reasons: list[Part] = Field(description="Why rows were rejected.")
    first_date: date | None
    last_date: date | None
    recorded_at: Moment
    exported_at: Moment


class ImportRead(Import):
    """One import, and how it was read."""

    reading: dict[str, Any] = Field(description="Columns, encodings, preset, currency and zone.")


class Rejected(Answer):
    """A row that could not be used."""

    file: str
    line: int
    code: str
    sentence: str | None
    raw: str | None = Field(description="Its text; null without the right to read what people wrote.")


class Taken(Answer):
    """A file that was sent."""

    sha256: str
    bytes: int
    job: int | None = Field(
        description="The job that takes it in; null where these bytes are in already, or wait to be looked at."
    )
    imports: list[int] = Field(description="The imports of just these bytes, where there are any.")
    waits: str | None = Field(
        default=None,
        description="With hold=1: its id, for /v1/files/{id}.",
        examples=["0f1e2d3c4b5a69788796"],
    )


@routes.get("", right="imports.read")
def imports(
    call: ThisCall,
    page: ThisPage,
    table: Annotated[str, Query(max_length=60, description="Only imports to this table.")] = "",
) -> Page[Import]:
    """Everything that came in, the newest first."""
    before = None if page.after is None else int(page.after[0])
    with call.here.ledger.reading() as connection:
        rows, last = imports_page(connection, limit=page.limit, before=before, table=table)
    items = [Import(**_fields(call, each)) for each in rows]
    return Page(items=items, next_cursor=page.next(None if last is None else (last,)))


@routes.post("", right="imports.write", status_code=202, once=False, most_bytes=MOST_UPLOADED)
async def upload(
    call: ThisCall,
    request: Request,
    response: Response,
    *,
    format: Annotated[Ending, Query(description="What the file is.")] = "csv",  # noqa: A002 - as it is called in the address
    name: Annotated[
        str, Query(max_length=255, description="What the file is called where it comes from; for people.")
    ] = "",
    hold: Annotated[
        bool,
        Query(description="1: it is not taken in, but waits at /v1/files until somebody has looked at it."),
    ] = False,
) -> Taken:
    """
    Send a file: the body is the file itself. It is taken in by a job, as one that is put into the inbox.

    Sent again, the same bytes change nothing: the answer names the job or the import of the first time.
    """
    said = request.headers.get("content-length", "")
    with Upload(call.here, format, name, expected=int(said) if said.isdecimal() else 0) as coming:
        await run_in_threadpool(coming.begin)  # it measures the inbox: nobody else waits for that
        async for part in request.stream():
            await run_in_threadpool(coming.add, part)
        taken = await run_in_threadpool(settled, coming, hold=hold)
    response.status_code = 200 if taken.imports else 202
    return taken


def settled(coming: Upload, *, hold: bool = False) -> Taken:
    """What becomes of a file that has come whole: it is in already, or waits to be looked at, or is taken by a job."""
    known = coming.known()
    if known:
        return Taken(sha256=coming.sha256, bytes=coming.bytes, job=None, imports=list(known))
    waits = coming.hold() if hold else None
    job = coming.finish() if waits is None else None
    return Taken(sha256=coming.sha256, bytes=coming.bytes, job=job, imports=[], waits=waits)


def coming_in(call: Call, name: str) -> Upload:
    """A file on its way in by another door, under the name that whoever sends it gives it."""
    ending = name.rpartition(".")[2].lower()
    return Upload(call.here, ending if ending in ENDINGS else "csv", name)


@routes.get("/{number}", right="imports.read")
def one(call: ThisCall, number: Number) -> ImportRead:
    """One import: where its rows went, and how it was read."""
    with call.here.ledger.reading() as connection:
        found = import_at(connection, number)
    return ImportRead(**_fields(call, found), reading=dict(found.reading))


@routes.get("/{number}/rejected", right="imports.read")
def rejected(call: ThisCall, number: Number, page: ThisPage) -> Page[Rejected]:
    """Rows of an import that could not be used, and why; they are kept for 30 days."""
    after = 0 if page.after is None else int(page.after[0])
    with call.here.ledger.reading() as connection:
        found = import_at(connection, number)
    rows, last = rejected_page(call.here.folder, found, limit=page.limit, after=after)
    is_open = reads_cells(call)
    items = [
        Rejected(
            file=each.file,
            line=each.line,
            code=each.code,
            sentence=_sentence(call, each.code),
            raw=each.raw if is_open else None,
        )
        for each in rows
    ]
    return Page(items=items, next_cursor=page.next(None if last is None else (last,)))


def reads_cells(call: Call) -> bool:
    """Whether whoever asks may read whatever stands in a file: it may be anybody's name, or what they wrote."""
    return all(sight(call.actor, of) == "shown" for of in ("personal", "free_text"))


def _fields(call: Call, found: ImportLine) -> dict[str, Any]:
    return {
        "number": found.seq,
        "table": found.table,
        "file": found.file,
        "sha256": found.sha256,
        **found.rows,
        "excluded": [_part(call, *each) for each in found.excluded.items()],
        "reasons": [_part(call, *each) for each in found.reasons.items()],
        "first_date": found.first_date,
        "last_date": found.last_date,
        "recorded_at": found.recorded_at,
        "exported_at": found.exported_at,
    }


def _part(call: Call, code: str, told: Any) -> Part:
    rows, amount = told if isinstance(told, list | tuple) else (told, None)
    return Part(code=code, sentence=_sentence(call, code), rows=rows, amount=amount)


def _sentence(call: Call, code: str) -> str | None:
    sentence = REASONS.get(code) or ROWS.get(code) or EXCLUDED.get(code)
    return None if sentence is None else worded(sentence, call)
