"""model.json: what the scores were made with, enough to make them again."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, InputError, _, __version__
from evergrove.scoring.choose import model_class
from evergrove.scoring.posteriors import posterior_document
from evergrove.scoring.spend import spend_model
from evergrove.scoring.terms import Terms

if TYPE_CHECKING:
    from evergrove.core import EvergroveWarning, Unit
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Fit
    from evergrove.scoring.types import Candidate, SpendConvention, Valuation

KIND = "evergrove.model"
NEWEST = 2
READ = (1, 2)
"""Formats that are read: the newest and the one before it."""


class UnknownFormat(InputError):
    """A stored model has a format that this version does not read."""

    code = "scoring.unknown_format"
    message = _("This model file has the format {found}; this version reads {known}.")
    hint = _("Run `evergrove value` again to write a new one.")


class DamagedModel(InputError):
    """A stored model lacks something."""

    code = "scoring.damaged_model"
    message = _("This model file cannot be read: {reason}.")
    hint = _("Run `evergrove value` again to write a new one.")


@dataclass(frozen=True)
class StoredModel:
    """
    What a model.json says, as values.

    Attributes:
        process: None where the scores came from the average rate.
        runner_up: The next best model; None where there was none, or the file is from before it was kept.
        dates: The model of next orders' dates; None where that is ``process``.
        spend: None where there was no spend model.
        convention: Which days the spend model reads.
        terms: On which value was counted.
        active_days: Horizon of p_active.
    """

    process: TransactionModel | None
    runner_up: TransactionModel | None
    spend: Any | None
    convention: SpendConvention
    terms: Terms
    active_days: int
    dates: TransactionModel | None = None


def model_document(valuation: Valuation) -> dict[str, Any]:
    """A valuation's models as a JSON document; floats survive the round trip exactly."""
    terms = valuation.terms
    return {
        "format": f"{KIND}/{NEWEST}",
        "code_version": __version__,
        "seed": valuation.seed,
        "unit": valuation.unit,
        "model": None if valuation.process is None else _fit(valuation.choice.name, valuation.process),
        "runner_up": None
        if valuation.runner_up is None
        else _fit(valuation.runner_up.model.name, valuation.runner_up),
        "dates": None if valuation.dates is None else _fit(valuation.dates.model.name, valuation.dates),
        "champions": None if valuation.champions is None else valuation.champions.document,
        "spend": None if valuation.spend is None else _fit(valuation.spend.model.name, valuation.spend),
        "spend_convention": valuation.spend_convention,
        "choice": {
            "name": valuation.choice.name,
            "how": valuation.choice.how,
            "split_origin": _iso(valuation.choice.split_origin),
            "candidates": [_candidate(candidate) for candidate in valuation.choice.candidates],
        },
        "calibration": None
        if valuation.back_test is None
        else {
            "factor": valuation.back_test.calibration.factor,
            "share": _number(valuation.back_test.calibration.share),
            "outcomes": valuation.back_test.calibration.outcomes,
            "origins": valuation.back_test.calibration.origins,
        },
        "data": {
            "first_date": _iso(valuation.first_date),
            "observation_end": _iso(valuation.as_of),
            "customers_scored": len(valuation.scores),
            "customers_fitted": valuation.fitted_customers,
        },
        "terms": {
            "basis": terms.basis,
            "currency": valuation.currency,
            "annual_discount_rate": terms.discount_rate,
            "margin": terms.margin,
            "cac": terms.cac,
            "active_days": valuation.active_days,
        },
    }


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def _fit(name: str, fit: Fit[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": _letters(fit),
        "standard_errors": {letter: _number(error) for letter, error in fit.standard_errors.items()},
        "covariance": [[_number(v) for v in row] for row in fit.covariance],
        "log_covariance": [[_number(v) for v in row] for row in fit.log_covariance],
        "log_likelihood": float(fit.log_likelihood),
        "customers": fit.customers,
        "evaluations": fit.evaluations,
        "gradient_norm": float(fit.gradient_norm),
        "posterior": posterior_document(fit.posterior),
        "warnings": [_worded(warning) for warning in fit.warnings],
    } | ({} if (returns := getattr(fit, "returns", None)) is None else {"returns": returns.as_dict()})


def _letters(fit: Fit[Any]) -> dict[str, Any]:
    """What the model is built from: slopes are parameters too, and no attributes; k is whole."""
    letters = fit.model.as_dict()
    constants = {name: int(letters[name]) for name in getattr(fit.model, "constants", ())}
    return {letter: float(letters[letter]) for letter in fit.parameters} | constants


def _number(value: float) -> float | None:
    """JSON has no infinity: a variance without bound is null."""
    return float(value) if isfinite(value) else None


def _worded(worded: EvergroveError | EvergroveWarning) -> dict[str, Any]:
    params = {
        name: value if isinstance(value, int | float | str) else str(value)
        for name, value in worded.params.items()
    }
    return {"code": worded.code, "params": params}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    fit = candidate.fit
    return {
        "name": candidate.name,
        "parameters": None if fit is None else _letters(fit),
        "log_likelihood": None if fit is None else float(fit.log_likelihood),
        "log_score": candidate.log_score,
        "behind": candidate.behind,
        "standard_error": candidate.standard_error,
        "flat": candidate.flat,
        "eligible": candidate.eligible,
        "failure": None if candidate.failure is None else _worded(candidate.failure),
    }


def read_model(document: dict[str, Any]) -> StoredModel:
    """
    Read a stored model back: it gives the same scores for the same customers.

    Raises:
        UnknownFormat: Another kind of document, or another version.
        DamagedModel: Something is missing or is not what it should be.
    """
    found = document.get("format")
    known = tuple(f"{KIND}/{n}" for n in READ)
    if found not in known:
        raise UnknownFormat(found=found or "?", known=", ".join(known))
    try:
        model, spend, terms = document["model"], document["spend"], document["terms"]
        unit = document["unit"]
        return StoredModel(
            process=_process(model, unit),
            runner_up=_process(document.get("runner_up"), unit),
            spend=None if spend is None else spend_model(spend["parameters"]),
            convention=document["spend_convention"],
            terms=Terms(terms["annual_discount_rate"], terms["margin"], terms["cac"], terms["basis"]),
            active_days=terms["active_days"],
            dates=_process(document.get("dates"), unit),
        )
    except (KeyError, TypeError, EvergroveError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DamagedModel(reason=reason) from error


def _process(stored: dict[str, Any] | None, unit: Unit) -> TransactionModel | None:
    return None if stored is None else model_class(stored["name"])(**stored["parameters"], unit=unit)
