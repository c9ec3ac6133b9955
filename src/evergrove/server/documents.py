"""``/openapi.json`` and ``/docs``: what can be asked for, for programs and for people; nothing is fetched from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time
from starlette.responses import HTMLResponse, JSONResponse, Response

from evergrove.http import GuardedRoute, Routes
from evergrove.server.docs_page import page, policy

if TYPE_CHECKING:
    from fastapi import FastAPI

SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key: evergrove keys create."},
    "segment": {
        "type": "http",
        "scheme": "basic",
        "description": "A key as user name with an empty password, where Segment's libraries put it.",
    },
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-evergrove",
        "description": "A log-in. What changes anything also needs the header X-CSRF-Token.",
    },
}
ONCE: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of your choice; the same request under the same key is done once and answered the same for 24 hours.",
    "schema": {
        "type": "string",
        "pattern": "^[!-~]{1,255}$",
        "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    },
}
DESCRIPTION = (
    "Customer lifetime value for every customer, a decision for each, proof of what it earned. Errors have one shape: "
    "code, message, hint, request_id. Amounts are texts with a currency beside them; moments are RFC 3339 in UTC."
)


def documents(*, is_local: bool) -> Routes:
    """
    The routes of both.

    Args:
        is_local: Whether the service is heard on this machine only: then anybody on it may read them.
    """
    routes = Routes(tag="operation")
    why = (
        "What can be asked for is told to everybody on this machine"
        if is_local
        else "Whoever is known may see what there is."
    )
    rule = {"public": f"{why}, which alone hears this service."} if is_local else {"known": why}

    @routes.get("/openapi.json", include_in_schema=False, response_class=JSONResponse, **rule)
    def openapi(request: Request) -> Response:
        """The description for programs (OpenAPI 3.1)."""
        return JSONResponse(described(request.app))

    @routes.get("/docs", include_in_schema=False, response_class=HTMLResponse, **rule)
    def docs(request: Request) -> Response:
        """The same for people."""
        return HTMLResponse(page(described(request.app)), headers={"Content-Security-Policy": policy()})

    return routes


def described(app: FastAPI) -> dict[str, Any]:
    """The application's description, made at the first request."""
    kept = getattr(app.state, "openapi", None)
    if kept is None:
        kept = app.state.openapi = _described(app)
    return cast("dict[str, Any]", kept)


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    document.setdefault("components", {})["securitySchemes"] = SCHEMES
    document["security"] = [{name: []} for name in SCHEMES]
    for each in iter_route_contexts(app.routes):
        route = each.original_route
        if not isinstance(route, GuardedRoute) or not route.rule.once:
            continue
        for method in each.methods or ():
            operation = document["paths"].get(each.path_format, {}).get(method.lower())
            if operation is not None:
                operation.setdefault("parameters", []).append(ONCE)
    return document
