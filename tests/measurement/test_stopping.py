"""Playbooks that lose money stop by themselves, others do not: simulated shops, and one shop over its ledger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.measurement.conftest import day, sell

from evergrove.campaigns import Installed, playbook_of
from evergrove.campaigns.reading import shipped_documents
from evergrove.measurement.learning import learn
from evergrove.measurement.service import measure
from evergrove.measurement.stopping import LEAST_PEOPLE, losing
from evergrove.measurement.types import Cell
from evergrove.settings import OutreachSettings, Settings
from evergrove.stats import Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

FACE, LIKELY = 10.0, 0.3
"""A coupon, and the share of customers who buy in the window whatever they are sent."""


def cells(treated: NDArray[np.float64], control: NDArray[np.float64], probability: float = 0.9) -> list[Cell]:
    """Two arms of one stratum."""
    return [
        Cell(
            "L2",
            "",
            probability,
            "medium",
            "new",
            arm,
            date(2026, 6, 1),
            Sums(len(brought), float(brought.sum()), float((brought**2).sum())),
            Sums(len(brought), 0.0, 0.0),
            30 * len(brought),
            date(2026, 6, 1),
            date(2026, 6, 30),
            len(brought),
        )
        for arm, brought in (("treated", treated), ("control", control))
    ]


def bought(rng: np.random.Generator, people: int, off: float = 0.0) -> NDArray[np.float64]:
    """Margin of people who buy with the usual chance, and a coupon used by everybody who does."""
    return np.where(rng.random(people) < LIKELY, rng.gamma(4.0, 10.0, people) - off, 0.0)


def looks(seed: int, off: float, people: int = 20_000, share: float = 0.5, number: int = 20) -> int | None:
    """At how many people a playbook stops that is looked at ever again; None: it does not."""
    rng = np.random.default_rng(seed)
    treated, control = bought(rng, int(people * share), off), bought(rng, people - int(people * share))
    for k in range(1, number + 1):
        n, m = len(treated) * k // number, len(control) * k // number
        if losing(cells(treated[:n], control[:m], share), 0.0) is not None:
            return n + m
    return None


@pytest.mark.slow
def test_a_coupon_used_only_by_those_who_would_buy_anyway_stops_itself() -> None:
    """Identity 15: it costs its face times redemption and brings nothing; every one of 40 shops notices."""
    stopped = [looks(seed, FACE) for seed in range(40)]

    assert all(stopped)
    rng = np.random.default_rng(1)
    loss = losing(cells(bought(rng, 200_000, FACE), bought(rng, 200_000), 0.5), 0.0)
    assert loss is not None
    assert loss.profit == pytest.approx(-FACE * LIKELY, abs=0.2)  # 3 standard errors
    assert loss.profit < loss.high < 0.0


@pytest.mark.slow
def test_a_playbook_without_effect_is_hardly_ever_stopped() -> None:
    """40 looks at each of 300 shops that lose nothing: at most 5.7 % stop, though every look is one more chance."""
    stopped = sum(looks(seed, 0.0, people=8_000, number=40) is not None for seed in range(300))

    assert stopped <= 0.057 * 300


def test_contact_cost_alone_can_stop_a_playbook() -> None:
    """No effect at 2.00 a contact is a loss of 2.00; the same at 0.01 is none that could be told."""
    rng = np.random.default_rng(3)
    both = cells(bought(rng, 60_000), bought(rng, 60_000), 0.5)

    dear, cheap = losing(both, 2.0), losing(both, 0.01)

    assert dear is not None
    assert dear.cost == 2.0
    assert dear.profit == pytest.approx(-2.0, abs=0.45)
    assert cheap is None


def test_too_few_people_or_arms_of_the_wrong_size_stop_nothing() -> None:
    """However large the loss: it would rest on a handful, or on arms that somebody has meddled with."""
    rng = np.random.default_rng(4)
    few = cells(bought(rng, 9 * LEAST_PEOPLE, 100.0), bought(rng, LEAST_PEOPLE - 1))
    uneven = cells(bought(rng, 5_000, 100.0), bought(rng, 5_000))

    assert losing(few, 0.0) is None
    assert losing(uneven, 0.0) is None
    assert losing(cells(bought(rng, 9_000, 100.0), bought(rng, 1_000)), 0.0) is not None


def test_whole_windows_and_caps_decide_and_the_ledger_counts_everything(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """
    By hand: gaps of 10 days give a window of 20, so on day 40 those of day 0 count to day 20 and those of day 30 not.

    Before any outreach nobody brought more than 50; an order of 5,000 counts as that in what decides, and in full
    in the ledger.
    """
    assign("L2", "treated", [f"t{k}" for k in range(4)], probability=0.5)
    assign("L2", "control", [f"c{k}" for k in range(4)], probability=0.5)
    assign("L2", "treated", ["late1", "late2"], probability=0.5, as_of=day(30))
    assign("L2", "control", ["late3", "late4"], probability=0.5, as_of=day(30))
    rhythm = [(f"old{k}", day(-10 * times), 25.0) for k in range(40) for times in (1, 0)]
    sell(
        engine,
        [
            *rhythm,
            ("t0", day(5), 5000.0),
            ("t1", day(20), 30.0),
            ("t2", day(21), 40.0),
            ("c0", day(5), 10.0),
            ("late1", day(33), 99.0),
        ],
    )
    installed = [
        Installed(playbook_of(one), "started", None, {}) for one in shipped_documents() if one["key"] == "L2"
    ]

    with ledger.reading() as connection:
        results = measure(engine, connection, Settings(), day(40))
        learned = learn(engine, connection, Settings(), day(40), results, installed)

    (whole,) = results
    assert whole.window_needed == 20
    assert whole.mean_treated == pytest.approx((5000 + 30 + 40 + 99) / 6)
    assert learned.cap is not None
    assert (learned.cap["cap"], learned.cap["customers"]) == (pytest.approx(50.0), 40)
    (own,) = [each for each in learned.effects if each.tier]
    assert (own.tier, own.stage, own.people_treated, own.people_control) == ("medium", "new", 4, 4)
    brought = np.array([50.0, 30.0, 0.0, 0.0]), np.array([10.0, 0.0, 0.0, 0.0])
    variance = (brought[0].var(ddof=1) + brought[1].var(ddof=1)) / 2
    raw, se = brought[0].mean() - brought[1].mean(), float(np.sqrt(variance / 2))
    share = OutreachSettings().assumed_coupon
    about = learned.about["L2"]
    assert about["assumed"] == pytest.approx(share * 50.0)
    assert (about["window_days"], about["basis"]) == (20, "revenue")
    assert min(raw, about["assumed"]) < own.mean < max(raw, about["assumed"])
    assert own.sd < min(se, 2 * about["assumed_sd"])
    assert own.is_assumed
