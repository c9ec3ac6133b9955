"""Why an event is refused, by code; those of single values are the same as of rows in files."""

from __future__ import annotations

from evergrove.core import _
from evergrove.ingest.reasons import REASONS as OF_ROWS
from evergrove.people import ROWS

_OWN: dict[str, str] = {
    "events.not_an_object": _("The event is not one JSON object."),
    "events.unknown_type": _("The type is none of identify, track, page, screen, group and alias."),
    "events.no_identity": _("There is neither a userId nor an anonymousId."),
    "events.bad_message_id": _("The messageId is not a text of 1 to 128 characters."),
    "events.no_name": _("The name of what happened is missing."),
    "events.no_group": _("The groupId is missing."),
    "events.no_previous_id": _("The previousId is missing."),
    "events.no_order_id": _("The order_id is missing."),
    "events.no_template": _("The template_id of the messages that were agreed to is missing."),
    "events.no_update_time": _("A cancellation or another version needs updated_at."),
    "events.unknown_order": _("The order that is named has not come in within a week."),
    "events.not_kept": _("It holds something that the facts cannot keep."),
    "events.unknown_field": _("There is no field of this name."),
    "events.bad_text": _("This should be a text without control characters."),
    "events.bad_list": _("This should be a list of objects."),
    "people.erased": ROWS["people.erased"],
    "events.negative": _("An amount should not be negative; what is given back is a refund."),
}
REASONS: dict[str, str] = {**OF_ROWS, **_OWN}
"""Sentences without fields: nothing of a value is repeated, as it may be personal."""
