"""Lists a page at a time: a cursor goes on where a page ended, in the state the list was begun from."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.core import InputError, _
from evergrove.people.errors import SealBroken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.http.calls import Call
    from evergrove.people import Seal

USUAL, MOST = 50, 500
LONGEST = 2000
FORMAT = "evergrove.cursor/1"
_OWNER = "cursor"


class CursorRefused(InputError):
    """A cursor is damaged, or belongs to another question."""

    code = "http.cursor_refused"
    message = _("This cursor does not go on with this list.")
    hint = _("Send next_cursor as it was given, with the same filters; to begin anew, send none.")


class CursorOver(InputError):
    """The state that a list was begun from is kept no longer; a face answers 410."""

    code = "http.cursor_over"
    message = _("The state that this list was begun from is not kept any more.")
    hint = _("Begin the list anew, without a cursor.")


@dataclass(frozen=True)
class Paging:
    """
    Which part of a list is asked for.

    Attributes:
        limit: Rows at most.
        snapshot: Of which snapshot the list was begun; None on its first page.
        after: Sort values of the last row that was shown, as ``next`` was given them; None on the first page.
    """

    limit: int
    snapshot: int | None
    after: tuple[Any, ...] | None
    seal: Seal
    question: str

    def next(self, after: Sequence[Any] | None, snapshot: int | None = None) -> str | None:
        """
        The cursor for what follows.

        Args:
            after: What the last row was sorted by: texts, numbers, None; None where nothing follows.
            snapshot: Which the rows are from.

        Returns:
            A text that tells nobody anything: it is sealed, for it may hold what a list is sorted by.
        """
        if after is None:
            return None
        told = {"format": FORMAT, "question": self.question, "snapshot": snapshot, "after": list(after)}
        return base64.urlsafe_b64encode(self.seal.seal(told, _OWNER)).decode().rstrip("=")


def _of(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Rows at most.")] = USUAL,
    cursor: Annotated[
        str | None, Query(max_length=LONGEST, description="``next_cursor`` of the page before.")
    ] = None,
) -> Paging:
    seal = cast("Call", request.state.call).service.here.seal
    question = question_of(request)
    if cursor is None:
        return Paging(limit, None, None, seal, question)
    told = _opened(cursor, seal)
    if told.get("format") != FORMAT or told.get("question") != question:
        raise CursorRefused
    return Paging(limit, told["snapshot"], tuple(told["after"]), seal, question)


def question_of(request: Request) -> str:
    """What a cursor belongs to: the path and all parameters but those that say which page."""
    asked = sorted(each for each in request.query_params.multi_items() if each[0] not in {"cursor", "limit"})
    return sha256(repr((request.url.path, asked)).encode(errors="surrogatepass")).hexdigest()


def _opened(cursor: str, seal: Seal) -> dict[str, Any]:
    try:
        return seal.unseal(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), _OWNER)
    except (SealBroken, binascii.Error, ValueError) as error:
        raise CursorRefused from error


ThisPage = Annotated[Paging, Depends(_of)]
"""A parameter of a handler of a list: ``def customers(call: ThisCall, page: ThisPage) -> Page[Customer]``."""
