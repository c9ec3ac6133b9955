"""Every path means one thing: a customer may be called "count", and a segment "check"."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from evergrove.web.frame.pages import PageRoute

if TYPE_CHECKING:
    from evergrove.testing.house import House


def fits(template: str, other: str) -> bool:
    """Whether a template takes what another one has fixed."""
    return bool(compile_path(template)[0].match(other.replace("{", "").replace("}", "")))


def templates(house: House, *, pages: bool) -> list[str]:
    """Paths for programs, or for browsers, in the order in which they are looked for."""
    routes = iter_route_contexts(house.app.routes)
    return list(
        dict.fromkeys(
            each.path or "" for each in routes if isinstance(each.original_route, PageRoute) == pages
        )
    )


def test_no_path_fits_two_templates(house: House) -> None:
    """What is fixed in one template is no name that another one takes."""
    known = templates(house, pages=False)

    twice = [(a, b) for a, b in combinations(known, 2) if fits(a, b) or fits(b, a)]

    assert not twice


def test_no_page_stands_in_the_way_of_another(house: House) -> None:
    """Pages may be called as a segment could be (it has another way, ``/segments/{key}/now``): the fixed one comes first."""
    known = templates(house, pages=True)

    hidden = [(a, b) for a, b in combinations(known, 2) if fits(a, b)]

    assert not hidden


def test_no_path_is_for_programs_and_for_browsers(house: House) -> None:
    """Whoever asks for JSON must never be told a page."""
    programs, browsers = templates(house, pages=False), templates(house, pages=True)

    assert not [(a, b) for a in programs for b in browsers if fits(a, b) or fits(b, a)]


def test_a_refused_method_is_told_all_that_the_path_takes(house: House) -> None:
    """Of one path there are several routes; the framework alone would name those of the first."""
    answer = house.client("admin").delete("/v1/runs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert "GET, POST" in answer.json()["message"] + answer.json()["hint"]
