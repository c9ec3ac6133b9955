"""What can be wrong with taking events in."""

from __future__ import annotations

from evergrove.core import InputError, _
from evergrove.ledger import LedgerBusy


class EventsBusy(LedgerBusy):
    """More events wait to be stored than are taken."""

    code = "ingest.events_busy"
    message = _("Too many events wait to be stored; nothing of this request was.")
    hint = _("Send it again in a moment: what was stored all the same is known by its message id.")


class EventConflict(InputError):
    """Something else was told under the same name before."""

    code = "ingest.event_conflict"
    message = _(
        "{count} {count:event contradicts one|events contradict others} of the same name; the first holds."
    )
    hint = _("GET /v1/events?state=conflict lists them. A changed order needs a later updated_at.")


class NoSuchEvent(InputError):
    """There is no event of this number, or none that was refused."""

    code = "ingest.unknown_event"
    message = _("There is no refused event {seq}.")
    hint = _("GET /v1/events?state=refused lists them.")
