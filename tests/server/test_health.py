"""Whether the process answers, and whether it could answer anything else (reliability c10, d)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.server.health import looked_at

if TYPE_CHECKING:
    import pytest

    from evergrove.testing.house import House


def test_a_process_that_answers_is_alive(house: House) -> None:
    """Without a key."""
    answer = house.client(None).get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_whole_workspace_is_ready(begun_house: House) -> None:
    """Ledger, schema and the newest snapshot's files."""
    answer = begun_house.client(None).get("/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert [each["name"] for each in answer.json()["checks"]] == ["ledger", "schema", "snapshot"]


def test_without_its_files_a_workspace_is_not_ready(begun_house: House) -> None:
    """A file of the newest snapshot is gone: 503, and which check says so; the process stays alive."""
    file = max(
        (begun_house.here.folder / "warehouse").rglob("*.parquet"), key=lambda each: each.stat().st_mtime
    )
    hidden = file.rename(file.with_suffix(".away"))
    client = begun_house.client(None)

    answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["checks"][-1] == {"name": "snapshot", "ok": False, "code": "warehouse.missing_file"}
    assert client.get("/health").status_code == 200
    hidden.rename(file)
    assert looked_at(begun_house.here).status == "ready"


def test_a_ledger_of_another_schema_is_not_ready(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade ran beside this process: it would misread what the newer one writes."""
    monkeypatch.setattr("evergrove.ledger.schema.newest_schema", lambda *_scripts: "0001")

    told = looked_at(house.here)

    assert told.status == "not_ready"
    assert [(each.name, each.code) for each in told.checks][-1] == ("schema", "ledger.too_new")


def test_a_ledger_that_does_not_answer_is_not_ready(house: House) -> None:
    """The file has become a folder: no check after it is asked."""
    house.here.ledger.close()
    file = house.here.folder / "ledger.sqlite"
    kept = file.rename(file.with_suffix(".away"))

    told = looked_at(house.here)
    kept.rename(file)

    assert [(each.name, each.ok) for each in told.checks] == [("ledger", False)]
