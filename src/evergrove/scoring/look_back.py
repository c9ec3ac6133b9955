"""Looking back from today: the holdout, the back-test, the tracking, the cut of the stages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError
from evergrove.scoring.back_test import back_test, rolling_origins
from evergrove.scoring.choose import fit_model
from evergrove.scoring.return_cut import NO_CUT, cut_from_back_test, cut_from_model
from evergrove.scoring.spend_fits import SpendFits
from evergrove.scoring.splits import SHORTEST_CALIBRATION_DAYS
from evergrove.scoring.tracking import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evergrove.models.types import Fit, Floats
    from evergrove.scoring.splits import Histories
    from evergrove.scoring.types import (
        BackTest,
        Choice,
        Readiness,
        ReturnCut,
        SpendConvention,
        Split,
        Tracking,
    )
    from evergrove.settings import StageSettings


def holdout(histories: Histories, ready: Readiness) -> Split | None:
    """The origin to judge at, a holdout before today; None where the history is too short for one."""
    if not ready.holdout_days:
        return None
    as_of = histories.base.observation_end
    return histories.split(as_of - timedelta(days=ready.holdout_days), as_of)


def judged_fits(choice: Choice, split: Split) -> tuple[dict[str, Fit[Any]], dict[str, float]]:
    """
    Fits at the origin by model, and their log scores: those of the choice, or of the one named model.

    A model named by the user has no rival to compare its log score with: it is not worked out.
    """
    if choice.how != "given":
        tried = [c for c in choice.candidates if c.fit is not None and choice.split_origin is not None]
        scores = {c.name: c.log_score for c in tried if c.log_score is not None}
        return {c.name: c.fit for c in tried if c.fit is not None}, scores
    try:
        fit = fit_model(choice.name, split.fitted)
    except EvergroveError:
        return {}, {}
    return {choice.name: fit}, {}


def judge_past(
    name: str,
    split: Split,
    fits: Mapping[str, Fit[Any]],
    log_scores: Mapping[str, float],
    histories: Histories,
    convention: SpendConvention,
) -> BackTest | None:
    """
    The back-test of the chosen model and its rivals; None where it did not fit at the origin.

    The form of the spend model is chosen anew at each origin, by the window that ended there: today's form knows
    what came after.
    """
    if name not in fits:
        return None
    origins = rolling_origins(histories.first_date, split.until, split.days)
    earlier = [histories.split(day, day + timedelta(days=split.days)) for day in origins[1:]]
    money = SpendFits(convention, histories.before)
    return back_test(name, split, earlier, fits, log_scores, money, histories.past.every)


def track_weeks(
    today: Fit[Any],
    at_origin: Fit[Any] | None,
    split: Split | None,
    histories: Histories,
    repeats_by_day: NDArray[Any] | None,
) -> Tracking:
    """Expected beside actual purchases, from the fit that did not see the holdout where there is one."""
    first = histories.first_date
    won_on = (histories.base.first_order_date - np.datetime64(first)).astype(np.int64)
    won = np.bincount(won_on, minlength=(histories.base.observation_end - first).days + 1)
    if split is None or at_origin is None:
        return track(today.model, first, won, repeats_by_day, None)
    return track(at_origin.model, first, won, repeats_by_day, split.origin + timedelta(days=1))


def churn_cut(
    name: str, p_active: Floats, histories: Histories, stages: StageSettings, *, look_back: bool
) -> ReturnCut:
    """
    From a back-test where the history allows one, else from the model's own chances.

    Args:
        name: Of the chosen model; "" gives no cut.
        p_active: Today's chances, per customer.
        histories: Of the customers.
        stages: Horizon of ``p_active`` and the share that may come back.
        look_back: Whether a back-test is wanted.
    """
    if not name:
        return NO_CUT
    as_of = histories.base.observation_end
    origin = as_of - timedelta(days=stages.active_days)
    if not look_back or (origin - histories.first_date).days < SHORTEST_CALIBRATION_DAYS:
        return cut_from_model(p_active, stages.return_share)
    split = histories.split(origin, as_of)
    try:
        model = fit_model(name, split.fitted).model
    except EvergroveError:
        return cut_from_model(p_active, stages.return_share)
    at = split.calibration
    horizon = stages.active_days / DAYS_PER[model.unit]
    then = model.probability_active(horizon, at.frequency, at.recency, at.T)
    return cut_from_back_test(then, split.purchases, stages.return_share, origin)
