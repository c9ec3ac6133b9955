"""What became of messages after they had left, or without anybody's doing: codes that are stored, and their sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "outbox.lease_over": _("The worker died while the message may have been leaving."),
    "outbox.too_late": _("It was not sent while it was of use."),
    "outbox.never_confirmed": _("Staff have not acted on it while it was of use."),
    "outbox.did_leave": _("Somebody has looked it up: it left."),
    "outbox.did_not_leave": _("Somebody has looked it up: it did not leave."),
    "outbox.retried": _("Somebody has let it go once more."),
    "outbox.reported": _("The provider has reported it."),
    "outbox.task_reached": _("Staff have reached the customer."),
    "outbox.task_declined": _("Staff have reached the customer, who wanted nothing."),
    "outbox.task_no_more": _("The customer has told staff to call no more."),
    "outbox.task_not_reached": _("Staff have not reached the customer."),
    "outbox.task_wrong_number": _("Staff have found that the number is somebody else's."),
    "outbox.task_cancelled": _("The task was let go."),
}
"""Reason to sentence, English; faces translate it."""
