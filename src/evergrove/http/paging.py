"""Lists a page at a time: a cursor goes on where a page ended, in the state the list was begun from."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.core import InputError, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.http.calls import Call
    from evergrove.people import Seal

USUAL, MOST = 50, 500
LONGEST = 2000
FORMAT = "evergrove.cursor/1"
_PURPOSE, _NONCE = "cursor key", 12


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

    def beyond(self, cursor: str) -> Paging:
        """What a cursor of this very list goes on with, for whoever reads all of it in one answer."""
        told = _opened(cursor, self.seal)
        return replace(self, snapshot=told["snapshot"], after=tuple(told["after"]))

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
        return _closed(told, self.seal)


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


def first_page(call: Call, limit: int) -> Paging:
    """The beginning of a list, for whoever shows no more of it."""
    return Paging(limit, None, None, call.service.here.seal, "")


def question_of(request: Request) -> str:
    """What a cursor belongs to: the path and all parameters but those that say which page."""
    asked = sorted(each for each in request.query_params.multi_items() if each[0] not in {"cursor", "limit"})
    return sha256(repr((request.url.path, asked)).encode(errors="surrogatepass")).hexdigest()


def _closed(told: dict[str, Any], seal: Seal) -> str:
    """
    A document as a sealed text, the same each time: a page that did not change must keep its ETag.

    The nonce is made from the text, as in AES-SIV (RFC 5297): it repeats only where the text does.
    """
    key = _key(seal)
    plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    nonce = hmac.digest(key, plain, sha256)[:_NONCE]
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None)).decode().rstrip("=")


def _opened(cursor: str, seal: Seal) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        told: dict[str, Any] = json.loads(AESGCM(_key(seal)).decrypt(raw[:_NONCE], raw[_NONCE:], None))
    except (InvalidTag, ValueError) as error:  # the latter for what is no such text at all
        raise CursorRefused from error
    return told


def _key(seal: Seal) -> bytes:
    """A key for cursors alone, made from the workspace's."""
    return bytes.fromhex(seal.hash(_PURPOSE, ""))


ThisPage = Annotated[Paging, Depends(_of)]
"""A parameter of a handler of a list: ``def customers(call: ThisCall, page: ThisPage) -> Page[Customer]``."""
