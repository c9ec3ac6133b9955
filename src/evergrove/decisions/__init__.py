"""What is done of all that is proposed: guards with stored reasons, choice by priority, the arm last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
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

__getattr__ = loader(
    globals(),
    {
        "Action": "evergrove.decisions.types",
        "CarriedOut": "evergrove.decisions.service",
        "Decided": "evergrove.decisions.types",
        "Decision": "evergrove.decisions.types",
        "OUTCOME_WORDS": "evergrove.decisions.words",
        "carry_out": "evergrove.decisions.service",
        "decide": "evergrove.decisions.service",
        "decision": "evergrove.decisions.tables",
        "is_quiet": "evergrove.decisions.hours",
        "next_allowed": "evergrove.decisions.hours",
        "reason_sentence": "evergrove.decisions.words",
        "zone_named": "evergrove.decisions.hours",
    },
)
