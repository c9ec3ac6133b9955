"""Experiment statistics: sums in, estimates with intervals out. No table, no clock."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.stats.comparing import relative, relative_by_delta, welch
    from evergrove.stats.errors import NoComparison, NoVariance, TooFewUnits, ZeroBaseline
    from evergrove.stats.mismatch import ALARM, srm, srm_within
    from evergrove.stats.sparse import sparse_difference
    from evergrove.stats.strata import pooled, poststratified, whole
    from evergrove.stats.types import Difference, Proportion, Ratio, Relative, Sample, Sums

__all__ = [
    "ALARM",
    "Difference",
    "NoComparison",
    "NoVariance",
    "Proportion",
    "Ratio",
    "Relative",
    "Sample",
    "Sums",
    "TooFewUnits",
    "ZeroBaseline",
    "pooled",
    "poststratified",
    "relative",
    "relative_by_delta",
    "sparse_difference",
    "srm",
    "srm_within",
    "welch",
    "whole",
]

_HOMES = {
    "comparing": ("relative", "relative_by_delta", "welch"),
    "errors": ("NoComparison", "NoVariance", "TooFewUnits", "ZeroBaseline"),
    "mismatch": ("ALARM", "srm", "srm_within"),
    "sparse": ("sparse_difference",),
    "strata": ("pooled", "poststratified", "whole"),
    "types": ("Difference", "Proportion", "Ratio", "Relative", "Sample", "Sums"),
}

# A back-test asks for the transform alone (``stats.pit``), and must not pay for what experiments need.
__getattr__ = loader(
    globals(), {name: f"evergrove.stats.{home}" for home, names in _HOMES.items() for name in names}
)
