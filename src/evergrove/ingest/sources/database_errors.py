"""Why a database's rows do not come in; no sentence holds a password, nor the query, which may hold one."""

from __future__ import annotations

import re

from evergrove.core import InputError, _

_URL = re.compile(r"[a-z][a-z0-9_+]*://", re.IGNORECASE)


def is_database(text: str) -> bool:
    """Whether an argument is a URL rather than a file."""
    return _URL.match(text) is not None


class BadDatabaseUrl(InputError):
    """What was given is no URL of a database."""

    code = "ingest.bad_database_url"
    message = _("{url} is not the URL of a database.")
    hint = _(
        "Write it like postgresql://user@host/database, mysql://user@host/database or sqlite:///file.db; the"
        " password goes into the environment variable {variable}."
    )


class NoDatabaseDriver(InputError):
    """The library that speaks with such a database is not installed."""

    code = "ingest.no_database_driver"
    message = _("Nothing that speaks with {backend} is installed here.")
    hint = _("Install a driver that SQLAlchemy knows, such as {package}, and run the command again.")


class DatabaseUnreachable(InputError):
    """The server does not answer, or lets nobody in."""

    code = "ingest.database_unreachable"
    message = _("{where} cannot be opened: {reason}.")
    hint = _(
        "Check host, port, user and database; the password is taken from the URL or from the environment"
        " variable {variable}."
    )


class NotAQuery(InputError):
    """A statement that might change something."""

    code = "ingest.not_a_query"
    message = _("Only a query that reads is run, and this one begins with {first}.")
    hint = _("Begin it with SELECT or WITH, and give one statement.")


class QueryMissing(InputError):
    """A database was named and nothing was asked of it."""

    code = "ingest.query_missing"
    message = _("{where}: which rows are wanted is not said.")
    hint = _('Add a query: --query "select order_id, customer_id, paid_at, total from orders".')


class QueryWithoutDatabase(InputError):
    """A query, and no database to ask."""

    code = "ingest.query_without_database"
    message = _("--query asks one database, and {file} is not the URL of one.")
    hint = _("Give one URL, such as postgresql://user@host/database, and no file beside it.")


class QueryRefused(InputError):
    """The database does not run the query."""

    code = "ingest.query_refused"
    message = _("{where} refused the query: {reason}.")
    hint = _("Try it in the database's own client first; a user who may only read is enough.")


class QueryBrokeOff(InputError):
    """The rows stopped coming before the last one."""

    code = "ingest.query_broke_off"
    message = _("{where} broke off after {rows} {rows:row|rows}: {reason}.")
    hint = _("Nothing was stored. Run the command again.")
