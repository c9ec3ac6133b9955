"""What can be wrong with a job, and with an order for one."""

from __future__ import annotations

from evergrove.core import EvergroveError, InputError, _


class UnknownJob(InputError):
    """There is no job of that number."""

    code = "jobs.unknown"
    message = _("There is no job {number}.")
    hint = _("evergrove jobs list shows them.")


class NotRetryable(InputError):
    """Only what was given up or cancelled can be run again."""

    code = "jobs.not_retryable"
    message = _("Job {number} is {state}: only jobs that were given up or cancelled can be run again.")
    hint = _("To have the same work done once more, queue it: evergrove jobs queue {kind}.")


class AlreadySettled(InputError):
    """A job that has ended cannot be cancelled."""

    code = "jobs.already_settled"
    message = _("Job {number} has ended already: it is {state}.")
    hint = _("evergrove jobs list shows those that wait or run.")


class AlreadyQueued(InputError):
    """A job of the same key waits or runs."""

    code = "jobs.already_queued"
    message = _("Job {number} does the same work and has not ended yet.")
    hint = _("evergrove jobs show {number} tells how far it is.")


class UnknownKind(InputError):
    """No worker knows such a piece of work."""

    code = "jobs.unknown_kind"
    message = _("There is no kind of job called {kind}.")
    hint = _("There are: {known}.")


class LeaseLost(EvergroveError):
    """The job was taken over by another worker, or was settled: nothing of this attempt may be kept."""

    code = "jobs.lease_lost"
    message = _("Job {number} belongs to another worker by now; nothing more was written.")
    hint = _("Nothing is to be done: evergrove jobs show {number} tells how the other worker fares.")


class ForeignError(EvergroveError):
    """An error that nobody foresaw; only its class is kept: its text may tell of persons."""

    code = "jobs.foreign_error"
    message = _("Evergrove made a mistake of its own: {kind}.")
    hint = _("Run the work by its own command with --debug, and send us what it prints.")


class NotAZone(InputError):
    """A time zone is not known."""

    code = "jobs.not_a_zone"
    message = _("There is no time zone {zone}.")
    hint = _("Use a name of the IANA list, such as Europe/Berlin or Asia/Shanghai.")
