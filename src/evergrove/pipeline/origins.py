"""Where each score of a customer came from: the model, its parameters, the horizon, the terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import Sentence, Term, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNIT_WORDS = {"day": Term(_("days")), "week": Term(_("weeks")), "month": Term(_("months"))}
BASIS_WORDS = {
    "revenue": Term(_("revenue")),
    "margin": Term(_("margin")),
    "net_profit": Term(_("net profit")),
}
ORIGINS: Mapping[str, str] = {
    "p_alive": _("{model} ({parameters}; time in {unit}), given frequency, recency and T"),
    "p_active_180d": _("the same model: at least one purchase in the next {days} {days:day|days}"),
    "expected_purchases_12m": _("the same model: purchase days in the next 365.25 days, leaving included"),
    "expected_spend": _("{model} ({parameters}), given the mean and the number of this customer's purchases"),
    "clv_12m": _("purchases of the next 365.25 days x expected_spend, discounted at {rate} a year"),
    "clv_12m_low": _("at most 10% of what can happen in these 365.25 days lies below"),
    "clv_12m_high": _("at most 10% of what can happen in these 365.25 days lies above"),
    "clv_12m_runner_up": _("as clv_12m, by {runner_up}, the next best model of the back-test"),
    "clv": _("as clv_12m, but without an end"),
    "clv_total": _("what was earned so far ({basis}) + clv"),
    "simple_clv": _(
        "average order x orders a year x years so far and to come, at most 10; no discount ({basis})"
    ),
    "next_order_date": _("the same model: by this day half of such customers have ordered again"),
}
"""By score. "The same model" is that of p_alive, which stands first."""
WITHOUT_MODEL: Mapping[str, str] = {
    "expected_purchases_12m": _("the average rate of all customers, over the next 365.25 days; no model"),
    "expected_spend": _("this customer's own mean, or that of all where there is none; no model"),
}
"""What stands in where no model could be fitted."""
ON_MARGIN = _(
    "purchases of the next 365.25 days x expected_spend x margin {margin}, discounted at {rate} a year"
)
BY_DATES = _("{model}, the better one for dates: by this day half of such customers have ordered again")
RECALIBRATED = _("{said}; times what past windows of the back-test say of such money (model.json)")
MONEY = frozenset({"clv_12m", "clv_12m_low", "clv_12m_high", "clv"})
PURCHASES = frozenset({"p_alive", "p_active_180d", "expected_purchases_12m", "next_order_date"})


def score_origins(names: Iterable[str], run: Mapping[str, Any], basis: str) -> dict[str, Sentence]:
    """
    One sentence for each score.

    Args:
        names: Scores, as their columns are called.
        run: The section ``model`` of an earlier run's summary.json.
        basis: revenue, margin or net_profit.
    """
    common: dict[str, object] = {
        "unit": UNIT_WORDS[run["unit"]],
        "days": run["active_days"],
        "margin": f"{run['margin']:g}",
        "rate": f"{100 * run['discount_rate']:g}%",
        "basis": BASIS_WORDS[basis],
        "runner_up": (run.get("runner_up") or {}).get("name", ""),
    }
    return {name: _origin(name, run, common) for name in names}


def _origin(name: str, run: Mapping[str, Any], common: dict[str, object]) -> Sentence:
    fit = run["purchases"] if name in PURCHASES else run["spend"]
    template = ORIGINS[name] if fit else WITHOUT_MODEL.get(name, ORIGINS[name])
    if name == "clv_12m" and run["margin"] != 1:
        template = ON_MARGIN
    if name == "next_order_date" and run.get("dates"):
        return Sentence("pipeline.origin_of_dates", BY_DATES, {"model": run["dates"]})
    said = Sentence(f"pipeline.origin_{name}", template, common | _fitted(fit))
    return Sentence("pipeline.recalibrated", RECALIBRATED, {"said": said}) if _changed(name, run) else said


def _changed(name: str, run: Mapping[str, Any]) -> bool:
    """Whether a score is money that a back-test recalibrated."""
    choice = run.get("champions") or {"total_factor": 1.0, "decile_factors": []}
    return name in MONEY and (choice["total_factor"] != 1 or bool(choice["decile_factors"]))


def _fitted(fit: Mapping[str, Any] | None) -> dict[str, object]:
    """A model's name and parameters, as a sentence shows them."""
    if not fit:
        return {}
    parameters = ", ".join(f"{letter}={value:.4g}" for letter, value in fit["parameters"].items())
    return {"model": fit["name"], "parameters": parameters}
