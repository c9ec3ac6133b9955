"""What playbooks earned: counted by hand, and refused where nothing can be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import func, select
from tests.measurement.conftest import MORNING, day, sell

from evergrove.measurement import PROGRAMME, Measured, measure, record, recorded, value_ledger
from evergrove.settings import Settings, ValueSettings
from evergrove.stats import Sums, sparse_difference, srm

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

WITH_MARGIN = Settings(value=ValueSettings(margin=0.5))


def results(
    engine: Engine, ledger: Ledger, until: int = 28, settings: Settings | None = None
) -> dict[str, Measured]:
    """What is measured on a day, by playbook."""
    with ledger.reading() as connection:
        found = measure(engine, connection, settings or Settings(), day(until))
    return {each.playbook: each for each in found}


@pytest.fixture
def six(assign: Callable[..., None]) -> None:
    """Three treated and three control customers of one stratum."""
    assign("L2", "treated", ["t1", "t2", "t3"], probability=0.5)
    assign("L2", "control", ["c1", "c2", "c3"], probability=0.5)


@pytest.mark.usefixtures("six")
def test_what_is_dated_from_the_next_day_to_the_last_counts(engine: Engine, ledger: Ledger) -> None:
    """The day of the assignment is too early for a message to act, and what comes after as_of is not known yet."""
    sell(
        engine,
        [
            ("t1", day(0), 999.0),
            ("t1", day(1), 60.0),
            ("t2", day(28), 30.0),
            ("t2", day(29), 999.0),
            ("c1", day(5), 40.0),
            ("somebody else", day(5), 999.0),
        ],
        [("t2", day(28), 10.0), ("t2", day(29), 5.0), ("t3", day(0), 7.0), ("c1", day(6), 10.0)],
    )

    found = results(engine, ledger)["L2"]

    treated, control = Sums(3, 80.0, 60.0**2 + 20.0**2), Sums(3, 30.0, 30.0**2)
    assert (found.mean_treated, found.mean_control) == pytest.approx((80 / 3, 10.0))
    assert found.margin is not None
    assert found.margin.effect == pytest.approx(50 / 3)
    by_hand, estimator = sparse_difference([(control, treated)], 0.8)
    assert (found.margin.low, found.margin.high) == pytest.approx((by_hand.low, by_hand.high))
    assert found.estimator == estimator == "events"
    assert (found.orders_treated, found.orders_control) == pytest.approx((2 / 3, 1 / 3))
    assert (found.people_treated, found.people_control) == (3, 3)
    assert found.basis == "revenue"


@pytest.mark.usefixtures("six")
def test_a_margin_scales_money_and_not_orders(engine: Engine, ledger: Ledger) -> None:
    """Half the revenue is earned."""
    sell(engine, [("t1", day(3), 60.0), ("t2", day(9), 20.0), ("c2", day(9), 10.0)])

    plain, halved = (results(engine, ledger, settings=each)["L2"] for each in (None, WITH_MARGIN))

    assert plain.margin is not None
    assert halved.margin is not None
    assert halved.margin.effect == pytest.approx(plain.margin.effect / 2)
    assert halved.margin.high - halved.margin.low == pytest.approx((plain.margin.high - plain.margin.low) / 2)
    assert halved.orders == plain.orders
    assert halved.basis == "margin"


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_strata_are_compared_as_they_were_at_the_assignment(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], seed: int
) -> None:
    """The same figure from the customers themselves, stratum by stratum; a small stratum joins another."""
    rng = np.random.default_rng(seed)
    tiers, stages = (
        rng.choice(np.array(names, object), 400) for names in (("low", "high"), ("new", "decline"))
    )
    tiers[:6], stages[:6] = "potential", "mature"  # too few of them to stand alone
    treated = rng.random(400) < 0.8
    start = rng.integers(0, 20, 400)
    spend = np.where(rng.random(400) < 0.4, np.round(rng.lognormal(3, 1, 400), 2), 0.0)
    names = [f"k{k}" for k in range(400)]
    assign(
        "T1b",
        ["treated" if each else "control" for each in treated],
        names,
        tier=tiers.tolist(),
        stage=stages.tolist(),
        as_of=[day(int(each)) for each in start],
        probability=0.8,
    )
    sell(engine, [(names[k], day(int(start[k]) + 1), spend[k]) for k in range(400) if spend[k]])

    found = results(engine, ledger)["T1b"]

    kinds = [f"{tier}/{stage}" for tier, stage in zip(tiers, stages, strict=True)]
    groups = sorted({kind for kind in kinds if kind != "potential/mature"}, key=kinds.count)
    assert kinds.count(groups[0]) < kinds.count(groups[1])  # it is clear which the small stratum joins
    joined = [groups[0] if kind == "potential/mature" else kind for kind in kinds]
    strata = [
        tuple(
            Sums(int(mask.sum()), float(spend[mask].sum()), float((spend[mask] ** 2).sum()))
            for arm in (False, True)
            for mask in [(np.array(joined) == group) & (treated == arm)]
        )
        for group in groups
    ]
    expected, estimator = sparse_difference(strata, 0.8)  # type: ignore[arg-type]
    assert found.margin is not None
    assert found.margin.effect == pytest.approx(expected.effect)
    assert found.margin.se == pytest.approx(expected.se)
    assert found.strata == 4
    assert found.estimator == estimator
    assert found.window_days == pytest.approx(28 - start.mean())
    assert found.srm_p == pytest.approx(srm([int(treated.sum()), int((~treated).sum())], [0.8, 0.2]))


def test_a_changed_control_share_does_not_mix_early_with_late(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """
    28 days without a control, then 10 % and at last half of them: nobody's order has to do with a message.

    Every early customer buys twice as much in twice the days; put together, the treated are early more often.
    """
    assign("L2", "treated", [f"w{k}" for k in range(50)], probability=1.0)
    assign("L2", "treated", [f"t{k}" for k in range(36)], probability=0.9)
    assign("L2", "control", [f"c{k}" for k in range(4)], probability=0.9)
    for arm, name in (("treated", "t"), ("control", "c")):
        assign("L2", arm, [f"{name}{k}" for k in range(100, 140)], probability=0.5, as_of=day(14))
    rows = [(f"w{k}", day(16), 80.0) for k in range(50)]
    rows += [(f"{arm}{k}", day(16), 40.0) for arm, n in (("t", 36), ("c", 4)) for k in range(0, n, 2)]
    rows += [(f"{arm}{k}", day(16), 20.0) for arm in "tc" for k in range(100, 140, 2)]
    sell(engine, rows)

    found = results(engine, ledger)["L2"]

    assert found.margin is not None
    assert found.margin.effect == pytest.approx(0.0)
    assert found.orders is not None
    assert found.orders.effect == pytest.approx(0.0)
    assert (found.people_treated, found.people_control, found.strata) == (126, 44, 2)


def test_the_programme_is_measured_against_those_who_receive_nothing(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """Customers of the global control group stand in no playbook; all others stand against them."""
    assign("global", "treated", ["t1", "t2", "c1", "c2"], probability=0.95)
    assign("global", "control", ["g1", "g2"], probability=0.95)
    assign("L2", "treated", ["t1", "t2"])
    assign("L2", "control", ["c1", "c2"])
    sell(engine, [(name, day(4), amount) for name, amount in (("t1", 90.0), ("c1", 20.0), ("g1", 10.0))])

    found = results(engine, ledger)

    assert list(found) == [PROGRAMME, "L2"]
    assert found["L2"].people_control == 2
    assert found["L2"].mean_control == pytest.approx(10.0)
    assert (found[PROGRAMME].people_treated, found[PROGRAMME].people_control) == (4, 2)
    assert found[PROGRAMME].mean_treated == pytest.approx(110 / 4)
    assert found[PROGRAMME].mean_control == pytest.approx(5.0)
    assert found[PROGRAMME].planned_control == pytest.approx(0.05)


def test_each_period_of_the_global_control_counts_to_its_end(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """
    Drawn anew on 1 July: what comes later is the second period's, and a customer counts once in each.

    By hand: t brings 40 and g 10 in June; on 1 July, as of which arms are drawn anew, t brings 7 still as before;
    from the 2nd on t, who is alone now, brings 6, and g 20, who is written to.
    """
    first, second = {"probability": 0.5}, {"probability": 0.5, "as_of": date(2026, 7, 1)}
    assign("global 2026-04", "treated", ["t", "u"], **first)
    assign("global 2026-04", "control", ["g", "h"], **first)
    assign("global 2026-07", "control", ["t", "u"], **second)
    assign("global 2026-07", "treated", ["g", "h"], **second)
    sell(
        engine,
        [
            ("t", date(2026, 6, 30), 40.0),
            ("g", date(2026, 6, 10), 10.0),
            ("t", date(2026, 7, 1), 7.0),
            ("t", date(2026, 7, 2), 6.0),
            ("g", date(2026, 7, 5), 20.0),
        ],
    )

    found = results(engine, ledger, until=39)[PROGRAMME]  # 10 July

    assert (found.people_treated, found.people_control) == (4, 4)
    assert found.mean_treated == pytest.approx((40 + 7 + 20) / 4)
    assert found.mean_control == pytest.approx((10 + 6) / 4)
    assert found.window_days == pytest.approx((4 * 30 + 4 * 9) / 8)


def test_whom_no_message_reached_is_treated_all_the_same(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], post: Callable[..., None]
) -> None:
    """As assigned: leaving out those whose message failed would compare unlike with unlike."""
    assign("L2", "treated", ["t1", "t2", "t3"])
    assign("L2", "control", ["c1", "c2"])
    sell(engine, [("t1", day(2), 30.0), ("c1", day(2), 10.0)])
    before = results(engine, ledger)["L2"]

    post("L2", "accepted", ["t1"])
    post("L2", "failed", ["t2"])
    after = results(engine, ledger)["L2"]

    assert replace(after, messages=0, cost=Decimal(0)) == before
    assert after.messages == 1


def test_messages_that_left_by_the_last_day_are_counted_with_their_cost(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], post: Callable[..., None]
) -> None:
    """What left or may have left was paid for, a bounce too; the day ends in the workspace's zone."""
    assign("L2", "treated", ["t1", "t2"])
    assign("L2", "control", ["c1", "c2"])
    for state in ("accepted", "delivered", "bounced", "complained", "unknown", "attempting"):
        post("L2", state, ["t1"])
    for state in ("queued", "failed", "expired"):
        post("L2", state, ["t1"], reason="some.reason")
    post("L2", "skipped", ["c1"], arm="control", reason="campaigns.control")
    late = datetime(2026, 6, 29, 17, tzinfo=UTC)  # the 30th in Shanghai, day 29
    post("L2", "accepted", ["t2"], attempting_at=late)
    post("T1b", "accepted", ["t2"], attempting_at=MORNING)

    zone = Settings(value=ValueSettings(timezone="Asia/Shanghai"))
    shanghai, a_day_later = (results(engine, ledger, until, zone)["L2"] for until in (28, 29))
    utc = results(engine, ledger)

    assert (shanghai.messages, shanghai.cost) == (6, Decimal("0.0900"))
    assert (a_day_later.messages, a_day_later.cost) == (7, Decimal("0.1050"))
    assert utc["L2"].messages == 7
    assert list(utc) == ["L2"]  # nobody was assigned to the other playbook


def test_arms_of_the_wrong_size_are_not_to_be_trusted(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """60 control customers where 10 % of 160 were planned; a changed share by itself is no alarm."""
    assign("L2", "treated", [f"t{k}" for k in range(100)])
    assign("L2", "control", [f"c{k}" for k in range(60)])
    assign("L5", "treated", [f"t{k}" for k in range(90)])
    assign("L5", "control", [f"c{k}" for k in range(10)])
    assign("L5", "treated", [f"t{k}" for k in range(100, 150)], probability=0.5)
    assign("L5", "control", [f"c{k}" for k in range(100, 150)], probability=0.5)
    sell(engine, [(f"{arm}{k}", day(2), 10.0 + k) for arm in "tc" for k in (1, 2, 3)])

    found = results(engine, ledger)

    assert found["L2"].srm_p == pytest.approx(srm([100, 60], [0.9, 0.1]))
    assert not found["L2"].is_trustworthy
    assert found["L5"].srm_p == 1.0
    assert found["L5"].planned_control == pytest.approx((100 * 0.1 + 100 * 0.5) / 200)
    assert found["L5"].is_trustworthy


@pytest.mark.parametrize(
    ("control", "sold", "reason"),
    [
        (["c1"], [("t1", 5.0), ("c1", 3.0)], "stats.too_few_units"),
        ([], [("t1", 5.0)], "stats.too_few_units"),
        (["c1", "c2"], [], "stats.no_variance"),
    ],
)
def test_where_nothing_can_be_said_the_reason_stands(
    engine: Engine,
    ledger: Ledger,
    assign: Callable[..., None],
    control: list[str],
    sold: list[tuple[str, float]],
    reason: str,
) -> None:
    """No number is better than one that looks fine."""
    assign("L2", "treated", ["t1", "t2"])
    assign("L2", "control", control)
    sell(engine, [(name, day(3), amount) for name, amount in sold])

    found = results(engine, ledger)["L2"]

    assert found.margin is None
    assert found.reason == reason


def test_a_control_group_of_whom_nobody_buys_says_something_too(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """To leave such results out would leave out the largest overestimates."""
    assign("L2", "treated", [f"t{k}" for k in range(90)])
    assign("L2", "control", [f"c{k}" for k in range(10)])
    sell(engine, [(f"t{k}", day(3), 20.0 + k) for k in range(30)])

    found = results(engine, ledger)["L2"]

    assert found.mean_control == 0.0
    assert found.margin is not None
    assert found.margin.effect == pytest.approx(found.mean_treated)
    assert found.margin.low < found.margin.effect < found.margin.high


def test_before_the_first_day_there_is_no_result(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """Nobody was assigned, or only today."""
    assert results(engine, ledger) == {}

    assign("L2", "treated", ["t1", "t2"], as_of=day(28))

    assert results(engine, ledger) == {}


def test_a_window_is_complete_after_two_p90_gaps_of_everybody(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """Ten gaps of 1 to 10 days: p90 is 9.1 between the ranks, so 19 days it takes."""
    assign("L2", "treated", ["t1", "t2"])
    assign("L2", "control", ["c1", "c2"], as_of=day(9))
    rhythm = [(f"old{gap}", day(-100 + since), 5.0) for gap in range(1, 11) for since in (0, gap)]
    sell(engine, [*rhythm, ("old1", day(-100), 5.0)])  # twice on one day is one purchase day

    early, late = (results(engine, ledger, until)["L2"] for until in (27, 28))

    assert early.window_needed == late.window_needed == 19
    assert (early.people_complete, late.people_complete) == (2, 4)
    assert not early.is_complete
    assert late.is_complete
    assert late.window_days == pytest.approx((28 + 28 + 19 + 19) / 4)


@pytest.mark.usefixtures("six")
def test_without_a_repeat_nobody_knows_how_long_it_takes(engine: Engine, ledger: Ledger) -> None:
    """No gap, no window."""
    sell(engine, [("t1", day(3), 60.0), ("c1", day(3), 20.0)])

    found = results(engine, ledger)["L2"]

    assert found.window_needed is None
    assert not found.is_complete


@pytest.mark.usefixtures("six")
def test_what_is_recorded_comes_back_and_the_latest_replaces(engine: Engine, ledger: Ledger) -> None:
    """Measuring a day again, after late orders, leaves one row."""
    sell(engine, [("t1", day(3), 60.0), ("c1", day(3), 20.0)])
    first = list(results(engine, ledger).values())
    other_day = list(results(engine, ledger, until=5).values())
    sell(engine, [("t1", day(3), 60.0), ("t2", day(4), 35.5), ("c1", day(3), 20.0)])
    again = list(results(engine, ledger).values())

    for run, found in enumerate((first, other_day, again)):
        with ledger.writing() as connection:
            record(connection, found, run, MORNING)

    with ledger.reading() as connection:
        assert recorded(connection, day(28)) == again
        assert recorded(connection) == other_day + again
        assert recorded(connection, newest=True) == again
        assert connection.execute(select(func.count()).select_from(value_ledger)).scalar_one() == 2
        runs = (
            connection.execute(select(value_ledger.c.run_id).order_by(value_ledger.c.as_of)).scalars().all()
        )
    assert runs == [1, 2]


def test_what_cannot_be_said_is_recorded_as_nothing(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """NaN, infinity and the smallest of all p have to come back from either database."""
    assign("L2", "treated", ["t1"])
    found = [replace(each, srm_p=5e-324) for each in results(engine, ledger).values()]

    with ledger.writing() as connection:
        record(connection, found, 1, MORNING)
    with ledger.reading() as connection:
        (back,) = recorded(connection)

    assert (back.margin, back.orders, back.reason) == (None, None, "stats.too_few_units")
    assert np.isnan(back.mean_control)
    assert back.as_json() == found[0].as_json()
