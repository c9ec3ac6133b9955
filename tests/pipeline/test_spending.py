"""What a budget would bring, in a workspace: counted a second time by hand from what was published and what is allowed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from evergrove.app.deciding import planned
from evergrove.campaigns.control import chance_of
from evergrove.cli.main import cli
from evergrove.decisions.choice.errors import ChannelUnknown
from evergrove.decisions.effects import Effect, store
from evergrove.people import PersonRow, store_people
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from evergrove.app import Workspace

STANDS = {"L2": "new", "L5": "decline"}
"""Playbooks of the workspace that take in a stage."""


def published(here: Workspace) -> dict[str, tuple[str, str]]:
    """Tier and stage of everybody."""
    run = here.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        here.warehouse.show(engine, run, "tiers")
        rows = engine.run("select customer_id, tier, stage from tiers")
    return {str(customer): (str(tier), str(stage)) for customer, tier, stage in rows}


def agreed(here: Workspace, customers: list[str]) -> None:
    """They may be written to; nobody else may."""
    with here.ledger.writing() as connection:
        connection.exec_driver_sql("delete from consent_event")
        connection.exec_driver_sql("delete from enrolment")
        people = [PersonRow(each, f"{each}@example.com", consent="granted") for each in customers]
        store_people(connection, here.seal, people, here.clock.now())


def believe(here: Workspace, means: dict[str, float], cost: str = "0.5") -> None:
    """Playbooks are believed to bring so much everywhere; L5 twice that in the low tier; all of it assumed but that."""
    run = here.warehouse.newest("run")
    assert run is not None
    assert run.as_of is not None
    effects = [Effect(key, "", "", mean, mean / 2, 0, 0, 1.0, run.as_of) for key, mean in means.items()]
    if "L5" in means:
        effects.append(Effect("L5", "low", "decline", 2 * means["L5"], 0.1, 300, 300, 0.1, run.as_of))
    costs = {key: Decimal(cost) for key in means}
    with here.ledger.writing() as connection:
        store(connection, effects, costs, {}, run_id=run.id, now=here.clock.now())


@pytest.fixture
def here(begun: Workspace) -> Workspace:
    """After its first night, in either database; nobody is kept untreated, and no price guard holds."""
    outreach = replace(begun.settings.outreach, global_control=0.0, playbook_control=0.0)
    workspace = replace(begun.settings.workspace, region="TW")
    return replace(begun, settings=replace(begun.settings, outreach=outreach, workspace=workspace))


def by_hand(here: Workspace, customers: list[str], means: dict[str, float]) -> float:
    """The profit without any limit: everybody's best offer after half a unit of cost, where it brings anything."""
    stands, total = published(here), 0.0
    for each in customers:
        tier, stage = stands[each]
        worth = [
            (2.0 if (key, tier) == ("L5", "low") else 1.0) * mean - 0.5
            for key, mean in means.items()
            if STANDS.get(key) == stage
        ]
        total += max([0.0, *worth])
    return total


@pytest.mark.slow
def test_a_plan_gives_everybody_who_may_get_it_what_brings_most(here: Workspace) -> None:
    """Only those who agreed and stand where a playbook takes people in; the sum is the same as by hand."""
    customers = sorted(published(here))[::2]
    means = {"L2": 3.0, "L5": 1.5}
    agreed(here, customers)
    believe(here, means)

    told = planned(here, 1e6)

    assert told["profit"] == pytest.approx(by_hand(here, customers, means))
    stands = Counter(published(here)[each][1] for each in customers)
    assert told["contacts"] == told["people"] == stands["new"] + stands["decline"]
    low = sum(published(here)[each] == ("low", "decline") for each in customers)
    assert told["assumed"] == told["contacts"] - low
    assert told["low"] < told["profit"] < told["high"]
    assert told["next"]["value"] == told["next"]["used"] == told["price"] == 0.0
    assert {each["playbook"]: each["reason"] for each in told["passed_over"]} == {"T1b": "nothing_believed"}


@pytest.mark.slow
def test_money_adds_up_and_the_curve_is_the_plan_s(here: Workspace) -> None:
    """No plan spends more than its budget or lies above the curve; the curve never becomes steeper; the next sum is on it."""
    customers = sorted(published(here))
    agreed(here, customers)
    believe(here, {"L2": 3.0, "L5": 1.5, "T1b": 2.0})
    whole = planned(here, 1e6)
    curve = whole["curve"]
    prices = [each["price"] for each in curve]
    assert prices == sorted(prices, reverse=True)
    for share in (0.0, 0.2, 0.5, 0.9):
        budget = share * whole["spent"]
        told = planned(here, budget, extra=whole["spent"])
        assert told["spent"] <= budget + 1e-6
        assert sum(each["spent"] for each in told["offers"]) == pytest.approx(told["spent"])
        assert sum(each["profit"] for each in told["offers"]) == pytest.approx(told["profit"])
        assert (
            told["profit"]
            <= np.interp(budget, [e["budget"] for e in curve], [e["profit"] for e in curve]) + 1e-6
        )
        assert told["curve"] == curve
        assert told["profit"] + told["next"]["value"] == pytest.approx(whole["profit"], abs=5.0)
    half = planned(here, 1e6, {"email": whole["spent"] / 2})
    assert half["spent"] <= whole["spent"] / 2 + 1e-6
    assert half["curve"][-1]["profit"] == pytest.approx(half["profit"], abs=5.0)
    assert half["curve"][-1]["budget"] < curve[-1]["budget"]
    with pytest.raises(ChannelUnknown):
        planned(here, 1.0, {"sms": 1.0})


@pytest.mark.slow
def test_controls_and_those_who_are_in_a_playbook_are_in_no_plan(here: Workspace) -> None:
    """A share of 40 % stays untreated, as the night's coin has it; whoever is in L5 does not enter it again."""
    customers = sorted(published(here))
    agreed(here, customers)
    believe(here, {"L2": 3.0, "L5": 1.5})
    outreach = replace(here.settings.outreach, playbook_control=0.4)
    some = planned(replace(here, settings=replace(here.settings, outreach=outreach)), 1e6)
    every = planned(here, 1e6)
    stands = published(here)
    salt = here.settings.outreach.salt
    treated = sum(
        chance_of(salt, "playbook", key, each) >= 0.4
        for key, stage in STANDS.items()
        for each in customers
        if stands[each][1] == stage
    )
    assert 0 < some["contacts"] == treated < every["contacts"]


@pytest.mark.slow
def test_the_command_says_it_and_carries_nothing_out(here: Workspace) -> None:
    """In sentences and as a document; without --dry-run it says where a budget is kept."""
    agreed(here, sorted(published(here)))
    believe(here, {"L2": 3.0, "L5": 1.5})
    runner, where = CliRunner(), ["-w", str(here.folder)]

    told = runner.invoke(cli, ["decide", *where, "--budget", "30", "--extra", "10", "--dry-run"])
    machine = runner.invoke(cli, ["decide", *where, "--budget", "30", "--dry-run", "--json"])
    refused = runner.invoke(cli, ["decide", *where, "--budget", "30"])
    unreadable = runner.invoke(cli, ["decide", *where, "--budget", "3", "--dry-run", "--by-channel", "email"])

    assert told.exit_code == machine.exit_code == 0
    for words in (
        "Expected profit",
        "The next",
        "return",
        "rest on an assumption",
        "Who would get what",
        "nothing was stored",
    ):
        assert words in told.stdout
    document: dict[str, Any] = json.loads(machine.stdout)
    assert document["format"] == "evergrove.budget_plan/1"
    assert document["spent"] <= 30.0
    assert (refused.exit_code, unreadable.exit_code) == (2, 2)
    assert "PUT /v1/budgets" in refused.stderr
    assert "email=20000" in unreadable.stderr
