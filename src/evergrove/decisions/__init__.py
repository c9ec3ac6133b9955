"""What is done of all that is proposed: guards with stored reasons, choice by priority, the arm last."""

from evergrove.decisions.hours import is_quiet, next_allowed, zone_named
from evergrove.decisions.service import CarriedOut, carry_out, decide
from evergrove.decisions.tables import decision
from evergrove.decisions.types import Action, Decided, Decision
from evergrove.decisions.words import OUTCOME_WORDS, reason_sentence

__all__ = [
    "OUTCOME_WORDS",
    "Action",
    "CarriedOut",
    "Decided",
    "Decision",
    "carry_out",
    "decide",
    "decision",
    "is_quiet",
    "next_allowed",
    "reason_sentence",
    "zone_named",
]
