"""What playbooks are believed to bring a person: assumed at first, then measured, shrunk and kept in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.decisions.effects.types import ASSUMED_FROM, Effect, MeasuredCell, Prior

if TYPE_CHECKING:
    from evergrove.decisions.effects.keeping import read, store
    from evergrove.decisions.effects.shrinking import shrink
    from evergrove.decisions.effects.tables import treatment_effect

__all__ = ["ASSUMED_FROM", "Effect", "MeasuredCell", "Prior", "read", "shrink", "store", "treatment_effect"]

_KEEPING = "evergrove.decisions.effects.keeping"
__getattr__ = loader(
    globals(),
    {
        "read": _KEEPING,
        "shrink": "evergrove.decisions.effects.shrinking",
        "store": _KEEPING,
        "treatment_effect": "evergrove.decisions.effects.tables",
    },
)
