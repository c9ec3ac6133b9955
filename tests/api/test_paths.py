"""Every path means one thing: a customer may be called "count", and a segment "check"."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

if TYPE_CHECKING:
    from evergrove.testing.house import House


def test_no_path_fits_two_templates(house: House) -> None:
    """What is fixed in one template is no name that another one takes."""
    templates = sorted({each.path or "" for each in iter_route_contexts(house.app.routes)})
    patterns = {each: compile_path(each)[0] for each in templates}
    filled = {each: each.replace("{", "").replace("}", "") for each in templates}
    twice = [
        (one, other)
        for one, other in combinations(templates, 2)
        if patterns[one].match(filled[other]) or patterns[other].match(filled[one])
    ]
    assert not twice


def test_a_refused_method_is_told_all_that_the_path_takes(house: House) -> None:
    """Of one path there are several routes; the framework alone would name those of the first."""
    answer = house.client("admin").delete("/v1/runs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert "GET, POST" in answer.json()["message"] + answer.json()["hint"]
