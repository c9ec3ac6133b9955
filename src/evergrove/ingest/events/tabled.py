"""Events as rows of declared tables: what customers did, and what was in their orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from evergrove.ingest.facts.tables import take_rows, write_rows
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.judging import JUDGED, TOLD, said_of
from evergrove.ingest.types import RowCounts
from evergrove.ingest.values.words import plain
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from evergrove.ingest.facts.noted import Import
    from evergrove.ingest.tables.declared import DeclaredTable
    from evergrove.warehouse import Draft, Engine, Warehouse

EVENTS = "events"
FOREIGN = chr(28)
"""Begins the key of a line that an order tells, see ``facts.tables.ASIDE``: rows of a file of lines take its place."""
BEHAVIOUR = ("track", "page", "screen", "group")
_BATCH = "event_table_batch"
_PLAIN = (
    "page",
    "product_id",
    "category",
    "order_id",
    "channel",
    "campaign",
    "source",
    "device",
    "value",
    "currency",
)


def events_told(events: Iterable[Mapping[str, Any]], zone: str) -> list[dict[str, str | None]]:
    """What customers did, as texts by column of the table ``events``; other events are passed over."""
    words = _words_of_kind()
    return [
        {
            "row_key": event["message_id"],
            "event_id": event["message_id"],
            "customer_id": event["customer_id"],
            "anonymous_id": event["anonymous_id"],
            "kind": words.get(plain(event["content"]["name"]), event["content"]["name"]),
            "happened_at": _local(event["at"], zone),
            "version_at": "1970-01-01",
            **{name: event["content"].get(name) for name in _PLAIN},
        }
        for event in events
        if event["kind"] in BEHAVIOUR
    ]


def lines_told(events: Iterable[Mapping[str, Any]], zone: str) -> Iterator[dict[str, str | None]]:
    """What was in orders, line by line, as texts by column of the table ``order_lines``."""
    for event in events:
        alike: dict[str, int] = {}
        for line in event["content"].get("lines", ()):
            order_id = event["content"]["order_id"]
            told = [order_id, *(line.get(name, "") for name in ("product_id", "sku", "product_name"))]
            same = "\x1f".join(told)
            alike[same] = alike.get(same, 0) + 1
            own = line.get("line_id")
            key = f"{order_id}\x1f{own}" if own else f"~{same}\x1f{alike[same]}"
            yield {
                "row_key": FOREIGN + key,
                "order_id": order_id,
                "ordered_at": event["content"].get("day") or _local(_placed(event), zone),
                "currency": event["content"].get("currency"),
                "version_at": event["at"].astimezone(UTC).replace(tzinfo=None).isoformat(sep=" "),
                **line,
            }


def take_table(
    engine: Engine,
    warehouse: Warehouse,
    table: str,
    rows: list[dict[str, str | None]],
    this: Import,
) -> tuple[Draft, RowCounts]:
    """
    Hold rows against those of a declared table that are there, and write what is new.

    Args:
        engine: Tables of the names used here are replaced.
        warehouse: Where the rows are.
        table: ``events`` or ``order_lines``.
        rows: Texts by column, with ``row_key`` and ``version_at``.
        this: The import that new rows name.

    Returns:
        What was written, which nobody sees before it is published; and where the rows went.
    """
    declared = declared_tables()[table]
    _lay_out(engine, declared, rows)
    take_rows(engine, warehouse, declared, this)
    draft = write_rows(engine, warehouse, declared, this)
    good = int(engine.value(f"select count(*) from {JUDGED} where verdict = 'good'"))
    engine.drop(TOLD, JUDGED)
    return draft, RowCounts(len(rows), good, 0, len(rows) - good)


def _lay_out(engine: Engine, table: DeclaredTable, rows: list[dict[str, str | None]]) -> None:
    """TOLD and JUDGED, as reading leaves them of a file; of rows told twice at the same time one is enough."""
    import pyarrow as pa  # noqa: PLC0415 - whoever only stores events must not pay for it

    names = ["row_key", "version_at", *(column.name for column in table.kept)]
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
    columns = [[row.get(name) for row in rows] for name in names]
    engine.register(_BATCH, pa.table([list(range(len(rows))), *columns], schema=schema))
    cast = ", ".join(
        f"cast({identifier(column.name)} as {column.stored}) as {identifier(column.name)}"
        for column in table.kept
    )
    engine.drop(TOLD, JUDGED)
    engine.create(
        "event_table_rows",
        f"select line, row_key, {cast}, cast(version_at as timestamp) as version_at from {_BATCH}",
    )
    engine.unregister(_BATCH)
    engine.create(
        TOLD,
        f"select * exclude (nth) from (select *, {said_of(table)} as said, row_number() over"
        f" (partition by row_key, version_at, {said_of(table)} order by line) as nth from event_table_rows) as told"
        " where nth = 1",
    )
    engine.create(
        JUDGED,
        "select 0 as file, all_rows.line, cast(null as varchar) as code, case when told.line is null then 'duplicate'"
        f" else 'good' end as verdict from event_table_rows as all_rows left join {TOLD} as told on told.line = all_rows.line",
    )
    engine.drop("event_table_rows")


def _words_of_kind() -> Mapping[str, str]:
    column = declared_tables()[EVENTS].column("kind")
    return column.words if column is not None else {}


def _placed(event: Mapping[str, Any]) -> datetime:
    told = event["content"].get("ordered_at")
    return datetime.fromisoformat(told) if told else event["at"]


def _local(at: datetime, zone: str) -> str:
    """A moment in the shop's zone, as tables keep it."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(sep=" ")
