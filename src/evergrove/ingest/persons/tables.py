"""Files of identities, consents and tokens into the ledger: row by row to ``people`` and ``outbox``, and nowhere else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.ingest.columns.misfits import refuse_misfits
from evergrove.ingest.persons.customers import PeopleIntake
from evergrove.ingest.persons.files import (
    PeopleFile,
    Tally,
    digest_of,
    earlier_rows,
    modified_at,
    rows_of,
    settle_and_record,
)
from evergrove.ingest.persons.tokens import grants_told, store_grants
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.service import open_table
from evergrove.ingest.values.consent import consent_said
from evergrove.ingest.values.dates import DateReading, read_moment
from evergrove.ingest.values.ids import read_id
from evergrove.ingest.values.words import is_blank, plain
from evergrove.people.consent import ConsentRow, ConsentsTaken, channel_named, purpose_named, take_consents
from evergrove.people.identity import (
    KINDS,
    Identifier,
    normal_form,
    region_of,
    take_identifiers,
)
from evergrove.people.parts import in_parts
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ingest.sources.batches import Fault
    from evergrove.ingest.types import ReadOptions
    from evergrove.ledger import Ledger
    from evergrove.outbox import Grant
    from evergrove.people import Seal

IDENTITIES, CONSENTS, TOKENS = "identities", "consents", "channel_tokens"
_BAD = datetime.min.replace(tzinfo=UTC)
_GUARDIANS = frozenset({"guardian", "parent", "监护人", "家长", "父母", "監護人", "家長"})


@dataclass
class _Found(Tally):
    """The rows of a file, sorted out."""

    region: str
    reading: DateReading
    identifiers: dict[Identifier, None] = field(default_factory=dict)
    words: dict[ConsentRow, None] = field(default_factory=dict)
    grants: dict[tuple[str, ...], Grant] = field(default_factory=dict)

    def take(self, table: str, line: int, cells: Mapping[str, str]) -> None:
        """Sort one row in."""
        self.read += 1
        found = read_id(cells["customer_id"])
        if not found.value:
            codes = {"damaged": "ingest.damaged_id", "bad": "ingest.bad_customer"}
            self.reject(codes.get(found.fault, "ingest.no_customer"), line)
        elif table == IDENTITIES:
            self._take_names(found.value, line, cells)
        elif table == TOKENS:
            self._take_grants(found.value, line, cells)
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
        purpose = purpose_named(_cell(cells, "purpose"))
        channel = channel_named(_cell(cells, "channel"), purpose) if purpose else None
        given_at, expires_at = (self._moment(cells, name) for name in ("given_at", "expires_at"))
        if purpose is None or channel is None:
            self.reject("people.unusable_word", line)
            return
        if _BAD in (given_at, expires_at):
            self.reject("ingest.bad_date", line)
            return
        word = ConsentRow(
            customer_id=customer,
            status=status,
            purpose=purpose,
            channel=channel,
            given_at=given_at,
            source=_cell(cells, "source") or None,
            reference=_cell(cells, "proof") or None,
            ip=_cell(cells, "ip") or None,
            form=_cell(cells, "form_id") or None,
            policy_version=_cell(cells, "policy_version") or None,
            expires_at=expires_at,
            given_by="guardian" if plain(_cell(cells, "given_by")) in _GUARDIANS else None,
        )
        self.duplicates += word in self.words
        self.words.setdefault(word)

    def _take_grants(self, customer: str, line: int, cells: Mapping[str, str]) -> None:
        at = self._moment(cells, "granted_at")
        if at is None or at == _BAD:
            self.reject("ingest.bad_date" if at == _BAD else "ingest.no_date", line)
            return
        told = {name: _cell(cells, name) for name in ("channel", "template", "count", "grant_id")}
        found = grants_told(customer, told, at)
        if isinstance(found, str):
            self.reject(found, line)
            return
        new: dict[tuple[str, ...], Grant] = {
            (each.customer_id, each.channel, each.template, each.ref): each for each in found
        }
        self.duplicates += new.keys() <= self.grants.keys()
        self.grants = {**new, **self.grants}

    def _moment(self, cells: Mapping[str, str], name: str) -> datetime | None:
        """A moment; None: none is told. ``_BAD`` where the cell holds none."""
        text = _cell(cells, name)
        if not text:
            return None
        told = read_moment(text, self.reading)
        try:
            return datetime.fromisoformat(told or "").replace(tzinfo=self.reading.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return _BAD


def _cell(cells: Mapping[str, str], name: str) -> str:
    text = cells.get(name, "").strip()
    return "" if is_blank(text) else text


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
    by: str = "cli",
) -> PeopleIntake:
    """
    Read a file of identities, consents or tokens of channels into the ledger.

    Each row stands by itself and is stored so that doing it again changes nothing; a file whose reading was killed
    is simply read again.

    Args:
        ledger: Of the workspace.
        seal: Of the workspace.
        table: "identities", "consents" or "channel_tokens".
        file: CSV, TSV, Parquet, JSON or XLSX.
        options: ``mapping`` by the table's columns.
        clock: Dates what is recorded.
        region: Country of phone numbers that name none; empty: that of the zone.
        exported_at: When the source wrote the file; a yes that is older than a person's no does not count.
        by: Who brings it, as the audit trail names them.

    Raises:
        InputError: The file cannot be read or understood; nothing is stored then.
    """
    seen, found = _look(table, file, options, region)
    mapping = {match.role: match.column for match in seen.columns}
    given = PeopleFile(table, file, digest_of(file), mapping, exported_at or modified_at(file, clock))
    with ledger.reading() as connection:
        earlier = earlier_rows(connection, given)
    if earlier is not None:
        return replace(seen, rows=earlier, rejected={}, unused={}, first_lines={})
    names, words = _store(ledger, seal, given, found, clock)
    granted = store_grants(ledger, list(found.grants.values()))
    new = settle_and_record(ledger, given, seen, found.rows(), found.rejected, clock, by)
    unused = found.unused + Counter(
        {
            "people.refused_elsewhere": words.refused_elsewhere,
            "people.unusable_word": words.unusable,
            "people.erased": words.erased + granted.erased,
        }
    )
    return replace(
        seen,
        is_new=True,
        identifiers=names,
        consents=words.new,
        tokens=granted.new,
        unused=dict(unused),
        warnings=(*seen.warnings, *new),
    )


def _store(
    ledger: Ledger, seal: Seal, given: PeopleFile, found: _Found, clock: Clock
) -> tuple[int, ConsentsTaken]:
    """Store what was found, some hundred rows a transaction; how many names were new, and what became of words."""
    names, taken = 0, ConsentsTaken()
    for some in in_parts(found.identifiers):
        with ledger.writing() as connection:
            names += take_identifiers(connection, seal, some, clock.now(), proof=given.digest).new
    for words in in_parts(found.words):
        with ledger.writing() as connection:
            taken += take_consents(
                connection, seal, words, clock.now(), proof=given.digest, written_at=given.written_at
            )
    return names, taken


def look_at_people_table(table: str, file: Path, options: ReadOptions, region: str = "") -> PeopleIntake:
    """
    What would be read from a file of identities, consents or tokens; nothing is stored.

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
    found.reject_faults(faults)
    refuse_misfits(given.file, faults, found.read)
    seen = PeopleIntake(
        table=table,
        file=given.file.name,
        is_new=False,
        rows=found.rows(),
        rejected=dict(found.rejected),
        unused=dict(found.unused),
        first_lines=found.first_lines,
        columns=given.found.matches,
        header=given.file.held(given.found.positions.values()),
        encoding=given.file.encoding,
        warnings=given.file.warnings,
    )
    return seen, found
