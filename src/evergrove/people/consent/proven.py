"""Words that somebody says to us at this moment, each with the wording that was read and what proves it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from evergrove.ledger import insert_new
from evergrove.people.consent.recording import MOMENT, event_row, newest_given
from evergrove.people.consent.taking import PROOF_FORMAT, proof_owner
from evergrove.people.consent.types import ConsentRow, Said
from evergrove.people.store import people_of
from evergrove.people.tables import consent_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from evergrove.people.seal import Seal


def record_proven(connection: Connection, seal: Seal, words: Sequence[ConsentRow], now: datetime) -> int:
    """
    Add words that were said at this moment, with their proof; how many.

    They come after all that was said before, even where a clock was set back. Of an erased person nothing is written:
    nothing leaves for that person, whatever is said.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace; seals ``reference``.
        words: Purposes and channels as they are stored; ``given_at`` is not looked at.
        now: When.
    """
    known = people_of(connection, {each.customer_id for each in words})
    places: dict[tuple[str, str], list[ConsentRow]] = defaultdict(list)
    for word in words:
        row = known.get(word.customer_id)
        if row is None or row.status != "erased":
            places[word.channel, word.purpose].append(word)
    rows = []
    for (channel, purpose), said in places.items():
        newest = newest_given(connection, [each.customer_id for each in said], channel, purpose)
        for each in said:
            given_at = max(now, newest.get(each.customer_id, now - MOMENT) + MOMENT)
            rows.append(_row(seal, each, Said(given_at, each.status, each.source or "page"), now))
    return insert_new(connection, consent_event, rows)


def _row(seal: Seal, word: ConsentRow, said: Said, now: datetime) -> dict[str, Any]:
    told = event_row(word.customer_id, said, now, word.channel, word.purpose)
    proof = {"format": PROOF_FORMAT, "reference": word.reference}
    sealed = seal.seal(proof, proof_owner(told["name"])) if word.reference else None
    return told | {"policy_version": word.policy_version, "form": word.form, "sealed": sealed}
