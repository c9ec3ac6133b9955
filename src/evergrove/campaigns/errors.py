"""What can be wrong with a playbook, and the way out."""

from __future__ import annotations

from evergrove.access.errors import NotAllowed
from evergrove.core import InputError, _


class UnreadablePlaybook(InputError):
    """The file is missing or is not TOML."""

    code = "campaigns.unreadable"
    message = _("{origin} cannot be read as a playbook: {reason}.")
    hint = _("Start from one of the playbooks that Evergrove brings, and change its lines.")


class UnknownPlaybookFormat(InputError):
    """The file says it is something else, or of another version of Evergrove."""

    code = "campaigns.unknown_format"
    message = _("{origin} has the format {found}; this version reads {known}.")
    hint = _("Its first line must be: format = {known}.")


class UnknownStored(InputError):
    """Something of a playbook stands in the ledger in a format that this version does not read."""

    code = "campaigns.unknown_stored"
    message = _("A document of a playbook in the ledger has the format {found}; this version reads {known}.")
    hint = _("Install the version of Evergrove that wrote it, or a later one.")


class InvalidPlaybook(InputError):
    """A playbook's entry is missing, unknown, of the wrong kind or out of range; subclasses say which."""

    code = "campaigns.invalid"


class MissingEntry(InvalidPlaybook):
    """An entry that every playbook needs is not there."""

    code = "campaigns.missing_entry"
    message = _("{origin}: {where} needs {name}.")
    hint = _("Add a line {name} = ..., as the playbooks have it that Evergrove brings.")


class UnknownEntry(InvalidPlaybook):
    """An entry is there that nothing answers to: most often a slip of the pen."""

    code = "campaigns.unknown_entry"
    message = _("{origin}: {where} has no entry {name}.")
    hint = _("Entries there are: {known}.")


class UnusableEntry(InvalidPlaybook):
    """An entry has a value that it cannot have."""

    code = "campaigns.unusable_entry"
    message = _("{origin}: {name} = {value} cannot be used in {where}.")
    hint = _("It takes {wanted}.")


class CouponMissing(InvalidPlaybook):
    """A step carries a coupon that the playbook does not define."""

    code = "campaigns.coupon_missing"
    message = _("{origin}: the step {template} carries a coupon, and the playbook has none.")
    hint = _("Add a table [coupon] with code, percent, valid_days and redemption.")


class NotTheVersion(InputError):
    """A version already installed would be changed under the people who are in it."""

    code = "campaigns.version_changed"
    message = _("The playbook {key} differs from the version {version} that is installed.")
    hint = _("Give the changed playbook the version {next}: those who are under way finish the old one.")


class UnknownPlaybook(InputError):
    """No playbook of that key is installed."""

    code = "campaigns.unknown_playbook"
    message = _("There is no playbook {key} in this workspace.")
    hint = _("Installed are: {known}.")


class UnknownVersion(InputError):
    """A playbook is there, but not in that version."""

    code = "campaigns.unknown_version"
    message = _("{key} has no version {version}.")
    hint = _("There are: {known}.")


class NotOneForm(InputError):
    """A playbook is given both as a document and as a text, or as neither."""

    code = "campaigns.not_one_form"
    message = _("A playbook is given as a document or as a text, one of them.")
    hint = _("Leave out the other.")


class SharesDoNotAddUp(InvalidPlaybook):
    """The variants of a step are not those of everybody."""

    code = "campaigns.shares"
    message = _("{origin}: the shares of a step's variants add up to {sum}.")
    hint = _("They must add up to 1: each customer gets one of them.")


class UnusableCondition(InvalidPlaybook):
    """A condition of a playbook cannot be asked."""

    code = "campaigns.unusable_condition"
    message = _("{origin}: {condition} is no condition that can be asked: {problem}")
    hint = _("Try it with evergrove segments first; it takes the same words.")


class PlaybookLocked(InputError):
    """A playbook needs what no station gives yet."""

    code = "campaigns.locked"
    message = _("{key} cannot be started: it needs {missing}, and nothing gives that yet.")
    hint = _("Write one of your own without it, or wait for a version of Evergrove that has it.")


class NotTried(InputError):
    """A playbook is to be started that nobody has tried on the past."""

    code = "campaigns.not_tried"
    message = _("{key} in its version {version} was never tried on the nights that were published.")
    hint = _("Look first whom it would have reached: evergrove playbook try {key}.")


class OwnApproval(NotAllowed):
    """Somebody approves a playbook of their own."""

    code = "campaigns.own_approval"
    message = _("Whoever wrote {key}, or asked for its start, cannot approve it.")
    hint = _("Ask somebody else who may start playbooks.")


class NothingToApprove(InputError):
    """There is no playbook of that key that waits."""

    code = "campaigns.nothing_to_approve"
    message = _("{key} does not wait for approval.")
    hint = _(
        "It waits once somebody has started it, and it would reach more people than the setting approve_above."
    )
