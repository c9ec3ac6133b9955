"""Learn on one half of the customers, prove on the other, then learn from all: effects that come with their evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.models.uplift.calibration import calibration
from evergrove.models.uplift.contrast import contrast
from evergrove.models.uplift.fitting import FORMS, fit
from evergrove.models.uplift.ranking import rank
from evergrove.models.uplift.resampled import DRAWS
from evergrove.models.uplift.scores import effect_scores, expected_by, outcome_models
from evergrove.models.uplift.trial import folds
from evergrove.models.uplift.types import LEVEL, normal
from evergrove.models.uplift.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models.types import Floats
    from evergrove.models.uplift.calibration import Calibration
    from evergrove.models.uplift.model import Form, UpliftModel
    from evergrove.models.uplift.ranking import Ranking
    from evergrove.models.uplift.trial import Trial
    from evergrove.models.uplift.verdict import Verdict


@dataclass(frozen=True)
class Evidence:
    """
    What is known of one offer from customers whom nothing was learned from.

    Attributes:
        offer: Its name.
        form: What was learned: "ridge" or "trees".
        ranking: What the order by expected effect is worth.
        calibration: Effects foretold beside effects measured.
        two_model: What the order of two separate models is worth, as a check.
        agreement: Rank correlation of the two orders; NaN where one has none.
        verdict: What to do with the offer.
    """

    offer: str
    form: Form
    ranking: Ranking
    calibration: Calibration
    two_model: Ranking
    agreement: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Uplift:
    """
    Expected effects, and what they are worth.

    Attributes:
        model: Learned from all rows.
        evidence: One an offer, of a model learned from half of the customers, on the other half.
    """

    model: UpliftModel
    evidence: tuple[Evidence, ...]

    def effects(self, X: Floats) -> Floats:
        """
        Expected effects as the verdicts allow: by customer where ranking is proven, else the average for everybody.

        Args:
            X: Shape (n, f).

        Returns:
            Shape (n, k), before the costs of a contact; an offer that goes to none has its average effect too.
        """
        columns = [
            part.predict(X) if each.verdict.use == "ranking" else np.full(len(X), part.average)
            for part, each in zip(self.model.parts, self.evidence, strict=True)
        ]
        return np.column_stack(columns)


def learn(
    trial: Trial,
    costs: Mapping[str, float] | None = None,
    forms: Sequence[Form] = FORMS,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 1,
) -> Uplift:
    """
    Learn effects of offers and whether they may be used.

    Args:
        trial: A log of random offers with known chances.
        costs: Of one contact, by offer, in the unit of the outcome; 0 where not named.
        forms: Of the models, the simplest first; see ``fit``.
        level: Probability between all bounds.
        draws: Of the bootstrap.
        seed: Of halves, folds and draws.

    Raises:
        TooFewPeople: An arm has too few rows in a half.
        NeedsMl: Trees are asked for, and scikit-learn is not installed.
    """
    first = folds(trial.unit, 2, seed) == 0
    evidence = prove(trial.rows(first), trial.rows(~first), costs, forms, level=level, draws=draws, seed=seed)
    model = fit(trial, forms, seed)
    # What an offer brings on average nobody was chosen for: all rows tell it, where the order needs those left out.
    judged = tuple(
        replace(
            each,
            verdict=judge(
                each.offer,
                each.ranking,
                (costs or {}).get(each.offer, 0.0),
                normal(part.average, part.average_se, level),
            ),
        )
        for each, part in zip(evidence, model.parts, strict=True)
    )
    return Uplift(model, judged)


def prove(
    learned: Trial,
    held_out: Trial,
    costs: Mapping[str, float] | None = None,
    forms: Sequence[Form] = FORMS,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 1,
) -> tuple[Evidence, ...]:
    """
    Learn effects on one log and measure them on another, of other customers; see ``learn``.

    Raises:
        TooFewPeople: An arm has too few rows in either.
        NeedsMl: Trees are asked for, and scikit-learn is not installed.
    """
    ours, expected = fit(learned, forms, seed), expected_by(outcome_models(learned), held_out.X)
    said, other = ours.predict(held_out.X), expected[:, 1:] - expected[:, :1]
    scores = effect_scores(held_out, expected)
    found = []
    for place, part in enumerate(ours.parts):
        seen, here = contrast(held_out, place + 1)
        ranking, second = (
            rank(each[here, place], seen, level=level, draws=draws, seed=seed) for each in (said, other)
        )
        found.append(
            Evidence(
                offer=part.offer,
                form=part.form,
                ranking=ranking,
                calibration=calibration(said[:, place], scores[:, place], held_out.unit, level=level),
                two_model=second,
                agreement=_agreement(said[here, place], other[here, place]),
                verdict=judge(part.offer, ranking, (costs or {}).get(part.offer, 0.0)),
            )
        )
    return tuple(found)


def _agreement(ours: Floats, other: Floats) -> float:
    """Spearman's rank correlation, ties at their mid-rank."""
    if np.ptp(ours) == 0.0 or np.ptp(other) == 0.0:
        return float("nan")
    return float(np.corrcoef(_middle(ours), _middle(other))[0, 1])


def _middle(values: Floats) -> Floats:
    _distinct, code, count = np.unique(values, return_inverse=True, return_counts=True)
    middle: Floats = (np.cumsum(count) - count / 2.0)[code]
    return middle
