"""From beliefs about playbooks to a choice, and the profit that it promises."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, identity, kron, vstack

from evergrove.decisions.choice import NOTHING, Offer, Plan, choose, plan
from evergrove.decisions.choice.errors import LimitBelowNothing, ShapesDiffer
from evergrove.decisions.effects import Effect

TODAY = date(2026, 11, 23)
Z80 = 1.2815515655446004


def effect(playbook: str, tier: str, stage: str, mean: float, sd: float, weight: float = 0.0) -> Effect:
    """What is believed of a playbook in a cell."""
    return Effect(playbook, tier, stage, mean, sd, 500, 500, weight, TODAY)


EFFECTS = [
    effect("winback", "high", "sleeping", 9.0, 2.0),
    effect("winback", "low", "sleeping", 1.0, 0.5),
    effect("winback", "", "", 2.0, 1.0, 1.0),
    effect("gift", "high", "sleeping", 12.0, 3.0),
]
OFFERS = [
    Offer("winback", "email", 0.5),
    Offer("winback", "sms", 0.8, coupon_cost=0.2),
    Offer("gift", "post", 4.0),
]
TIERS = ["high"] * 30 + ["low"] * 40 + ["middle"] * 30
STAGES = ["sleeping"] * 70 + ["growth"] * 30


def test_without_a_budget_everybody_gets_what_is_believed_to_bring_most() -> None:
    """Winback by email in all three cells (8.5, .5, 1.5), not the gift (8), of which only one cell knows."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS)

    assert (found.choice.picked == 0).all()
    assert found.total.profit == pytest.approx(30 * 8.5 + 40 * 0.5 + 30 * 1.5)
    assert found.total.spent == pytest.approx(50.0)


def test_the_interval_counts_customers_of_one_effect_as_one_estimate() -> None:
    """Three effects, each times its customers; the bounds are those of 80 %."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS)
    reach = Z80 * np.sqrt((30 * 2.0) ** 2 + (40 * 0.5) ** 2 + (30 * 1.0) ** 2)

    np.testing.assert_allclose(
        [found.total.high - found.total.profit, found.total.profit - found.total.low], [reach, reach]
    )


def test_two_channels_of_one_playbook_err_together() -> None:
    """15 emails are all there may be, the other 15 get the same by SMS: 30 of one effect."""
    found = plan(EFFECTS[:1], ["high"] * 30, ["sleeping"] * 30, OFFERS[:2], most_by_channel={"email": 15})

    assert [each.contacts for each in found.by_offer] == [15, 15]
    assert found.total.high - found.total.profit == pytest.approx(Z80 * 30 * 2.0)


def test_a_budget_goes_to_where_it_brings_most() -> None:
    """Enough for 40 emails: the 30 of the best cell, and 10 of the next."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 20.0)

    assert found.total.profit == pytest.approx(30 * 8.5 + 10 * 1.5)
    assert (found.choice.picked[30:70] == NOTHING).all()
    assert found.total.assumed == 10


def test_the_next_sum_says_what_it_brings_and_how_sure_that_is() -> None:
    """5 more buy ten more emails of the assumed effect: 15 +- 10."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 20.0).next_money(5.0)

    np.testing.assert_allclose([found.value, found.error], [15.0, 10.0])


def most_by_programme(found: Plan, budget: float, **channels: float) -> float:
    """The linear programme's own optimum with budgets of channels beside the one for everything, by HiGHS."""
    worth = np.nan_to_num((found.values - found.costs).ravel(), nan=-1.0)
    people, actions = found.values.shape
    money = np.tile(found.charged, people)
    over = [np.tile([each.channel == name for each in found.offers], people) * money for name in channels]
    most = linprog(
        -worth,
        A_ub=vstack(
            [kron(identity(people), np.ones((1, actions))), *(csr_array([row]) for row in [money, *over])]
        ),
        b_ub=[*np.ones(people), budget, *channels.values()],
        bounds=(0, 1),
    )
    return -float(most.fun)


@pytest.mark.parametrize(
    "channels", [{"email": 12.0}, {"email": 10.0, "sms": 20.0}, {"post": 0.0, "sms": 5.0}]
)
def test_the_curve_keeps_to_the_budgets_of_channels(channels: dict[str, float]) -> None:
    """Every point is the linear programme's; the last one is the first at which more money brings nothing."""
    allowed = np.random.default_rng(4).random((100, 3)) < 0.7
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 20.0, allowed=allowed, channel_budgets=channels)

    curve = found.curve()

    expected = [most_by_programme(found, budget, **channels) for budget in curve.budget]
    assert curve.value == pytest.approx(expected, rel=1e-6, abs=1e-5)
    assert (np.diff(curve.price) <= 1e-9).all()
    assert curve.price[0] > curve.price[-1] == 0.0
    assert curve.value[-1] == pytest.approx(most_by_programme(found, 1e6, **channels))
    assert curve.value[-1] < plan(EFFECTS, TIERS, STAGES, OFFERS, allowed=allowed).curve().value[-1]


def test_the_curve_keeps_to_contacts_allowed() -> None:
    """Ten contacts in all: the ten best, however much money there is."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 20.0, most_contacts=10)

    assert found.curve().value[-1] == pytest.approx(10 * 8.5)


def test_the_next_sum_brings_nothing_where_a_channel_is_used_up() -> None:
    """All of winback goes by e-mail, for which there are 10."""
    found = plan(EFFECTS[:3], TIERS, STAGES, OFFERS[:1], 10.0, channel_budgets={"email": 10.0})

    assert vars(found.next_money(10.0)) == {"extra": 10.0, "value": 0.0, "error": 0.0, "used": 0.0}


def test_the_next_sum_buys_what_the_channels_let_through() -> None:
    """
    Of 1,000 more 40 are used: 4 letters at 10 each, which bring 12 in the place of an e-mail's 9.

    E-mails are used up before and after: the letters go to customers who had none, and err together by 3 each.
    """
    effects = [effect("winback", "high", "sleeping", 9.0, 2.0), effect("gift", "high", "sleeping", 12.0, 3.0)]
    offers = [Offer("winback", "email", 0.5), Offer("gift", "post", 10.0)]
    most = {"email": 10.0, "post": 50.0}
    found = plan(effects, ["high"] * 2000, ["sleeping"] * 2000, offers, 20.0, channel_budgets=most)

    more = found.next_money(1000.0)

    np.testing.assert_allclose([more.value, more.used, more.error], [4 * 2.0, 40.0, 4 * 3.0])


def test_the_next_sum_in_a_large_shop_is_not_lost_in_rounding() -> None:
    """800,000 customers whose best brings 11 millions: ten more are still worth two."""
    effects = [
        effect("winback", "high", "sleeping", 30.0, 2.0),
        effect("gift", "high", "sleeping", 31.2, 3.0),
        effect("gift", "low", "sleeping", 12.0, 3.0),
    ]
    offers = [Offer("winback", "email", 0.0), Offer("gift", "post", 1.0)]
    tiers = ["high"] * 400_000 + ["low"] * 400_000
    found = plan(
        effects, tiers, ["sleeping"] * 800_000, offers, 410_000.0, channel_budgets={"post": 500_000.0}
    )

    more = found.next_money(10.0)

    assert found.total.profit > 11e6
    np.testing.assert_allclose(
        [more.value, more.used, more.error], [2.0, 10.0, 10 * np.hypot(2.0, 3.0)], rtol=1e-4
    )


@pytest.mark.parametrize("extra", [-5.0, float("nan")])
def test_a_sum_that_is_none_is_refused_within_channels_too(extra: float) -> None:
    """As without budgets of channels."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 10.0, channel_budgets={"email": 10.0})
    with pytest.raises(LimitBelowNothing):
        found.next_money(extra)


def test_the_curve_of_little_room_rises_where_its_points_are() -> None:
    """Channels take 60 of what everybody would cost 20,000: the curve ends at 60, and each part of it is seen."""
    effects = [effect("winback", "high", "sleeping", 9.0, 2.0), effect("gift", "high", "sleeping", 12.0, 3.0)]
    offers = [Offer("winback", "email", 0.5), Offer("gift", "post", 10.0)]
    most = {"email": 10.0, "post": 50.0}
    found = plan(effects, ["high"] * 2000, ["sleeping"] * 2000, offers, 20.0, channel_budgets=most)

    curve = found.curve()

    np.testing.assert_allclose(curve.budget, np.linspace(0.0, 60.0, 21))
    np.testing.assert_allclose(
        curve.value, np.minimum(curve.budget, 10.0) * 17.0 + np.maximum(curve.budget - 10.0, 0.0) * 0.2
    )


def test_one_very_cheap_offer_does_not_hide_what_the_others_bring() -> None:
    """400 for a ten-thousandth first, then .2 and .05 for one."""
    effects = [
        effect("mail", "high", "sleeping", 400.0, 1.0),
        effect("gift", "high", "growth", 12.0, 1.0),
        effect("gift", "low", "growth", 10.5, 1.0),
    ]
    offers = [Offer("mail", "email", 0.0001), Offer("gift", "post", 10.0)]
    tiers, stages = ["high"] * 60 + ["low"] * 5, ["sleeping"] * 50 + ["growth"] * 15
    found = plan(effects, tiers, stages, offers, 20.0, channel_budgets={"email": 1e5})

    curve = found.curve()

    assert curve.budget[-1] == pytest.approx(150.005)
    assert curve.value[-1] == pytest.approx(50 * 399.9999 + 10 * 2.0 + 5 * 0.5)
    assert curve.price[10] == pytest.approx(0.2)
    assert curve.price[-2] == pytest.approx(0.05)


def test_nobody_and_nothing_make_a_curve_of_nothing() -> None:
    """Without customers, without offers, and where nobody may get any."""
    nobody = plan(EFFECTS, [], [], OFFERS, 10.0, channel_budgets={"email": 5.0})
    nothing = plan(EFFECTS, TIERS, STAGES, [], 10.0, most_contacts=2)
    none_allowed = plan(
        EFFECTS,
        TIERS,
        STAGES,
        OFFERS,
        10.0,
        channel_budgets={"email": 5.0},
        allowed=np.zeros((100, 3), dtype=bool),
    )
    for found in (nobody, nothing, none_allowed):
        assert not found.curve().value.any()
        assert (found.next_money(5.0).value, found.next_money(5.0).error) == (0.0, 0.0)


def test_coupons_count_against_the_budget_and_are_not_taken_off_twice() -> None:
    """An SMS takes 1 of the budget, and costs .8."""
    found = plan(EFFECTS[:1], ["high"] * 5, ["sleeping"] * 5, OFFERS[1:2], 3.0)

    np.testing.assert_allclose([found.total.contacts, found.total.spent], [3.0, 3.0])
    assert found.total.profit == pytest.approx(3 * (9.0 - 0.8))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """2,000 drawings of the truth from what is believed: 80 % within 4 standard errors."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 40.0)
    rows = np.flatnonzero(found.choice.picked != NOTHING)
    columns = found.choice.picked[rows]
    believed = np.array([each.mean for each in EFFECTS])
    which = np.argmax(found.values[rows, columns][:, None] == believed, axis=1)
    truths = np.random.default_rng(3).normal(believed, [each.sd for each in EFFECTS], (2000, len(EFFECTS)))
    profits = truths[:, which].sum(axis=1) - found.costs[columns].sum()
    held = (found.total.low <= profits) & (profits <= found.total.high)

    assert abs(np.mean(held) - 0.8) < 4.0 * np.sqrt(0.8 * 0.2 / 2000)


def test_guards_come_before_and_nothing_is_offered_of_which_nothing_is_believed() -> None:
    """Nobody may be written to but the last; of an unknown playbook there is no value at all."""
    allowed = np.zeros((100, 3), dtype=bool)
    allowed[-1] = True

    found = plan(EFFECTS, TIERS, STAGES, OFFERS, allowed=allowed)
    unknown = plan(EFFECTS, TIERS, STAGES, [Offer("newsletter", "email", 0.0)])

    assert np.flatnonzero(found.choice.picked != NOTHING).tolist() == [99]
    assert unknown.total.contacts == 0
    assert np.isnan(unknown.values).all()


def test_a_plan_is_the_choice_of_the_same_figures() -> None:
    """Made by hand."""
    found = plan(EFFECTS, TIERS, STAGES, OFFERS, 33.3)
    choice = choose(found.values, found.costs, 33.3, charged=found.charged)

    np.testing.assert_array_equal(choice.picked, found.choice.picked)
    assert found.total.profit == pytest.approx(choice.value)


def test_what_belongs_to_other_customers_is_refused() -> None:
    """Stages and guards of fewer."""
    with pytest.raises(ShapesDiffer):
        plan(EFFECTS, TIERS, STAGES[:3], OFFERS)
    with pytest.raises(ShapesDiffer):
        plan(EFFECTS, TIERS, STAGES, OFFERS, allowed=[[True]])
