"""Why a comparison cannot be made: no number is better than one that looks fine."""

from __future__ import annotations

from evergrove.core import InputError, _


class NoComparison(InputError):
    """The two arms cannot be compared; each subclass is one reason."""

    code = "stats.no_comparison"


class TooFewUnits(NoComparison):
    """An arm has fewer than two units."""

    code = "stats.too_few_units"
    message = _("Each arm needs at least 2 units; treated has {treated}, control has {control}.")
    hint = _("Wait until more have been assigned.")


class NoVariance(NoComparison):
    """All units of an arm have the same figure."""

    code = "stats.no_variance"
    message = _("All {n} units of the {arm} arm have the same figure, so its uncertainty cannot be told.")
    hint = _("Wait until more has happened in that arm.")


class ZeroBaseline(NoComparison):
    """A share of nothing is asked for."""

    code = "stats.zero_baseline"
    message = _("The control's mean is 0, so the effect cannot be said as a share of it.")
    hint = _("Use the difference itself.")


class InvalidLevel(NoComparison):
    """A probability outside (0, 1)."""

    code = "stats.invalid_level"
    message = _("The level {level} is not between 0 and 1.")
    hint = _("Give the probability between the bounds, such as 0.8 or 0.95.")


class InvalidWeights(NoComparison):
    """Counts and weights of arms do not belong together."""

    code = "stats.invalid_weights"
    message = _("Counts {counts} and weights {weights} are not one of each for every arm.")
    hint = _(
        "Give as many weights as counts, none below 0, and at least two above 0; an arm of weight 0 holds nobody."
    )
