"""A page of the settings, below their tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evergrove.core import InputError
from evergrove.http.statuses import status_of
from evergrove.web.frame import Refused, page, reader_of
from evergrove.web.settings.tabs import tabs

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from evergrove.http import Call

Mistake = (InputError, ValidationError)
"""What a form can get wrong."""


def room(
    call: Call,
    request: Request,
    key: str,
    mistake: InputError | ValidationError | None = None,
    **content: Any,
) -> Response:
    """
    A room of the settings.

    Args:
        call: Of the request.
        request: Same.
        key: Of the tab; the template is called the same.
        mistake: Why a form was not taken; the answer has its status.
        content: What the template writes down.
    """
    refused = None if mistake is None else Refused.of(mistake, call.language)
    known = {
        "active": "settings",
        "tabs": tabs(call, reader_of(call).formats),
        "tab": key,
        "refused": refused,
    }
    answer = page(call, request, f"settings/{key}.html.j2", **{**known, **content})
    if mistake is not None:
        answer.status_code = status_of(mistake) if isinstance(mistake, InputError) else 422
    return answer
