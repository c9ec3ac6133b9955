"""The value ledger part by part, counted by hand, and the periods of the global control."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.measurement.conftest import MORNING, day, sell

from evergrove.measurement import PROGRAMME
from evergrove.measurement.keeping import record_parts, recorded_parts
from evergrove.measurement.service import measure_parts
from evergrove.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.measurement.parts import Part
    from evergrove.warehouse import Engine

COUPONS = {"L2": ("WELCOME10",), "L5": ("WELCOME10", "BACK"), "T1": ()}


def parts(
    engine: Engine, ledger: Ledger, until: int = 28
) -> tuple[list[Measured], dict[tuple[str, str, str], Measured]]:
    """Wholes, and parts by playbook, kind and name."""
    with ledger.reading() as connection:
        wholes, found = measure_parts(engine, connection, Settings(), day(until), COUPONS)
    return wholes, {(each.measured.playbook, each.by, each.name): each.measured for each in found}


@pytest.fixture
def two_tiers(assign: Callable[..., None], engine: Engine) -> None:
    """L2 in two tiers, and two months; L5 beside it. High brings 40 more a treated customer, low 4 less."""
    for tier, number in (("high", 4), ("low", 6)):
        for arm in ("treated", "control"):
            names = [f"{tier}{arm}{k}" for k in range(number)]
            assign("L2", arm, names, tier=tier, probability=0.5)
    assign("L2", "treated", ["later1", "later2"], tier="low", probability=0.5, as_of=date(2026, 7, 2))
    assign("L2", "control", ["later3", "later4"], tier="low", probability=0.5, as_of=date(2026, 7, 2))
    assign("L5", "treated", ["x1", "x2"], stage="decline", probability=0.5)
    assign("L5", "control", ["x3", "x4"], stage="decline", probability=0.5)
    sell(
        engine,
        [
            ("hightreated0", day(3), 200.0),
            ("hightreated1", day(3), 40.0),
            ("highcontrol0", day(3), 60.0),
            ("highcontrol1", day(3), 20.0),
            ("lowtreated0", day(3), 12.0),
            ("lowcontrol0", day(4), 30.0),
            ("lowcontrol1", day(4), 6.0),
            ("x1", day(5), 10.0),
            ("x3", day(5), 4.0),
            ("later1", date(2026, 7, 5), 9.0),
        ],
    )


@pytest.mark.usefixtures("two_tiers")
def test_each_part_is_compared_within_itself(engine: Engine, ledger: Ledger) -> None:
    """By hand: high (240 - 80) / 4, low (12 - 36) / 6 in June; the tier low takes in July's 9 / 2 as well."""
    _wholes, found = parts(engine, ledger, until=40)

    high, low, june = (
        found["L2", by, name] for by, name in (("tier", "high"), ("tier", "low"), ("month", "2026-06"))
    )
    assert high.margin is not None
    assert high.margin.effect == pytest.approx(40.0)
    assert (high.people_treated, high.people_control) == (4, 4)
    assert low.mean_treated - low.mean_control == pytest.approx((12 + 9) / 8 - 36 / 8)
    assert (low.people_treated, low.people_control) == (8, 8)
    assert june.mean_treated - june.mean_control == pytest.approx((240 + 12 - 80 - 36) / 10)
    assert found["L2", "month", "2026-07"].mean_treated == pytest.approx(4.5)
    assert found["L2", "stage", "new"].people_treated == 12
    assert ("T1", "tier", "high") not in found


@pytest.mark.usefixtures("two_tiers")
def test_a_coupon_takes_in_every_playbook_that_gives_it(engine: Engine, ledger: Ledger) -> None:
    """WELCOME10 is L2's and L5's: each is compared within itself, and the sums are of both."""
    wholes, found = parts(engine, ledger)

    own = {each.playbook: each for each in wholes}
    both, back = found["", "coupon", "WELCOME10"], found["", "coupon", "BACK"]
    assert both.people_treated == own["L2"].people_treated + own["L5"].people_treated
    assert back.people_treated == own["L5"].people_treated == 2
    assert back.margin == own["L5"].margin
    assert both.margin is not None


def test_messages_stand_where_their_people_stood_at_the_assignment(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], post: Callable[..., None]
) -> None:
    """Three messages to high, one to low, one to somebody who was assigned nowhere; the whole has all five."""
    assign("L2", "treated", ["h1", "h2", "h3"], tier="high")
    assign("L2", "treated", ["l1"], tier="low")
    assign("L2", "control", ["c1", "c2"], tier="high")
    post("L2", "accepted", ["h1", "h2", "h3", "l1", "nobody"])
    sell(engine, [("h1", day(3), 10.0)])

    wholes, found = parts(engine, ledger)

    assert (wholes[0].messages, wholes[0].cost) == (5, Decimal("0.0750"))
    high, low = found["L2", "tier", "high"], found["L2", "tier", "low"]
    assert (high.messages, high.cost) == (3, Decimal("0.0450"))
    assert (low.messages, low.cost) == (1, Decimal("0.0150"))
    assert found["L2", "month", "2026-06"].messages == 4
    assert found["", "coupon", "WELCOME10"].messages == 4


def test_each_period_of_the_global_control_has_a_row_and_messages_of_its_own(
    engine: Engine, ledger: Ledger, assign: Callable[..., None], post: Callable[..., None]
) -> None:
    """June's figures are June's, and the message of June is not July's; the cumulative row holds both."""
    first, second = {"probability": 0.5}, {"probability": 0.5, "as_of": date(2026, 7, 1)}
    assign("global 2026-04", "treated", ["t", "u"], **first)
    assign("global 2026-04", "control", ["g", "h"], **first)
    assign("global 2026-07", "control", ["t", "u"], **second)
    assign("global 2026-07", "treated", ["g", "h"], **second)
    post("L2", "accepted", ["t"])
    sell(
        engine,
        [("t", date(2026, 6, 30), 40.0), ("g", date(2026, 6, 10), 10.0), ("g", date(2026, 7, 5), 20.0)],
    )

    wholes, found = parts(engine, ledger, until=39)

    spring, summer = (found[PROGRAMME, "period", f"global 2026-{month}"] for month in ("04", "07"))
    assert (spring.mean_treated, spring.mean_control) == pytest.approx((20.0, 5.0))
    assert (summer.mean_treated, summer.mean_control) == pytest.approx((10.0, 0.0))
    assert (spring.messages, summer.messages) == (1, 0)
    assert wholes[0].playbook == PROGRAMME
    assert wholes[0].people_treated == spring.people_treated + summer.people_treated


@pytest.mark.usefixtures("two_tiers")
def test_parts_come_back_and_of_a_month_the_last_day_is_kept(engine: Engine, ledger: Ledger) -> None:
    """Two days of June leave the second; July's stand beside it. Either database gives back what was put in."""
    for until in (20, 28, 40):
        with ledger.reading() as connection:
            _wholes, found = measure_parts(engine, connection, Settings(), day(until), COUPONS)
        with ledger.writing() as connection:
            record_parts(connection, found, day(until), 1, MORNING)

    with ledger.reading() as connection:
        newest, june, gone = (recorded_parts(connection, as_of=each) for each in (None, day(28), day(20)))
        tiers = recorded_parts(connection, "tier", "L2")
    assert {each.as_of for each in newest} == {day(40)}
    assert june
    assert not gone
    assert [(each.by, each.name) for each in tiers] == [("tier", "high"), ("tier", "low")]
    _all: list[Part] = found
    (high,) = [each for each in _all if (each.measured.playbook, each.name) == ("L2", "high")]
    assert tiers[0].document == high.measured.as_json()
