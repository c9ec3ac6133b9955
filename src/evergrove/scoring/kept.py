"""The models of a fit as a document that later runs read back, and when they must fit anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.customers.late_refunds import KeptDelays
from evergrove.models.gamma_gamma_rows import SpendFit
from evergrove.models.types import Fit
from evergrove.scoring.calibration import Calibration
from evergrove.scoring.champions import read_champions
from evergrove.scoring.fits import Fits
from evergrove.scoring.lineage import DamagedModel, UnknownFormat, model_document, read_model
from evergrove.scoring.posteriors import read_posterior
from evergrove.scoring.returns import rate_of
from evergrove.scoring.shop import read_delays, read_shop
from evergrove.scoring.types import Choice, ReturnCut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.core import Unit
    from evergrove.models.process import TransactionModel
    from evergrove.models.types import Floats
    from evergrove.scoring.champions import Champions
    from evergrove.scoring.shop import ShopFigures
    from evergrove.scoring.types import SpendConvention, Valuation
    from evergrove.settings import StageSettings, ValueSettings

KIND = "evergrove.kept"
NEWEST = 2
READ = (1, 2)


@dataclass(frozen=True, eq=False)
class Kept:
    """
    Models read back.

    Attributes:
        fits: As they were fitted, without their warnings.
        unit: Unit of time of their parameters.
        convention: Which days the spend model reads.
        cut: Below which p_active customers counted as churned.
        log_spread: What the interval of the total is widened by; NaN for nothing.
        calibration: The same, with what the intervals of customers are widened by.
        seed: Of the draws behind the intervals.
        fitted_on: The last day whose orders the fit saw.
        shop: What scores take from the shop as a whole; None in documents of earlier releases, which kept none.
    """

    fits: Fits
    unit: Unit
    convention: SpendConvention
    cut: ReturnCut
    log_spread: float
    calibration: Calibration
    seed: int
    fitted_on: date
    shop: ShopFigures | None = None

    @property
    def process(self) -> TransactionModel | None:
        """The transaction model; None where none could be fitted."""
        return None if self.fits.process is None else self.fits.process.model


def kept_document(valuation: Valuation, stages: StageSettings) -> dict[str, Any]:
    """A valuation's models and what was measured beside them, as JSON; floats survive exactly."""
    cut = valuation.cut
    return {
        "format": f"{KIND}/{NEWEST}",
        "model": model_document(valuation),
        "cut": {
            "cut": _number(cut.cut),
            "source": cut.source,
            "returned": _number(cut.returned),
            "customers_below": cut.customers_below,
            "origin": None if cut.origin is None else cut.origin.isoformat(),
            "return_share": stages.return_share,
        },
        "log_spread": _number(valuation.totals.log_spread),
        **({} if valuation.shop is None else {"shop": valuation.shop.document()}),
    }


def refit_due(
    document: Mapping[str, Any] | None,
    settings: ValueSettings,
    stages: StageSettings,
    *,
    as_of: date,
    refit_days: int,
    model: str = "auto",
    champions: Champions | None = None,
) -> bool:
    """
    Whether models must be fitted today.

    There are none; they are ``refit_days`` old, or of a later day; there was too little to fit then, and a day
    has passed; they answer another question than the settings now ask (unit, currency, horizon of p_active,
    share that may come back, model); or another back-test has chosen since, or is no longer to be heard.

    Args:
        document: From ``kept_document``; None before the first fit.
        settings: Today's.
        stages: Today's.
        as_of: Today.
        refit_days: Age at which models are fitted again.
        model: As asked for: "auto" or a name.
        champions: Of the rolling back-test that is heard today; None without one.

    Raises:
        UnknownFormat: Another kind of document, or another version.
        DamagedModel: Something is missing in it.
    """
    if document is None:
        return True
    kept = read_kept(document)
    age = (as_of - kept.fitted_on).days
    if not 0 <= age < refit_days or (kept.process is None and age > 0):
        return True
    stored = document["model"]
    terms, given = stored["terms"], stored["choice"]["how"] == "given"
    then = (kept.unit, terms["currency"], terms["active_days"], document["cut"]["return_share"])
    now = (settings.unit, settings.currency, stages.active_days, stages.return_share)
    heard = None if champions is None or model != "auto" else champions.document
    if kept.process is not None and stored.get("champions") != heard:
        return True
    same_model = not given if model == "auto" else given and kept.fits.choice.name == model
    return then != now or not (same_model or kept.process is None)


def read_kept(document: Mapping[str, Any]) -> Kept:
    """
    Read kept models back.

    Raises:
        UnknownFormat: Another kind of document, or another version.
        DamagedModel: Something is missing or is not what it should be.
    """
    found = document.get("format")
    known = tuple(f"{KIND}/{n}" for n in READ)
    if found not in known:
        raise UnknownFormat(found=found or "?", known=", ".join(known))
    try:
        stored, cut = document["model"], document["cut"]
        models, choice = read_model(stored), stored["choice"]
        fitted_on = date.fromisoformat(stored["data"]["observation_end"])
        return Kept(
            fits=Fits(
                Choice(choice["name"], choice["how"]),
                _fit(stored["model"], models.process, fitted_on),
                _fit(stored["spend"], models.spend, fitted_on),
                (),
                runner_up=_fit(stored.get("runner_up"), models.runner_up, fitted_on),
                dates=_fit(stored.get("dates"), models.dates, fitted_on),
                champions=None if (by := stored.get("champions")) is None else read_champions(by),
            ),
            unit=stored["unit"],
            convention=models.convention,
            cut=ReturnCut(
                _float(cut["cut"]),
                cut["source"],
                _float(cut["returned"]),
                cut["customers_below"],
                None if cut["origin"] is None else date.fromisoformat(cut["origin"]),
            ),
            log_spread=_float(document["log_spread"]),
            calibration=_calibration(stored.get("calibration"), _float(document["log_spread"])),
            seed=stored["seed"],
            fitted_on=fitted_on,
            shop=read_shop(document.get("shop")),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DamagedModel(reason=reason) from error


def kept_delays(document: Mapping[str, Any]) -> KeptDelays | None:
    """How long refunds took when models were fitted; None in documents of earlier releases: it is measured every night."""
    stored = document.get("shop")
    return None if stored is None else KeptDelays(read_delays(stored))


def _fit(stored: Mapping[str, Any] | None, model: Any, fitted_on: date) -> Fit[Any] | None:
    if stored is None:
        return None
    kind = partial(SpendFit, returns=rate_of(stored["returns"])) if stored.get("returns") else Fit
    return kind(
        model=model,
        log_likelihood=stored["log_likelihood"],
        parameters=model.parameters,  # a JSON object has no order, and the covariance has one
        standard_errors={name: _float(error) for name, error in stored["standard_errors"].items()},
        covariance=_matrix(stored["covariance"]),
        log_covariance=_matrix(stored["log_covariance"]),
        evaluations=stored["evaluations"],
        gradient_norm=stored["gradient_norm"],
        customers=stored["customers"],
        observation_end=fitted_on,
        posterior=read_posterior(model, stored.get("posterior")),
    )


def _calibration(stored: Mapping[str, Any] | None, log_spread: float) -> Calibration:
    if stored is None:
        return Calibration(log_spread=log_spread)
    return Calibration(
        factor=stored["factor"],
        log_spread=log_spread,
        share=_float(stored["share"]),
        outcomes=stored["outcomes"],
        origins=stored["origins"],
    )


def _matrix(rows: list[list[float | None]]) -> Floats:
    return np.array([[_float(value) for value in row] for row in rows], dtype=np.float64)


def _float(value: float | None) -> float:
    """JSON has no NaN: what is not known is null."""
    return nan if value is None else float(value)


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
