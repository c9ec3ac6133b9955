"""Files of identities and consents into the ledger: row by row to ``people``, and nowhere else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from evergrove.ingest.customers_columns import consent_said
from evergrove.ingest.customers_file import PeopleIntake
from evergrove.ingest.dates import DateReading, read_moment
from evergrove.ingest.declared import declared_tables
from evergrove.ingest.ids import read_id
from evergrove.ingest.misfits import refuse_misfits
from evergrove.ingest.people_files import digest_of, earlier_rows, modified_at, record_people, rows_of
from evergrove.ingest.table_service import open_table
from evergrove.ingest.types import RowCounts
from evergrove.ingest.words import is_blank, plain
from evergrove.people.consent import FILE, newest_words, record_consents
from evergrove.people.identity import (
    KINDS,
    Identifier,
    normal_form,
    region_of,
    settle_persons,
    take_identifiers,
)
from evergrove.people.parts import CHUNK
from evergrove.people.standing import status_of
from evergrove.people.types import EMAIL, MARKETING
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.ingest.batches import Fault
    from evergrove.ingest.types import ReadOptions
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.people.types import ConsentStatus

IDENTITIES, CONSENTS = "identities", "consents"
Row = TypeVar("Row")
_WHEN = "1970-01-01 00:00:00"


@dataclass(frozen=True)
class Said:
    """What one row says of consent: who, on which channel, for what, yes or no, and when."""

    customer_id: str
    channel: str
    purpose: str
    status: ConsentStatus
    given_at: str

    def __repr__(self) -> str:
        return "Said(...)"


@dataclass
class _Found:
    """The rows of a file, sorted out."""

    region: str
    reading: DateReading
    identifiers: dict[Identifier, None] = field(default_factory=dict)
    words: dict[Said, None] = field(default_factory=dict)
    read: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    first_lines: dict[str, int] = field(default_factory=dict)

    def reject(self, code: str, line: int) -> None:
        """Count a row that is not used."""
        self.rejected[code] += 1
        self.first_lines.setdefault(code, line)

    def note(self, code: str, line: int) -> None:
        """Count a cell that is not used."""
        self.unused[code] += 1
        self.first_lines.setdefault(code, line)

    def take(self, table: str, line: int, cells: Mapping[str, str]) -> None:
        """Sort one row in."""
        self.read += 1
        found = read_id(cells["customer_id"])
        if not found.value:
            codes = {"damaged": "ingest.damaged_id", "bad": "ingest.bad_customer"}
            self.reject(codes.get(found.fault, "ingest.no_customer"), line)
        elif table == IDENTITIES:
            self._take_names(found.value, line, cells)
        else:
            self._take_word(found.value, line, cells)

    def _take_names(self, customer: str, line: int, cells: Mapping[str, str]) -> None:
        told = list(_told(cells))
        names = [Identifier(customer, kind, form) for kind, text in told if (form := self._form(kind, text))]
        for _missing in range(len(told) - len(names)):
            self.note("people.bad_identifier", line)
        if not names:
            self.reject("ingest.bad_identity" if told else "ingest.missing_cell", line)
            return
        new = [name for name in names if name not in self.identifiers]
        self.duplicates += not new
        self.identifiers |= dict.fromkeys(new)

    def _form(self, kind: str, text: str) -> str | None:
        return normal_form(kind, text, self.region) if kind in {each.name for each in KINDS} else None

    def _take_word(self, customer: str, line: int, cells: Mapping[str, str]) -> None:
        unclear: list[str] = []
        status = consent_said(cells["status"].strip(), unclear)
        if status is None:
            self.reject("ingest.bad_word" if unclear else "ingest.missing_cell", line)
            return
        given = cells.get("given_at", "").strip()
        at = None if is_blank(given) else read_moment(given, self.reading)
        if at is None and not is_blank(given):
            self.reject("ingest.bad_date", line)
            return
        channel = plain(cells.get("channel", "")) or EMAIL
        word = Said(customer, channel, plain(cells.get("purpose", "")) or MARKETING, status, at or _WHEN)
        self.duplicates += word in self.words
        self.words.setdefault(word)

    @property
    def rows(self) -> RowCounts:
        """Where the rows went."""
        bad = self.rejected.total()
        return RowCounts(self.read, self.read - bad - self.duplicates, bad, self.duplicates)


def _told(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Kind and text of every name in a row: a column each, or one of a kind that another column tells."""
    table = declared_tables()[IDENTITIES]
    kinds = table.column("kind")
    for name, text in cells.items():
        if name in ("customer_id", "kind", "seen_at") or is_blank(text):
            continue
        if name != "value":
            yield name, text
        elif kinds is not None:
            yield kinds.words.get(plain(cells.get("kind", "")), cells.get("kind", "").strip()), text


def read_people_table(
    ledger: Ledger,
    seal: Seal,
    table: str,
    file: Path,
    options: ReadOptions,
    clock: Clock,
    *,
    region: str = "",
    exported_at: datetime | None = None,
) -> PeopleIntake:
    """
    Read a file of identities or consents into the ledger.

    Each row stands by itself and is stored so that doing it again changes nothing; a file whose reading was killed
    is simply read again.

    Args:
        ledger: Of the workspace.
        seal: Of the workspace.
        table: "identities" or "consents".
        file: CSV, TSV, Parquet, JSON or XLSX.
        options: ``mapping`` by the table's columns.
        clock: Dates what is recorded.
        region: Country of phone numbers that name none; empty: that of the zone.
        exported_at: When the source wrote the file; a yes that is older than a person's no does not count.

    Raises:
        InputError: The file cannot be read or understood; nothing is stored then.
    """
    seen, found = _look(table, file, options, region)
    digest, mapping = digest_of(file), {match.role: match.column for match in seen.columns}
    with ledger.reading() as connection:
        earlier = earlier_rows(connection, table, digest, mapping)
    if earlier is not None:
        return replace(seen, rows=earlier, rejected={}, unused={}, first_lines={})
    written_at = exported_at or modified_at(file, clock)
    new = consents = 0
    for names in _parts(list(found.identifiers)):
        with ledger.writing() as connection:
            new += take_identifiers(connection, seal, names, clock.now(), proof=digest).new
    for part in _parts(_newest_last(found.words)):
        with ledger.writing() as connection:
            consents += _record_words(connection, part, clock.now(), digest, written_at)
    with ledger.writing() as connection:
        if table == IDENTITIES:  # whatever is new: a killed reading may have left rows that joined nobody
            settle_persons(connection, clock.now())
        record_people(
            connection, table, file.name, digest, mapping, found.rows, found.rejected, clock, written_at
        )
    return replace(seen, is_new=True, identifiers=new, consents=consents)


def look_at_people_table(table: str, file: Path, options: ReadOptions, region: str = "") -> PeopleIntake:
    """
    What would be read from a file of identities or consents; nothing is stored.

    Raises:
        InputError: The file cannot be read or understood.
    """
    return _look(table, file, options, region)[0]


def _look(table: str, file: Path, options: ReadOptions, region: str) -> tuple[PeopleIntake, _Found]:
    faults: list[Fault] = []
    with open_engine() as engine:
        given = open_table(engine, declared_tables()[table], file, options)
        zone = given.context.zone
        found = _Found(region_of(region, zone), DateReading(zone=ZoneInfo(zone)))
        names = list(given.found.positions)
        for line, row in rows_of(engine, given.file, list(given.found.positions.values()), faults):
            found.take(table, line, dict(zip(names, row, strict=True)))
    for fault in faults:
        found.read += 1
        found.reject(fault.code, fault.line)
    refuse_misfits(given.file, faults, found.read)
    seen = PeopleIntake(
        table=table,
        file=given.file.name,
        is_new=False,
        rows=found.rows,
        rejected=dict(found.rejected),
        unused=dict(found.unused),
        first_lines=found.first_lines,
        columns=given.found.matches,
        encoding=given.file.encoding,
        warnings=given.file.warnings,
    )
    return seen, found


def _newest_last(words: Mapping[Said, None]) -> list[Said]:
    """Of several words of one person the newest holds; of two of one moment the no does."""
    return sorted(words, key=lambda word: (word.given_at, word.status != "granted", word.customer_id))


def _record_words(
    connection: Connection, said: Sequence[Said], now: datetime, digest: str, written_at: datetime
) -> int:
    """Add the words that say something new; how many. A file's yes never outweighs a no that it may not know of."""
    known = status_of(connection, {word.customer_id for word in said})
    count = 0
    for channel, purpose in sorted({(word.channel, word.purpose) for word in said}):
        newest = {w.customer_id: w.status for w in said if (w.channel, w.purpose) == (channel, purpose)}
        before = newest_words(connection, newest, channel, purpose)
        new = {
            customer: status
            for customer, status in newest.items()
            if known[customer] != "erased"
            and not (
                (word := before.get(customer)) is not None
                and (word.status == status or (status == "granted" and word.outweighs_a_yes(written_at)))
            )
        }
        record_consents(connection, new, FILE, now, channel=channel, purpose=purpose, proof=digest)
        count += len(new)
    return count


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """As many rows as one short transaction takes."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
