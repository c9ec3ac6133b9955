"""``/models/runs``: the nights that were computed, one of them in full, new ones, and past ones computed anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path
from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import models as model_routes
from evergrove.api import runs as routes
from evergrove.core import InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.http.paging import Paging, ThisPage
from evergrove.http.statuses import status_of
from evergrove.web.frame import (
    Column,
    Form,
    Pages,
    Refused,
    Table,
    ThisForm,
    Told,
    allowed,
    ask,
    page,
    query,
    reader_of,
    redirect,
)
from evergrove.web.models.tabs import RUNS, tabs

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

STARTED = Told("models.run_started", _("The run waits for a worker as job {number}."))
REPLAYED = Told(
    "models.replay_started",
    _("The day is computed anew as job {number}; its answer says whether all is the same."),
)
Number = Annotated[int, Path(ge=1, le=2**53)]


@pages.get(RUNS, right="figures.read")
def runs(call: ThisCall, request: Request, paging: ThisPage) -> Response:
    """The list, and the form."""
    return _listed(call, request, paging)


@pages.post(RUNS, right="runs.start")
def begin(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have a run made."""
    try:
        queued = ask(call, routes.begin, day=form.body(routes.NewRun))
    except (InputError, ValidationError) as error:
        return _refused(call, request, form, error)
    return redirect(f"{RUNS}{query(job=queued.job)}", STARTED, number=queued.job)


@pages.post(f"{RUNS}/replay", right="runs.start")
def replay(call: ThisCall, request: Request, form: ThisForm) -> Response:
    """Have a past day computed anew."""
    try:
        queued = ask(call, routes.replay, day=form.body(routes.PastDay))
    except (InputError, ValidationError) as error:
        return _refused(call, request, form, error)
    return redirect(f"{RUNS}{query(job=queued.job)}", REPLAYED, number=queued.job)


@pages.get(f"{RUNS}/{{snapshot:int}}", right="figures.read")
def run(call: ThisCall, request: Request, snapshot: Number) -> Response:
    """One run: what it went by, and what it came to."""
    told, formats = ask(call, routes.run, snapshot=snapshot), reader_of(call).formats
    content: dict[str, Any] = {
        "told": told,
        "tables": _tables(told, formats),
        "model": _model(call, snapshot),
        "flaps": told.flaps.get("last_365_days"),
        "placement": json.dumps(told.placement, ensure_ascii=False, indent=1),
        "may_replay": allowed(call, routes.replay),
    }
    return page(call, request, "models/run.html.j2", active="models", **content)


def _model(call: Call, snapshot: int) -> model_routes.Models | None:
    """The models of the run; None where a later release wrote them."""
    try:
        told: model_routes.Models = ask(call, model_routes.models_of_run, snapshot=snapshot)
    except InputError:
        return None
    return told


def _tables(told: routes.RunRead, formats: Formats) -> Table:
    columns = (
        Column("table", formats.say(_("Table"))),
        Column("rows", formats.say(_("Rows")), "number"),
        Column("digest", formats.say(_("Digest"))),
    )
    return Table(columns, [(name, rows, told.digests.get(name)) for name, rows in told.tables.items()])


def _refused(call: Call, request: Request, form: Form, error: InputError | ValidationError) -> Response:
    answer = _listed(
        call,
        request,
        Paging(50, None, None, call.here.seal, ""),
        Refused.of(error, call.language),
        form.text("as_of"),
    )
    answer.status_code = status_of(error) if isinstance(error, InputError) else 422
    return answer


def _listed(
    call: Call, request: Request, paging: Paging, refused: Refused | None = None, as_of: str = ""
) -> Response:
    found, formats = ask(call, routes.runs, page=paging), reader_of(call).formats
    job = request.query_params.get("job", "")
    content = {
        "table": _list(call, found.items, formats),
        "onward": f"{RUNS}{query(cursor=found.next_cursor)}" if found.next_cursor else None,
        "first": RUNS if paging.after is not None else None,
        "may_begin": allowed(call, routes.begin),
        "refused": refused,
        "as_of": as_of,
        "job": int(job) if job.isascii() and job.isdigit() and len(job) < 10 else None,
        "tabs": tabs(formats),
    }
    return page(call, request, "models/runs.html.j2", active="models", **content)


def _list(call: Call, items: list[routes.Run], formats: Formats) -> Table:
    moment = reader_of(call).moment
    columns = (
        Column("as_of", formats.say(_("As of")), "day"),
        Column("run", formats.say(_("Run")), "number"),
        Column("published_at", formats.say(_("Published")), "text"),
        Column("models", formats.say(_("Models")), "text"),
        Column("moves", formats.say(_("Moves within a year")), "number"),
        Column("went_back", formats.say(_("Of these went back")), "number"),
    )
    older = [each.models for each in items[1:]]
    rows = [
        (
            each.as_of,
            each.run,
            moment(each.published_at),
            _fitted(each.models, older[k : k + 1], formats),
            *_moves(each),
        )
        for k, each in enumerate(items)
    ]
    return Table(columns, rows, [f"{RUNS}/{each.snapshot}" for each in items])


def _fitted(models: int, before: list[int], formats: Formats) -> str | None:
    """Whether a run fitted its models or took those of the one before; None of the last in a list."""
    if not before:
        return None
    return formats.say(_("As before")) if before == [models] else formats.say(_("Fitted anew"))


def _moves(line: routes.Run) -> tuple[int | None, int | None]:
    year = line.flaps.get("last_365_days") or {}
    return year.get("moves"), year.get("flaps")
