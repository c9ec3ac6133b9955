"""The action, or none, that adds most for every customer within budgets and caps. Arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.decisions.choice.choosing import choose
    from evergrove.decisions.choice.coupons import Guarded, guard
    from evergrove.decisions.choice.curve import Curve, NextMoney, next_money, value_curve
    from evergrove.decisions.choice.exploring import LEAST_SHARE, Explored, explore, probabilities
    from evergrove.decisions.choice.fatigue import fatigue_cost, future_contacts
    from evergrove.decisions.choice.planning import Offer, Plan, Promise, plan
    from evergrove.decisions.choice.reasons import Reasons, reasons_of
    from evergrove.decisions.choice.table import eligible, worth
    from evergrove.decisions.choice.types import NOTHING, Choice, Limit, Limits

__all__ = [
    "LEAST_SHARE",
    "NOTHING",
    "Choice",
    "Curve",
    "Explored",
    "Guarded",
    "Limit",
    "Limits",
    "NextMoney",
    "Offer",
    "Plan",
    "Promise",
    "Reasons",
    "choose",
    "eligible",
    "explore",
    "fatigue_cost",
    "future_contacts",
    "guard",
    "next_money",
    "plan",
    "probabilities",
    "reasons_of",
    "value_curve",
    "worth",
]

__getattr__ = loader(
    globals(),
    {
        "LEAST_SHARE": "evergrove.decisions.choice.exploring",
        "NOTHING": "evergrove.decisions.choice.types",
        "Choice": "evergrove.decisions.choice.types",
        "Curve": "evergrove.decisions.choice.curve",
        "Explored": "evergrove.decisions.choice.exploring",
        "Guarded": "evergrove.decisions.choice.coupons",
        "Limit": "evergrove.decisions.choice.types",
        "Limits": "evergrove.decisions.choice.types",
        "NextMoney": "evergrove.decisions.choice.curve",
        "Offer": "evergrove.decisions.choice.planning",
        "Plan": "evergrove.decisions.choice.planning",
        "Promise": "evergrove.decisions.choice.planning",
        "Reasons": "evergrove.decisions.choice.reasons",
        "choose": "evergrove.decisions.choice.choosing",
        "eligible": "evergrove.decisions.choice.table",
        "explore": "evergrove.decisions.choice.exploring",
        "fatigue_cost": "evergrove.decisions.choice.fatigue",
        "future_contacts": "evergrove.decisions.choice.fatigue",
        "guard": "evergrove.decisions.choice.coupons",
        "next_money": "evergrove.decisions.choice.curve",
        "plan": "evergrove.decisions.choice.planning",
        "probabilities": "evergrove.decisions.choice.exploring",
        "reasons_of": "evergrove.decisions.choice.reasons",
        "value_curve": "evergrove.decisions.choice.curve",
        "worth": "evergrove.decisions.choice.table",
    },
)
