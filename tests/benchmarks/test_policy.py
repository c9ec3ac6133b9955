"""The policy benchmark's identities, and its parts counted by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.policy_belief import Shown
from benchmarks.policy_coverage import intervals
from benchmarks.policy_headline import Headline, mean_interval, over_seeds
from benchmarks.policy_learner import Learner, Plan, Ranked
from benchmarks.policy_log import Features, Log, contrasts
from benchmarks.policy_play import Played, Standing, play
from benchmarks.policy_report import judged, page
from benchmarks.policy_rules import Oracle, Predicted, cheapest, rfm, within_budget

from evergrove.models.uplift import JointEffects, Trial
from evergrove.simulation.worlds import NOTHING, Belief, Life, World, draw_cast, nobody, read_world
from evergrove.simulation.worlds.types import Pace

ROOT = Path(__file__).resolve().parents[2]


def world_of(name: str, **changes: float) -> World:
    """A shipped world, small and short."""
    return read_world(name, **({"customers": 800, "known": 30, "weeks": 16} | changes))


def begun(world: World, seed: int = 1) -> tuple[Life, Belief]:
    """A world at day 0, and what an oracle believes then."""
    life = Life(world, draw_cast(world, seed))
    belief = Belief(life)
    for _week in range(world.known):
        belief.see(life.live(nobody()))
    return life, belief


def oracle(world: World, seed: int = 1) -> Played:
    """What the oracle does in a world."""
    life, belief = begun(world, seed)
    return play(Oracle(belief), life)


@pytest.mark.slow
def test_the_oracle_against_itself_is_one() -> None:
    """Twice the same world, the same decisions and the same profit to the last digit."""
    one, other = (oracle(world_of("heterogeneous")) for _run in range(2))

    assert one.cumulative / other.cumulative == 1.0
    assert one.cumulative > 0


@pytest.mark.slow
def test_without_any_response_a_contact_loses_what_it_costs() -> None:
    """Nothing else is won or lost; and none is chosen without a draw, so that no more is lost than drawing costs."""
    world = world_of("no_effect")
    for seed in (1, 2):
        life, _belief = begun(world, seed)

        ours = play(Learner(world), life)

        assert ours.exploration_cost.sum() > 0
        assert ours.profit == pytest.approx(-ours.cost)
        assert ours.cumulative == pytest.approx(-ours.exploration_cost.sum())


@pytest.mark.slow
def test_more_budget_never_lowers_the_oracle() -> None:
    """From nothing to more than it can use."""
    world = world_of("heterogeneous")

    earned = [oracle(replace(world, budget=budget)).cumulative for budget in (0.0, 0.2, 0.6, 1.2, 5.0)]

    assert earned[0] == 0.0
    assert earned == sorted(earned)


@pytest.mark.slow
def test_with_the_true_effects_ours_is_the_oracle() -> None:
    """At least 99 % of it, once nothing is left to learn."""
    world = world_of("heterogeneous")
    life, belief = begun(world)

    ours = play(Learner(world, Plan(shares=((0, 0.0),)), told=Oracle(belief)), life)

    assert ours.cumulative >= 0.99 * oracle(world).cumulative


def test_rules_keep_the_budget_and_their_order() -> None:
    """Nobody is contacted after somebody whom the order puts later, and no more is planned than there is."""
    world = world_of("heterogeneous", budget=0.1)
    life, _belief = begun(world)
    asked = Standing(life).ask(life, life.candidates())
    order = np.argsort(-rfm(asked), kind="stable")

    picked = within_budget(order, cheapest(asked), asked)

    contacted = picked[order] != NOTHING
    reachable = asked.allowed[order, 0]
    assert 0 < contacted.sum() < reachable.sum()
    assert contacted[reachable].tolist() == sorted(contacted[reachable].tolist(), reverse=True)
    assert (contacted * world.actions[0].planned).sum() <= asked.budget


@pytest.mark.slow
def test_uplift_knows_no_more_than_the_log_had_shown() -> None:
    """Before a model was learned it contacts nobody; it decides by the model of its own week."""
    world = world_of("heterogeneous", customers=3000)
    life, _belief = begun(world)
    predicted = Predicted(life)
    ours = Learner(world, Plan(ranking=(6,)), predicted=predicted)
    play(ours, life.copy())

    uplift = play(Ranked(ours, predicted), life.copy())

    known = 6 + world.cadence - 1
    assert list(ours.models) == [6]
    assert not uplift.contacts[:known].any()
    assert uplift.contacts[known:].all()


@pytest.mark.slow
def test_chances_written_down_are_those_of_the_draw() -> None:
    """Arms beside their chances, while actions are tried and once one is proven; each has at least its part of 2 %."""
    world = world_of("heterogeneous", customers=4000)
    life, _belief = begun(world)
    ours = Learner(world, Plan(shares=((0, 0.3), (8, 0.02))))
    play(ours, life)
    log = Log.together(ours.logs)
    chances = log.probability
    drawn = (log.assigned + 1)[:, None] == np.arange(chances.shape[1])

    apart = (drawn - chances).sum(axis=0) / np.sqrt((chances * (1 - chances)).sum(axis=0))
    steered = ours.belief.values(Features(log.X, log.groups), log.amount, -np.inf)[:, 0] > 5.0
    among = (drawn - chances)[steered].sum(axis=0) / np.sqrt((chances * (1 - chances))[steered].sum(axis=0))

    assert ours.proven.any()
    assert chances.sum(axis=1) == pytest.approx(np.ones(len(log)))
    assert np.abs([apart, among]).max() < 4
    assert chances[chances > 0].min() >= 0.9 * 0.02 / 5


def test_later_weeks_take_back_and_never_add() -> None:
    """By hand: 2 + x1 - x3 in the first week; later 1 - x1, counted where it is below 0, and what was to be expected of both."""
    nothing, flat = np.zeros((1, 1, 1)), np.zeros(1)
    first = JointEffects(("a",), np.array([1.0, 0, 0, 0]), np.array([[2.0, 1, 0, -1]]), nothing, 1.0, flat)
    later = JointEffects(("a",), np.array([0.5, 0, 2]), np.array([[1.0, -1, 0]]), nothing, 1.0, flat)
    X = np.array([[0.0, 0, 5], [3, 1, 0]])
    trial = Trial(X, ("x1", "x2", "x3"), np.array([0, 1]), np.array([4.0, 4]), np.array([0.5, 0.5]), ("a",))

    shown = Shown(first, later)

    assert shown.predict(X).ravel().tolist() == [-3.0, 3.0]
    assert shown.residual(trial).tolist() == [2.5, 0.5]


@pytest.mark.slow
def test_orders_that_are_only_pulled_forward_are_not_proven() -> None:
    """Each brings margin in the week of the contact, by many standard errors, and costs the next order."""
    world = world_of("no_effect", customers=2500, budget=3.0, expiry=0.0)
    pulling = tuple(replace(each, pulled=0.3, cost=3.0, planned=3.0) for each in world.actions)
    world = replace(world, paces=(Pace(orders=50.0, leaving=0.1),) * 3, actions=pulling)
    life, _belief = begun(world)
    ours = Learner(world)

    end = play(ours, life).life

    log = Log.together(ours.logs)
    sent, not_sent = (
        log.first_week(end)[which] for which in (log.assigned != NOTHING, log.assigned == NOTHING)
    )
    assert (
        sent.mean() - not_sent.mean() > 4 * (sent.var() / len(sent) + not_sent.var() / len(not_sent)) ** 0.5
    )
    assert sent.mean() - not_sent.mean() > 3.0
    assert ours.belief.effects is not None
    assert not ours.proven.any()


@pytest.mark.slow
def test_nobody_stops_looking_before_the_plan_has_waited() -> None:
    """A share that ends after 8 weeks lasts 14 as long as nothing is proven."""
    world = world_of("no_effect")
    life, _belief = begun(world)
    ours = Learner(world, Plan(shares=((0, 0.3), (8, 0.02)), patience=6))

    play(ours, life)

    least = [log.probability[log.probability > 0].min() for log in ours.logs]
    assert min(least[:14]) > 0.9 * 0.3 / 5
    assert max(least[14:]) <= 0.02 / 3


def log_of(assigned: list[int], probability: list[list[float]], cell: list[int] | None = None) -> Log:
    """Decisions in the first week, one action."""
    n = len(assigned)
    return Log(
        week=np.zeros(n, dtype=np.int64),
        customer=np.arange(n),
        cell=np.array(cell or [0] * n),
        greedy=np.full(n, NOTHING),
        assigned=np.array(assigned),
        probability=np.array(probability),
        amount=np.ones(n),
        expected=np.ones(n),
        X=np.zeros((n, 1)),
        groups=np.zeros(1, dtype=np.int64),
    )


def test_people_with_other_chances_stand_for_the_same_people() -> None:
    """
    Chances of 1/2 and 3/4, drawn as often as that: (5 - 2) and (10 - 8), as many pairs each as n e (1 - e).

    (3 x 1 + 2 x 3/4) / (1 + 3/4) = 18/7; the plain difference of means would be 4.
    """
    log = log_of([0, 0, -1, -1, 0, 0, 0, -1], [[0.5, 0.5]] * 4 + [[0.25, 0.75]] * 4)

    seen = contrasts(log, np.array([4.0, 6.0, 1.0, 3.0, 9.0, 10.0, 11.0, 8.0]), 0)

    assert seen.effect == pytest.approx([18 / 7])
    assert (seen.treated.tolist(), seen.control.tolist()) == ([5], [3])


def test_whoever_could_not_be_drawn_is_left_out() -> None:
    """An action without a chance for a customer says nothing of that customer."""
    log = log_of([0, 0, -1, -1, -1], [[0.5, 0.5]] * 4 + [[1.0, 0.0]])

    seen = contrasts(log, np.array([4.0, 6.0, 1.0, 3.0, 100.0]), 0)

    assert seen.effect == pytest.approx([3.0])
    assert seen.control == pytest.approx([2])


@pytest.mark.slow
def test_intervals_come_one_a_playbook() -> None:
    """In their order, each truth within four of its own standard errors, which are small beside what is measured."""
    found = intervals(7, customers=1500)

    assert [each.playbook for each in found] == ["mail", "sms", "coupon", "call"]
    assert max(abs(each.error) for each in found) < 4
    assert all(2 < each.truth < 8 for each in found)
    assert all(0.5 < (each.se or 0.0) < 8 for each in found)


def test_the_interval_of_a_mean_is_students() -> None:
    """1, 2, 3: mean 2, standard error 1 / sqrt(3), 4.3027 of them."""
    mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0]))

    assert (mean, high - mean, mean - low) == pytest.approx((2.0, 2.484138, 2.484138))
    assert over_seeds([[Headline("recall", 0.3, 0.2)], [Headline("recall", 0.5, 0.4)]])[0][
        "change"
    ] == pytest.approx(0.375)


def rows(world: str, **profits: list[float]) -> list[dict[str, object]]:
    """Rows of a result, by policy and seed."""
    return [
        {"world": world, "seed": seed, "policy": policy, "profit": profit, "exploration_loss": 0.5}
        for policy, values in profits.items()
        for seed, profit in enumerate(values)
    ]


def test_targets_are_met_or_missed_by_what_was_found() -> None:
    """A rule as good as ours is not beaten; where nothing pays, losses beyond exploration are told."""
    rules = {name: [1.0, 1.1, 0.9] for name in ("nothing", "everybody", "random", "CLV", "churn", "uplift")}
    found = judged(
        {
            "rows": rows(
                "heterogeneous", ours=[2.0, 2.1, 2.2], oracle=[2.3, 2.4, 2.5], RFM=[2.0, 2.2, 2.1], **rules
            )
            + rows(
                "harmed",
                ours=[-0.4, -0.6, -0.8],
                oracle=[0.0] * 3,
                RFM=[-1.0] * 3,
                **dict.fromkeys(rules, [0.0] * 3),
            ),
            "coverage": None,
        }
    )

    missed = [each["target"] for each in found if not each["met"]]
    assert len(found) == 9
    assert [name.split(",")[0] for name in missed] == [
        "heterogeneous: more than RFM",
        "harmed: nothing pays; no more lost than exploration costs",
    ]


@pytest.mark.slow
def test_the_short_benchmark_prints_every_policy() -> None:
    """The one command, as a person calls it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.policy", "--short", "--worlds", "heterogeneous", "harmed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    for policy in ("oracle", "ours", "nothing", "everybody", "random", "RFM", "CLV", "churn", "uplift"):
        assert f"| {policy} | " in done.stdout


def test_the_page_tells_the_stored_results() -> None:
    """docs/policy-benchmark.md and benchmarks/results/policy.json are of one run."""
    result = json.loads((ROOT / "benchmarks" / "results" / "policy.json").read_text("utf-8"))
    text = (ROOT / "docs" / "policy-benchmark.md").read_text("utf-8")

    assert page(text, result) == text
