"""The rows of a declared table: staged as texts, typed by our rules, each good, rejected or a duplicate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evergrove.ingest.amounts import LIMIT
from evergrove.ingest.batches import arrow_table, number_array
from evergrove.ingest.cells import PLAIN_INSTANT, Meaning, Place, meanings, plain_pattern
from evergrove.ingest.context import currency_of_header
from evergrove.ingest.dates import EARLIEST, PLACEHOLDERS
from evergrove.ingest.parquet import ParquetSource
from evergrove.ingest.staging import typed_moment
from evergrove.ingest.vocabulary import odd_texts
from evergrove.ingest.words import plain, total_words
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from evergrove.ingest.batches import Fault
    from evergrove.ingest.column import Column
    from evergrove.ingest.context import Context
    from evergrove.ingest.declared import DeclaredTable, TableColumn
    from evergrove.ingest.files import OpenFile
    from evergrove.ingest.matching import Found
    from evergrove.ingest.preset import Preset
    from evergrove.warehouse import Engine

STAGED, READ, JUDGED, TOLD = "ingest_texts", "ingest_read", "ingest_table_rows", "told_rows"
_LONGEST_TOTAL = 24
_ABSENT = {"day": "ingest.no_date", "moment": "ingest.no_date", "amount": "ingest.no_amount"}


@dataclass(frozen=True)
class TableFile:
    """A file, the table its rows belong to, and where that table's columns stand."""

    file: OpenFile
    table: DeclaredTable
    found: Found
    context: Context
    preset: Preset | None = None

    def column(self, column: TableColumn) -> Column | None:
        """The file's column for one of the table."""
        at = self.found.positions.get(column.name)
        return None if at is None else self.file.columns[at]


def stage(engine: Engine, given: TableFile, progress: Callable[[float], None] | None) -> list[Fault]:
    """Put the texts of the table's columns into ``STAGED``, absent ones as NULL; the structurally bad rows."""
    faults: list[Fault] = []
    source = given.file.source
    columns = {f"t_{name}": at for name, at in given.found.positions.items()}
    columns["first_text"] = 0  # a row that adds up others says so in its first cell
    if isinstance(source, ParquetSource):
        listed = [f"{_as_text(given, name, at)} as {identifier(name)}" for name, at in columns.items()]
        scan = f"select file_row_number + 1 as line, {', '.join(listed)} from {source.scan}"
        engine.create("ingest_staged", scan)
    else:
        engine.register("ingest_batches", _batches(source, columns, faults, progress))
        engine.create("ingest_staged", "select * from ingest_batches")
        engine.unregister("ingest_batches")
    absent = [column.name for column in given.table.columns if column.name not in given.found.positions]
    nulls = "".join(f", cast(null as varchar) as {identifier(f't_{name}')}" for name in absent)
    engine.view(STAGED, f"select *{nulls} from ingest_staged")
    return faults


def _batches(
    source: Any, columns: dict[str, int], faults: list[Fault], progress: Callable[[float], None] | None
) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    places = list(dict.fromkeys(columns.values()))
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in columns)])

    def rows() -> Iterator[Any]:
        for batch in source.rows(places, progress):
            faults.extend(batch.faults)
            arrays = [batch.columns[places.index(at)] for at in columns.values()]
            yield pa.RecordBatch.from_arrays([number_array(batch.lines), *arrays], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, rows())


def _as_text(given: TableFile, name: str, at: int) -> str:
    """A typed cell as a text that reads plainly: times in the shop's zone, numbers without an exponent."""
    cell = given.file.columns[at]
    column = given.table.column(name.removeprefix("t_")) if name.startswith("t_") else None
    quoted = identifier(cell.name)
    if cell.kind in ("day", "moment", "instant") and column is not None:
        moment = typed_moment(cell, given.context.zone, is_utc=False)
        return f"strftime(cast({moment} as timestamp), '%Y-%m-%d %H:%M:%S')"
    if cell.kind == "decimal":
        scale = "decimal(28, 10)" if column is not None and column.type == "rate" else "decimal(18, 4)"
        whole = f"abs({quoted}) < 1e15 and {quoted} = floor({quoted})"
        return (
            f"case when {whole} then cast(cast({quoted} as bigint) as varchar)"
            f" when abs(cast({quoted} as double)) < {LIMIT} then cast(cast({quoted} as {scale}) as varchar)"
            f" else cast({quoted} as varchar) end"
        )
    return f"cast({quoted} as varchar)"


def read_rows(engine: Engine, given: TableFile) -> None:
    """
    Type every text of ``STAGED``: ``READ``, a value and a fault for each column that is kept.

    Raises:
        AmbiguousDates, MixedDates, AmbiguousAmounts: A column can be read in several ways.
    """
    values, joins = ["texts.line"], []
    for column in given.table.kept:
        if column.name not in given.found.positions:
            values.append(f"cast(null as {column.stored}) as {identifier(column.name)}")
            values += [f"cast(null as varchar) as {identifier(f'{part}_{column.name}')}" for part in "fc"]
            continue
        pattern, longest = plain_pattern(column.type, is_local=not _is_utc(given, column))
        odd = odd_texts(engine, f"t_{column.name}", pattern, longest)
        context = replace(given.context, today=None) if column.may_be_future else given.context
        _publish(engine, column, meanings(column, _place(given, column), odd, context))
        values += _typed(column, given)
        mean = identifier(f"ingest_mean_{column.name}")
        joins.append(f"left join {mean} as {mean} on {mean}.text = texts.{identifier(f't_{column.name}')}")
    engine.create(READ, f"select {', '.join(values)} from {STAGED} as texts {' '.join(joins)}")
    firsts = odd_texts(engine, "first_text", "[0-9]", _LONGEST_TOTAL)
    totals = [text for text in firsts if plain(text) in total_words()]
    engine.create("ingest_totals", "select unnest(cast($totals as varchar[])) as text", totals=totals)


def _is_utc(given: TableFile, column: TableColumn) -> bool:
    header = given.file.header[given.found.positions[column.name]]
    return header.strip().lower().endswith(("(utc)", "(gmt)"))


def _place(given: TableFile, column: TableColumn) -> Place:
    header = given.file.header[given.found.positions[column.name]]
    style = given.found.styles.get(column.name, "")
    return Place(given.file.name, header, given.file.script, style)


def _publish(engine: Engine, column: TableColumn, learned: Sequence[Meaning]) -> None:
    """The dictionary of one column: text, value, currency, fault."""
    texts = {
        name: [getattr(meaning, name) for meaning in learned]
        for name in ("text", "value", "currency", "fault")
    }
    engine.register("ingest_dictionary", arrow_table(texts))
    listed = (
        f"text, cast(nullif(value, '') as {column.stored}) as value,"
        " nullif(currency, '') as currency, nullif(fault, '') as fault"
    )
    engine.create(f"ingest_mean_{column.name}", f"select {listed} from ingest_dictionary")
    engine.unregister("ingest_dictionary")


def _typed(column: TableColumn, given: TableFile) -> list[str]:
    """SQL of a column's value, its fault, and the currency beside it."""
    text, mean = f"texts.{identifier(f't_{column.name}')}", identifier(f"ingest_mean_{column.name}")
    plainly = f"try_cast({text} as {column.stored})"
    if column.type in ("day", "moment"):
        there = f"timezone({literal(given.context.zone)}, try_cast({text} as timestamptz))"
        moment = (
            f"case when regexp_matches({text}, {literal(PLAIN_INSTANT)}) then date_trunc('second', {there})"
            f" else try_cast({text} as timestamp) end"
        )
        plainly = f"cast({moment} as {column.stored})"
    fault = _day_fault(plainly, column, given) if column.type in ("day", "moment") else ""
    value = f"case when {fault} is null then {plainly} end" if fault else plainly
    asked = f"when {text} is not null then {fault}" if fault else ""
    return [
        f"case when {mean}.text is null then {value} else {mean}.value end as {identifier(column.name)}",
        f"case when {mean}.text is not null then {mean}.fault {asked} end as {identifier(f'f_{column.name}')}",
        f"{mean}.currency as {identifier(f'c_{column.name}')}",
    ]


def _day_fault(plainly: str, column: TableColumn, given: TableFile) -> str:
    """The same that ``dates`` says of a day, for one that SQL casts by itself."""
    day = f"cast({plainly} as date)"
    known = ", ".join(f"date {literal(day.isoformat())}" for day in sorted(PLACEHOLDERS))
    cases = [
        f"when {plainly} is null then 'ingest.bad_date'",
        f"when {day} in ({known}) then 'ingest.date_placeholder'",
        f"when {day} < date {literal(EARLIEST.isoformat())} then 'ingest.date_too_early'",
    ]
    if given.context.today is not None and not column.may_be_future:
        latest = f"date {literal(given.context.today.isoformat())} + 1"
        cases.append(f"when {day} > {latest} then 'ingest.date_in_future'")
    return f"case {' '.join(cases)} end"


def judge(engine: Engine, given: TableFile, exported_at: datetime) -> None:
    """
    Judge every row of ``READ`` by itself and against the others of its file: ``JUDGED``, and ``TOLD``, the good ones.

    JUDGED holds file, line, code, verdict, as ``publishing`` knows them. TOLD holds line, row_key, the columns
    that are kept, version_at and said: all that the row says.

    Args:
        engine: Holds ``READ``.
        given: The file and its table.
        exported_at: When the source wrote it; decides between versions where no column does.
    """
    table = given.table
    listed = ", ".join(identifier(column.name) for column in table.kept)
    engine.view("ingest_coded", f"select line, {_values(given)}, {_code(given)} as code from {READ}")
    said, key = said_of(table), _key(table)
    nth = _likeness(table)
    engine.create(
        "ingest_told",
        f"with numbered as (select *, {nth} as nth from ingest_coded where code is null)"
        f" select line, {listed}, {key} as row_key, {_version(given, exported_at)} as version_at,"
        f" {said} as said from numbered",
    )
    updated = "updated_at" if table.column("updated_at") else "cast(null as timestamp)"
    engine.create(
        "ingest_verdicts",
        "with repeated as (select row_key from ingest_told group by row_key having count(*) > 1),"
        f" ranked as (select line, said, max({updated}) over (partition by row_key) as newest,"
        " row_number() over (partition by row_key order by line) as nth,"
        " first_value(said) over (partition by row_key order by line) as first_said,"
        f" row_number() over (partition by row_key order by coalesce({updated}, timestamp '1970-01-01') desc, line)"
        " as nth_newest from ingest_told semi join repeated using (row_key))"
        " select line, case when newest is not null then case when nth_newest > 1 then 'duplicate' end"
        " when nth > 1 then case when said = first_said then 'duplicate' else 'conflict' end end as verdict"
        " from ranked",
    )
    engine.create(
        JUDGED,
        "select 0 as file, coded.line, case when verdicts.verdict = 'conflict' then 'ingest.repeated_row'"
        " else coded.code end as code, case when coded.code is not null or verdicts.verdict = 'conflict'"
        " then 'rejected' when verdicts.verdict = 'duplicate' then 'duplicate' else 'good' end as verdict"
        " from ingest_coded as coded left join ingest_verdicts as verdicts on verdicts.line = coded.line",
    )
    engine.drop(TOLD)
    engine.create(
        TOLD,
        f"select told.* from ingest_told as told semi join (select line from {JUDGED} where verdict = 'good')"
        " as good using (line)",
    )


def _values(given: TableFile) -> str:
    """The columns as they are kept; a blank currency is the one beside an amount, of its header, or the shop's."""
    money = [column for column in given.table.kept if column.type == "amount"]
    parts = []
    for column in given.table.kept:
        name = identifier(column.name)
        if column.name == "currency" and not column.is_required:
            beside = [identifier(f"c_{each.name}") for each in money]
            usual = literal(_header_currency(given, money) or given.context.currency)
            name = f"coalesce({', '.join([name, *beside])}, nullif({usual}, '')) as {name}"
        parts.append(name)
    return ", ".join(parts)


def _header_currency(given: TableFile, money: Sequence[TableColumn]) -> str:
    """The currency that the header of an amount tells; empty where none does."""
    headers = (cell.name for column in money if (cell := given.column(column)) is not None)
    return next((code for name in headers if (code := currency_of_header(name, given.file.script))), "")


def _code(given: TableFile) -> str:
    """SQL of the first reason for which a row is rejected."""
    table = given.table
    required = [column for column in table.kept if column.is_required]
    missing = " or ".join([f"{identifier(c.name)} is null" for c in required] or ["false"])
    header = " and ".join(
        f"{identifier(f't_{c.name}')} = {literal(given.file.header[given.found.positions[c.name]])}"
        for c in required[:2]
    )
    staged = f"line in (select line from {STAGED} where {header or 'false'})"
    totals = f"select line from {STAGED} semi join ingest_totals on first_text = text"
    cases = [
        f"when {staged} then 'ingest.repeated_header'",
        f"when ({missing}) and line in ({totals}) then 'ingest.total_row'",
    ]
    for column in table.kept:
        name, fault = identifier(column.name), identifier(f"f_{column.name}")
        if not column.is_required and column.class_ != "key":
            continue
        cases.append(f"when {fault} is not null then {fault}")
        if column.type == "amount":
            cases.append(f"when abs({name}) >= {LIMIT} then 'ingest.amount_too_large'")
        if column.is_required:
            code = "ingest.no_customer" if column.name == "customer_id" else _ABSENT.get(column.type)
            cases.append(f"when {name} is null then {literal(code or 'ingest.missing_cell')}")
    for group in table.one_of:
        kept = [each.name for each in table.kept if each.name in group]
        blank = " and ".join(f"{identifier(name)} is null" for name in kept)
        cases.append(f"when {blank} then 'ingest.missing_cell'")
    return f"case {' '.join(cases)} end"


def said_of(table: DeclaredTable) -> str:
    """SQL of all that a row says, but when it was changed: equal texts say the same."""
    parts = (
        f"coalesce(cast({identifier(column.name)} as varchar), '')"
        for column in table.kept
        if column.name != "updated_at"
    )
    return f"concat_ws(chr(31), {', '.join(parts)})"


def _joined(names: Sequence[str]) -> str:
    parts = ", ".join(f"coalesce(cast({identifier(name)} as varchar), '')" for name in names)
    return f"concat_ws(chr(31), {parts})"


def _key(table: DeclaredTable) -> str:
    """SQL of what tells a row from every other of its table, whatever file it stands in."""
    alike = (
        f"concat('~', {_joined(table.otherwise)}, chr(31), cast(nth as varchar))" if table.otherwise else "''"
    )
    if not table.needs:
        return alike
    filled = " and ".join(f"{identifier(name)} is not null" for name in table.needs)
    return f"case when {filled} then {_joined(table.key)} else {alike} end"


def _likeness(table: DeclaredTable) -> str:
    """SQL of which of several alike in its file a row is, where its key alone does not tell it."""
    if not table.otherwise:
        return "1"
    without = " or ".join(f"{identifier(name)} is null" for name in table.needs) or "true"
    return f"row_number() over (partition by {without}, {_joined(table.otherwise)} order by line)"


def _version(given: TableFile, exported_at: datetime) -> str:
    """SQL of when the row was so, in UTC; a row that never changes has no versions in time."""
    if given.table.is_immutable:
        return "timestamp '1970-01-01'"
    exported = f"timestamp {literal(exported_at.strftime('%Y-%m-%d %H:%M:%S.%f'))}"
    if given.table.column("updated_at") is None:
        return exported
    return f"coalesce(timezone('UTC', timezone({literal(given.context.zone)}, updated_at)), {exported})"
