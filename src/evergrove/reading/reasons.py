"""Why a customer stands in a tier and a stage, as codes with their numbers and as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from evergrove.core import Sentence
from evergrove.segments import read_placement
from evergrove.segments.sentences.moves import TEMPLATES, explain_held, explain_move
from evergrove.segments.stages.evidence import fields_of
from evergrove.segments.stages.rules import HEALTH_LIMIT, HEALTH_WELL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.live.types import LiveRow
    from evergrove.reading.shelf import View
    from evergrove.segments.states.placement import Placement

    Moves = Callable[[], Sequence[Mapping[str, Any]]]

AXES = ("tier", "stage")
WINDOW = timedelta(days=365)


@dataclass(frozen=True)
class Reason:
    """
    Why somebody stands where they stand.

    Attributes:
        code: Of the rule.
        params: Its numbers; empty where not all of them are known any more.
        sentence: The same for people; None without numbers.
        as_of: Of which day the numbers are.
    """

    code: str
    params: Mapping[str, Any]
    sentence: Sentence | None
    as_of: date | None


def reasons_of(
    view: View, figures: Mapping[str, Any], moves: Moves, live: LiveRow | None
) -> dict[str, Reason]:
    """
    Why the tier, and why the stage.

    Numbers are today's where they follow from what is published, else those of the move that brought the customer
    there, for as long as the rule is the same; of a live row, those of its moment.

    Args:
        view: Of the run.
        figures: Columns of the customer.
        moves: Gives those of the customer, the newest first; asked only where figures do not say all.
        live: Laid over; None: the run holds.
    """
    placement = read_placement(view.run.details["placement"])
    if live is not None:
        return {
            axis: _held(placement, axis, figures, each.code, live.as_of)
            or _told(axis, figures, each.code, each.params, live.as_of)
            for axis, each in live.reasons.items()
        }
    found = {axis: _stored(view, placement, axis, figures, moves) for axis in AXES}
    return {axis: reason for axis, reason in found.items() if reason is not None}


def _stored(
    view: View,
    placement: Placement,
    axis: str,
    figures: Mapping[str, Any],
    moves: Moves,
) -> Reason | None:
    code = figures.get(f"{axis}_reason")
    if code is None:
        return None
    if (held := _held(placement, axis, figures, code, view.as_of)) is not None:
        return held
    derived = figures_behind(placement, figures, view.as_of)
    wanted = fields_of(TEMPLATES.get(code, ""))
    if all(derived.get(name) is not None for name in wanted):
        return _told(axis, figures, code, {name: derived[name] for name in wanted}, view.as_of)
    for move in moves():
        evidence = move["evidence"] or {}
        if move["axis"] == axis and evidence.get("code") == code and evidence["params"]:
            return _told(axis, figures, code, evidence["params"], move["as_of"])
    return Reason(code, {}, None, None)


def _held(
    placement: Placement, axis: str, figures: Mapping[str, Any], code: str, as_of: date
) -> Reason | None:
    """Why a tier is held that the figures would lower; None where none is."""
    if axis != "tier" or figures.get("tier") is None:
        return None
    held = explain_held(figures, placement.policy)
    return None if held is None else Reason(code, {}, held, as_of)


def _told(axis: str, figures: Mapping[str, Any], code: str, params: Mapping[str, Any], as_of: date) -> Reason:
    name, evidence = figures.get(axis), {"code": code, "params": dict(params)}
    move = {"axis": axis, "from_": name, "to_": name, "cause": "initial", "evidence": evidence}
    said = explain_move(move).params.get("reason")
    if not isinstance(said, Sentence) and code in TEMPLATES and not fields_of(TEMPLATES[code]):
        said = Sentence(code, TEMPLATES[code])  # a rule without numbers
    return Reason(code, dict(params), said if isinstance(said, Sentence) else None, as_of)


def figures_behind(placement: Placement, figures: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """
    The numbers that sentences mention, as far as they follow from published columns and what the run went by.

    Args:
        placement: Of the run.
        figures: Columns of the customer.
        as_of: The run's day.
    """
    tiers, stages = placement.policy.tiers, placement.policy.stages
    bought, orders_12m = figures.get("last_order_date"), figures.get("orders_12m")
    first = figures.get("first_order_date")
    frequency = orders_12m
    if orders_12m is not None and tiers.frequency_basis == "repeat_orders" and first is not None:
        frequency = orders_12m - (1 if first > as_of - WINDOW else 0)
    found = {
        "spend": _number(figures.get("spend_12m")),
        "frequency": _number(frequency),
        "average_order": _number(figures.get("aov_12m")) or 0.0,
        "spend_band": figures.get("spend_band"),
        "frequency_band": figures.get("frequency_band"),
        "average_order_band": figures.get("average_order_band"),
        "chance": figures.get("p_active_180d"),
        "cut": _number(placement.yardsticks.cuts.p_active),
        "silence": (as_of - bought).days if isinstance(bought, date) else None,
        "orders": figures.get("orders"),
        "direction": figures.get("order_trend"),
        "health": figures.get("health"),
        "health_limit": HEALTH_LIMIT,
        "health_well": HEALTH_WELL,
        "active_days": stages.active_days,
        "mature_orders": stages.mature_orders,
        "won_back_days": stages.won_back_days,
        "returned_on": str(figures["returned_on"]) if figures.get("returned_on") else None,
    }
    return {name: value for name, value in found.items() if value is not None and value == value}  # noqa: PLR0124 - NaN alone differs from itself


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
