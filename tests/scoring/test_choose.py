"""The automatic rule: judged on a hold-out, dropout models preferred, failures on record."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.core import EvergroveError
from evergrove.models import Fit, Summary
from evergrove.models.nbd import Nbd
from evergrove.models.pareto_nbd import ParetoNbd
from evergrove.scoring import choose
from evergrove.scoring.choose import (
    MODELS,
    choose_model,
    compared,
    fit_model,
    holdout_days,
    holdout_log_scores,
    last_resort,
    model_class,
    order_of_choice,
)
from evergrove.scoring.errors import ModelFailed, UnknownModel
from evergrove.scoring.sample import Past
from evergrove.scoring.splits import Histories
from evergrove.scoring.types import Candidate

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import Split


@pytest.fixture(scope="module")
def split(cdnow: CustomerBase) -> Split:
    """The published hold-out."""
    return Histories(cdnow, Past(cdnow.split), "week").split(date(1997, 9, 30), date(1998, 6, 30))


def candidates(**scores: list[float]) -> tuple[Candidate, ...]:
    """Candidates with a log score per customer; names with _ for -."""
    named = {name.replace("_", "-"): np.array(values) for name, values in scores.items()}
    tried = [Candidate(name=name, eligible=name in choose.PREFERRED) for name in named]
    return compared(tried, named)


@pytest.mark.parametrize(
    ("history", "weeks"), [(38 * 7 + 6, 0), (39 * 7, 13), (78 * 7, 26), (156 * 7, 52), (500 * 7, 52)]
)
def test_the_holdout_is_a_third_of_13_to_52_weeks(history: int, weeks: int) -> None:
    """Under 39 weeks there is none."""
    assert holdout_days(history) == weeks * 7


def test_within_one_standard_error_pareto_is_preferred() -> None:
    """MBG is ahead by 1 with a standard error of 2: not enough."""
    noise = np.tile([-1.0, 1.0], 50) * 0.2
    found = candidates(pareto_nbd=np.full(100, -1.0), mbg_nbd=-0.99 + noise, bg_nbd=np.full(100, -5.0))  # type: ignore[arg-type]

    assert order_of_choice(found) == ("pareto-nbd", "mbg-nbd")
    pareto = next(c for c in found if c.name == "pareto-nbd")
    assert pareto.behind == pytest.approx(1.0)
    assert pareto.standard_error == pytest.approx(2.0)


def test_a_clear_lead_decides() -> None:
    """MBG is ahead by 10 with a standard error of 2."""
    noise = np.tile([-1.0, 1.0], 50) * 0.2
    found = candidates(pareto_nbd=np.full(100, -1.0), mbg_nbd=-0.9 + noise)  # type: ignore[arg-type]

    assert order_of_choice(found) == ("mbg-nbd", "pareto-nbd")


def test_nbd_and_bg_are_reported_but_never_chosen() -> None:
    """Even where their score is best; their lead is shown as negative."""
    found = candidates(nbd=[-0.1] * 9, bg_nbd=[-0.2] * 9, pareto_nbd=[-1.0] * 9, mbg_nbd=[-2.0] * 9)

    assert [c.name for c in found] == ["nbd", "bg-nbd", "pareto-nbd", "mbg-nbd"]
    assert order_of_choice(found) == ("pareto-nbd", "mbg-nbd")
    assert found[0].behind == pytest.approx(-8.1)


@pytest.mark.parametrize("name", MODELS)
def test_log_scores_are_those_of_each_customer(split: Split, name: str) -> None:
    """Customers with equal histories and counts share one evaluation; the answer is the model's own."""
    model = fit_model(name, split.fitted).model
    at = split.calibration
    some = slice(0, 300)

    found = holdout_log_scores(model, split)

    direct = model.log_probability_of_purchases(
        split.purchases[some], split.days / 7, at.frequency[some], at.recency[some], at.T[some]
    )
    np.testing.assert_allclose(found[some], direct, rtol=1e-12)


def test_cdnow_is_a_shop_with_dropout(split: Split, cdnow: CustomerBase) -> None:
    """NBD, in which nobody leaves, foretells the hold-out far worse; a dropout model is chosen and refitted."""
    full = Histories(cdnow, Past(cdnow.split), "week").fitted

    choice, fit = choose_model(full, split)

    scores = {c.name: c.log_score for c in choice.candidates}
    assert set(scores) == set(MODELS)
    assert choice.how == "back_test"
    assert choice.name in choose.PREFERRED
    assert fit is not None
    assert fit.model.name == choice.name
    assert fit.observation_end == cdnow.observation_end
    assert scores["nbd"] is not None
    assert scores[choice.name] is not None
    assert scores[choice.name] - scores["nbd"] > 100  # type: ignore[operator]


def test_without_a_holdout_it_is_pareto(cdnow: CustomerBase) -> None:
    """Said so."""
    choice, fit = choose_model(Histories(cdnow, Past(cdnow.split), "week").fitted, None)

    assert (choice.name, choice.how, choice.split_origin) == ("pareto-nbd", "short_history", None)
    assert fit is not None
    assert isinstance(fit.model, ParetoNbd)


def test_failures_are_lines_in_the_record(
    split: Split, cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both dropout models break down: NBD stands in, and the record says why."""
    whole = choose.fit_model

    def breaking(name: str, summary: Summary, near: Any = None) -> Any:
        if name in choose.PREFERRED:
            raise ModelFailed(model=name, reason="overflow")
        return whole(name, summary, near)

    monkeypatch.setattr(choose, "fit_model", breaking)
    choice, fit = choose_model(Histories(cdnow, Past(cdnow.split), "week").fitted, split)

    assert (choice.name, choice.how) == ("nbd", "fallback")
    assert fit is not None
    failed = {c.name for c in choice.candidates if c.failure is not None}
    assert failed == set(choose.PREFERRED)


def refit(name: str, log_likelihood: float | None, *, flat: bool = False) -> Candidate:
    """A candidate fitted on all data."""
    if log_likelihood is None:
        return Candidate(name=name, failure=ModelFailed(model=name, reason="overflow"))
    fit = Fit(Nbd(r=1.0, alpha=1.0), log_likelihood, (), {}, np.eye(1), np.eye(1), 0, 0.0, 1, None)
    return Candidate(name=name, fit=fit, flat=flat)


@pytest.mark.parametrize(
    ("pareto", "mbg", "nbd", "chosen"),
    [
        (-100.0, -100.0, -100.0, "nbd"),  # dropout ran to nought: nobody leaves
        (-80.0, -79.0, -100.0, "pareto-nbd"),  # people leave, though the ridge is flat
        (None, -80.0, -100.0, "mbg-nbd"),
        (-100.0, -100.0, None, "pareto-nbd"),
        (None, None, -100.0, "nbd"),
    ],
)
def test_on_flat_ridges_nbd_stands_in_only_where_nobody_leaves(
    pareto: float | None, mbg: float | None, nbd: float | None, chosen: str
) -> None:
    """A likelihood far above NBD's is evidence of leaving, even if its parameters are not pinned down."""
    refits = [refit("pareto-nbd", pareto, flat=True), refit("mbg-nbd", mbg, flat=True), refit("nbd", nbd)]

    assert last_resort(refits).name == chosen


def test_if_everything_fails_there_is_no_model(
    split: Split, cdnow: CustomerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No crash, and no numbers that look fine."""

    def breaking(name: str, _summary: Summary, _near: Any = None) -> Any:
        raise ModelFailed(model=name, reason="overflow")

    monkeypatch.setattr(choose, "fit_model", breaking)

    choice, fit = choose_model(Histories(cdnow, Past(cdnow.split), "week").fitted, split)

    assert (choice.name, choice.how, fit) == ("", "average_rate", None)
    assert all(isinstance(c.failure, EvergroveError) for c in choice.candidates)


def test_a_breakdown_in_arithmetic_becomes_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The original is its cause."""

    def overflow(_summary: Summary) -> Any:
        raise FloatingPointError("overflow")

    monkeypatch.setattr(ParetoNbd, "fit", overflow)

    with pytest.raises(ModelFailed) as failed:
        fit_model("pareto-nbd", Summary(frequency=[1], recency=[1], T=[2]))  # type: ignore[arg-type]

    assert isinstance(failed.value.__cause__, FloatingPointError)


def test_a_model_that_does_not_exist_is_refused_by_name() -> None:
    """With the names that do."""
    with pytest.raises(UnknownModel, match="pareto-nbd, mbg-nbd, mbg-cnbd, bg-nbd, bg-cnbd or nbd"):
        model_class("weibull")
