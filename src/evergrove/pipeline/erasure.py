"""Forgetting a person everywhere in a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.outbox.withdrawing import withdraw_customer
from evergrove.people import erase
from evergrove.pipeline.rejects import redact_rejects

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from evergrove.ledger import Ledger

REASON = "people.erased"


@dataclass(frozen=True)
class Erased:
    """
    What erasing a person did.

    Attributes:
        is_new: False when it was done before.
        messages: Waiting messages that will not leave.
        rejected_rows: Rejected rows, of whomever, whose raw text was emptied.
    """

    is_new: bool
    messages: int
    rejected_rows: int


def erase_person(folder: Path, ledger: Ledger, customer_id: str, now: datetime) -> Erased:
    """
    Erase what is personal of a customer; orders and amounts stay under the id, which names nobody.

    The caller holds the workspace's lock. Killed in between, it is done again from the beginning: the ledger,
    which says that it is done, comes last.

    Args:
        folder: Of the workspace.
        ledger: Of the workspace.
        customer_id: Whom; of whom nothing is known is marked too, so that no later file brings anything.
        now: When.
    """
    rows = redact_rejects(folder)
    with ledger.writing() as connection:
        is_new = erase(connection, customer_id, now)
        messages = withdraw_customer(connection, customer_id, REASON, now)
    ledger.fold_log()
    return Erased(is_new, messages, rows)
