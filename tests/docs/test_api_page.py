"""What docs/api.md and docs/serve.md show is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import house, passwords

from evergrove.http import envelope, limits
from evergrove.http.paging import MOST, USUAL
from evergrove.server import errors
from evergrove.settings import ServerSettings

if TYPE_CHECKING:
    from evergrove.testing.house import House

__all__ = ["house", "passwords"]
DOCS = Path(__file__).resolve().parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
SERVE = (DOCS / "serve.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```http\n(.*?)^```\n\n```json\n(.*?)^```", API, flags=re.MULTILINE | re.DOTALL)


def is_like(shown: Any, real: Any) -> bool:
    """Whether an answer is as shown; "..." stands for whatever it is."""
    if shown == "...":
        return isinstance(real, str)
    if isinstance(shown, dict):
        return shown.keys() == real.keys() and all(is_like(shown[name], real[name]) for name in shown)
    if isinstance(shown, list):
        return "..." in shown or list(map(is_like, shown, real)) == [True] * len(real)
    return bool(shown == real)


@pytest.mark.parametrize(("request_text", "answer"), SHOWN)
def test_what_is_shown_is_answered(house: House, request_text: str, answer: str) -> None:
    """Request by request."""
    line, *headers = request_text.replace("KEY", house.keys["admin"]).splitlines()
    method, path = line.split()
    sent = dict(header.split(": ", 1) for header in headers)

    real = house.client(None).request(method, path, headers=sent)

    assert is_like(json.loads(answer), real.json()), real.json()


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    """Limits, as they are kept."""
    own = ServerSettings()
    assert f"`?limit=` ({USUAL}, at most {MOST})" in API
    assert f"{own.burst} requests at once and {own.per_second} a second" in API
    assert f"with events {own.event_burst} and {own.events_per_second}" in API
    assert f"JSON may lie {limits.DEPTH} deep, a head may have {limits.HEAD_BYTES // 1024} kB" in API
    assert f"{limits.PARAMETERS} parameters" in API
    assert envelope.ALWAYS["X-Content-Type-Options"] in API


def test_every_reason_not_to_begin_has_its_row() -> None:
    """As the classes are."""
    codes = {
        vars(each)["code"]
        for each in vars(errors).values()
        if isinstance(each, type) and "code" in vars(each)
    }

    assert codes == set(re.findall(r"^\| `(server\.\w+)`", SERVE, flags=re.MULTILINE))
