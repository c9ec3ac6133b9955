"""Effects learned: simulated truth with known chances, forms against each other, other orders of rows, through JSON."""

from __future__ import annotations

import builtins
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import absent

from evergrove.core.arguments import InvalidArgument
from evergrove.models.learned import NeedsMl, WrongFeatures, ml_here
from evergrove.models.uplift import (
    TooFewPeople,
    Trial,
    UpliftModel,
    effect_scores,
    expected_outcomes,
    fit,
)
from evergrove.models.uplift.boosted import Boosted, fit_boosted
from evergrove.models.uplift.linear import Linear, difference, fit_linear
from evergrove.models.uplift.types import mean_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.models.uplift.conftest import Simulated


@pytest.fixture
def ml() -> None:
    """Trees need the extra."""
    if not ml_here():
        absent("ml", "scikit-learn is not installed")


def test_scores_have_the_effect_as_their_mean_whatever_the_outcome_model(
    simulate: Callable[..., Simulated],
) -> None:
    """Within 3 errors of the truth with regressions, with none and with nonsense; the plain difference is far off."""
    log = simulate(20_000)
    trial, truth = log.trial, log.effect.mean(axis=0)
    nonsense = np.column_stack([np.full(len(trial), value) for value in (30.0, -20.0, 5.0)])

    ses = []
    for told in (expected_outcomes(trial), np.zeros_like(nonsense), nonsense):
        scores = effect_scores(trial, told)
        found = [mean_of(scores[:, offer], trial.unit) for offer in (0, 1)]
        for each, true in zip(found, truth, strict=True):
            assert abs(each.value - true) < 3 * each.se
        ses.append(found[0].se)

    assert ses[0] < ses[1] < ses[2]
    plain = trial.outcome[trial.arm == 1].mean() - trial.outcome[trial.arm == 0].mean()
    assert abs(plain - truth[0]) > 5 * ses[0]


def test_several_offers_are_told_apart(simulate: Callable[..., Simulated]) -> None:
    """One brings 1 + x0, the other nothing: slopes, levels and the effect of each customer."""
    log = simulate(20_000)

    model = fit(log.trial)

    found = model.predict(log.trial.X)
    assert model.offers == ("brings", "idle")
    assert found.shape == (20_000, 2)
    assert np.abs(found[:, 0] - log.effect[:, 0]).mean() < 0.1
    assert np.abs(found[:, 1]).mean() < 0.1
    assert [part.form for part in model.parts] == ["ridge", "ridge"]
    assert abs(model.parts[0].average - log.effect[:, 0].mean()) < 3 * model.parts[0].average_se


def test_yes_and_no_are_learned_too() -> None:
    """Of an outcome of 0 and 1: treated .1 more where the first column is 1, nothing where it is 0."""
    rng = np.random.default_rng(3)
    n = 40_000
    X = (rng.random((n, 2)) < 0.5).astype(np.float64)
    arm = (rng.random(n) < 0.5).astype(np.int64)
    came = (rng.random(n) < 0.1 + 0.05 * X[:, 1] + 0.1 * arm * X[:, 0]).astype(np.float64)

    model = fit(Trial(X, ("a", "b"), arm, came, np.array([0.5, 0.5]), ("mail",)))

    found = model.predict(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))[:, 0]
    np.testing.assert_allclose(found, [0, 0.1, 0, 0.1], atol=0.015)


def test_without_an_effect_the_differences_shrink(simulate: Callable[..., Simulated]) -> None:
    """Over 12 logs of the idle offer: the spread that is foretold is far below the noise of a free regression."""
    spreads, free = [], []
    for seed in range(12):
        trial = simulate(1500, seed).trial
        spreads.append(fit(trial).predict(trial.X)[:, 1].std())
        free.append(fit(trial, ("two-model",)).parts[1].shape.predict(trial.X).std())

    assert np.mean(spreads) < 0.4 * np.mean(free)


def test_columns_with_gaps_tell_by_their_gaps() -> None:
    """The effect is 2 where a column is unknown and 0 where it is known; a value beyond the known counts as the last."""
    rng = np.random.default_rng(5)
    n = 6000
    x = rng.normal(size=n)
    gap = rng.random(n) < 0.3
    arm = (rng.random(n) < 0.5).astype(np.int64)
    came = rng.normal(size=n) + 2.0 * arm * gap
    X = np.where(gap, np.nan, x)[:, None]

    model = fit(Trial(X, ("a",), arm, came, np.array([0.5, 0.5]), ("offer",)))

    asked = model.predict(np.array([[np.nan], [0.0], [1e9], [x[~gap].max()]]))[:, 0]
    np.testing.assert_allclose(asked[:2], [2.0, 0.0], atol=0.2)
    assert asked[2] == asked[3]


def test_who_was_not_eligible_teaches_nothing(simulate: Callable[..., Simulated]) -> None:
    """Rows without a chance of an offer have no score for it, and change nothing of what is learned of it."""
    log = simulate(4000)
    trial = log.trial
    never = np.arange(4000) % 4 == 0
    chances = np.where(never[:, None], [0.5, 0.0, 0.5], trial.probability)
    arm = np.where(never, 2 * (np.arange(4000) % 8 == 0), trial.arm)
    outcome = np.where(never, 1e3, trial.outcome)

    mixed = Trial(trial.X, trial.features, arm, outcome, chances, trial.offers)
    scores = effect_scores(mixed, np.zeros((4000, 3)))

    assert np.isnan(scores[never, 0]).all()
    assert np.isfinite(scores[~never]).all()
    assert fit(mixed).parts[0].people == int((~never).sum())


@pytest.mark.slow
def test_rows_of_one_customer_are_never_on_both_sides(simulate: Callable[..., Simulated]) -> None:
    """Each customer ten times over: without their ids, noise is learned by heart; with them it is not."""
    trial = simulate(300).trial
    X = np.random.default_rng(1).normal(size=(300, 25))
    names = tuple(f"x{i}" for i in range(25))
    many = np.tile(np.arange(300), 10)

    def spread(unit: np.ndarray) -> float:
        log = Trial(
            X[many], names, trial.arm[many], trial.outcome[many], trial.probability[many], trial.offers, unit
        )
        return float(fit(log).parts[1].slope)

    assert spread(many) < 0.6 < spread(np.arange(3000))


def test_a_line_is_the_library_s_ridge_with_the_same_penalty(ml: None) -> None:
    """Coefficients of scikit-learn's Ridge on the same standardised columns; penalty by GCV as RidgeCV finds it."""
    from sklearn.linear_model import Ridge, RidgeCV

    from evergrove.models.uplift.linear import PENALTIES

    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4)) * [1, 5, 0.1, 2]
    y = X @ [0.3, 0.02, 1.0, 0.0] + rng.normal(size=300)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)

    line = fit_linear(X, y)

    chosen = RidgeCV(np.array(PENALTIES) * 300).fit(Z, y).alpha_ / 300
    assert line.penalty == pytest.approx(chosen)
    theirs = Ridge(line.penalty * 300).fit(Z, y)
    np.testing.assert_allclose(line.slopes, theirs.coef_, rtol=1e-10)
    np.testing.assert_allclose(line.predict(X), theirs.predict(Z), rtol=1e-10)
    assert ml is None


def test_columns_that_say_the_same_or_nothing_do_no_harm() -> None:
    """A column twice, one without a spread and one always unknown: the same forecasts as without them."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 1))
    y = 2 * X[:, 0] + rng.normal(size=200)
    more = np.column_stack([X, X, np.full(200, 7.0), np.full(200, np.nan)])

    np.testing.assert_allclose(fit_linear(more, y).predict(more), fit_linear(X, y).predict(X), atol=0.02)


def test_the_difference_of_two_lines_is_a_line() -> None:
    """With the columns of one of them."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    first = fit_linear(X, y + X[:, 0])
    second = fit_linear(X[:80], y[:80], like=first)

    apart = difference(first, second).predict(X)

    np.testing.assert_allclose(apart, first.predict(X) - second.predict(X), atol=1e-12)


@pytest.mark.slow
@pytest.mark.usefixtures("ml")
def test_trees_are_taken_where_a_line_is_wrong(simulate: Callable[..., Simulated]) -> None:
    """A gain only where two columns are above 0: trees find it; where a line is right, the line is kept."""
    steps, line = simulate(20_000, steps=True), simulate(20_000)

    trees = fit(steps.trial, ("ridge", "trees"))
    kept = fit(line.trial, ("ridge", "trees"))

    assert (trees.parts[0].form, kept.parts[0].form) == ("trees", "ridge")
    truth, ridge = steps.effect[:, 0], fit(steps.trial)
    off = [np.abs(model.predict(steps.trial.X)[:, 0] - truth).mean() for model in (trees, ridge)]
    assert off[0] < 0.6 * off[1]


@pytest.mark.usefixtures("ml")
def test_trees_asked_at_once_are_the_trees(simulate: Callable[..., Simulated]) -> None:
    """To the last bit, gaps and values beyond all thresholds among them; and so are its first ones."""
    trial = simulate(3000).trial
    rng = np.random.default_rng(1)
    X = np.where(rng.random(trial.X.shape) < 0.1, np.nan, trial.X)
    trees = fit_boosted(X, trial.outcome, trial.features, np.ones(3000))
    asked = np.vstack([X, rng.normal(size=(2000, 3)) * 100, np.full((1, 3), np.nan), X[:50] + 1e-12])

    np.testing.assert_array_equal(trees.predict(asked), trees.trees.predict(asked))
    first = trees.first(7)
    np.testing.assert_array_equal(first.predict(asked), first.trees.predict(asked))
    assert len(first.trees.root) == 7
    assert trees._tables is not None
    read = Boosted.read(json.loads(json.dumps(trees.document())))
    np.testing.assert_array_equal(read.predict(asked), trees.predict(asked))
    with pytest.raises(WrongFeatures):
        trees.predict(asked[:, :2])


@pytest.mark.usefixtures("ml")
def test_json_keeps_every_digit(simulate: Callable[..., Simulated]) -> None:
    """All forms and all warnings through text and back."""
    trial = simulate(1200).trial
    for form in ("ridge", "trees", "two-model"):
        model = fit(trial, (form,))

        read = UpliftModel.read(json.loads(json.dumps(model.document(), allow_nan=False)))

        np.testing.assert_array_equal(read.predict(trial.X), model.predict(trial.X))
        assert read.document() == model.document()
        assert [str(each) for each in read.warnings] == [str(each) for each in model.warnings]
    assert model.warnings


def test_a_line_without_slopes_goes_through_json() -> None:
    """An infinite penalty, which JSON lacks."""
    line = fit_linear(np.zeros((10, 1)), np.arange(10.0))

    assert line.penalty == float("inf")
    read = Linear.read(json.loads(json.dumps(line.document(), allow_nan=False)))
    np.testing.assert_array_equal(read.predict(np.ones((3, 1))), [4.5] * 3)


def test_what_a_reader_should_know_is_warned_of(simulate: Callable[..., Simulated]) -> None:
    """Small arms; chances that are not those of the draw; an offer that ranks nobody."""
    trial = simulate(1200).trial
    claimed = Trial(
        trial.X, trial.features, trial.arm, trial.outcome, np.array([0.1, 0.5, 0.4]), trial.offers
    )
    flat = Trial(np.zeros((1200, 1)), ("a",), trial.arm, trial.outcome, trial.probability, trial.offers)

    assert {each.code for each in fit(trial).warnings} >= {"models.few_people"}
    assert "models.assignment_differs" in {each.code for each in fit(claimed).warnings}
    codes = [each.code for each in fit(flat).warnings]
    assert codes.count("models.nothing_to_rank") == 2
    assert "models.assignment_differs" not in codes
    assert len(np.unique(fit(flat).predict(np.ones((5, 1))))) == 2


def test_what_cannot_be_learned_is_refused(simulate: Callable[..., Simulated]) -> None:
    """An arm of a few, a form that there is none of, another table."""
    log = simulate(300)

    with pytest.raises(TooFewPeople, match="50 are needed"):
        fit(log.trial.rows(np.arange(100)))
    with pytest.raises(InvalidArgument, match="forest"):
        fit(log.trial, ("forest",))  # type: ignore[arg-type]  # as a notebook may ask
    with pytest.raises(WrongFeatures):
        fit(simulate(1000).trial).predict(np.zeros((2, 2)))


def test_without_the_extra_ridge_learns_and_trees_name_it(
    simulate: Callable[..., Simulated], monkeypatch: pytest.MonkeyPatch
) -> None:
    """scikit-learn is asked for by trees alone."""
    trial = simulate(1000).trial
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError(name)
        return real(name, *args, **more)

    monkeypatch.delitem(sys.modules, "sklearn.ensemble", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)

    assert np.isfinite(fit(trial).predict(trial.X)).all()
    with pytest.raises(NeedsMl, match=r"evergrove\[ml\]"):
        fit(trial, ("trees",))
