"""Fifty people go through everything the service does, and nobody is named in a log line, a figure or an address."""

from __future__ import annotations

import json
from datetime import date, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import BEGUN

from evergrove.app import jobs as workspace_jobs
from evergrove.app.weeks import READ
from evergrove.core import SetClock, watching
from evergrove.delivery import MemoryChannel
from evergrove.server.logs import start_logs
from evergrove.server.metrics import OwnFigures, Sharing
from evergrove.server.watcher import ServiceWatcher
from evergrove.settings import LogSettings
from evergrove.testing.house import opened
from evergrove.testing.workspaces import copy_of, write_orders

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.access import Passwords
    from evergrove.testing.house import House

PEOPLE = [f"Q{n:02}" for n in range(50)]
SIGNS = ("zyxquist", "vorn", "private.example", "1380013")
"""Stand in every name, address and phone of the fifty, and nowhere else."""


def name_of(person: str) -> str:
    """A name that nobody else has."""
    return f"Zyxquist Vorn{person}"


def email_of(person: str) -> str:
    """An address."""
    return f"zyxquist.{person.lower()}@private.example"


def phone_of(person: str) -> str:
    """A phone."""
    return f"+86 1380013 8{person[1:]}0"


def write_people(path: Path) -> Path:
    """All fifty with everything that is personal, and a row that is wrong."""
    lines = [f"{p},{name_of(p)},{email_of(p)},{phone_of(p)},en,yes" for p in PEOPLE]
    lines.append(f"Q99,{name_of('Q99')},{email_of('Q99')} and more,{phone_of('Q99')},en,perhaps")
    path.write_text(
        "\n".join(["customer,name,email,phone,language,consent", *lines]) + "\n", encoding="utf-8"
    )
    return path


def live_through(house: House, folder: Path) -> None:
    """Imports, a night, messages, calls that go well and wrong, exports, erasure."""
    here = house.here
    here.ingest([write_orders(folder / "orders.csv", date(2026, 7, 1), dict.fromkeys(PEOPLE, 150.0))], READ)
    here.ingest_customers([write_people(folder / "people.csv")], READ)
    here.run()
    here.send(channel=MemoryChannel())
    call(house)
    told = workspace_jobs.Listener(lambda _: None, lambda _: None, lambda _hold, _ending: None)
    workspace_jobs.do_jobs(here, Event(), told, drain=True)
    here.erase(PEOPLE[0])


def call(house: House) -> None:
    """Requests of every kind, with persons wherever a client can put one."""
    client = house.client("admin")
    person = PEOPLE[7]
    for path in (
        f"/v1/customers/{person}",
        f"/v1/persons/{person}",
        f"/v1/persons/{email_of(person)}",
        f"/v1/customers?q={email_of(person)}",
        f"/v1/customers?filter=email = '{email_of(person)}'",
        f"/v1/{name_of(person)}",
        "/v1/customers?limit=3",
        "/v1/imports",
    ):
        client.get(path)
    traits = {"name": name_of(person), "email": email_of(person), "phone": phone_of(person)}
    for path, body in (
        ("/v1/identify", {"userId": person, "messageId": "m-1", "traits": traits}),
        ("/v1/identify", {"userId": 7, "traits": name_of(person)}),
        ("/v1/track", {"userId": person, "event": name_of(person), "properties": traits}),
        ("/v1/customers", {"customer_id": person, **traits}),
        (
            "/v1/exports",
            {"filter": f"customer_id = '{email_of(person)}'", "columns": ["customer_id", "email", "name"]},
        ),
        ("/v1/jobs", {"kind": name_of(person)}),
        ("/v1/sign-in", {"email": email_of(person), "password": name_of(person)}),
    ):
        client.post(path, json=body)
    client.post("/v1/jobs", content=name_of(person).encode(), headers={"Content-Type": "text/plain"})


@pytest.mark.slow
def test_fifty_people_are_named_nowhere(
    decided_workspace: Path, tmp_path: Path, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 71: 0 hits in every line at the lowest level, each statement told as slow, and in every figure."""
    file, own = tmp_path / "log.jsonl", OwnFigures("serve")
    folder = copy_of(decided_workspace, tmp_path / "workspace")
    with start_logs(LogSettings(file=str(file), level="debug"), "serve"):
        over = watching.watch(ServiceWatcher(own, slow_ms=0))
        with opened(folder, passwords, SetClock(BEGUN + timedelta(days=1, hours=9))) as house:
            live_through(house, tmp_path)
            monkeypatch.setattr("evergrove.http.routes.actor_of", failing)
            assert house.client("viewer").get("/v1/me").status_code == 500
            monkeypatch.undo()
            with Sharing(own, house.here.ledger, house.here.clock):
                figures = house.client("analyst").get("/metrics").text
        over()

    lines = file.read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert {"request", "slow statement", "request failed"} <= {line["event"] for line in told}
    assert {line["status"] for line in told if line["event"] == "request"} >= {200, 404, 422, 500}
    assert hits(lines) == []
    assert hits(figures.splitlines()) == []
    assert "evergrove_slow_statements_total" in figures


def failing(*_args: object) -> Any:
    """An error whose text names somebody."""
    raise KeyError(name_of("Q01"), email_of("Q01"))


def hits(lines: list[str]) -> list[str]:
    """Lines in which somebody is named."""
    return [
        line
        for line in lines
        if any(sign in line.lower().replace(" ", "").replace("-", "") for sign in SIGNS)
    ]


def test_the_scan_finds_who_is_named() -> None:
    """It would not be silent if there were anything to find."""
    assert hits([name_of("Q01"), email_of("Q02"), phone_of("Q03"), "Q04"]) == [
        name_of("Q01"),
        email_of("Q02"),
        phone_of("Q03"),
    ]
