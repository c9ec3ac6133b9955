"""A customers file into the ledger: every row is good, rejected with its reason, or a duplicate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evergrove.ingest.columns.customer_roles import all_headers, guess_roles, read_person
from evergrove.ingest.columns.files import open_file
from evergrove.ingest.columns.misfits import refuse_misfits, refuse_without_rows
from evergrove.ingest.persons.files import (
    PeopleFile,
    Tally,
    digest_of,
    earlier_rows,
    modified_at,
    rows_of,
    settle_and_record,
)
from evergrove.ingest.sources.parquet import ParquetSource
from evergrove.ingest.types import ReadOptions, RowCounts
from evergrove.people import PersonRow, Stored, store_people
from evergrove.people.parts import in_parts
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from evergrove.core import Clock, EvergroveWarning
    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ingest.types import ColumnMatch
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.warehouse import Engine

TABLE = "customers"
REFUSALS = ("denied", "revoked")


@dataclass(frozen=True)
class PeopleIntake:
    """
    The account of one customers file.

    Attributes:
        file: Its name.
        is_new: False when the same bytes, read alike, had come in before; nothing changed then.
        rows: Where its rows went.
        rejected: Rejected rows, by code.
        unused: Cells of good rows that could not be used, by code: a zone that does not exist, say.
        first_lines: The first line of each code of both, for looking it up.
        columns: The mapping that was used.
        encoding: Of the text, or the format.
        people: Persons added or changed.
        consents: Words about consent added.
        warnings: What a reader should know.
        table: To which the rows belong: customers, identities, consents or channel_tokens.
        identifiers: Names of customers that were not known.
        tokens: Messages that customers agreed to and that were not known.
        header: The file's columns, with what those in use can hold.
        presets: None: no preset is of persons.
    """

    file: str
    is_new: bool
    rows: RowCounts
    rejected: Mapping[str, int]
    unused: Mapping[str, int]
    first_lines: Mapping[str, int]
    columns: tuple[ColumnMatch, ...]
    encoding: str
    people: int = 0
    consents: int = 0
    warnings: tuple[EvergroveWarning, ...] = ()
    table: str = TABLE
    identifiers: int = 0
    tokens: int = 0
    header: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Found(Tally):
    """The rows of a file, sorted out."""

    region: str = ""
    people: dict[str, PersonRow] = field(default_factory=dict)
    refusals: dict[str, PersonRow] = field(default_factory=dict)

    def take(self, line: int, cells: Mapping[str, str]) -> None:
        """Sort one row in; of several rows of one customer the first holds, but a refusal always counts."""
        self.read += 1
        person, fault, unused = read_person(cells, self.region)
        if person is not None and person.consent in REFUSALS:
            self.refusals.setdefault(
                person.customer_id, PersonRow(person.customer_id, consent=person.consent)
            )
        if fault or person is None:
            self.reject(fault, line)
            return
        first = self.people.setdefault(person.customer_id, person)
        if first is not person:
            if first == person:
                self.duplicates += 1
            else:
                self.reject("people.conflict", line)
            return
        for code in unused:
            self.note(code, line)

    def settled(self) -> list[PersonRow]:
        """One row a customer, refusals put in."""
        everybody = self.people | {c: row for c, row in self.refusals.items() if c not in self.people}
        return [
            replace(row, consent=refused.consent)
            if (refused := self.refusals.get(customer)) and row.consent not in REFUSALS
            else row
            for customer, row in everybody.items()
        ]


def read_customers(
    ledger: Ledger,
    seal: Seal,
    file: Path,
    options: ReadOptions,
    clock: Clock,
    *,
    region: str = "",
    exported_at: datetime | None = None,
    by: str = "cli",
) -> PeopleIntake:
    """
    Read a customers file (customer, email, name, language, timezone, consent, identifiers) into the ledger.

    Personal cells go from the file into sealed rows and nowhere else. Each row stands by itself and is stored
    so that doing it again changes nothing: rows are written in short transactions, the import is recorded in
    the last one, and a file whose reading was killed is simply read again.

    Args:
        ledger: Of the workspace.
        seal: Of the workspace.
        file: CSV, TSV, Parquet, JSON or XLSX.
        options: ``mapping`` by the roles above and ``encoding``; the others are for orders.
        clock: Dates what is recorded.
        region: Country of phone numbers written without one; empty: such numbers are not used.
        exported_at: When the source wrote the file; None: when it was last modified. A yes that is older than
            a person's no does not count.
        by: Who brings it, as the audit trail names them.

    Raises:
        InputError: The file cannot be read or understood; nothing is stored then.
    """
    with open_engine() as engine:
        opened, roles, columns = _open(engine, file, options)
        mapping = {match.role: match.column for match in columns}
        given = PeopleFile(TABLE, file, digest_of(file), mapping, exported_at or modified_at(file, clock))
        with ledger.reading() as connection:
            earlier = earlier_rows(connection, given)
        if earlier is not None:
            return _account(opened, columns, rows=earlier)
        found = _read(engine, opened, roles, region)
    stored = _store(ledger, seal, given, found.settled(), clock)
    rejected, rows = found.rejected + Counter({"people.erased": stored.erased}), found.rows(stored.erased)
    seen = _account(opened, columns, rows=rows)
    new = settle_and_record(ledger, given, seen, rows, rejected, clock, by)
    return replace(
        seen,
        is_new=True,
        warnings=(*seen.warnings, *new),
        rejected=dict(rejected),
        unused=dict(found.unused + Counter({"people.refused_elsewhere": stored.refused_elsewhere})),
        first_lines=found.first_lines,
        people=stored.people,
        consents=stored.consents,
    )


def _store(ledger: Ledger, seal: Seal, given: PeopleFile, people: list[PersonRow], clock: Clock) -> Stored:
    """Store rows, some hundred a transaction."""
    stored = Stored()
    for part in in_parts(people):
        with ledger.writing() as connection:
            stored += store_people(
                connection, seal, part, clock.now(), proof=given.digest, written_at=given.written_at
            )
    return stored


def look_at_customers(file: Path, options: ReadOptions) -> PeopleIntake:
    """
    What would be read from a customers file; nothing is stored.

    Raises:
        InputError: The file cannot be read or understood.
    """
    with open_engine() as engine:
        opened, roles, columns = _open(engine, file, options)
        found = _read(engine, opened, roles)
    return replace(
        _account(opened, columns, rows=found.rows()),
        rejected=dict(found.rejected),
        unused=dict(found.unused),
        first_lines=found.first_lines,
    )


def _open(
    engine: Engine, file: Path, options: ReadOptions
) -> tuple[OpenFile, dict[str, int], tuple[ColumnMatch, ...]]:
    """A file with rows, and which of its columns is what; all known headers help to find its own."""
    known = ReadOptions(mapping=options.mapping, keep=all_headers(), encoding=options.encoding)
    opened = open_file(engine, 0, str(file), file, known)
    if not isinstance(opened.source, ParquetSource) and not any(len(c.sample) for c in opened.columns):
        refuse_without_rows(opened)
    roles, columns = guess_roles(opened.name, opened.columns, options.mapping)
    return opened, roles, columns


def _account(opened: OpenFile, columns: tuple[ColumnMatch, ...], *, rows: RowCounts) -> PeopleIntake:
    return PeopleIntake(
        file=opened.name,
        is_new=False,
        rows=rows,
        rejected={},
        unused={},
        first_lines={},
        columns=columns,
        encoding=opened.encoding,
        warnings=opened.warnings,
        header=opened.held({opened.header.index(match.column) for match in columns}),
    )


def _read(engine: Engine, opened: OpenFile, roles: Mapping[str, int], region: str = "") -> _Found:
    found = _Found(region)
    faults: list[Fault] = []
    for line, row in rows_of(engine, opened, list(roles.values()), faults):
        found.take(line, dict(zip(roles, row, strict=True)))
    found.reject_faults(faults)
    refuse_misfits(opened, faults, found.read)
    return found
