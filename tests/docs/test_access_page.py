"""The page on access: its requests over HTTP are made as shown, in their order, by one browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from evergrove.access import Passwords
from evergrove.core import SetClock
from evergrove.testing.door import CHEAP
from evergrove.testing.house import BASE, HERE, NOON, new_folder, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "access.md").read_text(encoding="utf-8")


@pytest.fixture
def cheap() -> Iterator[Passwords]:
    """Passwords hashed at the least cost."""
    passwords = Passwords(CHEAP)
    yield passwords
    passwords.close()


def test_a_browser_that_does_as_the_page_says_is_answered(tmp_path: Path, cheap: Passwords) -> None:
    """Every line has a good answer; the token of the log-in goes with whatever changes something."""
    (block,) = re.findall(r"^```http\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    lines = block.splitlines()
    assert len(lines) > 10
    with opened(new_folder(tmp_path), cheap, SetClock(NOON)) as house:
        client, headers = TestClient(house.app, BASE, client=HERE), {"Origin": BASE}
        for line in lines:
            method, path, *body = line.split(" ", 2)
            answer = client.request(method, path, headers=headers, json=json.loads(body[0]) if body else None)
            assert answer.is_success, (line, answer.text)
            if path == "/v1/sign-in":
                headers["X-CSRF-Token"] = answer.json()["csrf"]
            if path == "/v1/log-in":
                assert answer.json()["csrf"] == headers["X-CSRF-Token"]
        assert client.get("/v1/me").status_code == 401
