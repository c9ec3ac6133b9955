"""Requests with an Idempotency-Key: done once, and answered again as they were answered first."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from evergrove.core import EvergroveError, InputError, _
from evergrove.http.answers import answer_of
from evergrove.http.once import Claim, Kept, claim, has_acted, release, settle
from evergrove.http.statuses import status_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from evergrove.http.calls import Call

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
_KEY = re.compile(r"[!-~]{1,255}")


class KeyUnusable(InputError):
    """An Idempotency-Key is empty, too long, or holds what no header should."""

    code = "http.key_unusable"
    message = _("An Idempotency-Key has 1 to 255 visible ASCII characters.")
    hint = _("A random UUID makes a good one.")


async def once(
    request: Request,
    call: Call,
    path: str,
    handle: Callable[[Request], Awaitable[Response]],
    *,
    is_resumed: bool = False,
) -> Response:
    """
    Have a request answered, once for each of its keys.

    Args:
        request: With the header, or without: then it is simply answered.
        call: Who asks.
        path: Template of the route.
        handle: What acts and answers.
        is_resumed: Whether an act that broke off is begun anew.

    Raises:
        KeyUnusable: The key is none.
        KeyReused: It came with another request before.
        StillRunning: That request is still at work.
        AnswerLost: It has acted, and its answer is lost.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await handle(request)
    if not _KEY.fullmatch(key):
        raise KeyUnusable
    ledger, seal = call.service.here.ledger, call.service.here.seal
    name = seal.hash("idempotency", f"{call.by}\n{request.method} {path}\n{key}")
    sent = f"{request.url.path}?{request.url.query}\n{sha256(await request.body()).hexdigest()}"
    claiming = partial(claim, ledger, seal, name, seal.hash("request", sent), is_resumed=is_resumed)
    held = await run_in_threadpool(claiming)
    if isinstance(held, Kept):
        return _response(held, {REPLAYED: "true"})
    request.state.call = replace(call, claim=held)
    return await _acted(request, call, held, handle)


async def _acted(
    request: Request, call: Call, held: Claim, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    ledger, seal = call.service.here.ledger, call.service.here.seal
    try:
        response = await handle(request)
    except EvergroveError as error:
        # What was refused is answered as first, if anything was stored on the way; else it may be asked for again.
        if status_of(error) >= 500 or not await run_in_threadpool(has_acted, ledger, held):
            await _released(call, held)
            raise
        response = answer_of(error, call.language, call.id)
    except BaseException:
        await _released(call, held)
        raise
    kept = Kept(response.status_code, bytes(response.body), response.media_type or "")
    await run_in_threadpool(settle, ledger, seal, held, kept)
    return response


async def _released(call: Call, held: Claim) -> None:
    """Give the claim back; where the ledger cannot, the lease does."""
    with suppress(EvergroveError):
        await run_in_threadpool(partial(release, call.service.here.ledger, held))


def _response(kept: Kept, headers: dict[str, str]) -> Response:
    return Response(kept.body, kept.status, headers, kept.media_type or None)
