"""What customers wrote, and whatever else is personal in the rows of a table: sealed here, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from evergrove.ledger import upsert
from evergrove.people.parts import in_parts
from evergrove.people.standing import status_of
from evergrove.people.tables import sealed_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from evergrove.people.seal import Seal

FORMAT = "evergrove.texts/1"
_KIND = "text"
_BETWEEN = "\x1f"
"""Between the parts of a row's key."""


@dataclass(frozen=True)
class SaidTexts:
    """
    What one row of a table says that is personal or free text.

    Attributes:
        customer_id: Whose row it is.
        table: Of the row.
        row_key: What tells the row from every other of its table.
        day: Of the row; None: it has none.
        version_at: When the row was so: of two versions the later one holds.
        cells: Text by column.
    """

    customer_id: str
    table: str
    row_key: str
    day: date | None
    version_at: datetime
    cells: Mapping[str, str]

    def __repr__(self) -> str:
        return "SaidTexts(...)"


def store_texts(connection: Connection, seal: Seal, rows: Sequence[SaidTexts], now: datetime) -> int:
    """
    Seal what rows of one table say; what holds does not depend on their order, nor on how often they are told.

    Of an erased person nothing is stored.

    Args:
        connection: Of a ``writing`` block.
        seal: Of the workspace.
        rows: Of one table; at most one of a key.
        now: When.

    Returns:
        How many rows are new or say something else than before.
    """
    if not rows:
        return 0
    statuses = status_of(connection, {row.customer_id for row in rows})
    held = _held(connection, rows)
    stored = []
    for row in rows:
        said = seal.hash(_KIND, json.dumps(dict(row.cells), ensure_ascii=False, sort_keys=True))
        before = held.get(row.row_key)
        if statuses[row.customer_id] != "erased" and _is_news(row, said, before):
            stored.append(_values(seal, row, said, now))
    upsert(connection, sealed_text, stored, ["table_name", "row_key"])
    return len(stored)


def _held(connection: Connection, rows: Sequence[SaidTexts]) -> dict[str, Row[Any]]:
    """What is there of some rows of one table, by key."""
    row = sealed_text.c
    found: dict[str, Row[Any]] = {}
    shown = select(row.row_key, row.customer_id, row.version_at, row.value_hash)
    for part in in_parts([each.row_key for each in rows]):
        query = shown.where(row.table_name == rows[0].table, row.row_key.in_(part))
        found |= {each.row_key: each for each in connection.execute(query)}
    return found


def _is_news(row: SaidTexts, said: str, before: Row[Any] | None) -> bool:
    """Whether a row holds over the one that is there: the later version, of two alike in time the greater one."""
    if before is None:
        return True
    if (before.value_hash, before.customer_id) == (said, row.customer_id):
        return False
    return (row.version_at, said, row.customer_id) > (
        before.version_at,
        before.value_hash,
        before.customer_id,
    )


def _values(seal: Seal, row: SaidTexts, said: str, now: datetime) -> dict[str, Any]:
    return {
        "table_name": row.table,
        "row_key": row.row_key,
        "customer_id": row.customer_id,
        "day": row.day,
        "version_at": row.version_at,
        "value_hash": said,
        "sealed": seal.seal({"format": FORMAT, "cells": dict(row.cells)}, row.customer_id),
        "recorded_at": now,
    }


def texts_of(connection: Connection, seal: Seal, customer_ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """
    What some customers wrote, opened: a row a cell. Personal: never logged, never in an error.

    Raises:
        SealBroken: Something does not open.
    """
    row = sealed_text.c
    for part in in_parts(customer_ids):
        query = select(sealed_text).where(row.customer_id.in_(part)).order_by(row.table_name, row.row_key)
        for each in connection.execute(query):
            where = {"customer_id": each.customer_id, "table": each.table_name}
            for column, text in seal.unseal(each.sealed, each.customer_id)["cells"].items():
                yield {
                    **where,
                    "row": each.row_key.replace(_BETWEEN, " "),
                    "day": each.day,
                    "column": column,
                    "text": text,
                }


def forget_texts(connection: Connection, customer_id: str) -> int:
    """Let go of everything that a customer wrote; how many rows there were."""
    query = delete(sealed_text).where(sealed_text.c.customer_id == customer_id)
    return int(connection.execute(query).rowcount)
