"""Effects learned from doubly robust scores: ridge first, trees where they are better on customers left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from evergrove.core.arguments import one_of
from evergrove.models.uplift.boosted import STAGES, fit_boosted
from evergrove.models.uplift.errors import AssignmentDiffers, FewPeople, NothingToRank
from evergrove.models.uplift.linear import difference, fit_linear
from evergrove.models.uplift.model import Form, Part, UpliftModel
from evergrove.models.uplift.scores import (
    effect_scores,
    expected_outcomes,
    name_of,
    outcome_models,
    precision,
)
from evergrove.models.uplift.trial import folds, left_out
from evergrove.models.uplift.types import mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.core import EvergroveWarning
    from evergrove.models.types import Floats
    from evergrove.models.uplift.boosted import Boosted
    from evergrove.models.uplift.linear import Linear
    from evergrove.models.uplift.trial import Trial

FORMS: tuple[Form, ...] = ("ridge",)
WANTED = 1000
"""With fewer customers in an arm its differences between customers hardly show."""
SURPRISE = 3.29
"""Standard errors that chance exceeds once in a thousand logs."""


def fit(trial: Trial, forms: Sequence[Form] = FORMS, seed: int = 1) -> UpliftModel:
    """
    Learn the effect of every offer against nothing.

    Scores are cross-fitted in five parts. Of several forms the first is kept unless another is nearer to the
    scores of customers left out by more than one standard error of the difference.

    Args:
        trial: A log of random offers with known chances.
        forms: "ridge", "trees" (needs the extra ``ml``), "two-model" (a check), the simplest first.
        seed: Of the parts.

    Raises:
        InvalidArgument: There is no such form.
        TooFewPeople: An arm has too few rows.
        NeedsMl: Trees are asked for, and scikit-learn is not installed.
    """
    for form in forms:
        one_of("forms", form, get_args(Form))
    fold = folds(trial.unit, seed=seed)
    scores = effect_scores(trial, expected_outcomes(trial, fold))
    parts = tuple(_part(trial, scores, fold, offer, forms) for offer in range(1, len(trial.offers) + 1))
    return UpliftModel(trial.features, parts, seed, tuple(_warnings(trial, parts)))


@dataclass(frozen=True, eq=False)
class _Tried:
    """A form, and what it says of rows that it has not seen. Shape (n,)."""

    form: Form
    shape: Linear | Boosted
    said: Floats


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of one offer: eligible ones."""

    trial: Trial
    offer: int
    score: Floats
    weight: Floats
    fold: NDArray[np.int64]


def _part(trial: Trial, scores: Floats, fold: NDArray[np.int64], offer: int, forms: Sequence[Form]) -> Part:
    can = trial.eligible(offer)
    rows = _Rows(trial.rows(can), offer, scores[can, offer - 1], precision(trial, offer)[can], fold[can])
    best, *others = [_tried(rows, form) for form in forms]
    for other in others:
        gain = rows.weight * ((rows.score - best.said) ** 2 - (rows.score - other.said) ** 2)
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            best = other
    average = mean_of(rows.score, rows.trial.unit)
    return Part(
        offer=trial.offers[offer - 1],
        form=best.form,
        shape=best.shape,
        average=average.value,
        average_se=average.se,
        centre=float(best.shape.predict(rows.trial.X).mean()),
        slope=_held(best.said, rows.score),
        people=len(rows.score),
    )


def _tried(rows: _Rows, form: Form) -> _Tried:
    return {"ridge": _ridge, "trees": _trees, "two-model": _two_model}[form](rows)


def _ridge(rows: _Rows) -> _Tried:
    X, said = rows.trial.X, np.empty(len(rows.score))
    for learned, out in left_out(rows.fold):
        said[out] = fit_linear(X[learned], rows.score[learned], rows.weight[learned]).predict(X[out])
    return _Tried("ridge", fit_linear(X, rows.score, rows.weight), said)


def _trees(rows: _Rows) -> _Tried:
    """As many trees as are nearest to the scores of customers left out."""
    X, names = rows.trial.X, rows.trial.features
    said = np.empty((len(STAGES), len(rows.score)))
    for learned, out in left_out(rows.fold):
        grown = fit_boosted(X[learned], rows.score[learned], names, rows.weight[learned])
        for place, count in enumerate(STAGES):
            said[place, out] = grown.first(count).predict(X[out])
    best = int(np.argmin(((rows.score - said) ** 2) @ rows.weight))
    return _Tried("trees", fit_boosted(X, rows.score, names, rows.weight).first(STAGES[best]), said[best])


def _two_model(rows: _Rows) -> _Tried:
    """One regression an arm, and their difference."""
    trial, said = rows.trial, np.empty(len(rows.score))
    for learned, out in left_out(rows.fold):
        models = outcome_models(trial.rows(learned))
        said[out] = difference(models[rows.offer], models[0]).predict(trial.X[out])
    models = outcome_models(trial)
    return _Tried("two-model", difference(models[rows.offer], models[0]), said)


def _held(said: Floats, score: Floats) -> float:
    """By how much differences that were said hold on rows left out, from 0 to 1."""
    apart = said - said.mean()
    spread = float(apart @ apart)
    if spread <= 1e-24 * len(said) * (1.0 + float(said.mean()) ** 2):
        return 0.0
    return float(np.clip(apart @ (score - score.mean()) / spread, 0.0, 1.0))


def _warnings(trial: Trial, parts: tuple[Part, ...]) -> list[EvergroveWarning]:
    found: list[EvergroveWarning] = []
    for arm in range(len(trial.offers) + 1):
        chance, drawn = trial.probability[:, arm], int((trial.arm == arm).sum())
        expected, name = float(chance.sum()), name_of(trial, arm)
        if drawn < WANTED:
            found.append(FewPeople(arm=name, people=drawn, wanted=WANTED))
        if abs(drawn - expected) > SURPRISE * float(np.sqrt((chance * (1.0 - chance)).sum())) + 1e-6:
            found.append(AssignmentDiffers(arm=name, drawn=drawn, expected=round(expected)))
    return found + [NothingToRank(offer=part.offer) for part in parts if part.slope == 0.0]
