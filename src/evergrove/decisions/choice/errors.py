"""Why nothing can be chosen from what was given."""

from __future__ import annotations

from evergrove.core import InputError, _


class ShapesDiffer(InputError):
    """Two arrays that belong together are not equally long and wide."""

    code = "decisions.choice_shapes"
    message = _("{name} has the shape {shape}, where {expected} is needed.")
    hint = _("Give one row a customer and one column an action.")


class NotFinite(InputError):
    """An infinite value or cost: sums over customers would say nothing."""

    code = "decisions.choice_not_finite"
    message = _("{name} is infinite for {broken} of {total} (first: customer {customer}, action {action}).")
    hint = _("Write NaN where an action is not allowed, and a number everywhere else.")


class LimitBelowNothing(InputError):
    """A budget or a cap that nothing could keep."""

    code = "decisions.choice_limit_negative"
    message = _("{name} is limited to {most}, which cannot be kept.")
    hint = _("Write 0 to allow nothing, or leave the limit away.")


class ChannelUnknown(InputError):
    """A limit of a channel that no action goes over."""

    code = "decisions.choice_channel_unknown"
    message = _("No action goes over the channel {channel}.")
    hint = _("Known are: {known}. Give the channel of every action with channels=.")


class ShareImpossible(InputError):
    """A share of exploration outside of what can be."""

    code = "decisions.choice_share"
    message = _("A share of {share} cannot be drawn at random.")
    hint = _("Write at least {least} and below 1.")


class ExplorationTooDear(InputError):
    """What is drawn at random would use up a limit by itself."""

    code = "decisions.exploration_too_dear"
    message = _("Drawing at random would use {expected} of {name}, of which {most} are allowed.")
    hint = _("Raise the limit, lower the share, or say by explorable= which actions may be drawn at random.")


class UnknownGuard(InputError):
    """A way to choose coupons that there is not."""

    code = "decisions.choice_guard"
    message = _("{mode} is no way to choose the face of a coupon.")
    hint = _("Write cell, random or free.")
