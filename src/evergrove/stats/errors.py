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


class UnknownMean(NoComparison):
    """An arm whose mean is no finite number: a sum that is missing, or a ratio over nothing."""

    code = "stats.unknown_mean"
    message = _("The mean of the {arm} arm is not known.")
    hint = _("Give sums of finite numbers; of a ratio, wait until its denominator is not 0.")


class ZeroBaseline(NoComparison):
    """A share of nothing is asked for."""

    code = "stats.zero_baseline"
    message = _("The control's mean is 0, so the effect cannot be said as a share of it.")
    hint = _("Use the difference itself.")


class NoLogarithm(NoComparison):
    """A ratio of means is asked for where one of them is not positive."""

    code = "stats.no_logarithm"
    message = _("The mean of the {arm} arm is {mean}, and a ratio on the log scale takes means above 0.")
    hint = _("Use the difference itself, or the share by the delta method.")


class LateCovariate(NoComparison):
    """A covariate that the campaign itself may have moved."""

    code = "stats.late_covariate"
    message = _(
        "The covariate ends on {ends}, and the arms were drawn on {assigned}: it may hold part of the effect."
    )
    hint = _("Take figures of days before the arms were drawn only.")


class UnlikeCaps(NoComparison):
    """Two arms, or parts of one, that were capped at different figures."""

    code = "stats.unlike_caps"
    message = _("One part is capped at {one}, the other at {other}.")
    hint = _("Fix one cap before anybody looks, and use it for both arms.")


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


class NoDifferenceToFind(NoComparison):
    """Somebody asks how many people it takes to see nothing."""

    code = "stats.no_difference_to_find"
    message = _("There is no difference to be found: both arms are foreseen with the same mean, or it is 0.")
    hint = _("Say what the treatment is expected to bring, such as 0.5 points of share or 2 in money a head.")


class ImpossibleRelativeEffect(NoComparison):
    """The control arm's own mean is too uncertain for any relative effect."""

    code = "stats.impossible_relative_effect"
    message = _(
        "{control} {control:person|people} in the control arm {control:shows|show} no relative effect of any size: it takes more than {needed}."
    )
    hint = _("Keep more people untreated, wait until more have come in, or look at the difference itself.")
