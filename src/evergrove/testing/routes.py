"""The routes of a service, with their rules: what tests of access walk along."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.routing import iter_route_contexts

from evergrove.http import GuardedRoute
from evergrove.web.frame.pages import PageRoute
from evergrove.web.readers.route import ReaderRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from evergrove.http import Rule

CONVERTER = re.compile(r":[a-z]+\}")
"""What a path says of how a parameter is read."""


@dataclass(frozen=True)
class Line:
    """One route: ``str(line)`` is "GET /v1/me"."""

    method: str
    path: str
    rule: Rule
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def lines_of(app: FastAPI, *, pages: bool = False) -> Iterator[Line]:
    """Every route of an application for programs, or every one for browsers; one without a rule fails."""
    for each in iter_route_contexts(app.routes):
        route = each.original_route
        assert isinstance(route, GuardedRoute), each.path  # noqa: S101 - what it is there for
        if isinstance(route, PageRoute | ReaderRoute) != pages:
            continue
        field: Any = route.body_field
        kind = None if field is None else field.field_info.annotation
        for method in sorted(route.methods or ()):
            yield Line(method, CONVERTER.sub("}", each.path or ""), route.rule, kind)
