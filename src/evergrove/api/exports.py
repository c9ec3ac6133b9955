"""``/v1/exports``: files of published tables and of customers; made by a job, fetched once by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Path
from pydantic import Field
from starlette.responses import FileResponse, Response

from evergrove import jobs as queue
from evergrove.app import exports
from evergrove.app.jobs import cancel_job
from evergrove.export import requested
from evergrove.export.requested.types import CUSTOMERS
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.jobs.types import State

if TYPE_CHECKING:
    from evergrove.export.requested import Export
    from evergrove.http import Call

routes = Routes(prefix="/exports", tag="exports")

ExportId = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{32}$", examples=["0f8fad5bd9cb469fa16570867728950e"], description="Of an export."
    ),
]
TOKEN = "^[A-Za-z0-9_-]{22}$"  # noqa: S105 - a pattern
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/x-ndjson",
}


class NewExport(Body):
    """What is wanted."""

    table: str = Field(
        default=CUSTOMERS,
        max_length=40,
        description="`customers`, or a table that runs publish: scores, tiers, transitions, health ...",
        examples=["customers"],
    )
    format: Literal["csv", "xlsx", "parquet", "jsonl"] = "csv"
    filter: str = Field(
        default="",
        max_length=4000,
        description="Of customers only: a condition of the segment language.",
        examples=["tier = 'high' and days_since_last_order > 60"],
    )
    columns: list[str] = Field(
        default=[],
        max_length=100,
        description="Which, in which order; empty: the usual ones. `email` and `name` are masked without the right.",
        examples=[["customer_id", "tier", "clv_12m"]],
    )


class ExportAnswer(Answer):
    """An export as it stands."""

    id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])
    job: int = Field(description="Number of the job that makes it; it tells how far it is.", examples=[7])
    state: State = Field(description="Of that job.")
    table: str
    format: str
    filter: str
    columns: list[str]
    asked_at: Moment
    rows: int | None = Field(description="Of the file; null until it is made.")
    bytes: int | None
    expires_at: Moment | None = Field(description="When the file is deleted: a day after it was made.")
    is_there: bool = Field(description="Whether a link can be asked for.")


class LinkAnswer(Answer):
    """A way to the file."""

    url: str = Field(
        description="Under the configured address; opens once, for whom it was made, with a log-in or key.",
    )
    expires_at: Moment


@routes.post("", right="exports.write", status_code=202)
def ask(call: ThisCall, new: NewExport) -> ExportAnswer:
    """Have a file made by a worker, with the rights that you have then. Three of yours may wait at a time."""
    wanted = requested.ExportRequest(
        table=new.table, format=new.format, condition=new.filter, columns=tuple(new.columns)
    )
    return _told(call, exports.ask_export(call.here, call.actor, wanted))


@routes.get("", right="exports.write")
def list_exports(call: ThisCall, page: ThisPage) -> Page[ExportAnswer]:
    """Your exports, the newest first."""
    before = None if page.after is None else int(page.after[0])
    with call.here.ledger.reading() as connection:
        owner = call.actor.account_id or ""
        found = requested.listed(connection, owner, before=before, limit=page.limit + 1)
    shown = found[: page.limit]
    after = (shown[-1].job,) if len(found) > len(shown) else None
    return Page(items=[_told(call, each) for each in shown], next_cursor=page.next(after))


@routes.get("/{export}", right="exports.write")
def show_export(call: ThisCall, export: ExportId) -> ExportAnswer:
    """One of your exports."""
    return _told(call, _found(call, export))


@routes.delete("/{export}", right="exports.write")
def cancel_export(call: ThisCall, export: ExportId) -> ExportAnswer:
    """Cancel one of your exports that waits or runs."""
    cancel_job(call.here, _found(call, export).job)
    return _told(call, _found(call, export))


@routes.post("/{export}/link", right="exports.write", status_code=201, once=False)
def new_link(call: ThisCall, export: ExportId) -> LinkAnswer:
    """A link to the file, for 15 minutes and one use; ask again for another."""
    token, until = exports.link_to(call.here, call.actor, export)
    base = call.here.settings.access.base_url.rstrip("/")
    return LinkAnswer(url=f"{base}/v1/exports/files/{token}", expires_at=until)


@routes.get(
    "/files/{token}",
    right="exports.write",
    response_class=FileResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in KINDS.values()}}},
)
def fetch(call: ThisCall, token: Annotated[str, Path(pattern=TOKEN, description="Of a link.")]) -> Response:
    """The file. The link is used up by it."""
    export, path = exports.opened_by(call.here, call.actor, token)
    name = f"{export.request.table}-{export.asked_at:%Y-%m-%d}.{export.request.format}"
    return FileResponse(path, filename=name, media_type=KINDS[export.request.format])


def _found(call: Call, name: str) -> Export:
    with call.here.ledger.reading() as connection:
        return requested.found(connection, name, call.actor.account_id or "")


def _told(call: Call, export: Export) -> ExportAnswer:
    with call.here.ledger.reading() as connection:
        state = queue.show(connection, export.job).state
    request = export.request
    return ExportAnswer(
        **{name: getattr(export, name) for name in ("id", "job", "asked_at", "rows", "bytes", "expires_at")},
        state=state,
        table=request.table,
        format=request.format,
        filter=request.condition,
        columns=list(request.columns),
        is_there=requested.is_there(export, call.here.clock.now()),
    )
