"""What can be wrong with a tier policy, and the way out."""

from __future__ import annotations

from evergrove.core import InputError, _


class InvalidTierPolicy(InputError):
    """A tier policy cannot be used; each subclass is one kind of mistake."""

    code = "segments.invalid_policy"


class UnreadablePolicy(InvalidTierPolicy):
    """The file is missing or is not TOML."""

    code = "segments.policy_unreadable"
    message = _("{origin} cannot be read as a tier policy: {reason}.")
    hint = _("Start from one that Evergrove brings: evergrove segments policies --write three_tiers.")


class UnknownPolicyFormat(InvalidTierPolicy):
    """The file says it is something else, or of another version of Evergrove."""

    code = "segments.policy_format"
    message = _("{origin} has the format {found}; this version reads {known}.")
    hint = _('Its first line must be: format = "{known}".')


class PolicyEntryMissing(InvalidTierPolicy):
    """An entry that every policy needs is not there."""

    code = "segments.policy_missing"
    message = _("{origin}: {name} is missing.")
    hint = _("Add it as the policies have it that Evergrove brings.")


class PolicyEntryUnknown(InvalidTierPolicy):
    """An entry is there that nothing answers to: most often a slip of the pen."""

    code = "segments.policy_unknown"
    message = _("{origin}: there is no entry {name}.")
    hint = _("Entries there are: {known}.")


class PolicyEntryUnusable(InvalidTierPolicy):
    """An entry has a value that it cannot have."""

    code = "segments.policy_unusable"
    message = _("{origin}: {name} = {value} cannot be used.")
    hint = _("It takes {wanted}.")


class PolicyBoundsFall(InvalidTierPolicy):
    """A better tier would ask for less than the one below it."""

    code = "segments.policy_bounds_fall"
    message = _("{origin}: the bounds of {name} fall: {bounds}.")
    hint = _(
        "They stand in the order of the tiers, the lowest first; each must be at least the one before it."
    )


class PolicyDoesNotFit(InvalidTierPolicy):
    """Two entries contradict each other."""

    code = "segments.policy_contradicts"
    message = _("{origin}: {name} = {value} does not go with these criteria.")
    hint = _("It needs {wanted}.")


class UnknownPolicy(InputError):
    """There is no policy of that name, and no such file."""

    code = "segments.unknown_policy"
    message = _("There is no tier policy {name}, and no such file.")
    hint = _("Evergrove brings {known}; or name a TOML file.")


class PolicyOnAnotherBasis(InputError):
    """The bounds of a predicted criterion count value on another basis than the workspace."""

    code = "segments.policy_basis"
    message = _("The policy {name} states its bounds as {wanted}; values here are {found}.")
    hint = _(
        "Give the workspace what that basis needs (margin, cac), or change basis and bounds in the policy."
    )
