"""Parquet as a source: typed columns stay in the engine, only what is text is read by our own rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.presets.preset import shipped_presets
from evergrove.ingest.sources.batches import SAMPLE_ROWS
from evergrove.ingest.sources.column import Column
from evergrove.ingest.sources.errors import DamagedFile, EmptyFile, TooManyColumns
from evergrove.ingest.sources.headers import COLUMN_LIMIT
from evergrove.ingest.sources.text_lines import RAW_LENGTH
from evergrove.ingest.values.words import plain
from evergrove.warehouse import StatementFailed, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.ingest.sources.column import Kind
    from evergrove.warehouse import Engine

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), "decimal"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"), "moment"),
    **dict.fromkeys(("VARCHAR", "UUID", "BOOLEAN", "ENUM"), "text"),
    "DATE": "day",
    "TIMESTAMP WITH TIME ZONE": "instant",
}
_FOOTER_LIMIT = 256 << 20


@dataclass(frozen=True)
class ParquetSource:
    """
    A Parquet file; the line of a row is its number in the file.

    Attributes:
        path: Of the file.
        columns: With their samples; a field of a record stands as record.field, as in JSON.
        rows: How many.
        nested: Records that a preset knows, and their fields, which stand so.
    """

    path: Path
    columns: tuple[Column, ...]
    rows: int
    nested: tuple[tuple[str, str], ...] = ()

    @property
    def file(self) -> str:
        """The path as given."""
        return str(self.path)

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def scan(self) -> str:
        """What stands behind FROM to read the file."""
        return _flat_scan(self.path, self.nested)


def scan_of(path: Path) -> str:
    """A scan of one file, whatever characters its name holds."""
    escaped = "".join(f"[{c}]" if c in "*?[" else c for c in str(path))
    return f"read_parquet({literal(escaped)}, hive_partitioning = false, file_row_number = true)"


def _flat_scan(path: Path, nested: Sequence[tuple[str, str]]) -> str:
    """A scan in which the fields of records are columns."""
    if not nested:
        return scan_of(path)
    records = ", ".join(identifier(record) for record in dict.fromkeys(record for record, _field in nested))
    fields = ", ".join(
        f"{identifier(record)}.{identifier(field)} as {identifier(f'{record}.{field}')}"
        for record, field in nested
    )
    return f"(select * exclude ({records}), {fields} from {scan_of(path)})"


def _nested(engine: Engine, path: Path) -> tuple[tuple[str, str], ...]:
    """Fields of records that a preset knows: some exports keep an order's money in one."""
    described = engine.run(f"describe select * from {scan_of(path)}")
    if not any(_is_record(str(kind)) for _name, kind, *_rest in described):
        return ()
    known = {plain(record) for preset in shipped_presets() for record in preset.records}
    records = [
        str(name) for name, kind, *_rest in described if _is_record(str(kind)) and plain(name) in known
    ]
    return tuple(
        (record, str(field))
        for record in records
        for field, *_rest in engine.run(f"describe select {identifier(record)}.* from {scan_of(path)}")
    )


def _is_record(kind: str) -> bool:
    return kind.startswith("STRUCT(") and not kind.endswith("[]")


def open_parquet(engine: Engine, path: Path) -> ParquetSource:
    """
    Read a Parquet file's columns and the first texts of those that are text.

    Raises:
        DamagedFile: It is cut off or broken.
        EmptyFile, TooManyColumns: There is no table of orders in it.
    """
    _check_footer(path)
    try:
        nested = _nested(engine, path)
        scan = _flat_scan(path, nested)
        described = engine.run(f"describe select * exclude (file_row_number) from {scan}")
        rows = int(engine.value(f"select count(*) from {scan}"))
        if len(described) > COLUMN_LIMIT:
            raise TooManyColumns(file=path.name, columns=len(described), limit=COLUMN_LIMIT)
        kinds = {str(name): _kind_of(str(kind)) for name, kind, *_rest in described}
        texts = [name for name, kind in kinds.items() if kind == "text"]
        samples = _samples(engine, scan, texts)
    except StatementFailed as error:
        raise DamagedFile(file=path.name, format="Parquet", reason=_first_line(error)) from error
    if not rows:
        raise EmptyFile(file=path.name)
    columns = (Column(name, kind, samples.get(name, ())) for name, kind in kinds.items())
    return ParquetSource(path, tuple(columns), rows, nested)


def _kind_of(name: str) -> Kind:
    return _KINDS.get(name.partition("(")[0].strip(), "other") if not name.endswith("[]") else "other"


def _samples(engine: Engine, scan: str, names: list[str]) -> dict[str, list[str]]:
    if not names:
        return {}
    listed = ", ".join(f"cast({identifier(name)} as varchar)" for name in names)
    rows = engine.run(f"select {listed} from {scan} limit {SAMPLE_ROWS}")
    return {name: [row[i] or "" for row in rows] for i, name in enumerate(names)}


def _check_footer(path: Path) -> None:
    """The last eight bytes say how long the description of the columns is; it must fit the file."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - 8, 0))
        tail = stream.read(8)
    length = int.from_bytes(tail[:4], "little")
    if size < 12 or not tail.endswith(b"PAR1") or length > min(size - 12, _FOOTER_LIMIT):
        raise DamagedFile(file=path.name, format="Parquet", reason="its end is missing")


def _first_line(error: StatementFailed) -> str:
    return str(error.params["reason"]).splitlines()[0][:200]


def raw_of(source: ParquetSource, file: int) -> str:
    """The rejected rows of a file as JSON, as a query: file, line, raw."""
    own = literal(r',"file_row_number":[0-9]+\}$')
    return (
        f"select {file} as file, file_row_number + 1 as line,"
        f" left(regexp_replace(cast(to_json(source) as varchar), {own}, '}}'), {RAW_LENGTH}) as raw"
        f" from {source.scan} as source where file_row_number + 1 in"
        f" (select line from ingest_settled where file = {file} and verdict = 'rejected')"
    )
