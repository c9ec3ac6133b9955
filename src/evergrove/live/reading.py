"""What readers see: a live row where there is one that holds, else what the last run published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from evergrove.core import InputError, _
from evergrove.export.states import SCORE_COLUMNS, TIER_COLUMNS
from evergrove.ingest.events.tables import DIRTY
from evergrove.live.tables import LEASE, STATE
from evergrove.live.types import FORMAT, LiveRow, Reason
from evergrove.people.identity import person_ids
from evergrove.people.parts import in_parts
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row

TYPES = {column.name: column.type for column in (*SCORE_COLUMNS, *TIER_COLUMNS)}


class UnknownLiveRow(InputError):
    """A live row has a format that this version does not read."""

    code = "live.unknown_row"
    message = _("A live row has the format {found}; this version reads {known}.")
    hint = _("evergrove upgrade brings a workspace up to date; rows of a newer version need that version.")


def rows(connection: Connection, customer_ids: Collection[str]) -> dict[str, LiveRow]:
    """
    The live rows that take the place of what the last run published, by person.

    A row holds where it goes on from the newest run; where its person is marked again; and, for as long as nobody has
    looked what a new run covers, where it speaks of a later day than that run.

    Args:
        connection: Of any block; one that also tells which snapshot is read.
        customer_ids: Any ids of the persons; rows come under the persons' own.
    """
    persons = person_ids(connection, customer_ids)
    found: dict[str, LiveRow] = {}
    run = _newest_run(connection)
    followed = connection.execute(select(func.max(LEASE.c.run_id))).scalar() or 0
    for part in in_parts(sorted({*persons.values()})):
        stored = connection.execute(select(STATE).where(STATE.c.customer_id.in_(part)))
        found |= {each.customer_id: read_row(each) for each in stored}
    if run is None:
        return {}
    run_id, as_of = run
    old = [row for row in found.values() if row.run_id != run_id]
    marked = _marked(connection, old)
    for row in old:
        is_later = followed < run_id and row.as_of > as_of
        if not is_later and row.customer_id not in marked:
            del found[row.customer_id]
    return found


def _newest_run(connection: Connection) -> tuple[int, date] | None:
    runs = select(snapshot.c.id, snapshot.c.as_of).where(
        snapshot.c.kind == "run", snapshot.c.retired_at.is_(None)
    )
    row = connection.execute(runs.order_by(snapshot.c.id.desc()).limit(1)).first()
    return None if row is None else (row.id, row.as_of)


def _marked(connection: Connection, listed: Collection[LiveRow]) -> set[str]:
    """Those of whom any id is marked."""
    by_id = {name: row.customer_id for row in listed for name in (row.customer_id, *row.marks)}
    found = set()
    for part in in_parts(by_id):
        marked = connection.execute(select(DIRTY.c.customer_id).where(DIRTY.c.customer_id.in_(part)))
        found |= {by_id[name] for name in marked.scalars()}
    return found


def has_caught_up(connection: Connection, marks: Mapping[str, int]) -> bool:
    """
    Whether live rows answer what was told: for whoever waits for a write of their own.

    Args:
        connection: Of any block.
        marks: By customer, the number of an event of theirs.
    """
    open_ = set()
    for part in in_parts(marks):
        marked = connection.execute(select(DIRTY.c.customer_id).where(DIRTY.c.customer_id.in_(part)))
        open_ |= set(marked.scalars())
    if not open_:
        return True
    answered = rows(connection, open_)
    persons = person_ids(connection, open_)
    return all(
        (row := answered.get(persons[customer])) is not None and row.marks.get(customer, 0) >= marks[customer]
        for customer in open_
    )


def read_row(stored: Row[Any]) -> LiveRow:
    """
    A live row as it is stored.

    Raises:
        UnknownLiveRow: Its document has another format.
    """
    document = stored.document
    if document.get("format") != FORMAT:
        raise UnknownLiveRow(found=str(document.get("format")), known=FORMAT)
    return LiveRow(
        customer_id=stored.customer_id,
        run_id=stored.run_id,
        snapshot_id=stored.snapshot_id,
        as_of=stored.as_of,
        seq=stored.seq,
        computed_at=stored.computed_at,
        scores=_typed(document["scores"]),
        tiers=_typed(document["tiers"]),
        reasons={
            name: Reason(why["code"], why["params"]) for name, why in sorted(document["reasons"].items())
        },
        marks=document["marks"],
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _of_type(TYPES[name], value) for name, value in values.items()}


def _of_type(kind: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if kind == "DATE":
        return date.fromisoformat(value)
    return Decimal(value) if kind.startswith("DECIMAL") else value
