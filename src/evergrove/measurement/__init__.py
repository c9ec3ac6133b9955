"""What was done and what it earned: treated against control as assigned, kept in the value ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.measurement.types import PROGRAMME, Measured

if TYPE_CHECKING:
    from evergrove.measurement.service import measure, record, recorded
    from evergrove.measurement.tables import value_ledger

__all__ = ["PROGRAMME", "Measured", "measure", "record", "recorded", "value_ledger"]

_SERVICE = "evergrove.measurement.service"
__getattr__ = loader(
    globals(),
    {
        "measure": _SERVICE,
        "record": _SERVICE,
        "recorded": _SERVICE,
        "value_ledger": "evergrove.measurement.tables",
    },
)
