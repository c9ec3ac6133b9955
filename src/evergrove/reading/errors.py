"""What cannot be read, and the way out."""

from __future__ import annotations

from evergrove.core import InputError, InUse, _


class UnknownCustomer(InputError):
    """An id that the newest run does not know."""

    code = "reading.unknown_customer"
    message = _("The run as of {as_of} knows no customer {customer}.")
    hint = _(
        "Is it the customer's id as the shop's files have it? Whoever came in since is valued by the next run."
    )


class UnknownColumn(InputError):
    """A list is to be sorted by a column by which it cannot be."""

    code = "reading.unknown_column"
    message = _("Customers cannot be sorted by {column}.")
    hint = _("They can be sorted by: {known}.")


class UnknownImport(InputError):
    """A number that no import has."""

    code = "reading.unknown_import"
    message = _("There is no import {number}.")
    hint = _("The list of imports names them all.")


class NoOverview(InputError):
    """The newest run published no overview: an earlier release made it."""

    code = "reading.no_overview"
    message = _("The run as of {as_of} was made by an earlier release, which published no overview.")
    hint = _("Run once more: evergrove run.")


class UnknownRun(InputError):
    """A run that is not kept, or never was."""

    code = "reading.unknown_run"
    message = _("There is no run {run}.")
    hint = _("The list of runs names those that are kept; older ones were let go of.")


class UnknownBackTest(InputError):
    """A back-test that is not kept, or never was."""

    code = "reading.unknown_back_test"
    message = _("There is no back-test {number}.")
    hint = _("The list of back-tests names those that are kept.")


class SnapshotGone(InputError):
    """A list was begun in a snapshot that cannot be read any more."""

    code = "reading.snapshot_gone"
    message = _("What this list was begun in has been replaced, and cannot be read any more.")
    hint = _("Begin the list anew.")


class StillCounting(InUse):
    """Months are counted one after the other: each keeps a processor busy for seconds."""

    code = "reading.still_counting"
    message = _("Months are being counted for somebody else at this moment.")
    hint = _("Ask again in a moment: what has been counted once is there at once.")
