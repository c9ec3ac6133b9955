"""Why persons cannot be read, sealed or opened, and the way out."""

from __future__ import annotations

from evergrove.core import EvergroveError, InputError, _


class MasterKeyExists(InputError):
    """A new master key was asked for where one already is."""

    code = "people.master_key_exists"
    message = _("There is already a master key at {file}.")
    hint = _(
        "It is not overwritten: what it has sealed could never be opened again. Name another file, or use it."
    )


class MasterKeyNotWritten(InputError):
    """The master key cannot be written where it should be."""

    code = "people.master_key_not_written"
    message = _("The master key cannot be written to {file}: {reason}.")
    hint = _("Name another file with the setting key_file in [workspace].")


class MasterKeyMissing(InputError):
    """The file of the master key is not there, or not readable."""

    code = "people.master_key_missing"
    message = _("The master key cannot be read from {file}: {reason}.")
    hint = _(
        "Personal data stay sealed without it. Put the file back from where you keep a copy, or say where it"
        " is with the setting key_file in [workspace]."
    )


class MasterKeyDamaged(InputError):
    """The file holds something else than a master key."""

    code = "people.master_key_damaged"
    message = _("{file} holds no master key of Evergrove, or it was changed.")
    hint = _(
        "Put the file back from where you keep a copy, or name the right file with key_file in [workspace]."
    )


class WrongMasterKey(InputError):
    """The master key is not the one that sealed this workspace."""

    code = "people.wrong_master_key"
    message = _("The master key in {file} is not the one that sealed this workspace.")
    hint = _("Each workspace has its own. Name the right file with the setting key_file in [workspace].")


class SealBroken(EvergroveError):
    """A sealed record does not open: it was changed, or copied from another row."""

    code = "people.seal_broken"
    message = _("The personal data of a customer do not open: they were changed, or belong to another row.")
    hint = _("Restore the newest backup of the ledger.")


class NoPhoneRules(InputError):
    """A phone number is to be read, and what knows the world's numbers is not installed."""

    code = "people.no_phone_rules"
    message = _("This reads phone numbers, and phonenumbers is not installed.")
    hint = _('Run: pip install "evergrove[server]".')


class RefusedJoining(InputError):
    """Persons cannot be joined or taken apart as asked."""

    exit_status = 3


class AlreadyOne(RefusedJoining):
    """Two customers are to be joined who are one person already."""

    code = "people.already_one"
    message = _("{one} and {other} are one person already.")
    hint = _("evergrove person show {one} tells since when and why.")


class TwoPersons(RefusedJoining):
    """Two customers are to be joined who are two persons for certain."""

    code = "people.are_two"
    message = _("{one} and {other} have two different numbers of which a person has only one.")
    hint = _("evergrove person show names them. If one is wrong, correct it in the shop and import it again.")


class NotMerged(RefusedJoining):
    """A customer is to be taken apart who is joined with nobody."""

    code = "people.not_merged"
    message = _("{customer} is joined with nobody.")
    hint = _("evergrove person show {customer} tells what is known.")


class PersonErased(RefusedJoining):
    """Something is asked of a person of whom nothing is kept."""

    code = "people.person_erased"
    message = _("{customer} was erased: nothing of that person may change any more.")
    hint = _("Orders and amounts stay under the id; nobody can tell whose they were.")
