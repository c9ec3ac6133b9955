"""What people do about single messages, with the codes that these held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove import outbox
from evergrove.core import InputError, _
from evergrove.outbox import OUTBOX
from evergrove.programs import issue_again, release_ended
from evergrove.programs.coupons.errors import UnknownCampaign
from evergrove.programs.coupons.messages import CAMPAIGN, NEVER_REACHED
from evergrove.programs.coupons.words import REFUSED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox import State

OVER = "programs.issue_over"


class NoCodeAgain(InputError):
    """A message that promises a code is not sent without one."""

    code = "delivery.no_code_again"
    message = _(
        "Message {id} cannot leave again: the campaign {campaign} has no code for it, as {reason}. Nothing was changed."
    )
    hint = _("Let the campaign go on, or give it a higher limit or budget; then send the message again.")


def settle_message(connection: Connection, outbox_id: str, now: datetime, *, did_leave: bool) -> State:
    """
    Say what became of a message; one that did not leave gives its code back.

    Args:
        connection: Of a ``writing`` block.
        outbox_id: Which.
        now: When.
        did_leave: What was found out.

    Raises:
        UnknownMessage, NothingToSettle: There is none, or it is known what became of it.
    """
    state = outbox.settle_by_hand(connection, outbox_id, now, did_leave=did_leave)
    if state in NEVER_REACHED:
        release_ended(connection, now, OUTBOX.c.id == outbox_id)
    return state


def retry_message(
    connection: Connection, outbox_id: str, now: datetime, until: datetime | None = None, *, by: str
) -> None:
    """
    Let a message that has failed leave once more; where its code went back when it failed, it gets another one.

    Args:
        connection: Of a ``writing`` block; nothing of it is kept where this raises.
        outbox_id: Which.
        now: When.
        until: Until when it is of use; None: as before.
        by: Who does it.

    Raises:
        UnknownMessage, NotRetryable, TooLateToRetry: It cannot leave again.
        NoCodeAgain: It would leave without the code that it promises.
    """
    outbox.retry(connection, outbox_id, now, until)
    row = OUTBOX.c
    told = connection.execute(select(row.customer_id, row.params).where(row.id == outbox_id)).one()
    campaign = told.params.get(CAMPAIGN)
    if campaign:
        why = _why_no_code(connection, campaign, told.customer_id, outbox_id, now, by)
        if why is not None:
            raise NoCodeAgain(id=outbox_id, campaign=campaign, reason=REFUSED[why])


def _why_no_code(
    connection: Connection, campaign: str, customer_id: str, outbox_id: str, now: datetime, by: str
) -> str | None:
    try:
        found = issue_again(connection, campaign, customer_id, outbox_id, now, by=by)
    except UnknownCampaign:
        return OVER
    mine = found.issued.get(outbox_id)
    if mine is None:
        return found.refused[outbox_id]
    return OVER if mine.valid_until is not None and mine.valid_until <= now else None
