"""What can be wrong with a playbook, and the way out."""

from __future__ import annotations

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
