"""Why a customer gets an action or none, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

BEST, PRICED_OUT, CAPPED, NO_VALUE, INELIGIBLE, ALONE = (
    "decisions.choice_best",
    "decisions.choice_priced_out",
    "decisions.choice_cap",
    "decisions.choice_no_value",
    "decisions.choice_ineligible",
    "decisions.choice_alone",
)
CODES = (BEST, PRICED_OUT, CAPPED, NO_VALUE, INELIGIBLE, ALONE)

REASON_WORDS: Mapping[str, str] = {
    BEST: _(
        "{action} brings {worth} for {cost}, the best use of the budget; next comes {second} with {second_worth}."
    ),
    ALONE: _("{action} brings {worth} for {cost}; nothing else that is allowed brings anything."),
    PRICED_OUT: _("{action} would bring {worth} for {cost}: the budget brings more elsewhere."),
    CAPPED: _("{action} would bring {worth}: all contacts that are allowed bring more elsewhere."),
    NO_VALUE: _("Nothing that is allowed brings more than it costs; nearest is {action} with {worth}."),
    INELIGIBLE: _("No action is allowed."),
}
