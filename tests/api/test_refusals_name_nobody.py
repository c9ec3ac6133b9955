"""Why a file was refused is told without what stands in it, but to those who may read that."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.app.jobs import Listener, do_jobs
from evergrove.app.refusals import without_cells
from evergrove.ingest.sources.errors import MissingHeader
from evergrove.testing.browsing import Browser

if TYPE_CHECKING:
    from evergrove.testing.house import House

ROW = "Ada Lovelace,ada@secret.example,13800001111,she was very angry\n"
PARTS = ("Ada", "Lovelace", "secret.example", "13800001111", "angry")


def work(house: House) -> None:
    """Do what waits, as the worker beside a service does."""
    nobody = Listener(lambda _: None, lambda *_: None, lambda *_: None)
    do_jobs(house.here, threading.Event(), nobody, drain=True)


@pytest.fixture
def refused(house: House) -> tuple[str, int]:
    """The id of a file that was refused for want of a header row, and the job's number."""
    sent = house.client("admin").post("/v1/imports?format=csv&name=people.csv", content=ROW.encode()).json()
    work(house)
    (waits,) = house.client("admin").get("/v1/files").json()["items"]
    return waits["id"], sent["job"]


def told_to(client: Any, key: str, job: int) -> str:
    """Everything that is said of the file over HTTP."""
    asked = [
        client.get("/v1/files"),
        client.get(f"/v1/files/{key}"),
        client.post(f"/v1/files/{key}/look", json={}),
        client.post(f"/v1/files/{key}/look", json={"table": "orders"}),
        client.get(f"/v1/jobs/{job}"),
        client.get("/v1/jobs"),
    ]
    return " ".join(each.text for each in asked)


@pytest.mark.parametrize("role", ["marketer", "analyst"])
def test_a_refusal_is_told_without_what_stands_in_the_file(
    house: House, refused: tuple[str, int], role: Any
) -> None:
    """Neither by the API nor by the page; why is told all the same."""
    client = house.client(role)

    said = told_to(client, *refused) + Browser(house, role).open("/data").text

    assert [part for part in PARTS if part in said] == []
    why = client.get(f"/v1/files/{refused[0]}").json()["why"]
    assert why.endswith("has no header row; its first row reads: …. [ingest.missing_header]")


def test_the_page_of_a_refused_file_shows_no_row(house: House, refused: tuple[str, int]) -> None:
    """An analyst may take files in, and reads nothing personal."""
    text = Browser(house, "analyst").open(f"/data/waiting/{refused[0]}").text

    assert "has no header row" in text
    assert [part for part in PARTS if part in text] == []


def test_those_who_may_read_it_are_told_all_of_it(house: House, refused: tuple[str, int]) -> None:
    """Of what is personal and what was written, both; the job's log is for everybody, and outlives an erasure."""
    admin = house.client("admin")

    assert "Ada Lovelace" in admin.get(f"/v1/files/{refused[0]}").json()["why"]
    assert "Ada" in admin.post(f"/v1/files/{refused[0]}/look", json={}).text
    log = admin.get(f"/v1/jobs/{refused[1]}").text
    assert [part for part in PARTS if part in log] == []
    assert "no header row" in log


@pytest.mark.usefixtures("refused")
def test_a_file_that_is_taken_by_hand_leaves_no_row_in_the_log(house: House) -> None:
    """Refused again, and where a mapping was to be kept."""
    admin = house.client("admin")
    said = ""
    for wish in ({"table": "orders", "keep_as": "own"}, {"table": "customers"}):
        key = admin.get("/v1/files").json()["items"][0]["id"]
        job = admin.post(f"/v1/files/{key}/take", json=wish).json()["job"]
        work(house)
        said += admin.get(f"/v1/jobs/{job}").text

    assert said.count("ingest.") + said.count("no header row") > 0
    assert [part for part in PARTS if part in said] == []


def test_an_error_without_cells_is_of_the_same_kind() -> None:
    """Its code, its file and its way out stand; the row is a stroke."""
    told = without_cells(MissingHeader(file="people.csv", first=ROW))

    assert (type(told), told.code) == (MissingHeader, "ingest.missing_header")
    assert str(told).startswith("people.csv has no header row; its first row reads: ….")
