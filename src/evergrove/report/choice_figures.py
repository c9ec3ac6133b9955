"""What a rolling back-test decided for these scores: for each purpose its champion, and the model in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.report.numbers import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.report.types import Chosen, Figures


def choice_figures(valuation: Chosen, page: str = "") -> Figures | None:
    """
    For each purpose the champion with its evidence and the model that these scores use; None without champions.

    Args:
        valuation: Which models were taken.
        page: Where the page of the back-test lies; "" without one.
    """
    champions = valuation.champions
    if champions is None:
        return None
    document, name = champions.document, valuation.choice.name
    dates = name if valuation.dates is None else valuation.dates.model.name
    recalibration = champions.recalibration(name)
    return {
        "as_of": champions.as_of.isoformat(),
        "window_days": champions.window_days,
        "origins": len(document["origins"]),
        "page": page or None,
        "deciding": champions.deciding or None,
        "money_judged": any(
            each["model"] == name and each["gain"] is not None for each in document["live"]["recalibrations"]
        ),
        "total_factor": rounded(recalibration.total, 6),
        "decile_factors": [rounded(factor, 6) for factor in recalibration.deciles],
        "purposes": [
            _purpose(each, document, dates if each["purpose"] == "next_date" else name)
            for each in document["champions"]
        ],
    }


def _purpose(champion: dict[str, Any], document: Mapping[str, Any], used: str) -> Figures:
    """One purpose."""
    closed = next(
        (one for one in document["live"]["purposes"] if one["purpose"] == champion["purpose"]), None
    )
    losses = {} if closed is None else {one["name"]: one["loss"] for one in closed["losses"]}
    names = ("purpose", "name", "parts", "loss", "naive", "replaced")
    gain = champion["gain"]
    return {name: champion[name] for name in names} | {
        "gain": None if gain is None else rounded(gain["mean"], 6),
        "standard_error": None if gain is None else rounded(gain["standard_error"], 6),
        "used": used,
        "used_loss": losses.get(used),
    }
