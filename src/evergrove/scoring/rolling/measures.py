"""One forecast against what happened: every measure at one origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.scoring.accuracy import (
    area_under_curve,
    decile_mape,
    neutral_deciles,
    normalised_gini,
    pit_masses,
    rank_correlation,
)
from evergrove.scoring.rolling.types import Deciles, Measures

if TYPE_CHECKING:
    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.types import Forecast
    from evergrove.scoring.types import Split

NAN = float("nan")
LIKELY = 0.9
"""From this chance of a purchase on, an interval of spend ought to hold 80 % of outcomes: see definitions, 3."""
SURE = 1e-6
"""No chance is taken for nearer to 0 or 1 than this: one surprise must not decide a comparison."""
TENTHS = np.linspace(0.0, 1.0, 11)


def measure(split: Split, forecast: Forecast) -> Measures:
    """
    Judge a forecast by what came in the window.

    Args:
        split: The origin and what happened after it.
        forecast: In the order of ``split.calibration``.
    """
    came, said = split.purchases, forecast.purchases
    bias, mae, wape, rmse = errors(said, came)
    ranked = said if split.spend is None else forecast.spend
    outcome = came if split.spend is None else split.spend
    return Measures(
        customers=len(came),
        actual_purchases=float(came.sum()),
        purchases=float(said.sum()),
        bias=bias,
        mae=mae,
        wape=wape,
        rmse=rmse,
        **_ranking(ranked, outcome),
        **_spend(split, forecast),
        **_counts(forecast),
        **_interval(split, forecast),
        **_activity(split, forecast),
        **_dates(split, forecast),
    )


def errors(said: Floats, came: Floats) -> tuple[float, float, float, float]:
    """Bias of the total, MAE, WAPE and RMSE."""
    if len(came) == 0:
        return NAN, NAN, NAN, NAN
    off, total = np.abs(said - came), float(came.sum())
    return (
        float(said.sum()) / total - 1 if total else NAN,
        float(off.mean()),
        float(off.sum()) / total if total else NAN,
        float(np.sqrt(np.square(off).mean())),
    )


def clipped(chance: Floats) -> Floats:
    """Chances that no single surprise makes infinitely wrong."""
    return np.clip(chance, SURE, 1 - SURE)


def log_losses(chance: Floats, happened: Any) -> Floats:
    """Negative log probability of what happened, per customer. Shape (n,)."""
    sure = clipped(chance)
    losses: Floats = -np.where(happened, np.log(sure), np.log1p(-sure))
    return losses


def _ranking(said: Floats | None, came: Floats) -> dict[str, Any]:
    if said is None:
        empty = Deciles((), ())
        return {"spearman": NAN, "gini": NAN, "decile_error": NAN, "deciles": empty}
    return {
        "spearman": rank_correlation(came, said),
        "gini": normalised_gini(came, said),
        "decile_error": decile_mape(said, came),
        "deciles": _deciles(said, came),
    }


def _deciles(said: Floats, came: Floats) -> Deciles:
    forecast, actual = neutral_deciles(said, came)
    return Deciles(tuple(map(float, forecast)), tuple(map(float, actual)))


def _spend(split: Split, forecast: Forecast) -> dict[str, Any]:
    if split.spend is None or forecast.spend is None:
        return {"actual_spend": None if split.spend is None else float(split.spend.sum())}
    bias, mae, wape, rmse = errors(forecast.spend, split.spend)
    return {
        "actual_spend": float(split.spend.sum()),
        "spend": float(forecast.spend.sum()),
        "spend_bias": bias,
        "spend_mae": mae,
        "spend_wape": wape,
        "spend_rmse": rmse,
    }


def _counts(forecast: Forecast) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if forecast.log_score is not None:
        found["log_score"] = float(forecast.log_score.mean())
    if forecast.below is not None and forecast.upto is not None:
        tenths = pit_masses(forecast.below, forecast.upto, TENTHS)
        found["pit"] = tuple(map(float, tenths))
        found["pit_share"] = float(tenths[1:-1].sum())
    return found


def _interval(split: Split, forecast: Forecast) -> dict[str, Any]:
    low, high, spend = forecast.low, forecast.high, split.spend
    if low is None or high is None or spend is None:
        return {}
    inside = (low <= spend) & (spend <= high)
    found: dict[str, Any] = {"coverage": float(inside.mean()), "width": float((high - low).mean())}
    if forecast.inside is not None:
        found["spend_inside"] = float(forecast.inside.mean())
    if forecast.active is not None:
        likely = forecast.active > LIKELY
        found["likely"] = int(likely.sum())
        found["coverage_likely"] = float(inside[likely].mean()) if likely.any() else NAN
    return found


def _activity(split: Split, forecast: Forecast) -> dict[str, Any]:
    happened = split.purchases > 0
    found: dict[str, Any] = {"returned": int(happened.sum())}
    chance = forecast.active
    if chance is None:
        return found
    return found | {
        "brier": float(np.square(chance - happened).mean()),
        "log_loss": float(log_losses(chance, happened).mean()),
        "auc": area_under_curve(chance, happened),
        "reliability": _deciles(chance, happened.astype(np.float64)),
    }


def _dates(split: Split, forecast: Forecast) -> dict[str, Any]:
    if forecast.next_days is None or split.next_days is None:
        return {}
    off = np.abs(forecast.next_days - split.next_days)[split.purchases > 0]
    return {"next_mae": float(off.mean()) if len(off) else NAN}
