"""What is done of all that is proposed: guards with stored reasons, choice by rank, the arm last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.decisions.budgets import drop_budget, put_budget, settled, used
    from evergrove.decisions.calendars import zone_named
    from evergrove.decisions.caps import drop_own_caps, own_caps, set_own_cap
    from evergrove.decisions.cases import Case, cases_of, close_case, open_case, open_cases
    from evergrove.decisions.facts import Context
    from evergrove.decisions.hours import is_quiet, next_allowed
    from evergrove.decisions.money import Budget, Cost, Used
    from evergrove.decisions.service import CarriedOut, carry_out, decide
    from evergrove.decisions.tables import decision, outreach_case
    from evergrove.decisions.types import Action, Decided, Decision
    from evergrove.decisions.words import OUTCOME_WORDS, reason_sentence

__all__ = [
    "OUTCOME_WORDS",
    "Action",
    "Budget",
    "CarriedOut",
    "Case",
    "Context",
    "Cost",
    "Decided",
    "Decision",
    "Used",
    "carry_out",
    "cases_of",
    "close_case",
    "decide",
    "decision",
    "drop_budget",
    "drop_own_caps",
    "is_quiet",
    "next_allowed",
    "open_case",
    "open_cases",
    "outreach_case",
    "own_caps",
    "put_budget",
    "reason_sentence",
    "set_own_cap",
    "settled",
    "used",
    "zone_named",
]

__getattr__ = loader(
    globals(),
    {
        "OUTCOME_WORDS": "evergrove.decisions.words",
        "Action": "evergrove.decisions.types",
        "Budget": "evergrove.decisions.money",
        "CarriedOut": "evergrove.decisions.service",
        "Case": "evergrove.decisions.cases",
        "Context": "evergrove.decisions.facts",
        "Cost": "evergrove.decisions.money",
        "Decided": "evergrove.decisions.types",
        "Decision": "evergrove.decisions.types",
        "Used": "evergrove.decisions.money",
        "carry_out": "evergrove.decisions.service",
        "cases_of": "evergrove.decisions.cases",
        "close_case": "evergrove.decisions.cases",
        "decide": "evergrove.decisions.service",
        "decision": "evergrove.decisions.tables",
        "drop_budget": "evergrove.decisions.budgets",
        "drop_own_caps": "evergrove.decisions.caps",
        "is_quiet": "evergrove.decisions.hours",
        "next_allowed": "evergrove.decisions.hours",
        "open_case": "evergrove.decisions.cases",
        "open_cases": "evergrove.decisions.cases",
        "outreach_case": "evergrove.decisions.tables",
        "own_caps": "evergrove.decisions.caps",
        "put_budget": "evergrove.decisions.budgets",
        "reason_sentence": "evergrove.decisions.words",
        "set_own_cap": "evergrove.decisions.caps",
        "settled": "evergrove.decisions.budgets",
        "used": "evergrove.decisions.budgets",
        "zone_named": "evergrove.decisions.calendars",
    },
)
