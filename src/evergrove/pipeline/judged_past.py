"""What a fit of the night has to show for itself: kept beside its parameters, for nobody can work it out afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.report.accounting import limits
from evergrove.report.alive import alive_grid
from evergrove.report.judgement import back_test, tracking
from evergrove.report.numbers import worded
from evergrove.report.seen_figures import matrix_figures
from evergrove.report.windows import windows

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.scoring.types import Valuation

FORMAT = "evergrove.judged/1"
JUDGED = "judged"
"""Under which key of the models' document it stands; documents of earlier releases have none."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """The models and the customers that they describe."""

    valuation: Valuation
    base: CustomerBase


def judged_past(valuation: Valuation, base: CustomerBase) -> dict[str, Any]:
    """
    How a fit did on what it had not seen, what it makes of histories, and what its readers should know.

    Args:
        valuation: Of today, with ``repeats_by_day`` among its extras.
        base: Today's customers.

    Returns:
        ``tracking``, ``back_test``, ``alive_grid`` and ``frequency_recency`` as in summary.json, None where they cannot
        be given; ``limits`` with why, and ``warnings``.
    """
    seen, judged = _Seen(valuation, base), valuation.back_test
    spans = windows(
        valuation.first_date, valuation.as_of, valuation.active_days, judged.origin if judged else None
    )
    return {
        "format": FORMAT,
        "tracking": tracking(valuation.tracking, spans),
        "back_test": back_test(judged, spans),
        "alive_grid": alive_grid(seen, spans),
        "frequency_recency": matrix_figures(seen, spans),
        "limits": limits(valuation.readiness),
        "warnings": [worded(warning) for warning in valuation.warnings],
    }
