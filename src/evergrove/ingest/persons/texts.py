"""What rows of the warehouse's tables say that is personal or free text: into the ledger, sealed, person by person."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from evergrove.ingest.tables.sealing import TEXTS
from evergrove.people.parts import CHUNK
from evergrove.people.texts import SaidTexts, store_texts
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.warehouse import Engine


def seal_texts(engine: Engine, ledger: Ledger, seal: Seal, table: DeclaredTable, now: datetime) -> int:
    """
    Seal in the ledger what the good rows of a file say, some hundred rows a transaction; how many were news.

    A reading that is killed in between is done again from the beginning, and stores what is missing.

    Args:
        engine: Holds ``TEXTS``, where the file has any.
        ledger: Of the workspace.
        seal: Of the workspace.
        table: Of the rows.
        now: When.
    """
    if TEXTS not in engine.names:
        return 0
    news = 0
    for part in _told(engine, table):
        with ledger.writing() as connection:
            news += store_texts(connection, seal, part, now)
    return news


def _told(engine: Engine, table: DeclaredTable) -> Iterator[list[SaidTexts]]:
    """The rows that are somebody's, in portions."""
    columns = [
        c.name for c in table.sealed if c.name in engine.arrow(f"select * from {TEXTS} limit 0").column_names
    ]
    listed = ", ".join(map(identifier, columns))
    whole = (
        f"select row_number() over (order by row_key) as nth, * from {TEXTS} where customer_id is not null"
    )
    engine.create("sealing_texts", whole)
    count = int(engine.value("select count(*) from sealing_texts"))
    for start in range(0, count, CHUNK):
        rows = engine.run(
            f"select row_key, customer_id, day, version_at, {listed} from sealing_texts"
            f" where nth > {start} and nth <= {start + CHUNK} order by nth"
        )
        yield [
            SaidTexts(
                customer_id=customer,
                table=table.name,
                row_key=key,
                day=day,
                version_at=version_at.replace(tzinfo=UTC),
                cells={name: text for name, text in zip(columns, cells, strict=True) if text is not None},
            )
            for key, customer, day, version_at, *cells in rows
        ]
    engine.drop("sealing_texts")
