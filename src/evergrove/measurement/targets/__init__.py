"""The targets board: where the customer base stands, by measures that are the same for every month."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.measurement.targets.rules import SIX, standing
    from evergrove.measurement.targets.service import AFTER, BEFORE, LEVEL, quarter_start, read_measures
    from evergrove.measurement.targets.types import FORMAT, Board, Month, Reading, Standing, Target

__all__ = [
    "AFTER",
    "BEFORE",
    "FORMAT",
    "LEVEL",
    "SIX",
    "Board",
    "Month",
    "Reading",
    "Standing",
    "Target",
    "quarter_start",
    "read_measures",
    "standing",
]

__getattr__ = loader(
    globals(),
    dict.fromkeys(("SIX", "standing"), "evergrove.measurement.targets.rules")
    | dict.fromkeys(
        ("AFTER", "BEFORE", "LEVEL", "quarter_start", "read_measures"),
        "evergrove.measurement.targets.service",
    )
    | dict.fromkeys(
        ("FORMAT", "Board", "Month", "Reading", "Standing", "Target"), "evergrove.measurement.targets.types"
    ),
)
