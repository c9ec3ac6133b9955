"""
Fits with clvkit 0.2.1, in its own environment: it knows nothing of Evergrove.

``python clvkit_job.py fit SUMMARY.npz`` prints one JSON line with the parameters, in weeks, and seconds by stage.
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

from clvkit import BGNBD, CustomerBase, GammaGamma  # type: ignore[import-not-found]  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS_PER_WEEK = 7


def fit(path: str) -> dict[str, Any]:
    """BG/NBD and Gamma-Gamma from a summary in days."""
    with np.load(path) as arrays:
        frame = pd.DataFrame({name: arrays[name] for name in arrays})
    frame["recency"] /= DAYS_PER_WEEK
    frame["T"] /= DAYS_PER_WEEK
    frame["frequency"] = frame["frequency"].astype(int)
    base = CustomerBase(
        frame.rename_axis("customer_id"),
        time_unit="W",
        observation_period_end=pd.Timestamp("2025-12-31"),
        has_monetary=True,
        on_negative="net",
        collapse="D",
    )
    found: dict[str, Any] = {"customers": len(frame)}
    stages = Stages()
    for name, model in (("bg_nbd", BGNBD()), ("gamma_gamma", GammaGamma())):
        model.fit(base)
        stages.end(f"fit_{name}")
        found[name] = {str(key): float(value) for key, value in model.params_.items()}
    return {**found, "stages": stages.seconds}


def versions() -> dict[str, str]:
    """What does the work."""
    from importlib.metadata import version  # noqa: PLC0415 - only asked for once a run

    names = ("clvkit", "numpy", "pandas", "scipy")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"fit": fit, "versions": versions}

if __name__ == "__main__":
    job, *arguments = sys.argv[1:]
    print(json.dumps(JOBS[job](*arguments)))
