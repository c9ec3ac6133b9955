"""Files that wait for somebody: held, looked at, named column by column, taken; over HTTP, as programs do it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from evergrove import audit
from evergrove.app.held import held_here, throw_away
from evergrove.app.jobs import Listener, do_jobs
from evergrove.audit import entries
from evergrove.pipeline.inbox import uploaded_digest, uploaded_name

if TYPE_CHECKING:
    from evergrove.testing.house import House

ODD = "wer;wann;wieviel\nK-1;02/06/2026;10,50\nK-2;03/06/2026;20,00\nK-1;13/06/2026;5,25\n"
SAID = {
    "table": "orders",
    "mapping": {"customer": "wer", "date": "wann:dmy", "amount": "wieviel:comma"},
    "currency": "CNY",
}


@pytest.fixture
def held(house: House) -> tuple[Any, str]:
    """An analyst's client, and the id of a file that waits."""
    analyst = house.client("analyst")
    answer = analyst.post("/v1/imports?hold=1&name=odd.csv", content=ODD.encode())
    assert answer.status_code == 202
    assert answer.json()["job"] is None
    return analyst, answer.json()["waits"]


def test_a_held_file_is_not_taken_by_itself(house: House, held: tuple[Any, str]) -> None:
    """The inbox passes over it until somebody has said how it is to be read."""
    analyst, key = held
    analyst.post("/v1/jobs", json={"kind": "inbox"})
    nobody = Listener(lambda _: None, lambda *_: None, lambda *_: None)
    do_jobs(house.here, threading.Event(), nobody, drain=True)

    assert [each["id"] for each in analyst.get("/v1/files").json()["items"]] == [key]
    assert analyst.get("/v1/imports").json()["items"] == []


def test_a_look_stores_nothing_and_tells_what_would_be_made_of_it(held: tuple[Any, str]) -> None:
    """Three rows, day before month, decimal commas: as it was said."""
    analyst, key = held

    told = analyst.post(f"/v1/files/{key}/look", json=SAID).json()

    assert (told["read"], told["good"], told["problem"]) == (3, 3, None)
    by_name = [dict(zip(told["names"], row, strict=True)) for row in told["rows"]]
    assert [(row["customer_id"], row["order_date"]) for row in by_name] == [
        ("K-1", "2026-06-02"),
        ("K-2", "2026-06-03"),
        ("K-1", "2026-06-13"),
    ]
    assert [float(row["amount"]) for row in by_name] == [10.5, 20.0, 5.25]
    assert analyst.get("/v1/imports").json()["items"] == []


def test_what_cannot_be_read_is_told_beside_the_header(held: tuple[Any, str]) -> None:
    """Nobody has to guess what the columns are called."""
    analyst, key = held

    told = analyst.post(f"/v1/files/{key}/look", json={}).json()

    assert told["header"] == ["wer", "wann", "wieviel"]
    assert told["problem"]["code"].startswith("ingest.")


def test_a_file_that_is_taken_waits_no_longer(house: House, held: tuple[Any, str]) -> None:
    """Its job names the import; the mapping is a preset of the workspace from then on."""
    analyst, key = held

    job = analyst.post(f"/v1/files/{key}/take", json={**SAID, "keep_as": "odd"}).json()["job"]
    nobody = Listener(lambda _: None, lambda *_: None, lambda *_: None)
    do_jobs(house.here, threading.Event(), nobody, drain=True)

    told = analyst.get(f"/v1/jobs/{job}").json()
    assert told["state"] == "done"
    assert told["result"]["imports"] == [1]
    assert analyst.get("/v1/imports/1").json()["good"] == 3
    assert [each["name"] for each in analyst.get("/v1/formats").json()["items"] if each["is_own"]] == ["odd"]
    assert analyst.post(f"/v1/files/{key}/take", json=SAID).status_code == 404


def test_a_file_is_thrown_away_once(held: tuple[Any, str]) -> None:
    """Then it is not there."""
    analyst, key = held

    assert analyst.delete(f"/v1/files/{key}").status_code == 204
    assert analyst.delete(f"/v1/files/{key}").status_code == 404
    assert analyst.get(f"/v1/files/{key}").status_code == 404


def test_who_threw_a_file_away_is_noted_once(house: House, held: tuple[Any, str]) -> None:
    """By whom, and which; nothing that stands in it or in its name."""
    analyst, key = held

    for _twice in range(2):
        analyst.delete(f"/v1/files/{key}")

    with house.here.ledger.reading() as connection:
        (row,) = entries(connection, 10, act="imports.thrown_away")
    assert (row.what, row.params) == (f"file:{key}", {"is_refused": False})
    assert row.who.startswith(("user:", "key:"))
    assert [path for path in (house.here.folder / "inbox").rglob("*") if path.suffix == ".part"] == []


def test_a_file_whose_end_cannot_be_noted_stays(
    house: House, held: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act leaves its row, or nothing is done."""
    _analyst, key = held

    def fails(*_any: object, **_more: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(audit, "note", fails)
        with pytest.raises(OSError):  # noqa: PT011 - which one does not matter
            throw_away(house.here, key)

    assert held_here(house.here, key).path.read_text(encoding="utf-8") == ODD


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b\\c.csv", "<script>.csv", "订单 七月.csv", "x" * 255, "..", ""]
)
def test_a_name_cannot_leave_the_inbox(name: str) -> None:
    """Whatever a sender calls a file, it is one plain name that begins as every file that was sent."""
    digest = "ab" * 32

    kept = uploaded_name(digest, "csv", name)

    assert not set(kept) & set("/\\<>\0 ")
    assert len(kept.encode()) <= 255
    assert uploaded_digest(kept) == digest[:32]


def test_freshness_of_an_empty_workspace(house: House) -> None:
    """Nothing has come in, and nothing waits."""
    told = house.client("marketer").get("/v1/freshness").json()

    assert told["newest_import"] is None
    assert told["last_order"] is None
    assert told["events"] == {"waiting": 0, "refused": 0, "conflict": 0}


def test_freshness_counts_events_until_they_are_taken(house: House) -> None:
    """One that came in waits."""
    house.client("admin").post("/v1/track", json={"userId": "C-1", "messageId": "m-1", "event": "Looked"})

    assert house.client("marketer").get("/v1/freshness").json()["events"]["waiting"] == 1
