"""Routes for readers of letters: nobody is known, no cookie is read or set, and a form proves itself by its link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.http import Call, GuardedRoute
from evergrove.http.limits import MOST_BYTES, check_length
from evergrove.web.frame.forms import Form, read_form

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

BYTES = 16 * 1024


class ReaderRoute(GuardedRoute):
    """
    A route that asks for nothing but its link.

    Where a form comes from is not asked: mail programs send the one click of RFC 8058 from wherever they are, there is no
    log-in that another site could use, and whoever holds the link may use it. Parameters that mail services add to
    links are not looked at.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers."""
        handle = super(GuardedRoute, self).get_route_handler()

        async def read(request: Request) -> Response:
            setattr(request.state, MOST_BYTES, BYTES)
            check_length(request)
            request.state.form = await read_form(request) if request.method == "POST" else Form({})
            state = request.state
            state.call = Call(request.app.state.service, None, state.request_id, state.language)
            return await handle(request)

        return read
