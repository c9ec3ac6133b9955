"""Which rows of a declared table are good: each judged by itself, and against the others of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.orders.context import currency_of_header
from evergrove.ingest.tables.rows import READ, STAGED
from evergrove.ingest.values.amounts import LIMIT
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from evergrove.ingest.tables.declared import DeclaredTable, TableColumn
    from evergrove.ingest.tables.rows import TableFile
    from evergrove.warehouse import Engine

JUDGED, TOLD = "ingest_table_rows", "told_rows"
_ABSENT = {"day": "ingest.no_date", "moment": "ingest.no_date", "amount": "ingest.no_amount"}


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
