"""A night's choice by what is believed: who wins, who is left alone, what is kept; the same in both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import isclose
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.campaigns import Due, Proposal, assignment
from evergrove.decisions import carry_out, decide, decision, put_budget
from evergrove.decisions.choice import NOTHING
from evergrove.decisions.effects import Effect, store
from evergrove.decisions.money import Budget
from evergrove.decisions.picked import choices_of
from evergrove.decisions.tables import decision_choice
from evergrove.outbox import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from evergrove.decisions import Decided

    from .conftest import Shop

PEOPLE = tuple(f"C{at:03d}" for at in range(300))
CONTACT = 0.01


def proposed(customer: str, playbook: str, priority: int, tier: str = "medium") -> Proposal:
    """A letter that is due on the day after the first night."""
    day = date(2026, 3, 2)
    return Proposal(
        f"{playbook}-{customer}",
        playbook,
        1,
        customer,
        "2026-03-01",
        0,
        "email",
        "thanks",
        day,
        day + timedelta(days=3),
        priority,
        {},
        tier,
        "growth",
    )


def believe(shop: Shop, *effects: Effect, cost: str = "0.0100") -> None:
    """Keep beliefs, of the day of the first night."""
    costs = {each.playbook: Decimal(cost) for each in effects}
    with shop.ledger.writing() as connection:
        store(connection, effects, costs, {}, run_id=0, now=shop.night(-1))


def brings(playbook: str, mean: float, tier: str = "", *, assumed: float = 0.0) -> Effect:
    """Everywhere, or in one tier."""
    stage = "growth" if tier else ""
    return Effect(playbook, tier, stage, mean, 0.1, 500, 500, assumed, date(2026, 3, 1))


def night(shop: Shop, proposals: Sequence[Proposal], *, number: int = 0, dry: bool = False) -> Decided:
    """Decide on proposals, and carry it out."""
    as_of, now = shop.day(number), shop.night(number)
    with shop.ledger.writing() as connection:
        decided = decide(
            connection, proposals, shop.settings, shop_zone=shop.zone, run_id=number, as_of=as_of, now=now
        )
        if not dry:
            carry_out(connection, Due(as_of, proposals=tuple(proposals)), decided, run_id=number, now=now)
    return decided


def kept(shop: Shop, table: Table) -> list[dict[str, Any]]:
    """Rows of the ledger."""
    with shop.ledger.reading() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def both(*customers: str, tier: str = "medium") -> list[Proposal]:
    """Each is proposed A, which goes first by priority, and B."""
    return [proposed(each, key, at, tier) for each in customers for at, key in enumerate("AB")]


def test_the_message_that_brings_most_leaves_and_the_other_says_by_how_much(shop: Shop) -> None:
    """B is worth more in the high tier, A elsewhere; who was drawn by chance says so."""
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 2.01), brings("B", 1.01), brings("B", 5.01, "high"))
    high, low = PEOPLE[:150], PEOPLE[150:]
    night(shop, [*both(*high, tier="high"), *both(*low)])
    choices = {each["customer_id"]: each for each in kept(shop, decision_choice)}
    assert set(choices) == set(PEOPLE)
    for row in kept(shop, decision):
        choice = choices[row["customer_id"]]
        is_high = row["customer_id"] in high
        winner, value, best = ("B", 2.0, 5.0) if is_high else ("A", 1.0, 2.0)
        if choice["picked"] != choice["best"]:
            assert row["outcome"] == ("send" if row["id"] == choice["picked"] else "outranked")
            assert row["reason"] in {None, "decisions.drawn", "decisions.drawn_nothing"}
        elif row["playbook"] == winner:
            assert (row["outcome"], row["reason"]) == ("send", None)
        else:
            assert (row["outcome"], row["reason"]) == ("outranked", "decisions.outranked_by_value")
            assert row["params"] == {"by": winner, "value": value, "best_value": best}
    sent = {(each["customer_id"], each["playbook"]) for each in kept(shop, OUTBOX)}
    assert len({customer for customer, _ in sent}) == len(sent)


def test_nothing_leaves_where_nothing_is_worth_its_cost(shop: Shop) -> None:
    """But for those whom chance draws, so that the belief can be found wrong; nobody else is even assigned an arm."""
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 0.005), brings("B", -3.0))
    night(shop, both(*PEOPLE))
    drawn = {each["customer_id"] for each in kept(shop, decision_choice) if each["picked"] is not None}
    assert 0 < len(drawn) < 15  # two thirds of 2 % of 300 are expected
    assert {each["customer_id"] for each in kept(shop, OUTBOX)} == drawn
    assert {each["customer_id"] for each in kept(shop, assignment)} == drawn
    left = [each for each in kept(shop, decision) if each["customer_id"] not in drawn]
    assert {(each["outcome"], each["reason"]) for each in left} == {("outranked", "decisions.no_value")}
    assert {each["playbook"]: each["params"]["value"] for each in left} == {"A": -0.005, "B": -3.01}


def test_without_a_belief_the_priority_decides_as_ever(shop: Shop) -> None:
    """A fresh workspace, an assumption of nothing, and the setting: no choice is drawn, and none is kept."""
    shop.willing("a", "b")
    night(shop, both("a"))
    believe(shop, brings("A", 0.0, assumed=1.0), brings("B", 0.0, assumed=1.0))
    night(shop, both("b"))
    assert kept(shop, decision_choice) == []
    assert {(each["customer_id"], each["playbook"]) for each in kept(shop, OUTBOX)} == {
        ("a", "A"),
        ("b", "A"),
    }
    losers = [each for each in kept(shop, decision) if each["outcome"] == "outranked"]
    assert [(each["reason"], each["params"]) for each in losers] == [("decisions.outranked", {"by": "A"})] * 2


def test_the_setting_turns_value_off(shop: Shop) -> None:
    """Then what is believed is not looked at."""
    shop.settings = replace(shop.settings, choose_by="priority")
    shop.willing("a")
    believe(shop, brings("A", -1.0), brings("B", 9.0))
    night(shop, both("a"))
    assert [each["playbook"] for each in kept(shop, OUTBOX)] == ["A"]
    assert kept(shop, decision_choice) == []


def test_every_action_is_kept_with_its_value_and_probability(shop: Shop) -> None:
    """Nothing included; at least 2 % are drawn; what is not allowed is not among them."""
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 2.01, assumed=0.5), brings("B", 1.01))
    night(shop, both(*PEOPLE))
    with shop.ledger.reading() as connection:
        found = choices_of(connection, PEOPLE, 1000)
    for each in found:
        assert [(one.playbook, one.value, one.is_assumed) for one in each.actions] == [
            ("A", 2.0, True),
            ("B", 1.0, False),
            ("", 0.0, False),
        ]
        chances = [one.probability for one in each.actions]
        assert isclose(sum(chances), 1.0)
        assert chances == pytest.approx([0.98 + 0.02 / 3, 0.02 / 3, 0.02 / 3])
        came = next(one for one in each.actions if one.decision_id == each.picked)
        assert came.probability == each.probability
    stopped = replace(shop.settings, per_day=1)
    shop.settings = stopped
    night(shop, both(*PEOPLE), number=1)
    assert len(kept(shop, decision_choice)) == len(PEOPLE) + len(
        [each for each in found if each.picked is None]
    )  # whoever got a letter is at the cap: nothing was allowed, so nothing was chosen


def test_controls_are_drawn_last_and_are_no_exploration(shop: Shop) -> None:
    """The chance of a letter is that of the action times that of being treated; both stand in the row."""
    shop.settings = replace(shop.settings, playbook_control=0.3)
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 2.01), brings("B", 1.01))
    night(shop, both(*PEOPLE))
    rows = kept(shop, decision_choice)
    arms = {each["id"]: (each["arm"], each["probability"]) for each in kept(shop, decision) if each["arm"]}
    for each in rows:
        assert (each["arm"], each["arm_probability"]) == arms.get(each["picked"], (None, None))
    controls = sum(each["arm"] == "control" for each in rows)
    assert 60 < controls < 120
    treated = {each["customer_id"] for each in rows if each["arm"] == "treated"}
    assert {each["customer_id"] for each in kept(shop, OUTBOX) if each["arm"] == "treated"} == treated


def test_a_night_that_is_repeated_chooses_nothing_twice(shop: Shop) -> None:
    """And a dry run shows what will be done."""
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 2.01), brings("B", 1.01))
    dry = night(shop, both(*PEOPLE), dry=True)
    assert kept(shop, decision_choice) == []
    night(shop, both(*PEOPLE))
    before = kept(shop, decision_choice)
    night(shop, both(*PEOPLE))
    assert kept(shop, decision_choice) == before
    picked = {
        each.person: None if each.picked == NOTHING else each.candidates[each.picked].decision_id
        for each in dry.picks
    }
    assert {each["customer_id"]: each["picked"] for each in before} == picked


def test_scarce_money_goes_where_it_brings_most(shop: Shop) -> None:
    """Ten letters can be paid for: they go to the high tier, whoever comes first by name."""
    shop.willing(*PEOPLE)
    believe(shop, brings("A", 0.02), brings("A", 5.0, "high"))
    with shop.ledger.writing() as connection:
        row = Budget("everything", "total", Decimal("0.1"), "CNY", "UTC", "test", shop.night(-1))
        put_budget(connection, row, shop.night(-1))
    night(shop, [proposed(each, "A", 1, "high" if each > PEOPLE[-16] else "low") for each in PEOPLE])
    sent = {each["customer_id"] for each in kept(shop, OUTBOX)}
    assert len(sent) == 10
    assert min(sent) > PEOPLE[-16]
    reasons = {each["reason"] for each in kept(shop, decision) if each["outcome"] == "blocked"}
    assert reasons == {"decisions.budget_exhausted"}
