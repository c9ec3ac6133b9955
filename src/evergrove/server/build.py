"""The application: every resource under one set of manners."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from evergrove.api import RESOURCES
from evergrove.api.streams import Streams
from evergrove.core import __version__
from evergrove.http import Envelope, GuardedRoute, install
from evergrove.http.places import is_loopback_address
from evergrove.server import health, scraping
from evergrove.server.documents import documents
from evergrove.server.metrics import OwnFigures
from evergrove.server.requests import NotedRequests
from evergrove.web import PARTS
from evergrove.web.frame.errors import error_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from evergrove.app.service import Service
    from evergrove.settings import Settings

PREFIX = "/v1"
NO_DOCS: dict[str, Any] = {"openapi_url": None, "docs_url": None, "redoc_url": None}
"""The framework's own pages load from other hosts."""


def build(
    service: Service,
    figures: OwnFigures | None = None,
    further: Sequence[Any] = (),
    *,
    host: str = "",
    debug: bool = False,
) -> FastAPI:
    """
    The application of a process that serves.

    Args:
        service: What the process holds.
        figures: Where it counts what it does; None: nobody listens.
        further: Modules with ``routes``, below /v1 beside those of ``api.RESOURCES``.
        host: Address that the process listens on; empty: that of the settings.
        debug: Whether an answer tells where a mistake of ours came from.

    Raises:
        TypeError: Some route was registered past ``http.Routes``: a slip in code.
    """
    chosen = service.here.settings
    is_local = is_loopback_address(host or chosen.server.host) and not _is_proxied(chosen)
    app = FastAPI(title="Evergrove", version=__version__, routes=list(_routes(is_local=is_local)), **NO_DOCS)
    app.state.service = service
    app.state.figures = figures or OwnFigures("serve")
    app.state.streams = streams = Streams(service)
    app.state.error_page = error_page
    app.state.figures.gauge("evergrove_streams").set_function(lambda: float(streams.open))
    install(app)
    for resource in further:
        app.include_router(resource.routes.router, prefix=PREFIX)
    app.add_middleware(NotedRequests, in_flight=app.state.figures.gauge("evergrove_requests_in_flight"))
    app.add_middleware(
        Envelope,
        usual_language=chosen.value.language,
        most_bytes=chosen.server.body_kb * 1024,
        body_s=chosen.server.body_seconds,
        debug=debug,
    )
    check_rules(app)
    return app


@cache
def _routes(*, is_local: bool) -> tuple[BaseRoute, ...]:
    """All routes, made once for as many applications as a process has: to describe 400 takes most of a second."""
    every = FastAPI(**NO_DOCS)
    for resource in RESOURCES:
        every.include_router(resource.routes.router, prefix=PREFIX)
    for own in (health.routes, scraping.routes, documents(is_local=is_local)):
        every.include_router(own.router)
    for part in PARTS:
        every.include_router(part.pages.router)
    return tuple(every.router.routes)


def _is_proxied(chosen: Settings) -> bool:
    """Whether others than this machine hear the service, though it listens on a loopback address."""
    name = urlsplit(chosen.access.base_url).hostname or "localhost"
    return bool(chosen.server.trusted_proxies) or not (name == "localhost" or is_loopback_address(name))


def check_rules(app: FastAPI) -> None:
    """
    Let no application start that has a route without a rule.

    Raises:
        TypeError: There is one.
    """
    for each in iter_route_contexts(app.routes):
        if not isinstance(each.original_route, GuardedRoute):
            message = f"{each.path}: register it by http.Routes, which asks for a right"
            raise TypeError(message)
