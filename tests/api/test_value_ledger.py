"""The value ledger part by part, beliefs, the global control and held-out customers, over HTTP and at the terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from evergrove.campaigns import assignment
from evergrove.campaigns.control import chance_of, period_of
from evergrove.cli.main import cli
from evergrove.core import stable_id
from evergrove.ledger import insert_new

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.settings import OutreachSettings
    from evergrove.testing.house import House


def draw_of(period: str, customer: str, settings: OutreachSettings) -> str:
    """What a night would throw for a customer of whom a playbook wants something."""
    return (
        "control"
        if chance_of(settings.salt, "global", period, customer) < settings.global_control
        else "treated"
    )


def draw(house: House) -> list[str]:
    """Have 60 customers assigned a month ago: each third a control of L2, each tenth of everything; who they are."""
    last = house.here.warehouse.newest("run")
    assert last is not None
    assert last.as_of is not None
    day = last.as_of - timedelta(days=30)
    names = [
        each["customer_id"] for each in house.client("viewer").get("/v1/customers?limit=60").json()["items"]
    ]
    period = period_of(last.as_of, house.here.settings.outreach.rotate_months)
    layers = [
        (layer, key, name, "control" if k % every == 0 else "treated", 1 - 1 / every)
        for k, name in enumerate(names)
        for layer, key, every in (("global", period, 10), ("playbook", "L2", 3))
        if layer == "global" or k % 10
    ]
    rows = [
        {
            "id": stable_id("assignment", layer, key, name),
            "layer": layer,
            "layer_key": key,
            "customer_id": name,
            "arm": arm,
            "probability": probability,
            "salt": "s",
            "tier": "high" if len(name) % 2 else "low",
            "stage": "new",
            "assigned_at": house.here.clock.now(),
            "run_id": last.id,
            "as_of": day,
        }
        for layer, key, name, arm, probability in layers
    ]
    with house.here.ledger.writing() as connection:
        insert_new(connection, assignment, rows)
    return names


@pytest.mark.slow
def test_parts_beliefs_and_the_file_say_what_was_measured(begun_house: House, tmp_path: Path) -> None:
    """One day, asked four ways: the parts of a tier are those of the file, and every playbook has a belief."""
    client, folder = begun_house.client("viewer"), str(begun_house.here.folder)
    assert client.get("/v1/value-ledger").json() == {"items": []}
    assert client.get("/v1/treatment-effects").json() == {"items": []}
    before = client.get("/v1/global-control").json()
    assert before["whole"] is None
    draw(begun_house)

    out = tmp_path / "ledger.csv"
    printed = CliRunner().invoke(cli, ["measure", "-w", folder, "--by", "tier", "--csv", str(out), "--json"])

    assert printed.exit_code == 0, printed.output
    told = client.get("/v1/value-ledger?by=tier").json()["items"]
    assert told
    assert [each["part"] for each in json.loads(printed.stdout)["parts"]] == [each["part"] for each in told]
    lines = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    assert [each["part"] for each in lines if each["by"] == "tier"] == [each["part"] for each in told]
    file = client.get("/v1/value-ledger/file")
    assert file.headers["content-type"].startswith("text/csv")
    assert list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))) == lines
    wholes = {each["playbook"]: each for each in client.get("/v1/effects?newest=true").json()["items"]}
    for key, whole in wholes.items():
        own = [each["figures"] for each in told if each["figures"]["playbook"] == key]
        assert sum(each["people_treated"] for each in own) == whole["people_treated"]
    beliefs = client.get("/v1/treatment-effects").json()["items"]
    assert all(each["low"] < each["mean"] < each["high"] for each in beliefs)
    assert all(each["assumed"] for each in beliefs if not each["people_treated"])
    after = client.get("/v1/global-control").json()
    assert after["period"] == before["period"]
    assert [each["by"] for each in after["periods"]] == ["period"] * len(after["periods"])
    words = CliRunner().invoke(cli, ["measure", "-w", folder, "--by", "stage"])
    assert "rows do not add up" in words.stdout
    assert CliRunner().invoke(cli, ["measure", "-w", folder, "--by", "moon"]).exit_code == 2


@pytest.mark.slow
def test_whether_a_customer_is_held_out(begun_house: House) -> None:
    """As the ledger has it; before anything is drawn, what the coin will show; an unknown customer is none."""
    client = begun_house.client("viewer")
    customer, other = draw(begun_house)[:2]
    with begun_house.here.ledger.reading() as connection:
        rows = connection.execute(select(assignment)).all()

    told, second = (client.get(f"/v1/customers/{name}/held-out").json() for name in (customer, other))

    assert (told["held_out"], told["held_out_of"], len(told["layers"])) == (True, [], 1)
    assert (second["held_out"], second["held_out_of"]) == (False, [])
    assert {(each["layer"], each["key"], each["arm"]) for each in second["layers"]} == {
        (row.layer, row.layer_key, row.arm) for row in rows if row.customer_id == other
    }
    with begun_house.here.ledger.writing() as connection:
        connection.execute(assignment.delete())
    coming = client.get(f"/v1/customers/{customer}/held-out").json()
    (line,) = coming["layers"]
    settings = begun_house.here.settings.outreach
    shown = draw_of(coming["layers"][0]["key"], customer, settings)
    assert (line["since"], line["current"], line["arm"]) == (None, True, shown)
    assert client.get("/v1/customers/nobody-of-that-name/held-out").status_code == 404
