"""Experiment statistics: sums in, estimates with intervals out. No table, no clock."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.stats.comparing import relative, relative_by_delta, welch
    from evergrove.stats.dominance import Shift, cliffs_delta
    from evergrove.stats.errors import NoComparison, NoVariance, TooFewUnits, ZeroBaseline
    from evergrove.stats.many import benjamini_hochberg
    from evergrove.stats.mismatch import ALARM, srm, srm_within
    from evergrove.stats.power import (
        Foreseen,
        people_needed,
        power_of,
        power_of_relative,
        smallest_difference,
        smallest_relative,
    )
    from evergrove.stats.proportions import change, risk_ratio, same_share_p, wilson
    from evergrove.stats.resampling import bootstrap_ratio
    from evergrove.stats.sparse import sparse_difference
    from evergrove.stats.strata import pooled, poststratified, whole
    from evergrove.stats.types import Difference, Estimate, Proportion, Ratio, Relative, Sample, Sums

__all__ = [
    "ALARM",
    "Difference",
    "Estimate",
    "Foreseen",
    "NoComparison",
    "NoVariance",
    "Proportion",
    "Ratio",
    "Relative",
    "Sample",
    "Shift",
    "Sums",
    "TooFewUnits",
    "ZeroBaseline",
    "benjamini_hochberg",
    "bootstrap_ratio",
    "change",
    "cliffs_delta",
    "people_needed",
    "pooled",
    "poststratified",
    "power_of",
    "power_of_relative",
    "relative",
    "relative_by_delta",
    "risk_ratio",
    "same_share_p",
    "smallest_difference",
    "smallest_relative",
    "sparse_difference",
    "srm",
    "srm_within",
    "welch",
    "whole",
    "wilson",
]

_HOMES = {
    "comparing": ("relative", "relative_by_delta", "welch"),
    "dominance": ("Shift", "cliffs_delta"),
    "errors": ("NoComparison", "NoVariance", "TooFewUnits", "ZeroBaseline"),
    "many": ("benjamini_hochberg",),
    "mismatch": ("ALARM", "srm", "srm_within"),
    "power": (
        "Foreseen",
        "people_needed",
        "power_of",
        "power_of_relative",
        "smallest_difference",
        "smallest_relative",
    ),
    "proportions": ("change", "risk_ratio", "same_share_p", "wilson"),
    "resampling": ("bootstrap_ratio",),
    "sparse": ("sparse_difference",),
    "strata": ("pooled", "poststratified", "whole"),
    "types": ("Difference", "Estimate", "Proportion", "Ratio", "Relative", "Sample", "Sums"),
}

# A back-test asks for the transform alone (``stats.pit``), and must not pay for what experiments need.
__getattr__ = loader(
    globals(), {name: f"evergrove.stats.{home}" for home, names in _HOMES.items() for name in names}
)
