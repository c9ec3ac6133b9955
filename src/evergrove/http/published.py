"""Answers from what was published: which snapshot they are of, and whether the asker has them already."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

SNAPSHOT = "Evergrove-Snapshot"
PERSONAL, OTHER = "no-store", "private, no-cache"


def of_snapshot(response: Response, snapshot: int, *, personal: bool) -> None:
    """
    Say of an answer which snapshot it is of; it gets an ETag then.

    Args:
        response: The handler's parameter ``response: Response``.
        snapshot: Id of the snapshot that was read.
        personal: Whether it holds names, addresses, phones or what people wrote, masked or not: no cache keeps it.
    """
    response.headers[SNAPSHOT] = str(snapshot)
    response.headers["Cache-Control"] = PERSONAL if personal else OTHER


def tagged(request: Request, response: Response) -> Response:
    """
    The answer with its ETag, or 304 where the asker holds just that.

    The tag is made from the answer itself and not from the snapshot: live rows lie over it, and two roles see
    different fields of one row.
    """
    if request.method != "GET" or response.status_code != 200 or SNAPSHOT not in response.headers:
        return response
    tag = f'"{sha256(bytes(response.body)).hexdigest()[:32]}"'
    if not _matches(request.headers.get("if-none-match", ""), tag):
        response.headers["ETag"] = tag
        return response
    kept = {name: response.headers[name] for name in (SNAPSHOT, "Cache-Control")}
    return Response(status_code=304, headers={**kept, "ETag": tag})


def _matches(header: str, tag: str) -> bool:
    """Whether one of the tags is ours; a weak one will do for GET (RFC 9110, 13.1.2)."""
    given = {part.strip().removeprefix("W/") for part in header.split(",")}
    return tag in given or "*" in given
