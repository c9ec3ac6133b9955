"""
Fits and posteriors with pymc-marketing 1.3.0, in its own environment: it knows nothing of Evergrove.

``python pymc_job.py fit SUMMARY.npz`` fits BG/NBD and Gamma-Gamma to their modes; ``posterior SUMMARY.npz``
samples BG/NBD (nutpie, 2 chains of 1,000 draws after 1,000 of tuning) and asks P(alive) of every customer under
200 of the draws. Each prints one JSON line with the parameters, in weeks, and seconds by stage.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from benchmarks.stages import Stages

warnings.simplefilter("ignore")

from pymc_marketing import clv  # type: ignore[import-not-found]  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_PER_WEEK = 7
DRAWS, CHAINS, SEED = 1000, 2, 1
BANDS_FROM = 200
LETTERS = ("r", "alpha", "a", "b")


def read(path: str) -> pd.DataFrame:
    """The summary, in weeks."""
    with np.load(path) as arrays:
        frame = pd.DataFrame({name: arrays[name] for name in arrays})
    frame["recency"] /= DAYS_PER_WEEK
    frame["T"] /= DAYS_PER_WEEK
    frame.insert(0, "customer_id", np.arange(len(frame)))
    return frame


def fit(path: str) -> dict[str, Any]:
    """Modes of the posteriors under its default priors."""
    frame, stages = read(path), Stages()
    purchases = clv.BetaGeoModel()
    purchases.fit(frame, method="map", progressbar=False)
    stages.end("fit_bg_nbd")
    spend = clv.GammaGammaModel()
    spenders = frame[frame["frequency"] > 0]
    spend.fit(spenders[["customer_id", "frequency", "monetary_value"]], method="map", progressbar=False)
    stages.end("fit_gamma_gamma")
    return {
        "customers": len(frame),
        "bg_nbd": {name: _mean(purchases, name) for name in LETTERS},
        "gamma_gamma": {"p": _mean(spend, "p"), "q": _mean(spend, "q"), "gamma": _mean(spend, "v")},
        "stages": stages.seconds,
    }


def _mean(model: Any, name: str) -> float:
    return float(model.posterior[name].mean())


def posterior(path: str) -> dict[str, Any]:
    """Draws of BG/NBD's parameters and bands of P(alive)."""
    import arviz as az  # type: ignore[import-not-found]  # noqa: PLC0415 - the fits need none of it

    frame, stages = read(path), Stages()
    model = clv.BetaGeoModel()
    model.fit(
        frame,
        method="mcmc",
        progressbar=False,
        random_seed=SEED,
        sample_kwargs={"nuts_sampler": "nutpie", "draws": DRAWS, "tune": DRAWS, "chains": CHAINS},
    )
    stages.end("sample")
    ess = az.ess(model.idata, var_names=list(LETTERS))
    stages.end("effective_sample_size")
    thinned = model.thin_fit_result(keep_every=DRAWS * CHAINS // BANDS_FROM)
    alive = thinned.expected_probability_alive(data=frame)
    low, high = (np.asarray(alive.quantile(q, dim=("chain", "draw"))) for q in (0.1, 0.9))
    stages.end("bands")
    sampled = {name: np.asarray(model.posterior[name]).ravel() for name in LETTERS}
    return {
        "customers": len(frame),
        "mean": {name: float(values.mean()) for name, values in sampled.items()},
        "sd": {name: float(values.std()) for name, values in sampled.items()},
        "effective_draws": {name: float(ess[name]) for name in LETTERS},
        "mean_band_width": float((high - low).mean()),
        "stages": stages.seconds,
    }


def versions() -> dict[str, str]:
    """What does the work."""
    from importlib.metadata import version  # noqa: PLC0415 - only asked for once a run

    names = ("pymc-marketing", "pymc", "nutpie", "numpy")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"fit": fit, "posterior": posterior, "versions": versions}

if __name__ == "__main__":
    job, *arguments = sys.argv[1:]
    print(json.dumps(JOBS[job](*arguments)))
