"""Beliefs about effects: simulated programmes whose truth is known, and identities."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from evergrove.decisions.effects import Effect, MeasuredCell, Prior, shrink
from evergrove.decisions.effects.errors import MeasuredLater, NoSpread, NotAnEffect
from evergrove.decisions.effects.types import effect_in

DAY = date(2026, 6, 1)


def cell(effect: float, se: float = 1.0, day: date = DAY, **more: str) -> MeasuredCell:
    """A measured cell of L2, medium and new, if nothing else is said."""
    return MeasuredCell(
        **{"playbook": "L2", "tier": "medium", "stage": "new"} | more,
        effect=effect,
        se=se,
        people_treated=90,
        people_control=10,
        as_of=day,
    )


def only(effects: list[Effect], tier: str = "medium") -> Effect:
    """The one of this tier."""
    (found,) = [each for each in effects if each.tier == tier]
    return found


def hierarchy(
    seed: int, playbooks: int, cells: int, spread: tuple[float, float]
) -> tuple[list[MeasuredCell], np.ndarray]:
    """Cells drawn about playbooks drawn about a programme, measured on 100 to 4,000 people each."""
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for p, mu in enumerate(rng.normal(2.0, spread[0], playbooks)):
        for c, theta in enumerate(rng.normal(mu, spread[1], cells)):
            se = 30.0 / float(np.sqrt(rng.integers(50, 2000)))
            rows.append(cell(theta + se * rng.normal(), se, playbook=f"p{p}", tier=f"c{c}"))
            truth.append(theta)
    return rows, np.array(truth)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_beliefs_hold_what_they_promise_and_err_less_than_raw_cells(spread: float) -> None:
    """Programmes of all sizes: 80 % intervals cover 80 % within 3 standard errors clustered by programme."""
    covered, squares, raw = [], [], []
    for seed in range(120):
        rng = np.random.default_rng(seed + 1000)
        playbooks, cells = int(rng.integers(1, 10)), int(rng.integers(2, 9))
        rows, truth = hierarchy(
            seed, playbooks, cells, (spread * rng.uniform(0, 2), spread * rng.uniform(0, 2))
        )
        found = [each for each in shrink(rows, [], DAY) if each.tier]
        means = np.array([each.mean for each in found])
        bounds = np.array([each.interval(0.8) for each in found])
        covered.append(float(((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()))
        squares.append(float(((means - truth) ** 2).mean()))
        raw.append(float(((np.array([row.effect for row in rows]) - truth) ** 2).mean()))
    error = np.std(covered, ddof=1) / np.sqrt(len(covered))
    assert abs(np.mean(covered) - 0.8) <= 3 * error
    gain = np.array(raw) - np.array(squares)
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))


def test_where_everything_is_alike_shrinking_takes_most_of_the_error_away() -> None:
    """48 cells of one and the same effect: the mean of all is nearly the answer for each."""
    squares, raw = 0.0, 0.0
    for seed in range(5):
        rows, truth = hierarchy(seed, 8, 6, (0.0, 0.0))
        found = [each.mean for each in shrink(rows, [], DAY) if each.tier]
        squares += float(((np.array(found) - truth) ** 2).mean())
        raw += float(((np.array([row.effect for row in rows]) - truth) ** 2).mean())
    assert squares < 0.2 * raw


def test_a_wrong_assumption_is_overcome_by_twenty_thousand_people() -> None:
    """Assumed +10, true -2: the interval lies below 0 in at least 95 % of seeds, in the cell and in the playbook."""
    below = np.zeros(2)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        spend = rng.lognormal(2.0, 1.2, 20_000) * (rng.random(20_000) < 0.4)
        treated = rng.random(20_000) < 0.5
        spend[treated] -= 2.0
        arms = [spend[treated], spend[~treated]]
        se = float(np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms)))
        found = shrink([cell(float(arms[0].mean() - arms[1].mean()), se)], [Prior("L2", 10.0, 0.1)], DAY)
        below += [only(found).interval(0.8)[1] < 0.0, only(found).assumed_weight < 0.2]
    assert (below >= 95).all()


def test_one_cell_and_an_assumption_meet_by_their_precisions() -> None:
    """Between the textbook's posterior of N(4, 4^2) and 1 +- 2, and the same with the widest room between cells, 2."""
    found = shrink([cell(1.0, 2.0)], [Prior("L2", 4.0, 0.1)], DAY)
    mean, precision = 4.0 / 16 + 1.0 / 4, 1 / 16 + 1 / 4
    loose = 1 / (16 + 4)  # half the assumption is the widest room that is tried where one cell tells of none
    assert 1.0 < only(found).mean <= mean / precision
    assert precision**-0.5 <= only(found).sd <= (loose + 1 / 4) ** -0.5
    assert loose / (loose + 1 / 4) <= only(found).assumed_weight <= (1 / 16) / precision


def test_nobody_measured_leaves_the_assumption_as_it_is() -> None:
    """Mean, sd as large as the mean, and nothing but assumed; a contact is the least of sds."""
    found = shrink([], [Prior("T1b", 0.05, 0.3), Prior("L2", -4.0, 0.1)], DAY)
    assert [(each.playbook, each.mean, each.sd, each.assumed_weight) for each in found] == [
        ("L2", -4.0, 4.0, 1.0),
        ("T1b", 0.05, pytest.approx(0.3), 1.0),
    ]
    assert all(each.is_assumed and each.tier == "" for each in found)


def test_age_widens_a_belief_and_never_moves_it() -> None:
    """After one half-life the variance has doubled, after two it is fourfold; assumption and spreads change nothing."""
    rows = [
        cell(3.0, 0.5),
        cell(-1.0, 0.7, tier="high"),
        cell(2.0, 0.5, stage="growth", day=DAY - timedelta(90)),
    ]
    young, old, older = (shrink(rows, [Prior("L2", 5.0, 0.1)], DAY + timedelta(180 * k)) for k in range(3))
    for first, second, third in zip(young, old, older, strict=True):
        assert second.mean == pytest.approx(first.mean, abs=1e-12)
        assert third.mean == pytest.approx(first.mean, abs=1e-12)
        assert (second.sd / first.sd) ** 2 == pytest.approx(2.0)
        assert (third.sd / first.sd) ** 2 == pytest.approx(4.0)
        assert third.assumed_weight == pytest.approx(first.assumed_weight)


def test_of_two_times_of_a_cell_the_older_counts_half_after_a_half_life() -> None:
    """By hand: weights 1 and 1/2 of equal errors; without an assumption and with one cell nothing else speaks."""
    rows = [cell(4.0, 1.0), cell(1.0, 1.0, day=DAY - timedelta(180))]
    found = only(shrink(rows, [], DAY))
    assert found.mean == pytest.approx((4.0 + 0.5 * 1.0) / 1.5)
    assert found.sd == pytest.approx((1 / 1.5) ** 0.5)
    assert (found.people_treated, found.people_control) == (180, 20)
    assert found.assumed_weight == 0.0


def test_a_cell_nobody_was_measured_in_has_the_playbooks_effect_with_more_doubt() -> None:
    """Cells that differ widely say little of one that is not among them."""
    rows = [cell(effect, 0.2, tier=f"c{k}") for k, effect in enumerate((0.0, 4.0, 8.0))]
    found = shrink(rows, [], DAY)
    other = effect_in(found, "L2", "low", "churned")
    assert other is not None
    assert (other.tier, other.stage) == ("", "")
    assert other.mean == pytest.approx(4.0, abs=0.1)
    assert other.sd > 2.5 > max(each.sd for each in found if each.tier) * 10
    assert effect_in(found, "L2", "c0", "new") is not other
    assert effect_in(found, "L9", "c0", "new") is None


def test_other_playbooks_speak_for_one_that_is_hardly_measured() -> None:
    """Five that bring about 2 pull the sixth, measured at 30 with an error of 20, towards them; alone it stays."""
    others = [cell(2.0 + 0.1 * k, 0.2, playbook=f"p{k}") for k in range(5)]
    alone = only(shrink([cell(30.0, 20.0)], [], DAY))
    among = [
        each for each in shrink([cell(30.0, 20.0), *others], [], DAY) if each.playbook == "L2" and each.tier
    ]
    assert alone.mean == pytest.approx(30.0)
    assert among[0].mean == pytest.approx(2.2, abs=0.5)
    assert among[0].sd < 1.0


def test_an_unmeasured_playbook_is_assumed_whatever_others_have_shown() -> None:
    """What others brought makes the guess better, and it stays a guess."""
    others = [cell(2.0 + 0.1 * k, 0.2, playbook=f"p{k}") for k in range(5)]
    (guess,) = [each for each in shrink(others, [Prior("L2", 10.0, 0.1)], DAY) if each.playbook == "L2"]
    assert 2.0 < guess.mean < 3.0
    assert guess.assumed_weight == 1.0
    assert guess.is_assumed


def test_order_of_the_rows_changes_nothing() -> None:
    """The same beliefs however the measurements come."""
    rows, _truth = hierarchy(1, 4, 3, (1.0, 1.0))
    priors = [Prior(f"p{k}", 2.0, 0.1) for k in range(4)]
    assert shrink(rows, priors, DAY) == shrink(rows[::-1], priors[::-1], DAY)


@pytest.mark.parametrize(
    ("row", "prior", "error"),
    [
        (cell(float("nan")), Prior("L2", 1.0, 0.1), NotAnEffect),
        (cell(1.0, 0.0), Prior("L2", 1.0, 0.1), NotAnEffect),
        (cell(1.0, float("inf")), Prior("L2", 1.0, 0.1), NotAnEffect),
        (cell(1.0), Prior("L2", float("inf"), 0.1), NotAnEffect),
        (replace(cell(1.0), as_of=DAY + timedelta(1)), Prior("L2", 1.0, 0.1), MeasuredLater),
        (cell(1.0), Prior("L2", 0.0, 0.0), NoSpread),
    ],
)
def test_what_cannot_be_believed_is_refused(row: MeasuredCell, prior: Prior, error: type[Exception]) -> None:
    """With the playbook named, and a way out."""
    with pytest.raises(error):
        shrink([row], [prior], DAY)
