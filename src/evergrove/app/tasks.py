"""Tasks of staff with what a person needs to do them: the message behind, and the telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.outbox import OUTBOX
from evergrove.outbox.tasks import counts
from evergrove.people.identity.showing import identifiers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.app.workspace import Workspace
    from evergrove.outbox.tasks import StaffTask

PHONE = "phone"


@dataclass(frozen=True)
class Behind:
    """
    What stands behind a task.

    Attributes:
        playbook: Whose message it is; empty: of no message.
        step: Which one of the playbook, from 0.
        template: The letter that says what is to be told.
        phone: Of the customer; None: not known. Personal: never logged, never in an error.
    """

    playbook: str = ""
    step: int | None = None
    template: str = ""
    phone: str | None = None


def behind(here: Workspace, found: Sequence[StaffTask]) -> dict[str, Behind]:
    """What stands behind each task, by its id."""
    row = OUTBOX.c
    names = [each.outbox_id for each in found if each.outbox_id is not None]
    query = select(row.id, row.playbook, row.step, row.template).where(row.id.in_(names))
    with here.ledger.reading() as connection:
        messages = {each.id: each for each in connection.execute(query)}
        known = {
            each.customer_id: each.value
            for each in identifiers_of(connection, here.seal, {each.customer_id for each in found})
            if each.kind == PHONE and each.value
        }
    told = {}
    for each in found:
        phone = known.get(each.customer_id)
        message = messages.get(each.outbox_id or "")
        told[each.id] = (
            Behind(phone=phone)
            if message is None
            else Behind(message.playbook, message.step, message.template or "", phone)
        )
    return told


def standing(here: Workspace) -> tuple[Mapping[str, int], int]:
    """How many tasks are in each state, and how many of those that wait are overdue."""
    with here.ledger.reading() as connection:
        return counts(connection, here.clock.now())
