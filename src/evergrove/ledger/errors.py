"""What can go wrong with a ledger, and the way out. Needs nothing but the ground."""

from __future__ import annotations

from importlib.util import find_spec

from evergrove.core import EvergroveError, InputError, _


class NoServerExtra(InputError):
    """The command needs a workspace, and what a workspace needs is not installed."""

    code = "ledger.no_server_extra"
    message = _("This needs a workspace, and {missing} is not installed.")
    hint = _('Run: pip install "evergrove[server]".')


class NoPostgresDriver(InputError):
    """The ledger's URL names PostgreSQL and its driver is not installed."""

    code = "ledger.no_postgres_driver"
    message = _("The ledger is in PostgreSQL, and its driver psycopg is not installed.")
    hint = _('Run: pip install "evergrove[server,postgres]".')


class UnknownLedgerUrl(InputError):
    """The URL names a database that a ledger cannot be kept in."""

    code = "ledger.unknown_url"
    message = _("A ledger cannot be kept in {url}.")
    hint = _("Give the path of a SQLite file, or a URL such as postgresql://user@host/database.")


class LedgerMissing(InputError):
    """There is no ledger where one was expected; an empty one is never made silently."""

    code = "ledger.missing"
    message = _("There is no ledger at {where}.")
    hint = _("A new workspace is made by evergrove init; a lost one comes back from a backup.")


class LedgerExists(InputError):
    """A new ledger was asked for where something already is."""

    code = "ledger.exists"
    message = _("There is already a ledger at {where}.")
    hint = _("Name another place, or use the workspace that is there.")


class NotALedger(InputError):
    """The file is no SQLite database, or one of somebody else's, or its first bytes are gone."""

    code = "ledger.not_a_ledger"
    message = _("{where} is not a ledger of Evergrove, or it is damaged: {reason}.")
    hint = _("Check the path; if the file was damaged, restore the newest backup.")


class LedgerUnreachable(InputError):
    """The database server does not answer, or refuses this user."""

    code = "ledger.unreachable"
    message = _("The ledger at {where} cannot be reached: {reason}.")
    hint = _("Does the server run, and are the user, the password and the database right?")


class LedgerBusy(EvergroveError):
    """Another process held the ledger for longer than we wait."""

    code = "ledger.busy"
    message = _("The ledger at {where} was held by another process for over {seconds} seconds.")
    hint = _("Nothing was changed. Wait for the other command to end, then run this one again.")


class LedgerFailed(EvergroveError):
    """The database could not do what was asked: full disk, lost connection, damaged page."""

    code = "ledger.failed"
    message = _("The ledger at {where} could not be read or written: {reason}.")
    hint = _(
        "Nothing of this step was kept. Is the disk full or the server gone? evergrove doctor looks closer."
    )


class LedgerTooNew(InputError):
    """The ledger was written by a newer Evergrove."""

    code = "ledger.too_new"
    message = _("The ledger has schema {found}; this version knows schemas up to {known}.")
    hint = _("Install a newer Evergrove: an older one would misread what the newer one wrote.")


class LedgerOutdated(InputError):
    """The ledger was written by an older Evergrove and not yet upgraded."""

    code = "ledger.outdated"
    message = _("The ledger has schema {found}; this version needs {known}.")
    hint = _("Run: evergrove upgrade. It makes a backup first.")


def require_server_extra() -> None:
    """
    Say which command installs what is missing, before an import says it in its own words.

    Raises:
        NoServerExtra: SQLAlchemy is not installed.
    """
    if find_spec("sqlalchemy") is None:
        raise NoServerExtra(missing="SQLAlchemy")
