"""The price of a control share, asked over HTTP and at the terminal: one verb, one answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.cli.main import cli

if TYPE_CHECKING:
    from evergrove.testing.house import House


@pytest.mark.slow
def test_program_and_terminal_say_the_same(begun_house: House) -> None:
    """Each share with its price; what the effect is taken to be is said to be assumed where nobody said so."""
    client, folder = begun_house.client("viewer"), str(begun_house.here.folder)

    told = client.get("/v1/control-prices?stages=growth&stages=mature&per_month=300").json()

    printed = CliRunner().invoke(
        cli, ["price", "-w", folder, "--stage", "growth", "--stage", "mature", "--per-month", "300", "--json"]
    )
    assert printed.exit_code == 0, printed.output
    same = json.loads(printed.stdout)
    assert {name: same[name] for name in told} == told
    assert told["is_assumed"]
    assert told["effect"] == pytest.approx(0.1 * told["mean"])
    assert 0 < told["people"] < 300
    assert [each["share"] for each in told["prices"]] == [0.05, 0.1, 0.2, 0.3, 0.5]

    words = CliRunner().invoke(cli, ["price", "-w", folder, "--stage", "growth", "--effect", "25"])
    assert words.exit_code == 0, words.output
    assert "The treatment is taken to bring" in words.stdout
    assert "--per-month" in words.stdout


@pytest.mark.slow
def test_what_cannot_be_priced_says_why(begun_house: House) -> None:
    """A stage that nobody stood in, one that does not exist, and shares that are none."""
    client = begun_house.client("viewer")

    nobody = client.get("/v1/control-prices?stages=prospect&tiers=high")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "measurement.nobody_then")
    for asked in ("stages=retired", "tiers=gold", "shares=1", "shares=0", "effect=0", "per_month=-3"):
        assert client.get(f"/v1/control-prices?{asked}").status_code == 422, asked
    refused = CliRunner().invoke(cli, ["price", "-w", str(begun_house.here.folder), "--tier", "gold"])
    assert refused.exit_code == 2
    assert "--tier high" in refused.output
