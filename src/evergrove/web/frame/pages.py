"""Routes of pages: as those of /v1, but that a form carries its token itself, and that nothing is read as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from evergrove.http import GuardedRoute, Routes, let_in
from evergrove.http.limits import MOST_BYTES, check_length
from evergrove.http.slashes import give_slashes_back
from evergrove.web.frame.forms import CSRF, Form, read_form

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

FORM_BYTES = 256 * 1024
"""How long a form may be where its route does not say: a condition, a playbook, a list of targets."""


class PageRoute(GuardedRoute):
    """A route that answers with a page; its rule is kept before its handler runs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the form's token and the rule first, then the handler."""
        handle, rule = super(GuardedRoute, self).get_route_handler(), self.rule

        async def guarded(request: Request) -> Response:
            give_slashes_back(request.scope)
            setattr(request.state, MOST_BYTES, rule.most_bytes or FORM_BYTES)
            check_length(request)
            form = request.state.form = await read_form(request) if request.method == "POST" else Form({})
            token = form.text(CSRF) or None
            request.state.call = await run_in_threadpool(let_in, request, rule, token)
            return await handle(request)

        return guarded


class Pages(Routes):
    """
    The pages of one part of the site.

    ``pages.get("/customers", right="customers.read")`` registers a handler as ``http.Routes`` does. A form is sent by
    POST and answered by a redirect, or by the page again with what cannot be used.
    """

    def __init__(self) -> None:
        super().__init__(tag="pages")

    def add(
        self, method: str, path: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """
        Register a handler.

        Args:
            method: GET or POST: browsers without scripts send nothing else.
            path: Of the page.
            options: As ``Routes.add`` takes them.

        Raises:
            UnknownRight: No such right: a slip in code.
            ValueError: Neither a right nor a reason is named, or several: a slip in code.
        """
        usual = {"base": PageRoute, "once": False, "include_in_schema": False, "response_model": None}
        return super().add(method, path, **{"response_class": HTMLResponse, **usual, **options})
