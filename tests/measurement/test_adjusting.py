"""CUPED in experiments: the same effect from fewer people, where there are enough of them to speak for themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from tests.measurement.conftest import day, sell

from evergrove.measurement.adjusting import adjustment, compared
from evergrove.measurement.believing import measured_cells
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.drawn import Ground, drawn
from evergrove.measurement.experiments import judged
from evergrove.measurement.service import measure, record, recorded
from evergrove.measurement.stopping import losing
from evergrove.measurement.types import Cell
from evergrove.settings import Settings
from evergrove.stats import Paired, Sums, poststratified, whole
from evergrove.stats.normal import quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.campaigns import Installed
    from evergrove.ledger import Ledger
    from evergrove.warehouse import Engine

WINDOW = 20


def adjusted(strata: Sequence[tuple[Paired, ...]]) -> tuple[list[tuple[Sums, ...]], float]:
    """The arms without what their people had brought before, and the share of variance that is left."""
    taken = adjustment(strata)
    return [tuple(taken.of(arm) for arm in stratum) for stratum in strata], taken.variance_left


def arms(seed: int, people: int, effect: float = 0.0, persists: float = 0.8) -> tuple[Paired, Paired]:
    """Control and treated among customers who go on spending much as before."""
    random = np.random.default_rng(seed)
    found = []
    for added in (0.0, effect):
        level = random.gamma(2.0, 50.0, people)
        before, after = (
            persists * level + (1.0 - persists) * random.gamma(2.0, 50.0, people) for _time in range(2)
        )
        found.append(Paired.of(after + added, before))
    control, treated = found
    return control, treated


def test_the_sums_are_those_of_each_customers_figure_less_what_was_foreseeable() -> None:
    """One theta within the arms; the people of all strata together keep their mean."""
    random = np.random.default_rng(1)
    before = random.gamma(2.0, 40.0, 1200)
    after = 0.7 * before + random.gamma(2.0, 20.0, 1200)
    places = [np.arange(k, 1200, 4) for k in range(4)]  # control and treated of two strata
    paired = [Paired.of(after[at], before[at]) for at in places]

    found, left = adjusted([(paired[0], paired[1]), (paired[2], paired[3])])

    centred = [(after[at] - after[at].mean(), before[at] - before[at].mean()) for at in places]
    slope = sum(float(y @ x) for y, x in centred) / sum(float(x @ x) for _y, x in centred)
    by_hand = after - slope * (before - before.mean())
    for sums, at in zip((arm for stratum in found for arm in stratum), places, strict=True):
        assert sums.mean == pytest.approx(by_hand[at].mean())
        assert sums.variance == pytest.approx(by_hand[at].var(ddof=1))
    plain = sum(float(y @ y) for y, _x in centred)
    kept = sum(float(((y - slope * x) ** 2).sum()) for y, x in centred)
    assert left == pytest.approx(kept / plain)  # all four arms are of one size
    assert by_hand.mean() == pytest.approx(after.mean())


def test_few_buyers_are_left_as_they_are() -> None:
    """Their interval rests on what few customers bring, and that is 0 for the others; so does one arm too small."""
    many, few = arms(2, 2000), arms(3, 12)
    for control, treated in ((few[0], many[1]), few):
        assert adjusted([(control, treated)]) == ([(control.outcome, treated.outcome)], 1.0)
    assert adjusted([many])[1] < 0.9
    nobody = Sums(500, 0.0, 0.0)
    empty = Paired(nobody, nobody, 0.0)
    assert adjusted([(empty, empty)]) == ([(nobody, nobody)], 1.0)
    assert adjusted([]) == ([], 1.0)


def test_a_covariate_that_foretells_nothing_costs_nothing() -> None:
    """Where customers do not go on as before nearly all of the variance is left."""
    _sums, left = adjusted([arms(4, 3000, persists=0.0)])

    assert left == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("effect", [0.0, 4.0])
def test_adjusted_intervals_hold_the_truth_as_often_as_they_say(effect: float) -> None:
    """400 experiments of 300 against 300: 80 % hold it, they are unbiased, and a third narrower."""
    held, errors, narrower = 0, [], []
    for seed in range(400):
        pair = arms(1000 + seed, 300, effect)
        ((control, treated),), _left = adjusted([pair])
        found = poststratified([(control, treated)], 0.8)
        plain = poststratified([tuple(arm.outcome for arm in pair)], 0.8)  # type: ignore[list-item]
        held += found.low <= effect <= found.high
        errors.append(found.effect - effect)
        narrower.append(found.se / plain.se)

    assert abs(held / 400 - 0.8) < 3 * (0.8 * 0.2 / 400) ** 0.5
    assert abs(float(np.mean(errors))) < 3 * float(np.std(errors)) / 20
    assert float(np.mean(narrower)) < 0.67


def near(random: np.random.Generator, people: int) -> Paired:
    """Customers three in ten of whom buy, and much as before."""
    buys = random.random(people) < 0.3
    level = random.gamma(4.0, 25.0, people)
    return Paired.of(
        np.where(buys, level * random.uniform(0.8, 1.2, people), 0.0),
        np.where(buys, level * random.uniform(0.8, 1.2, people), 0.0),
    )


def test_which_comparisons_are_adjusted_does_not_follow_who_brought_more() -> None:
    """
    1,500 A/A comparisons whose control is about as large as it takes: some are adjusted, and the treated do not gain by it.

    By the control's own mean those would be adjusted in which it has brought much: .3 standard errors of bias.
    """
    random = np.random.default_rng(7)
    found, applied, held = [], [], 0
    for _time in range(1500):
        strata = [(near(random, 325), near(random, 2925))]
        taken = adjustment(strata)
        sums = [(taken.of(strata[0][0]), taken.of(strata[0][1]))]
        estimate, _how = compared(sums, 0.8, is_adjusted=taken.theta != 0.0)
        found.append(estimate.effect)
        applied.append(taken.theta != 0.0)
        held += estimate.low <= 0.0 <= estimate.high

    assert 0.1 < np.mean(applied) < 0.9
    assert abs(float(np.mean(found))) < 3 * float(np.std(found)) / 1500**0.5
    assert abs(held / 1500 - 0.8) < 3 * (0.8 * 0.2 / 1500) ** 0.5


def test_a_covariate_that_nobody_differs_in_takes_nothing_out() -> None:
    """What rounding leaves of its spread is none."""
    control, treated = arms(8, 2000)
    same = [
        replace(each, before=Sums(each.n, 9.9 * each.n, 9.9**2 * each.n), products=9.9 * each.outcome.total)
        for each in (control, treated)
    ]

    assert adjusted([(same[0], same[1])]) == ([(control.outcome, treated.outcome)], 1.0)


def test_an_experiment_counts_what_was_brought_before_and_needs_fewer_people(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """As many days before as the window has, up to the assignment; its day itself is one of them, the one before is not."""
    random = np.random.default_rng(5)
    names = [f"c{nth:03}" for nth in range(600)]
    level = random.gamma(2.0, 50.0, 600)
    orders = []
    for name, own in zip(names, level, strict=True):
        orders += [
            (name, day(-WINDOW), 10_000.0),  # too early to be known of
            (name, day(1 - WINDOW), round(float(own * random.uniform(0.8, 1.2)), 2)),
            (name, day(WINDOW), round(float(own * random.uniform(0.8, 1.2)), 2)),
            (name, day(WINDOW + 1), 10_000.0),  # too late for the window
        ]
    sell(engine, orders)
    assign("L2", "control", names[::2], probability=0.5)
    assign("L2", "treated", names[1::2], probability=0.5)

    playbook = SimpleNamespace(key="L2", version=1, steps=())
    installed = cast("Sequence[Installed]", [SimpleNamespace(playbook=playbook)])
    with ledger.reading() as connection:
        ground = Ground(engine, connection, day(WINDOW), UTC, 1.0, WINDOW, NO_CAP)
        (trial,) = drawn(ground, installed)

    before = np.array([amount for _name, when, amount in orders if when == day(1 - WINDOW)])
    after = np.array([amount for _name, when, amount in orders if when == day(WINDOW)])
    expected, left = adjusted([tuple(Paired.of(after[k::2], before[k::2]) for k in range(2))])
    assert trial.variance_left == pytest.approx(left)
    assert trial.variance_left < 0.2
    found = whole(trial.strata["treated"])
    for ours, theirs in zip(found, expected[0], strict=True):
        assert ours.mean == pytest.approx(theirs.mean)
        assert ours.variance == pytest.approx(theirs.variance)
    read = judged(trial, "end", day(WINDOW), WINDOW, expected=10.0)
    assert read.needed is not None
    assert read.needed < 100


def cells(tier: str, pair: tuple[Paired, Paired], probability: float = 0.5) -> list[Cell]:
    """The arms of one stratum, whose windows are over."""
    return [
        Cell(
            "L2",
            "",
            probability,
            tier,
            "new",
            arm,
            date(2026, 6, 1),
            paired.outcome,
            Sums(paired.n, 0.0, 0.0),
            30 * paired.n,
            date(2026, 6, 1),
            date(2026, 6, 30),
            paired.n,
            before=paired.before,
            products=paired.products,
        )
        for arm, paired in zip(("control", "treated"), pair, strict=True)
    ]


def test_the_value_ledger_takes_out_what_was_brought_in_a_window_before(
    engine: Engine, ledger: Ledger, assign: Callable[..., None]
) -> None:
    """Gaps of 10 days give a window of 20: the day of the assignment is its last day, and one day earlier is none of it."""
    random = np.random.default_rng(6)
    names = [f"c{nth:03}" for nth in range(600)]
    level = random.gamma(2.0, 50.0, 600)
    before, after = (np.round(level * random.uniform(0.8, 1.2, 600), 2) for _time in range(2))
    orders = []
    for nth, name in enumerate(names):
        orders += [(name, day(-5), before[nth]), (name, day(5), after[nth])]
    orders += [(name, day(-20), 9_000.0) for name in names[:40]]  # too early; too few for the p90 gap
    sell(engine, orders)
    assign("L2", "control", names[::2], probability=0.5)
    assign("L2", "treated", names[1::2], probability=0.5)

    with ledger.reading() as connection:
        (found,) = measure(engine, connection, Settings(), day(12))
    with ledger.writing() as connection:
        record(connection, [found], 1, datetime(2026, 6, 13, tzinfo=UTC))
    with ledger.reading() as connection:
        (kept,) = recorded(connection)

    assert found.window_needed == 20
    sums, left = adjusted([tuple(Paired.of(after[k::2], before[k::2]) for k in range(2))])
    expected = poststratified([(sums[0][0], sums[0][1])], 0.8)
    assert found.estimator == "cuped"
    assert found.variance_left == pytest.approx(left)
    assert left < 0.1
    assert found.margin is not None
    assert found.margin.effect == pytest.approx(expected.effect)
    assert found.margin.se == pytest.approx(expected.se)
    assert found.mean_treated == pytest.approx(after[1::2].mean())
    assert (kept.estimator, kept.variance_left) == (found.estimator, found.variance_left)
    assert kept.margin == found.margin


def test_beliefs_share_one_theta_over_small_cells() -> None:
    """300 programmes: 80 % intervals of cells hold the truth, though no cell could have told theta alone; a third narrower."""
    held, errors, narrower = [], [], []
    for seed in range(300):
        pairs = [arms(9000 + 10 * seed + nth, 60, effect=4.0) for nth in range(4)]
        together = [each for nth, pair in enumerate(pairs) for each in cells(f"tier {nth}", pair)]
        plain = [replace(each, before=Sums(each.margin.n, 0.0, 0.0), products=0.0) for each in together]
        for ours, unadjusted in zip(measured_cells(together, 30), measured_cells(plain, 30), strict=True):
            held.append(abs(ours.effect - 4.0) < quantile(0.8) * ours.se)
            errors.append(ours.effect - 4.0)
            narrower.append(ours.se / unadjusted.se)

    assert abs(np.mean(held) - 0.8) < 3 * (0.8 * 0.2 / 1200) ** 0.5
    assert abs(float(np.mean(errors))) < 3 * float(np.std(errors)) / 1200**0.5
    assert float(np.mean(narrower)) < 0.67


def test_a_loss_is_noticed_earlier_and_no_playbook_is_stopped_more_often_for_it() -> None:
    """
    A loss of 5 in groups of 1,000 is 1.9 standard errors, and 5.6 of what customers who go on as before leave to chance.

    Without any loss at most 5.7 % of 200 playbooks stop, each looked at 20 times.
    """
    losses = [arms(40_000 + seed, 1000, effect=-5.0) for seed in range(20)]
    unknown = [tuple(Paired(arm.outcome, Sums(arm.n, 0.0, 0.0), 0.0) for arm in pair) for pair in losses]

    noticed = [losing(cells("low", pair), 0.0) is not None for pair in losses]
    otherwise = [losing(cells("low", (control, treated)), 0.0) is not None for control, treated in unknown]

    assert all(noticed)
    assert sum(otherwise) <= 10
    assert sum(_stops(seed) for seed in range(200)) <= 0.057 * 200


def _stops(seed: int, steps: int = 20) -> bool:
    """Whether a playbook without any effect is stopped by any of the looks at it."""
    parts = [arms(50_000 + steps * seed + nth, 200) for nth in range(steps)]
    control, treated = parts[0]
    for more_control, more_treated in parts[1:]:
        control, treated = control + more_control, treated + more_treated
        if losing(cells("low", (control, treated)), 0.0) is not None:
            return True
    return False
