"""One shape for every error, whoever raises it: our verbs, the framework, or nobody on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from evergrove.access.errors import NotLetIn
from evergrove.core import EvergroveError, Sentence, watching
from evergrove.http import errors
from evergrove.http.fields import path_of, refused
from evergrove.http.limits import MOST_BYTES
from evergrove.http.methods import methods_of
from evergrove.http.statuses import retry_after, status_of
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.text import Language

    ErrorPage = Callable[[Request, EvergroveError], Response | None]

MOST_NAMED = 100
"""Values named in one answer; a list of thousands helps nobody."""


class NamedError(BaseModel):
    """One value that cannot be used."""

    path: str = Field(description="Where it stands.", examples=["body.items[3].amount"])
    code: str = Field(description="For machines; docs/reference/codes.md lists them.")
    message: str = Field(description="For people, in the language of Accept-Language.")


class ErrorAnswer(BaseModel):
    """What went wrong, and the way out."""

    code: str = Field(description="For machines; docs/reference/codes.md lists them.")
    message: str = Field(description="For people, in the language of Accept-Language.")
    hint: str = Field(description="The way out; may be empty.")
    request_id: str = Field(description="Names this request in the log.")
    errors: list[NamedError] | None = Field(
        default=None, description="Where several values cannot be used, each of them."
    )


ERROR_ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "It was not done; the hint says what would settle it."},
    "5XX": {"model": ErrorAnswer, "description": "It was not done; the fault is not the request's."},
}


def answer_of(
    error: EvergroveError,
    language: Language,
    request_id: str,
    named: Sequence[NamedError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer that tells of an error, in a language."""
    status, wait_s = status_of(error), retry_after(error)
    body = ErrorAnswer(
        code=error.code,
        message=_said(error, error.message, language),
        hint=_said(error, error.hint, language),
        request_id=request_id,
        errors=list(named) or None,
    )
    more = dict(headers or {})
    if wait_s is not None:
        more["Retry-After"] = str(wait_s)
    if status == 401 and isinstance(error, NotLetIn):
        more["WWW-Authenticate"] = 'Bearer realm="evergrove"'
    return JSONResponse(body.model_dump(exclude_none=True), status, more)


def _said(error: EvergroveError, text: str, language: Language) -> str:
    return Sentence(error.code, text, error.params).said(translator(language)) if text else ""


def install(app: FastAPI) -> None:
    """Have every error of an application answered in this shape."""
    app.add_exception_handler(EvergroveError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _foreign)


def shown(request: Request, error: EvergroveError) -> Response | None:
    """The error as a page, where there are pages and a browser has asked for one; None: it is told as JSON."""
    show: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if show is None or "text/html" not in request.headers.get("accept", ""):
        return None
    return show(request, error)


def _answer(request: Request, error: EvergroveError, **more: Any) -> Response:
    request.state.code = error.code
    page = shown(request, error)
    return page or answer_of(error, request.state.language, request.state.request_id, **more)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, EvergroveError)  # noqa: S101 - what it is registered for
    if status_of(error) >= 500:
        watching.said("request failed", level="error", request_id=request.state.request_id, exc_info=error)
    return _answer(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return _answer(request, errors.MalformedBody(kind="JSON"))
    language = request.state.language
    named = []
    for each in found[:MOST_NAMED]:
        one = refused(each["type"], each.get("ctx") or {})
        said = _said(one, one.message, language)
        named.append(NamedError(path=path_of(each["loc"]), code=one.code, message=said))
    return _answer(request, errors.InvalidRequest(count=len(found)), named=named)


def _foreign(request: Request, error: Exception) -> Response:
    """What the framework itself refuses, in our words."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    if error.status_code == 404:
        return _answer(request, errors.NoSuchPlace())
    if error.status_code == 405:
        allowed = ", ".join(methods_of(request.app, request.url.path))
        return _answer(
            request, errors.WrongMethod(method=request.method, allowed=allowed), headers={"Allow": allowed}
        )
    if error.status_code == 413:
        return _answer(request, errors.BodyTooLarge(most=getattr(request.state, MOST_BYTES)))
    if error.status_code == 408:
        return _answer(request, errors.TooSlow())
    return _answer(request, errors.MalformedBody(kind=request.headers.get("content-type", "?")[:80]))
