"""Experiment statistics: sums in, estimates with intervals out. No table, no clock."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.stats.adaptive import Batch, aipw
    from evergrove.stats.adjusting import (
        Adjusted,
        cuped,
        cuped_relative,
        cuped_relative_by_delta,
        cuped_strata,
        theta,
    )
    from evergrove.stats.bandit import best_chances, floored, top_two_shares
    from evergrove.stats.bayes import Posterior, Prior, chance_of_more, posterior, risk
    from evergrove.stats.capping import Cap, Capped, CappedDifference, welch_capped
    from evergrove.stats.comparing import as_share, log_ratio, relative, relative_by_delta, welch
    from evergrove.stats.dominance import Shift, cliffs_delta
    from evergrove.stats.errors import (
        LateCovariate,
        NoComparison,
        NoLogarithm,
        NoVariance,
        TooFewUnits,
        UnknownMean,
        UnlikeCaps,
        ZeroBaseline,
    )
    from evergrove.stats.many import benjamini_hochberg, holm
    from evergrove.stats.margins import NotWorse, not_worse
    from evergrove.stats.mismatch import ALARM, srm, srm_within
    from evergrove.stats.paired import Paired, PairedRatio
    from evergrove.stats.power import (
        Foreseen,
        people_needed,
        people_needed_by_t,
        power_of,
        power_of_relative,
        smallest_difference,
        smallest_relative,
    )
    from evergrove.stats.proportions import (
        agresti_caffo,
        change,
        jeffreys,
        newcombe,
        risk_ratio,
        same_share_p,
        wilson,
    )
    from evergrove.stats.resampling import bootstrap_ratio
    from evergrove.stats.sequential import AlwaysValid, always_valid
    from evergrove.stats.sparse import sparse_difference
    from evergrove.stats.strata import pooled, poststratified, whole
    from evergrove.stats.types import Difference, Estimate, Proportion, Ratio, Relative, Sample, Sums

__all__ = [
    "ALARM",
    "Adjusted",
    "AlwaysValid",
    "Batch",
    "Cap",
    "Capped",
    "CappedDifference",
    "Difference",
    "Estimate",
    "Foreseen",
    "LateCovariate",
    "NoComparison",
    "NoLogarithm",
    "NoVariance",
    "NotWorse",
    "Paired",
    "PairedRatio",
    "Posterior",
    "Prior",
    "Proportion",
    "Ratio",
    "Relative",
    "Sample",
    "Shift",
    "Sums",
    "TooFewUnits",
    "UnknownMean",
    "UnlikeCaps",
    "ZeroBaseline",
    "agresti_caffo",
    "aipw",
    "always_valid",
    "as_share",
    "benjamini_hochberg",
    "best_chances",
    "bootstrap_ratio",
    "chance_of_more",
    "change",
    "cliffs_delta",
    "cuped",
    "cuped_relative",
    "cuped_relative_by_delta",
    "cuped_strata",
    "floored",
    "holm",
    "jeffreys",
    "log_ratio",
    "newcombe",
    "not_worse",
    "people_needed",
    "people_needed_by_t",
    "pooled",
    "posterior",
    "poststratified",
    "power_of",
    "power_of_relative",
    "relative",
    "relative_by_delta",
    "risk",
    "risk_ratio",
    "same_share_p",
    "smallest_difference",
    "smallest_relative",
    "sparse_difference",
    "srm",
    "srm_within",
    "theta",
    "top_two_shares",
    "welch",
    "welch_capped",
    "whole",
    "wilson",
]

_HOMES = {
    "adaptive": (
        "Batch",
        "aipw",
    ),
    "adjusting": (
        "Adjusted",
        "cuped",
        "cuped_relative",
        "cuped_relative_by_delta",
        "cuped_strata",
        "theta",
    ),
    "bandit": (
        "best_chances",
        "floored",
        "top_two_shares",
    ),
    "bayes": (
        "Posterior",
        "Prior",
        "chance_of_more",
        "posterior",
        "risk",
    ),
    "capping": (
        "Cap",
        "Capped",
        "CappedDifference",
        "welch_capped",
    ),
    "comparing": (
        "as_share",
        "log_ratio",
        "relative",
        "relative_by_delta",
        "welch",
    ),
    "dominance": (
        "Shift",
        "cliffs_delta",
    ),
    "errors": (
        "LateCovariate",
        "NoComparison",
        "NoLogarithm",
        "NoVariance",
        "TooFewUnits",
        "UnknownMean",
        "UnlikeCaps",
        "ZeroBaseline",
    ),
    "many": (
        "benjamini_hochberg",
        "holm",
    ),
    "margins": (
        "NotWorse",
        "not_worse",
    ),
    "mismatch": (
        "ALARM",
        "srm",
        "srm_within",
    ),
    "paired": (
        "Paired",
        "PairedRatio",
    ),
    "power": (
        "Foreseen",
        "people_needed",
        "people_needed_by_t",
        "power_of",
        "power_of_relative",
        "smallest_difference",
        "smallest_relative",
    ),
    "proportions": (
        "agresti_caffo",
        "change",
        "jeffreys",
        "newcombe",
        "risk_ratio",
        "same_share_p",
        "wilson",
    ),
    "resampling": ("bootstrap_ratio",),
    "sequential": (
        "AlwaysValid",
        "always_valid",
    ),
    "sparse": ("sparse_difference",),
    "strata": (
        "pooled",
        "poststratified",
        "whole",
    ),
    "types": (
        "Difference",
        "Estimate",
        "Proportion",
        "Ratio",
        "Relative",
        "Sample",
        "Sums",
    ),
}

# A back-test asks for the transform alone (``stats.pit``), and must not pay for what experiments need.
__getattr__ = loader(
    globals(), {name: f"evergrove.stats.{home}" for home, names in _HOMES.items() for name in names}
)
