"""What the page about events shows is what the service answers, and its figures are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.access import Passwords
from evergrove.api.event_bodies import LONGEST_BATCH
from evergrove.core import SetClock
from evergrove.ingest.events.customers import TRAITS
from evergrove.ingest.events.forgetting import KEPT, RAW_KEPT
from evergrove.ingest.events.listing import SHOWN
from evergrove.ingest.events.reading import LONGEST_EVENT
from evergrove.ingest.events.shopping import ORDER_EVENTS
from evergrove.ingest.events.typed import CUSTOMER_FIELDS, MOST, ORDER_FIELDS, REFUND_FIELDS, STATUSES
from evergrove.ingest.events.types import ANONYMOUS
from evergrove.pipeline.compaction import PATIENCE
from evergrove.testing.door import CHEAP
from evergrove.testing.house import NOON, House, new_folder, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A service over an empty workspace; it is noon of 2 July 2026."""
    passwords = Passwords(CHEAP)
    with opened(new_folder(tmp_path), passwords, SetClock(NOON)) as house:
        yield house
    passwords.close()


def said(house: House, command: str) -> dict[str, Any]:
    """What the service answers to a curl of the page."""
    words = shlex.split(command.replace("\\\n", " ").replace("$KEY", house.keys["admin"]))
    client, (method, url, body) = house.client(None), ("GET", "", None)
    for word, value in zip(words[1:], [*words[2:], ""], strict=True):
        if word.startswith("http"):
            url = word.removeprefix("http://127.0.0.1:8350")
        elif word == "-u":
            client.auth = (value.removesuffix(":"), "")
        elif word == "-H":
            name, _colon, text = value.partition(": ")
            client.headers[name] = text
        elif word == "-d":
            method, body = "POST", value
    answer = client.request(method, url, content=body)
    told: dict[str, Any] = answer.json()
    told.pop("request_id", None)
    return told


def test_every_curl_is_answered_as_the_page_says(house: House) -> None:
    """In the order of the page, in one workspace."""
    blocks = re.findall(r"^```sh\n(.*?)^```\n(?:```json\n(.*?)^```)?", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    for command, promised in blocks:
        answer = said(house, command)
        if promised:
            assert answer == json.loads(promised)
        else:
            assert answer == {"items": [], "next_cursor": None}


def test_figures_and_names_are_those_of_the_code() -> None:
    """Limits, fields, states, names of events."""
    assert f"{LONGEST_EVENT // 1024} KB, a batch {LONGEST_BATCH // 1024} KB" in PAGE
    assert f"a\nlist of up to {MOST:,}" in PAGE
    assert KEPT.days == 90
    assert RAW_KEPT.days == 30
    assert "forgotten after 90 days" in PAGE
    assert "kept sealed for 30 days" in PAGE.replace("\n", " ")
    assert PATIENCE.days == 7
    assert f"`{ANONYMOUS}`" in PAGE
    for words in (STATUSES, SHOWN, set(TRAITS.values())):
        assert {word for word in words if f"`{word}`" not in PAGE} == set()
    fields = dict(re.findall(r"^\| `/v1/(orders|refunds|customers)` \| (.*) \|$", PAGE, flags=re.MULTILINE))
    told = {name: set(text.replace("*", "").split(", ")) for name, text in fields.items()}
    assert told == {"orders": ORDER_FIELDS, "refunds": REFUND_FIELDS, "customers": CUSTOMER_FIELDS}
    events = set(re.findall(r"^\| `(Order \w+)` \|", PAGE, flags=re.MULTILINE))
    assert {name.casefold() for name in events} <= ORDER_EVENTS.keys()
    assert {ORDER_EVENTS[name.casefold()] for name in events} == set(ORDER_EVENTS.values())
