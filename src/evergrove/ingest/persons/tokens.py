"""What customers agreed to on a platform: from the cells of a row to tokens of the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.values.ids import read_id
from evergrove.outbox.tokens import LONGEST, MOST_AT_ONCE, Grant, grant, grants_of, token_channel
from evergrove.people import status_of
from evergrove.people.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from evergrove.ledger import Ledger


@dataclass(frozen=True)
class Granted:
    """
    What became of acceptances, in messages.

    Attributes:
        new: That were not known.
        erased: Of persons who were erased: they get none.
    """

    new: int = 0
    erased: int = 0


def grants_told(customer_id: str, told: Mapping[str, str], at: datetime) -> list[Grant] | str:
    """
    What one row allows, a grant for each message; else the code of why it allows nothing.

    Args:
        customer_id: Whose.
        told: Texts of channel, template, count and grant_id; empty where nothing is told.
        at: When it was agreed to; names the acceptance where nothing else does.
    """
    if not told["template"]:
        return "ingest.missing_cell"
    channel, template = token_channel(told["channel"]), _name(told["template"])
    ref = _name(told["grant_id"]) if told["grant_id"] else at.isoformat()
    if channel is None:
        return "ingest.bad_word"
    if template is None or ref is None:
        return "ingest.bad_id"
    count = count_of(told["count"])
    if count is None:
        return "ingest.bad_number"
    return grants_of(Grant(customer_id, channel, template, ref, at), count)


def count_of(text: str) -> int | None:
    """How many messages an acceptance allows: a whole number, one where it is empty; None where it is none."""
    whole = text.removesuffix(".0") or "1"
    is_whole = whole.isascii() and whole.isdigit() and len(whole) <= len(str(MOST_AT_ONCE))
    return int(whole) if is_whole and 1 <= int(whole) <= MOST_AT_ONCE else None


def store_grants(ledger: Ledger, grants: Sequence[Grant]) -> Granted:
    """Keep acceptances, some hundred a transaction; keeping the same again changes nothing."""
    new = erased = 0
    for part in in_parts(grants):
        with ledger.writing() as connection:
            status = status_of(connection, {each.customer_id for each in part})
            left = [each for each in part if status.get(each.customer_id) != "erased"]
            erased += len(part) - len(left)
            new += grant(connection, left)
    return Granted(new, erased)


def _name(text: str) -> str | None:
    found = read_id(text)
    return found.value if found.value and not found.fault and len(found.value) <= LONGEST else None
