"""Who replaces whom: hand-made forecasts of customers whose true chances are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.models import Summary
from evergrove.scoring.rolling.champions import STACK, Round, crown
from evergrove.scoring.rolling.purposes import Loss, churn_loss, gain
from evergrove.scoring.rolling.stacking import combined, fitted_weight
from evergrove.scoring.rolling.types import Forecast
from evergrove.scoring.types import Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models.types import Floats

NAIVE = frozenset({"recency", "last_period"})
CUSTOMERS = 4000


def logistic(values: Floats) -> Floats:
    """Chances from log odds."""
    return np.asarray(1 / (1 + np.exp(-values)))


def an_origin(k: int, odds: Mapping[str, Floats], seed: int, truth: Floats) -> Round:
    """What came by the true log odds, and what everybody said of it."""
    random = np.random.default_rng(seed)
    came = (random.uniform(size=len(truth)) < logistic(truth)).astype(np.float64)
    nothing = np.zeros(len(truth))
    day = date(2025, 1, 1) + timedelta(days=90 * k)
    summary = Summary(nothing, nothing, nothing + 50.0, unit="day")
    split = Split(day, day + timedelta(days=90), summary, summary, came, None, nothing, None)
    said = {name: Forecast(purchases=logistic(each), active=logistic(each)) for name, each in odds.items()}
    return Round(split, said)


def origins(count: int, errors: Mapping[str, float], seed: int = 1) -> list[Round]:
    """Contenders who see the true log odds with an error of their own, of the given standard deviation."""
    found = []
    for k in range(count):
        random = np.random.default_rng((seed, k))
        truth = random.normal(-1.0, 1.5, CUSTOMERS)
        odds = {name: truth + sd * random.standard_normal(CUSTOMERS) for name, sd in errors.items()}
        found.append(an_origin(k, odds, seed=100 * seed + k, truth=truth))
    return found


def without(rounds: Sequence[Round], name: str, at: int) -> list[Round]:
    """The same, where one contender said nothing at one origin."""
    silent = {key: said for key, said in rounds[at].forecasts.items() if key != name}
    return [*rounds[:at], Round(rounds[at].split, silent), *rounds[at + 1 :]]


def test_a_plain_gain_replaces_the_rule() -> None:
    """Whoever sees the truth better by far is the champion; the best rule stands beside it."""
    champion = crown("churn", origins(3, {"recency": 1.5, "last_period": 3.0, "model": 0.2}), NAIVE)

    assert champion is not None
    assert champion.name == "model"
    assert champion.replaced
    assert champion.naive is not None
    assert champion.naive.name == "recency"
    assert champion.runner_up is not None
    assert champion.runner_up.name == "recency"
    assert [standing.name for standing in champion.standings] == ["model", "recency", "last_period"]
    assert champion.gain is not None
    assert champion.gain.is_plain
    assert champion.gain.mean == pytest.approx(champion.naive.loss - champion.loss)


def test_a_gain_within_its_error_replaces_nothing() -> None:
    """A model that is the rule but for a hair's breadth of noise is not reliably better, whatever its mean says."""
    rounds = []
    for k, one in enumerate(origins(3, {"recency": 0.5})):
        random = np.random.default_rng(k)
        rule = one.forecasts["recency"].active
        assert rule is not None
        other = Forecast(rule, active=np.clip(rule + 0.02 * random.standard_normal(CUSTOMERS), 0.001, 0.999))
        rounds.append(Round(one.split, {**one.forecasts, "model": other}))

    champion = crown("churn", rounds, NAIVE)

    assert champion is not None
    assert champion.name == "recency"
    assert not champion.replaced
    assert champion.challenger is not None
    assert champion.challenger.name == "model"
    assert champion.gain is not None
    assert not champion.gain.is_plain


def test_of_two_that_cannot_be_told_apart_the_first_is_taken() -> None:
    """Preferred models stand first: a rival has to be plainly better, not better by chance."""
    same = origins(2, {"recency": 2.0, "preferred": 0.3, "rival": 0.3}, seed=7)  # too few for a stack

    champion = crown("churn", same, NAIVE)
    turned = [Round(one.split, dict(list(one.forecasts.items())[::-1])) for one in same]
    other = crown("churn", turned, NAIVE)

    assert champion is not None
    assert other is not None
    assert {champion.name, other.name} == {"preferred", "rival"}
    assert champion.name == "preferred"
    better = crown("churn", origins(2, {"recency": 2.0, "preferred": 1.0, "rival": 0.2}), NAIVE)
    assert better is not None
    assert better.name == "rival"


def test_who_was_silent_at_an_origin_is_not_compared() -> None:
    """Its mean over the others would be of other customers."""
    rounds = without(origins(3, {"recency": 1.0, "model": 0.2, "silent": 0.0}), "silent", at=1)

    champion = crown("churn", rounds, NAIVE)

    assert champion is not None
    assert champion.name == "model"
    assert "silent" not in {standing.name for standing in champion.standings}


def test_origins_without_any_rule_show_no_gain_over_one() -> None:
    """They are left out, as long as there are others."""
    rounds = without(origins(3, {"recency": 1.0, "model": 0.2}), "recency", at=0)

    champion = crown("churn", rounds, NAIVE)
    alone = crown("churn", [without([one], "recency", at=0)[0] for one in rounds], NAIVE)

    assert champion is not None
    assert champion.origins == tuple(one.split.origin for one in rounds[1:])
    assert alone is not None
    assert alone.naive is None
    assert alone.name == "model"
    assert len(alone.origins) == 3


def test_what_nobody_says_has_no_champion() -> None:
    """Without dates there is nothing to be wrong about."""
    assert crown("next_date", origins(2, {"recency": 1.0, "model": 0.5}), NAIVE) is None


def test_the_rule_is_followed_from_earlier_origins_only() -> None:
    """Better at the first two of three, worse at the third: it is taken there, and what came of it is told."""
    early = origins(3, {"recency": 1.0, "model": 0.1}, seed=3)
    late = origins(3, {"recency": 0.1, "model": 3.0}, seed=4)
    rounds = [*early[:2], late[2]]

    champion = crown("churn", rounds, NAIVE)

    assert champion is not None
    second, third = champion.followed
    assert (second.name, third.name) == ("model", "model")
    assert second.loss < second.naive_loss
    assert third.loss > third.naive_loss
    assert third.origin == rounds[2].split.origin


def test_the_error_of_a_gain_is_the_larger_of_two() -> None:
    """By hand: windows that disagree outweigh many customers, and few customers outweigh windows that agree."""
    alike, apart = np.zeros(4), np.array([2.0, -2.0, 2.0, -2.0])
    rule = [Loss(1.0, alike), Loss(1.0, alike)]

    by_windows = gain([Loss(0.9, alike), Loss(0.7, alike)], rule)
    by_customers = gain([Loss(0.8, apart), Loss(0.8, apart)], rule)

    assert (by_windows.mean, by_customers.mean) == pytest.approx((0.2, 0.2))
    assert by_windows.standard_error == pytest.approx(0.1)  # 0.1 and 0.3: 0.1414 / sqrt(2)
    assert by_customers.standard_error == pytest.approx(np.sqrt(0.5))  # each mean of 4: variance 16 / 16
    assert by_windows.is_plain
    assert not by_customers.is_plain


def test_two_that_err_apart_are_stacked() -> None:
    """Errors of their own cancel in the mean: it beats each on later origins, and is compared there."""
    rounds = origins(5, {"recency": 4.0, "first": 1.5, "second": 1.5}, seed=9)

    champion = crown("churn", rounds, NAIVE)

    assert champion is not None
    assert champion.name == STACK
    assert champion.stack is not None
    assert set(champion.stack.parts) == {"first", "second"}
    assert 0.2 < champion.stack.weight < 0.8
    assert champion.origins == champion.stack.origins == tuple(one.split.origin for one in rounds[1:])
    rivals = {rival.name: rival.loss for rival in champion.stack.rivals}
    assert champion.loss < min(rivals.values())
    assert champion.naive is not None
    assert champion.naive.loss == rivals["recency"]
    assert champion.runner_up is not None
    assert champion.runner_up.name in {"first", "second"}


def test_a_part_that_knows_everything_is_not_diluted() -> None:
    """Beside the truth the other part has nothing to add: no stack is taken."""
    champion = crown("churn", origins(4, {"recency": 2.0, "truth": 0.0, "second": 1.0}), NAIVE)

    assert champion is not None
    assert champion.name == "truth"
    assert champion.stack is not None
    assert not champion.stack.accepted


def test_two_origins_are_too_few_for_a_stack() -> None:
    """One later origin could be chance."""
    champion = crown("churn", origins(2, {"recency": 4.0, "first": 1.5, "second": 1.5}), NAIVE)

    assert champion is not None
    assert champion.stack is None


def test_a_model_and_its_seasonal_twin_are_no_two_parts() -> None:
    """They err together."""
    champion = crown("churn", origins(4, {"m": 1.5, "m+season": 1.5}), NAIVE)

    assert champion is not None
    assert champion.stack is None


def test_weights_are_those_with_the_least_loss() -> None:
    """All on the better part where the other adds nothing; shared where their errors cancel."""
    rounds = origins(2, {"truth": 0.0, "noise": 4.0})

    assert fitted_weight(churn_loss, rounds, ("truth", "noise")) == 1.0
    assert fitted_weight(churn_loss, rounds, ("noise", "truth")) == 0.0


def test_only_what_both_say_is_mixed() -> None:
    """And nothing that cannot be mixed so: no intervals, no log scores."""
    ones, chance = np.ones(3), np.full(3, 0.4)
    first = Forecast(ones, spend=10 * ones, active=chance, low=ones, high=ones, log_score=-ones)
    second = replace(first, purchases=3 * ones, spend=None, active=chance / 2)

    mixed = combined(first, second, 0.25)

    np.testing.assert_allclose(mixed.purchases, 2.5)
    np.testing.assert_allclose(mixed.active, 0.25)  # type: ignore[arg-type]
    assert (mixed.spend, mixed.low, mixed.high, mixed.log_score) == (None, None, None, None)
