"""``/data/waiting/{id}``: a file that waits: which column is what, what would be made of it, and then in with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.api import files as routes
from evergrove.api.files import FileId  # noqa: TC001 - FastAPI reads the annotation at run time
from evergrove.core import EvergroveError, InputError, _
from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.statuses import status_of
from evergrove.web.data.words import TABLES, column_name, file_name, size, table_name, why
from evergrove.web.frame import Form, Pages, Refused, ThisForm, Told, ask, page, reader_of, redirect
from evergrove.web.frame.ways_out import way_out

if TYPE_CHECKING:
    from starlette.responses import Response

    from evergrove.api.files import LookAnswer
    from evergrove.http import Call
    from evergrove.text import Formats

pages = Pages()

PATH = "/data/waiting/{file_id}"
TAKEN = Told("data.taken_in", _("The file is being taken in."))
THROWN = Told("data.thrown_away", _("The file was deleted."))
COLUMN, NAMED, NONE = "m.", "=", "-"
"""A field's name begins with the first; what stands in it with the second where a header follows."""
DATES = ("date", "order_date", "refund_date", "created")
STYLES = (
    ("", _("Found out from the file")),
    ("ymd", _("Year, month, day")),
    ("dmy", _("Day, month, year")),
    ("mdy", _("Month, day, year")),
)
USUAL = "orders"
TERMINAL = "--"
"""Begins what one types at a machine: a page has its own way."""
HERE = _("Say which column is what, and look again.")
SURE = 0.6
"""From there on a guess is not marked as unsure."""


@pages.get(PATH, right="imports.write")
def waiting(call: ThisCall, request: Request, file_id: FileId) -> Response:
    """The page."""
    form = Form({name: tuple(request.query_params.getlist(name)) for name in request.query_params})
    return _shown(call, request, file_id, form)


@pages.post(f"{PATH}/take", right="imports.write")
def take(call: ThisCall, request: Request, file_id: FileId, form: ThisForm) -> Response:
    """Take it in as it was looked at."""
    try:
        taking = routes.Taking(**_reading(form), keep_as=form.text("keep_as"))
        queued = ask(call, routes.take, file_id=file_id, taking=taking)
    except (InputError, ValidationError) as error:
        answer = _shown(call, request, file_id, form, Refused.of(error, call.language))
        answer.status_code = status_of(error) if isinstance(error, InputError) else 422
        return answer
    return redirect(f"/settings/jobs/{queued.job}", TAKEN)


@pages.post(f"{PATH}/discard", right="imports.write")
def discard(call: ThisCall, file_id: FileId) -> Response:
    """Delete it."""
    ask(call, routes.throw_away, file_id=file_id)
    return redirect("/data", THROWN)


def _reading(form: Form) -> dict[str, Any]:
    """How the form says that the file is to be read."""
    mapping = {}
    for field in form.values:
        said = form.text(field)
        if field.startswith(COLUMN) and (said == NONE or said.startswith(NAMED)):
            mapping[field.removeprefix(COLUMN)] = said.removeprefix(NAMED) if said != NONE else ""
    style = form.text("style")
    mapping |= {name: f"{mapping[name]}:{style}" for name in DATES if style and mapping.get(name)}
    plain = {name: form.text(name) for name in ("table", "currency", "timezone", "encoding")}
    return {**plain, "mapping": mapping}


def _shown(
    call: Call, request: Request, file_id: str, form: Form, refused: Refused | None = None
) -> Response:
    found, formats = ask(call, routes.one_file, file_id=file_id), reader_of(call).formats
    seen, broken = None, None
    try:
        seen = ask(call, routes.look, file_id=file_id, reading=routes.Reading(**_reading(form)))
        if not seen.table:  # nothing tells: most files that people send are of orders
            form = Form({**form.values, "table": (USUAL,)})
            wanted = ask(call, routes.columns)[USUAL]
            seen = seen.model_copy(update={"table": USUAL, "columns": wanted})
    except (EvergroveError, ValidationError) as error:  # not even the header: there is nothing to map
        broken = Refused.of(error, call.language)
    content = {
        "waiting": found,
        "file": file_name(found.file),
        "size": size(found.bytes, formats),
        "why": why(found.why, found.file),
        "problem": _problem(seen, found.file, formats) if seen else None,
        "seen": seen,
        "broken": broken,
        "refused": refused,
        "form": form,
        "kept": [
            (name, text)
            for name in form.values
            for text in form.texts(name)
            if name not in ("csrf", "keep_as")
        ],
        "tables": [("", formats.say(_("Told by its headers")))]
        + [(each, table_name(each, formats)) for each in TABLES],
        "styles": [(code, formats.say(name)) for code, name in STYLES],
        "columns": _columns(seen, form, formats) if seen else [],
        "found_table": table_name(seen.table, formats) if seen else "",
        "first": [column_name(name, "", formats) for name in seen.names] if seen else [],
    }
    return page(call, request, "data/waiting.html.j2", active="data", **content)


def _problem(seen: LookAnswer, file: str, formats: Formats) -> tuple[str, str] | None:
    """Why it cannot be read like this, and the way out of that on this page."""
    if seen.problem is None:
        return None
    hint = seen.problem.hint
    if TERMINAL in hint:
        hint = formats.say(way_out(seen.problem.code, HERE))
    return why(seen.problem.message, file), hint


def _columns(seen: LookAnswer, form: Form, formats: Formats) -> list[dict[str, Any]]:
    """A row of the mapping each: what is wanted, what is taken for it, and what could be."""
    rows = []
    for each in seen.columns:
        chosen = form.text(COLUMN + each.name)
        guess = (
            formats.say(_("Found: {header}"), header=each.header)
            if each.header
            else formats.say(_("Not found"))
        )
        options = [("", guess), (NONE, formats.say(_("No such column")))]
        options += [(NAMED + header, header) for header in seen.header]
        rows.append(
            {
                "field": COLUMN + each.name,
                "name": column_name(each.name, seen.table, formats),
                "is_required": each.is_required,
                "chosen": chosen,
                "options": options,
                "header": each.header,
                "is_unsure": each.header is not None
                and each.confidence is not None
                and each.confidence < SURE,
                "is_missing": each.is_required and each.header is None,
            }
        )
    return sorted(rows, key=lambda row: (not row["is_required"], row["header"] is None))
