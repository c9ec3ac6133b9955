"""One customer's decisions explained over HTTP, after nights that chose by value."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from evergrove.campaigns import Due, Proposal
from evergrove.decisions import carry_out, decide
from evergrove.decisions.effects import Effect, store
from evergrove.people import PersonRow, store_people

if TYPE_CHECKING:
    from evergrove.testing.house import House


def decide_for(house: House, customers: list[str]) -> None:
    """Two playbooks want each of some customers; L5 is believed to bring more than L2, which goes first by priority."""
    here = house.here
    last = here.warehouse.newest("run")
    assert last is not None
    assert last.as_of is not None
    due, now = last.as_of + timedelta(days=1), here.clock.now()
    beliefs = [
        Effect(key, "", "", mean, 0.5, 400, 400, 0.0, last.as_of)
        for key, mean in (("L2", 1.51), ("L5", 3.26))
    ]
    proposals = [
        Proposal(
            f"{key}-{each}",
            key,
            1,
            each,
            "o",
            0,
            "email",
            "thanks",
            due,
            due + timedelta(days=9),
            at,
            {},
            "low",
            "new",
        )
        for each in customers
        for at, key in enumerate(("L2", "L5"))
    ]
    with here.ledger.writing() as connection:
        people = [PersonRow(each, f"{each}@example.com", consent="granted") for each in customers]
        store_people(connection, here.seal, people, now)
        store(
            connection, beliefs, {each.playbook: Decimal("0.0100") for each in beliefs}, {}, run_id=1, now=now
        )
        decided = decide(
            connection,
            proposals,
            here.settings.outreach,
            shop_zone="Asia/Shanghai",
            run_id=last.id,
            as_of=last.as_of,
            now=now,
        )
        found = Due(last.as_of, proposals=tuple(proposals))
        carry_out(connection, found, decided, run_id=last.id, now=now)


@pytest.mark.slow
def test_a_decision_is_explained_with_everything_that_was_allowed(begun_house: House) -> None:
    """Values, probabilities, the reason of the loser in words, the arm, and both chances together."""
    client = begun_house.client("viewer")
    names = [each["customer_id"] for each in client.get("/v1/customers?limit=40").json()["items"]]
    decide_for(begun_house, names)
    by_value = 0
    for name in names:
        told = client.get(f"/v1/customers/{name}/decisions").json()
        (choice,) = told["choices"]
        assert [(each["playbook"], each["value"]) for each in choice["actions"]] == [
            ("L2", 1.5),
            ("L5", 3.25),
            ("", 0.0),
        ]
        assert sum(each["probability"] for each in choice["actions"]) == pytest.approx(1.0)
        (came,) = [each for each in choice["actions"] if each["picked"]]
        assert came["probability"] == choice["probability"]
        treated = (
            choice["arm_probability"] if choice["arm"] == "treated" else 1 - (choice["arm_probability"] or 0)
        )
        assert choice["joint_probability"] == pytest.approx(
            choice["probability"] * (treated if choice["arm"] else 1)
        )
        rows = {each["playbook"]: each for each in told["items"]}
        assert {each["choice"] for each in rows.values()} == {choice["id"]}
        if not choice["drawn"]:
            by_value += 1
            assert (rows["L2"]["outcome"], rows["L2"]["reason"]) == (
                "outranked",
                "decisions.outranked_by_value",
            )
            assert "L5 is believed to bring 3.25 after its cost, this one 1.5" in rows["L2"]["message"]
            assert rows["L5"]["arm"] == choice["arm"]
    assert by_value >= 30
    assert client.get("/v1/customers/nobody-of-that-name/decisions").status_code == 404
    early = client.get(f"/v1/customers/{names[0]}/decisions?until=2001-01-01").json()
    assert (early["items"], early["choices"]) == ([], [])
