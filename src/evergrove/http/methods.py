"""Which methods a path takes: the framework names those of one route only, where several share a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

if TYPE_CHECKING:
    import re

    from fastapi import FastAPI

ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
KEPT = "methods_of_paths"


def methods_of(app: FastAPI, path: str) -> tuple[str, ...]:
    """The methods of all routes that a path fits."""
    fitting = {name for pattern, names in _patterns(app) if pattern.match(path) for name in names}
    return tuple(sorted(fitting, key=ORDER.index))


def _patterns(app: FastAPI) -> list[tuple[re.Pattern[str], frozenset[str]]]:
    """All paths of the application, looked up once."""
    kept: list[tuple[re.Pattern[str], frozenset[str]]] | None = getattr(app.state, KEPT, None)
    if kept is None:
        routes = iter_route_contexts(app.routes)
        kept = [(compile_path(each.path or "")[0], frozenset(each.methods or ())) for each in routes]
        setattr(app.state, KEPT, kept)
    return kept
