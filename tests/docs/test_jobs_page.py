"""The page on jobs names requests that there are, with the rights that they ask for, and every kind of work."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import iter_route_contexts

from evergrove.api import exports, jobs
from evergrove.app.jobs import DOING
from evergrove.http import GuardedRoute

PAGE = Path(__file__).resolve().parents[2] / "docs" / "jobs.md"


def test_the_requests_of_the_page_are_those_of_the_service() -> None:
    """All of them, and no others; where a right stands beside one, it is the route's."""
    rows = re.findall(
        r"^\| `([A-Z]+) (/v1/[^`]+)` \|(?: `([a-z.]+)`)?", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    routes = {
        (method, "/v1" + str(each.path).replace(":int", "")): each.original_route.rule.right
        for resource in (jobs, exports)
        for each in iter_route_contexts(resource.routes.router.routes)
        if isinstance(each.original_route, GuardedRoute)
        for method in each.methods or ()
    }
    assert {(method, path) for method, path, _right in rows} == set(routes)
    for method, path, right in rows:
        assert right in {"", routes[method, path]}, path


def test_every_kind_of_work_is_on_the_page() -> None:
    """With what it does."""
    text = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in DOING if f"| `{kind}` |" not in text] == []
