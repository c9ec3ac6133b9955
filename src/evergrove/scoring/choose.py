"""Which transaction model: the automatic rule, every failure a line in its record."""

from __future__ import annotations

import warnings
from dataclasses import replace
from importlib import import_module
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import DAYS_PER, EvergroveError, EvergroveWarning
from evergrove.models.distinct import levels
from evergrove.scoring.errors import ModelFailed, UnknownModel
from evergrove.scoring.types import Candidate, Choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit, Floats, Summary
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.types import How, Split

PREFERRED = ("pareto-nbd", "mbg-nbd")
"""What ``auto`` may choose; the first wins within one standard error."""
REGULAR = "mbg-cnbd"
"""What it may choose besides, after these, where purchases come more regularly than by chance (k > 1)."""
REPORTED = ("bg-nbd", "nbd")
"""Fitted and shown, never chosen: nobody who bought once can leave; nobody ever leaves."""
MODELS = PREFERRED + REPORTED
"""What ``auto`` always tries."""
NAMED = (*MODELS, REGULAR, "bg-cnbd")
"""What may be asked for by name."""
CLASSES = {
    "pareto-nbd": ("pareto_nbd", "ParetoNbd"),
    "mbg-nbd": ("mbg_nbd", "MbgNbd"),
    "bg-nbd": ("bg_nbd", "BgNbd"),
    "nbd": ("nbd", "Nbd"),
    "mbg-cnbd": ("regular.mbg_cnbd", "MbgCnbd"),
    "bg-cnbd": ("regular.bg_cnbd", "BgCnbd"),
}
LONGEST_HOLDOUT_DAYS = 52 * 7
SHORTEST_HOLDOUT_DAYS = 13 * 7
PLAINLY_BETTER = 4.6  # of log-likelihood, for two parameters more: a chance of 1 % if nobody left
IMPOSSIBLE = -700.0  # the log score of a count to which a model gives no chance at all


def model_class(name: str) -> type[TransactionModel]:
    """
    The class behind a model's name; only its own module is imported.

    Raises:
        UnknownModel: No model has that name.
    """
    if name not in NAMED:
        raise UnknownModel(name=name)
    module, found = CLASSES[name]
    chosen: type[TransactionModel] = getattr(import_module(f"evergrove.models.{module}"), found)
    return chosen


def holdout_days(history_days: int) -> int:
    """Length of the holdout: the last third, at most 52 and at least 13 weeks; 0 under 39 weeks of data."""
    if history_days < 3 * SHORTEST_HOLDOUT_DAYS:
        return 0
    return min(history_days // 3, LONGEST_HOLDOUT_DAYS)


def fit_model(name: str, summary: Summary, near: Fit[Any] | None = None) -> Fit[Any]:
    """
    Fit one model by name.

    Args:
        name: Its name.
        summary: Histories to fit to.
        near: A fit to much the same histories, if there is one: the climb starts there. A regular model chooses
            its k anew instead.

    Raises:
        UnknownModel: No model has that name.
        EvergroveError: The fit failed; ``ModelFailed`` where it broke down in arithmetic.
    """
    chosen = model_class(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # they travel in Fit.warnings
            if near is not None and near.model.name == name != REGULAR:
                refit: Fit[Any] = near.model.refitted(summary)
                return refit
            return chosen.fit(summary)
    except (ArithmeticError, np.linalg.LinAlgError, ValueError) as error:
        raise ModelFailed(model=name, reason=str(error)) from error


def is_flat(fit: Fit[Any]) -> bool:
    """Whether a fit lies on a flat ridge."""
    return any(warning.code == "models.flat_ridge" for warning in fit.warnings)


def tried(name: str, summary: Summary, near: Fit[Any] | None = None) -> Candidate:
    """One model; a failure is recorded, not raised. Arguments as for ``fit_model``."""
    try:
        fit = fit_model(name, summary, near)
    except EvergroveError as error:
        return Candidate(name=name, failure=error)
    flat = is_flat(fit)
    return Candidate(name=name, fit=fit, flat=flat, eligible=name in PREFERRED and not flat)


def tried_all(summary: Summary) -> tuple[Candidate, ...]:
    """Each model on the calibration window; the regular one only where its k comes out above 1."""
    candidates = [tried(name, summary) for name in MODELS]
    steady = next((c.fit for c in candidates if c.name == "mbg-nbd"), None)
    if steady is not None and (fit := fit_if_regular(summary, steady)) is not None:
        flat = is_flat(fit)
        candidates.append(Candidate(name=REGULAR, fit=fit, flat=flat, eligible=not flat))
    return tuple(candidates)


def fit_if_regular(summary: Summary, steady: Fit[Any]) -> Fit[Any] | None:
    """MBG/CNBD-k with k > 1; None where that is not likelier, or the summary does not tell the intervals."""
    if summary.log_intervals is None:
        return None
    chosen: Any = model_class(REGULAR)
    try:
        found: Fit[Any] | None = chosen.fit_if_regular(summary, steady)
    except (EvergroveError, ArithmeticError, np.linalg.LinAlgError, ValueError):
        return None  # MBG/NBD, its special case, has been fitted: nobody misses a twin that failed
    return found


def holdout_log_scores(model: TransactionModel, split: Split) -> Floats:
    """Log probability of each customer's holdout count, given the history at the origin; shape (n,)."""
    at, per_day = split.calibration.in_unit(model.unit), DAYS_PER[model.unit]
    columns = (
        levels(split.purchases),
        levels(at.frequency),
        levels(at.recency, per_day),
        levels(at.T, per_day),
    )
    key = np.zeros(len(at), dtype=np.int64)
    for values, code in columns:
        key = key * len(values) + code
    # Customers with the same history and the same count have the same score: it is worked out once.
    _, one_of, row_of = np.unique(key, return_index=True, return_inverse=True)
    scores = model.log_probability_of_purchases(
        split.purchases[one_of],
        split.horizon(model.unit),
        at.frequency[one_of],
        at.recency[one_of],
        at.T[one_of],
    )
    return np.maximum(scores, IMPOSSIBLE)[row_of]


def compared(candidates: Sequence[Candidate], scores: Mapping[str, Floats]) -> tuple[Candidate, ...]:
    """
    Write beside each candidate its log score and how far it lies behind the best that may be chosen.

    Args:
        candidates: As ``tried`` left them.
        scores: Log score of each customer, by candidate, in one order. Candidates that failed are absent.

    Returns:
        The candidates, best first, failures last.
    """
    totals = {name: float(each.sum()) for name, each in scores.items()}
    open_to = [c.name for c in candidates if c.eligible and c.name in totals] or list(totals)
    best = max(open_to, key=lambda name: totals[name], default="")
    done = []
    for candidate in candidates:
        name = candidate.name
        if name not in scores:
            done.append(candidate)
            continue
        lead = scores[best] - scores[name]
        error = sqrt(len(lead)) * float(lead.std()) if len(lead) else 0.0
        done.append(
            replace(candidate, log_score=totals[name], behind=float(lead.sum()), standard_error=error)
        )
    return tuple(sorted(done, key=lambda c: -np.inf if c.log_score is None else c.log_score, reverse=True))


def order_of_choice(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """
    The names that ``auto`` tries, in order.

    First those within one standard error of the best, the preferred one first; then the others by log score.
    """
    judged = [c for c in candidates if c.eligible and c.behind is not None and c.standard_error is not None]
    near = [c.name for c in judged if (c.behind or 0.0) <= (c.standard_error or 0.0)]
    near.sort(key=(*PREFERRED, REGULAR).index)
    return tuple(dict.fromkeys(near + [c.name for c in judged]))


def choose_model(
    full: Summary, split: Split | None, champions: Champions | None = None
) -> tuple[Choice, Fit[Any] | None]:
    """
    The automatic rule: judged on the holdout, refitted on all data; then a rolling back-test may know better.

    Without a holdout Pareto/NBD, else MBG/NBD. Where no judged model holds on all data, the last resorts are
    taken in this order, each said (``Choice.how`` is "fallback"): a preferred model that was not judged; one on
    a flat ridge that still tells the data much better than NBD does, since people plainly leave; NBD. Where NBD
    fails too there is no model, and the caller falls back to the average rate.

    Args:
        full: Summary of all data that the models are fitted on.
        split: The origin to judge at; None for too short a history.
        champions: Of a rolling back-test: a model found plainly worse there gives way to the best. None without.

    Returns:
        The choice with its candidates, and the refit (None without a model).
    """
    choice, fit = _by_holdout(full, split)
    if champions is None or not champions.deciding:
        return choice, fit
    better = champions.instead_of(choice.name)
    if not better:
        how = "champion" if choice.how in {"back_test", "short_history"} else choice.how
        return replace(choice, how=how), fit
    again = tried(better, full)
    if again.fit is None or again.flat:
        return choice, fit
    there = choice.candidates
    if split is not None and better not in {each.name for each in there}:
        there = (*there, tried(better, split.fitted))
    return Choice(better, "champion", there, choice.split_origin), again.fit


def _by_holdout(full: Summary, split: Split | None) -> tuple[Choice, Fit[Any] | None]:
    """The automatic rule alone."""
    candidates: tuple[Candidate, ...] = ()
    judged: tuple[str, ...] = PREFERRED
    if split is not None:
        candidates = tried_all(split.fitted)
        scores = {c.name: holdout_log_scores(c.fit.model, split) for c in candidates if c.fit is not None}
        candidates = compared(candidates, scores)
        judged = order_of_choice(candidates)
    near = {each.name: each.fit for each in candidates}
    refits: list[Candidate] = []
    how: How = "short_history" if split is None else "back_test"
    for name in dict.fromkeys((*judged, *PREFERRED)):
        refits.append(tried(name, full, near.get(name)))
        if refits[-1].fit is not None and not refits[-1].flat:
            chosen, how = refits[-1], how if name in judged else "fallback"
            break
    else:
        refits.append(tried("nbd", full))
        chosen = last_resort(refits)
        how = "fallback" if chosen.fit is not None else "average_rate"
    name = "" if chosen.fit is None else chosen.name
    return Choice(name, how, candidates or tuple(refits), split.origin if split else None), chosen.fit


def runner_up(choice: Choice, full: Summary, champions: Champions | None = None) -> Fit[Any] | None:
    """
    The next best model by the back-test, refitted on all data.

    Args:
        choice: From ``choose_model``.
        full: As there.
        champions: As there: where they decided, they know who is next.

    Returns:
        Its fit, flat ridges passed over; None where no rival was judged, or none holds on all data.
    """
    if choice.how not in {"back_test", "champion"}:
        return None
    judged = [each.name for each in choice.candidates if each.log_score is not None]  # best first
    fits = {each.name: each.fit for each in choice.candidates}
    known = champions.runners_up() if champions is not None and choice.how == "champion" else ()
    for name in dict.fromkeys((*known, *judged)):
        if name != choice.name:
            again = tried(name, full, fits.get(name))
            if again.fit is not None and not again.flat:
                return again.fit
    return None


def last_resort(refits: Sequence[Candidate]) -> Candidate:
    """
    What to take where no preferred model is firm.

    Args:
        refits: On all data, in order of preference, NBD last.
    """
    nbd = refits[-1]
    for candidate in refits[:-1]:
        if candidate.fit is None:
            continue
        if nbd.fit is None or candidate.fit.log_likelihood > nbd.fit.log_likelihood + PLAINLY_BETTER:
            return candidate
    return nbd
