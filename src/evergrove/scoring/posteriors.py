"""Draws of the parameters of what was fitted: made once, and kept with the models from night to night."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import EvergroveWarning
from evergrove.scoring.streams import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator

    from evergrove.models.posterior import Posterior
    from evergrove.models.types import Fit, Summary
    from evergrove.scoring.fits import Fits

PLACES = 10  # significant digits that are kept: what a draw is worth, at half the text


def with_posteriors(fits: Fits, summary: Summary, seed: int) -> Fits:
    """
    The fits with draws of their parameters; one with slopes, or at a rim, is left to its covariance.

    Args:
        fits: On ``summary``.
        summary: What they were fitted on.
        seed: Of the draws.
    """
    return replace(
        fits,
        process=_drawn(fits.process, summary, stream(seed, "process")),
        spend=_drawn(fits.spend, summary, stream(seed, "spend")),
    )


def _drawn(fit: Fit[Any] | None, summary: Summary, rng: Generator) -> Fit[Any] | None:
    if fit is None or getattr(fit.model, "slopes", None):
        return fit
    from evergrove.models.posterior import NotItsSummary, draws  # noqa: PLC0415 -- off the lean path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvergroveWarning)  # they travel in Posterior.warnings
        try:
            found = draws(fit, summary, rng=rng)
        except NotItsSummary:  # it ended at a rim, where the surface has no top to draw around
            return fit
    return replace(fit, posterior=replace(found, letters=_rounded(found.letters)))


def _rounded(letters: Any) -> Any:
    """To so many digits as a document keeps: on later nights the draws are the same to the last bit."""
    return np.array([[float(f"{value:.{PLACES}g}") for value in row] for row in letters])


def posterior_document(posterior: Posterior | None) -> dict[str, Any] | None:
    """As JSON."""
    if posterior is None:
        return None
    return {
        "method": posterior.method,
        "proposed": posterior.proposed,
        "effective": posterior.effective,
        "draws": {name: values.tolist() for name, values in posterior.at.items()},
    }


def read_posterior(model: Any, stored: Mapping[str, Any] | None) -> Posterior | None:
    """
    Draws read back, without their warnings; None where none were kept.

    Args:
        model: At the maximum.
        stored: From ``posterior_document``.
    """
    if stored is None:
        return None
    from evergrove.models.posterior import Posterior  # noqa: PLC0415 -- off the lean path

    letters = np.array([stored["draws"][name] for name in model.parameters], dtype=np.float64).T
    return Posterior(
        model=model,
        names=tuple(model.parameters),
        letters=letters,
        method=stored["method"],
        proposed=stored["proposed"],
        effective=stored["effective"],
    )
