"""The table ``health`` that a run publishes: how things stand with each customer, and where they are heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import _
from evergrove.export.customers import CURRENCY, DAY
from evergrove.export.types import Column
from evergrove.segments.codes import DIRECTIONS, Direction
from evergrove.segments.health.types import PARTS, Part
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.models import Floats
    from evergrove.scoring.scored import Scored
    from evergrove.segments.health.types import Vitals
    from evergrove.segments.measures.ratios import RateChange
    from evergrove.warehouse import Engine

SCORES_THEN = "scores_then"
"""Table scores_then(customer_id, clv, basis, currency, model) in the engine: about 90 days ago; empty without a run then."""
POINTS = "0..100"


def _coded(name: str, names: Sequence[str]) -> str:
    cases = " ".join(f"when {code} then {literal(each)}" for code, each in enumerate(names))
    return f"case v.{name} {cases} end"


def _word(name: str, names: Sequence[str], sentence: str) -> Column:
    return Column(name, "word", _coded(name, names), "VARCHAR", sentence)


def _score(name: str, sentence: str) -> Column:
    return Column(name, "estimate", f"v.{name}", "DOUBLE", sentence, POINTS)


def _share(name: str, sentence: str) -> Column:
    return Column(name, "probability", f"v.{name}", "DOUBLE", sentence, "0..1")


def _ratio(name: str, sentence: str) -> Column:
    return Column(name, "estimate", f"v.{name}", "DOUBLE", sentence, _("times"))


_KNOWN = "t.basis = $basis and t.currency = $currency"
_NOTE = (
    "case when $then is null then 'no_earlier_run' when t.customer_id is null then 'not_there'"
    f" when not ({_KNOWN}) then 'other_basis' when v.clv is null or t.clv is null then 'no_value'"
    " when t.model is distinct from $model then 'other_model' end"
)

HEALTH_COLUMNS: tuple[Column, ...] = (
    Column(
        "customer_id", "id", "cast(c.customer_id as varchar)", "VARCHAR", _("The customer's id, as text.")
    ),
    _score(
        "health", _("How well things stand with the customer: 0 gone, below 40 in decline, 100 all well.")
    ),
    _word("health_reason", PARTS, _("The component that takes most away from 100; empty where none does.")),
    Column(
        "health_basis",
        "word",
        "$health_basis",
        "VARCHAR",
        _("Whose weights: learned from this shop (fitted), or ours (rule)."),
    ),
    _share(
        "p_order_90d",
        _("Chance of an order in the next 90 days by the fitted health; empty where weights are by rule."),
    ),
    _score("purchase_gap", _("Points for the silence since the last order; 40 where decline begins.")),
    _score("login", _("Points for the silence since the last visit, login or use of the app.")),
    _score("interaction", _("Points for other events, this window against the one before.")),
    _score("complaints", _("Points for tickets of this window; fewer while one is open.")),
    _score("nps", _("Points for the latest answer of the last 365 days.")),
    _score("refunds", _("Points for refunds against orders of the last 12 months.")),
    _word("order_trend", DIRECTIONS, _("Where the frequency of repeat orders is heading.")),
    _ratio("order_ratio", _("Repeat orders a day in the last window over those in the window before.")),
    _ratio("order_ratio_low", _("Lower end of its 80% interval.")),
    _ratio("order_ratio_high", _("Upper end; empty without an order in the window before.")),
    _word("spend_trend", DIRECTIONS, _("Where the spend on repeat orders is heading.")),
    _ratio(
        "spend_ratio", _("Spend a day on repeat orders in the last window over that in the window before.")
    ),
    _ratio("spend_ratio_low", _("Lower end of its 80% interval.")),
    _ratio("spend_ratio_high", _("Upper end; empty without an order in the window before.")),
    _share(
        "p_leave_tier_30d",
        _(
            "Chance that the figures say a lower tier in 30 days; empty where there is none, or nothing was learned."
        ),
    ),
    _share("p_leave_tier_90d", _("The same in 90 days.")),
    _share(
        "p_leave_stage_30d",
        _("Chance of being in decline or churned in 30 days, from decline of churned; empty as above."),
    ),
    _share("p_leave_stage_90d", _("The same in 90 days.")),
    Column(
        "clv_change_90d",
        "estimate",
        f"case when {_KNOWN} then v.clv - t.clv end",
        "DOUBLE",
        _("clv less the clv of the run about 90 days before; empty where the two cannot be compared."),
        CURRENCY,
    ),
    Column("clv_then_as_of", "date", "$then", "DATE", _("The day of that run."), DAY),
    Column(
        "clv_change_note",
        "word",
        _NOTE,
        "VARCHAR",
        _(
            "Why it is empty: no_earlier_run, not_there, other_basis, no_value; other_model: another model is part of"
            " the change."
        ),
    ),
)
"""How things stand with every customer with a purchase, and where they are heading."""


def health_query(
    engine: Engine,
    vitals: Vitals,
    scored: Scored,
    *,
    currency: str,
    then: date | None,
) -> str:
    """
    The query behind the table ``health``, in the order of the customers' ids.

    Args:
        engine: Holds customer_summary and ``SCORES_THEN``.
        vitals: Of all customers of customer_summary.
        scored: Of the same.
        currency: ISO code or empty.
        then: The day of ``SCORES_THEN``; None: there was no run then.
    """
    engine.register("vitals", _registered(vitals, scored))
    bound = {
        "$health_basis": literal("fitted" if vitals.health.is_fitted else "rule"),
        "$then": "cast(null as date)" if then is None else f"date {literal(then.isoformat())}",
        "$currency": literal(currency),
        "$basis": literal(scored.terms.basis),
        "$model": f"nullif({literal(scored.model)}, '')",
    }
    chosen = []
    for column in HEALTH_COLUMNS:
        sql = column.sql
        for name, text in bound.items():
            sql = sql.replace(name, text)
        chosen.append(f"cast({sql} as {column.type}) as {identifier(column.name)}")
    return (
        f"select {', '.join(chosen)} from customer_summary c positional join vitals v"
        f" left join {SCORES_THEN} t on t.customer_id = cast(c.customer_id as varchar) order by c.customer_id"
    )


def _registered(vitals: Vitals, scored: Scored) -> dict[str, Any]:
    """Columns by name, NaN for NULL."""
    health = vitals.health
    columns: dict[str, Any] = {
        "health": health.score,
        "health_reason": health.reason,
        "p_order_90d": health.chance,
        "clv": scored.scores.clv,
    }
    columns |= {f"p_leave_{name}d": chance for name, chance in vitals.leaving.items()}
    columns |= {PARTS[part]: health.points[part] for part in Part}
    return columns | _change("order", vitals.orders) | _change("spend", vitals.spend)


def _change(name: str, change: RateChange | None) -> dict[str, Any]:
    """A change's columns; without amounts there is none of spend."""
    if change is None:
        return {}
    return {
        f"{name}_trend": np.where(change.direction == Direction.UNKNOWN, np.int8(-1), change.direction),
        f"{name}_ratio": _finite(change.ratio),
        f"{name}_ratio_low": _finite(change.low),
        f"{name}_ratio_high": _finite(change.high),
    }


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)
