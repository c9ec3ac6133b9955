"""Proof before use: the Hillstrom campaign, false alarms, calibration, verdicts and what may be done with effects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.conftest import absent

from evergrove.models.learned import ml_here
from evergrove.models.uplift import Interval, Ranking, calibration, contrast, fit, judge, learn, prove, rank
from evergrove.models.uplift.linear import fit_linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.uplift.conftest import Hillstrom, Simulated

    from evergrove.models.uplift import Evidence
    from evergrove.models.uplift.model import Form


@pytest.fixture(scope="module")
def evidence(hillstrom: Hillstrom) -> tuple[Evidence, Evidence]:
    """Visits after both mails, learned on even ids and measured on odd ones."""
    trial, odd = hillstrom.trial("visit"), hillstrom.odd
    womens, mens = prove(trial.rows(~odd), trial.rows(odd))
    return womens, mens


def test_the_womens_mail_is_ranked_as_well_as_the_reference_does(evidence: tuple[Evidence, Evidence]) -> None:
    """Bar: .00684 extra visits a person treated, standard error .0013."""
    womens, _mens = evidence

    assert womens.ranking.qini.value >= 0.0068
    assert womens.ranking.qini.value == pytest.approx(0.00684, abs=0.0013)
    assert womens.ranking.qini.se == pytest.approx(0.0013, abs=1e-4)
    assert womens.verdict.use == "ranking"
    assert womens.verdict.reason.code == "models.ranking_proven"
    assert womens.agreement > 0.9
    assert womens.two_model.qini.value == pytest.approx(womens.ranking.qini.value, abs=0.0013)
    assert womens.ranking.of_effect == pytest.approx(womens.ranking.qini.value / womens.ranking.effect.value)


def test_the_mens_mail_goes_to_all(evidence: tuple[Evidence, Evidence]) -> None:
    """Reference: all learned rankings below .0008, standard error .0015; on average it brings .0766 visits."""
    _womens, mens = evidence

    assert mens.ranking.qini.low < 0 < mens.ranking.qini.high
    assert mens.ranking.qini.se == pytest.approx(0.0015, abs=2e-4)
    assert (mens.verdict.use, mens.verdict.reason.code) == ("all", "models.ranking_unproven")
    assert mens.verdict.average.code == "models.offer_to_all"
    assert mens.ranking.effect.low < 0.076590 < mens.ranking.effect.high


@pytest.mark.slow
@pytest.mark.parametrize(("form", "reference"), [("trees", 0.00664), ("two-model", 0.00682)])
def test_other_forms_reach_their_references_on_womens(
    hillstrom: Hillstrom, form: Form, reference: float
) -> None:
    """Boosted trees on scores, and two models as regressions with interactions: within a standard error."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")
    trial, odd = hillstrom.trial("visit"), hillstrom.odd

    womens = prove(trial.rows(~odd), trial.rows(odd), forms=(form,), draws=200)[0]

    assert womens.form == form
    assert womens.ranking.qini.value == pytest.approx(reference, abs=0.0013)
    assert womens.ranking.qini.excludes_zero


@pytest.mark.parametrize(("offer", "reference", "error"), [(1, 0.00178, 0.0013), (2, 0.00329, 0.0015)])
def test_who_responds_is_ranked_as_in_the_reference(
    hillstrom: Hillstrom, offer: int, reference: float, error: float
) -> None:
    """By expected visits, whatever was sent: it alone clears two errors on mens, and is far behind on womens."""
    trial, odd = hillstrom.trial("visit"), hillstrom.odd
    here = (trial.arm == 0) | (trial.arm == offer)
    learned = trial.rows(here & ~odd)
    seen, rows = contrast(trial.rows(odd), offer)

    found = rank(fit_linear(learned.X, learned.outcome).predict(trial.X[odd][rows]), seen)

    assert found.qini.value == pytest.approx(reference, abs=error)
    assert (found.qini.value > 2 * found.qini.se) == (offer == 2)


def test_effects_on_the_segments_are_those_of_the_campaign(hillstrom: Hillstrom) -> None:
    """Womens mail: .07311 among buyers of womenswear, .01108 among others, as measured there with its error."""
    trial = hillstrom.trial("visit")
    womens = hillstrom.columns["womens"] == 1

    found = fit(trial).predict(trial.X)[:, 0]

    assert found[womens].mean() == pytest.approx(0.07311, abs=0.01)
    assert found[~womens].mean() == pytest.approx(0.01108, abs=0.01)


def test_calibration_by_tenths_of_the_campaign(evidence: tuple[Evidence, Evidence]) -> None:
    """Foretold and measured agree on the half that was not learned from: slope 1, no bias, most groups within two errors."""
    found = evidence[0].calibration

    assert found.slope.low < 1.0 < found.slope.high
    assert found.slope.low > 0.0
    assert found.bias.low < 0.0 < found.bias.high
    assert len(found.groups) == 10
    assert sum(group.people for group in found.groups) == 32_000
    off = [abs(g.predicted - g.measured.value) / g.measured.se for g in found.groups]
    assert np.mean(np.square(off)) < 4.0
    predicted = [group.predicted for group in found.groups]
    assert predicted == sorted(predicted, reverse=True)


def test_calibration_of_the_truth_has_slope_one(simulate: Callable[..., Simulated]) -> None:
    """Scores around the true effects; twice the truth has slope a half and says too much; equal forecasts are one group."""
    log = simulate(20_000)
    rng = np.random.default_rng(2)
    truth = log.effect[:, 0]
    scores = truth + rng.normal(size=20_000) * 3
    scores[:100] = np.nan

    right = calibration(truth, scores, log.trial.unit)
    double = calibration(2 * truth, scores, log.trial.unit)
    same = calibration(np.full(20_000, 1.0), scores, log.trial.unit)

    assert abs(right.slope.value - 1.0) < 3 * right.slope.se
    assert right.slope.se == pytest.approx(3 / truth[100:].std() / 19_900**0.5, rel=0.05)
    assert double.slope.value == pytest.approx(right.slope.value / 2)
    assert double.bias.low > 0
    assert [group.people for group in same.groups] == [19_900]
    assert np.isnan(same.slope.value)


@pytest.mark.slow
def test_the_measured_intervals_of_groups_hold_the_truth(simulate: Callable[..., Simulated]) -> None:
    """Over 25 logs and both offers: 95 % of groups, to three errors."""
    held = []
    for seed in range(25):
        log = simulate(2000, seed)
        learned, other = log.trial.rows(np.arange(1000)), log.trial.rows(np.arange(1000, 2000))
        for place, each in enumerate(prove(learned, other, draws=2)):
            said = np.array([group.measured.value for group in each.calibration.groups])
            assert np.isfinite(said).all()
            mean = sum(g.measured.value * g.people for g in each.calibration.groups) / 1000
            se = sum((g.measured.se * g.people) ** 2 for g in each.calibration.groups) ** 0.5 / 1000
            held.append(abs(mean - log.effect[1000:, place].mean()) < 1.96 * se)

    assert abs(np.mean(held) - 0.95) < 3 * (0.95 * 0.05 / len(held)) ** 0.5 + 0.01


@pytest.mark.slow
def test_a_ranking_of_nothing_is_hardly_ever_used(simulate: Callable[..., Simulated]) -> None:
    """The idle offer in 150 logs: the lower bound of a 95 % interval is above 0 in 2.5 % of them, to three errors."""
    used = [learn(simulate(1500, seed).trial, draws=200).evidence[1].verdict.use for seed in range(150)]

    assert used.count("ranking") / 150 < 0.025 + 3 * (0.025 * 0.975 / 150) ** 0.5


def test_only_what_is_proven_is_told_by_customer(simulate: Callable[..., Simulated]) -> None:
    """The first offer by customer, the idle one as its average for everybody; costs decide between all and none."""
    log = simulate(6000)

    found = learn(log.trial, {"idle": 5.0}, draws=200)

    effects = found.effects(log.trial.X)
    assert [each.verdict.use for each in found.evidence] == ["ranking", "none"]
    np.testing.assert_array_equal(effects[:, 0], found.model.predict(log.trial.X)[:, 0])
    np.testing.assert_array_equal(effects[:, 1], found.model.parts[1].average)
    assert found.evidence[1].verdict.average.params["cost"] == "5"


def test_the_same_seed_learns_the_same(simulate: Callable[..., Simulated]) -> None:
    """Model and evidence to the last bit."""
    trial = simulate(1000).trial

    first, second = learn(trial, draws=50), learn(trial, draws=50)

    assert first.model.document() == second.model.document()
    assert str(first.evidence) == str(second.evidence)


def test_the_agreement_of_two_orders_is_spearman_s() -> None:
    """As scipy gives it, with ties."""
    from scipy.stats import spearmanr

    from evergrove.models.uplift.learning import _agreement

    rng = np.random.default_rng(1)
    first = rng.integers(0, 9, 200).astype(np.float64)
    second = first + rng.normal(size=200).round(1)

    assert _agreement(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(_agreement(first, np.zeros(200)))


def ranked(qini: tuple[float, float, float], effect: float, *, tied: bool = False) -> Ranking:
    """A measured order."""
    value, low, high = qini
    return Ranking(
        Interval(value, 0.1, low, high, 0.95),
        {},
        Interval(effect, 0.1, effect, effect, 0.95),
        0.0,
        9,
        9,
        tied,
    )


@pytest.mark.parametrize(
    ("qini", "effect", "tied", "use", "reason", "average"),
    [
        ((0.2, 0.1, 0.3), 2.0, False, "ranking", "models.ranking_proven", "models.offer_to_all"),
        ((0.2, 0.1, 0.3), 0.5, False, "ranking", "models.ranking_proven", "models.offer_to_none"),
        ((0.2, 0.0, 0.3), 2.0, False, "all", "models.ranking_unproven", "models.offer_to_all"),
        ((0.2, -0.1, 0.3), 1.0, False, "none", "models.ranking_unproven", "models.offer_to_none"),
        ((-0.2, -0.3, -0.1), 2.0, False, "all", "models.ranking_backwards", "models.offer_to_all"),
        ((0.0, 0.0, 0.0), -2.0, True, "none", "models.ranking_tied", "models.offer_to_none"),
        (
            (0.2, float("nan"), float("nan")),
            2.0,
            False,
            "all",
            "models.ranking_unproven",
            "models.offer_to_all",
        ),
    ],
)
def test_verdicts(
    qini: tuple[float, float, float],
    effect: float,
    tied: bool,  # noqa: FBT001 -- a parametrised expectation
    use: str,
    reason: str,
    average: str,
) -> None:
    """Each case, at a cost of 1 a contact; stored as codes and parameters."""
    verdict = judge("mail", ranked(qini, effect, tied=tied), 1.0)

    assert verdict.use == use
    stored = json.loads(json.dumps(verdict.document()))
    assert (stored["reason"]["code"], stored["average"]["code"]) == (reason, average)
    assert stored["average"]["params"]["cost"] == "1"
    assert str(verdict.reason).endswith(".")


def test_the_average_may_come_from_elsewhere() -> None:
    """All rows tell it better than half of them."""
    seen = ranked((0.0, -1.0, 1.0), 2.0)

    assert judge("mail", seen, 1.0, Interval(0.5, 0.1, 0.3, 0.7, 0.95)).use == "none"
