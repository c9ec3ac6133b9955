"""Why each customer gets what they get."""

from __future__ import annotations

import numpy as np
from tests.decisions.choice.shops import COSTS, VALUES

from evergrove.core import fill
from evergrove.decisions.choice import NOTHING, choose, reasons_of
from evergrove.decisions.choice.words import CODES, REASON_WORDS

ACTIONS = ["small", "middle", "large"]


def test_five_customers_are_told_why() -> None:
    """At a budget of 6: the first and the last are served; the third has nothing better than what the budget refuses."""
    choice = choose(VALUES, COSTS, 6.0, after_cost=True)
    found = reasons_of(choice, VALUES, COSTS, after_cost=True)

    assert found.of(0, ACTIONS) == (
        "decisions.choice_best",
        {"action": "small", "worth": 5.0, "cost": 2.0, "second": "large", "second_worth": 11.0},
    )
    code, params = found.of(3, ACTIONS)
    assert code == "decisions.choice_priced_out"
    assert (params["action"], params["worth"], params["cost"], params["limit"]) == (
        "small",
        6.0,
        3.0,
        "budget",
    )


def test_no_value_no_right_and_no_other_are_told_apart() -> None:
    """One customer each."""
    values = np.array([[-1.0, -0.2], [np.nan, np.nan], [3.0, -1.0], [3.0, 2.0]])
    choice = choose(values, [1.0, 1.0], after_cost=True)
    found = reasons_of(choice, values, [1.0, 1.0], after_cost=True)

    assert [found.of(row, ["a", "b"]) for row in range(4)] == [
        ("decisions.choice_no_value", {"action": "b", "worth": -0.2, "cost": 1.0}),
        ("decisions.choice_ineligible", {}),
        ("decisions.choice_alone", {"action": "a", "worth": 3.0, "cost": 1.0}),
        (
            "decisions.choice_best",
            {"action": "a", "worth": 3.0, "cost": 1.0, "second": "b", "second_worth": 2.0},
        ),
    ]


def test_a_cap_is_told_from_a_budget() -> None:
    """One call among two customers, with money for both; then money for one, and calls for both."""
    values, costs = [[5.0], [4.0]], [1.0]
    capped = choose(values, costs, 9.0, ["call"], most_by_channel={"call": 1}, after_cost=True)
    short = choose(values, costs, 1.0, ["call"], most_by_channel={"call": 9}, after_cost=True)

    code, params = reasons_of(capped, values, costs, after_cost=True).of(1, ["call"])
    # Between what the last one served brings and the first one who is not.
    assert 4.0 <= params.pop("price") <= 5.0  # type: ignore[operator]
    assert (code, params) == (
        "decisions.choice_cap",
        {"action": "call", "worth": 4.0, "cost": 1.0, "limit": "channel_cap call"},
    )
    assert (
        reasons_of(short, values, costs, after_cost=True).of(1, ["call"])[0] == "decisions.choice_priced_out"
    )


def test_every_customer_of_a_large_shop_has_a_reason_that_holds() -> None:
    """Whoever got nothing though something was worth it could not have had it beside all others' picks."""
    rng = np.random.default_rng(2)
    values, costs = rng.normal(0.0, 2.0, (2000, 3)), rng.uniform(0.5, 2.0, (2000, 3))
    choice = choose(values, costs, 300.0, after_cost=True)
    found = reasons_of(choice, values, costs, after_cost=True)

    out = found.code == CODES.index("decisions.choice_priced_out")
    nothing = found.code == CODES.index("decisions.choice_no_value")
    assert (values[nothing].max(axis=1) <= 0.0).all()
    assert (values[out].max(axis=1) > 0.0).all()
    assert (found.cost[out] > 300.0 - choice.spent).all()
    assert ((choice.picked == NOTHING) == (out | nothing)).all()


def test_every_reason_has_words_with_its_own_fields() -> None:
    """No field of a sentence is missing among the parameters."""
    values = np.array([[-1.0, -0.2], [np.nan, np.nan], [3.0, -1.0], [3.0, 2.0], [1.0, 0.5]])
    for budget, contacts in ((2.0, None), (None, 2.0)):
        choice = choose(values, [1.0, 1.0], budget, most_contacts=contacts, after_cost=True)
        found = reasons_of(choice, values, [1.0, 1.0], after_cost=True)
        for row in range(len(values)):
            code, params = found.of(row, ["a", "b"])
            assert "{" not in fill(REASON_WORDS[code], params)
    assert set(REASON_WORDS) == set(CODES)
