"""The action, or none, that adds most for every customer within budgets and caps. Arrays in, arrays out."""

from evergrove.decisions.choice.choosing import choose
from evergrove.decisions.choice.coupons import Guarded, guard
from evergrove.decisions.choice.curve import Curve, NextMoney, next_money, value_curve
from evergrove.decisions.choice.exploring import LEAST_SHARE, Explored, explore, probabilities
from evergrove.decisions.choice.fatigue import fatigue_cost, future_contacts
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
    "Reasons",
    "choose",
    "eligible",
    "explore",
    "fatigue_cost",
    "future_contacts",
    "guard",
    "next_money",
    "probabilities",
    "reasons_of",
    "value_curve",
    "worth",
]
