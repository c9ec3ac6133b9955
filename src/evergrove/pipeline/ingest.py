"""New files into a workspace: each becomes facts, wholly or not at all, and once however often it is given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from evergrove.core import EvergroveWarning, InputError, _
from evergrove.ingest import (
    Import,
    facts_noted,
    imported,
    newest_seq,
    note_import,
    read_orders,
    record_import,
    take_facts,
    write_facts,
)
from evergrove.ingest.facts.drift import drift, last_like
from evergrove.ingest.facts.rates import RATE_DAYS, as_warnings, has_rates, new_waiting
from evergrove.ingest.facts.versions import TABLES
from evergrove.ingest.orders.account import CHANGED_ORDER
from evergrove.ingest.presets.preset import own_presets
from evergrove.ingest.sources.confined import room_here
from evergrove.ingest.sources.formats import check_is_file, detect_format
from evergrove.pipeline.rejects import rejects_path, write_rejects
from evergrove.warehouse import Overtaken, memory_for, newest_snapshot, open_engine, write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ingest import FactsNoted, Intake, ReadOptions, RowCounts
    from evergrove.ledger import Ledger
    from evergrove.warehouse import Snapshot, Warehouse

Progress = Callable[[str, float], None]
TABLE = "orders"
ADDRESSES = (
    "select count(distinct customer_id) from"
    " (select customer_id from new_orders union all select customer_id from new_refunds"
    " union all select customer_id from new_known)"
    " where regexp_matches(customer_id, '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$')"
)
"""Of what an import adds: customers whose id is an e-mail address."""
MIXED = "currency.mixed"
ATTEMPTS = 3
"""Another process can be faster that often; commands that hold the workspace's lock never meet one."""


class Parts(Protocol):
    """What of a workspace an import needs."""

    @property
    def folder(self) -> Path:
        """Where the workspace lies."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse."""
        ...

    @property
    def by(self) -> str:
        """Who is at work, as the audit trail names them."""
        ...


class CurrencyChanged(InputError):
    """New amounts are said to be in another currency than those that are there."""

    code = "pipeline.currency_changed"
    message = _("The orders that are there are in {kept}, and {file} was to be read as {named}.")
    hint = _("Different currencies are never added up: leave the option away, or use another workspace.")


class ZoneChanged(EvergroveWarning):
    """New timestamps become days in another zone than those that are there."""

    code = "pipeline.zone_changed"
    message = _("{file} was read in the zone {zone}, the orders before it in {kept}.")
    hint = _(
        "Around midnight days can differ; to count all in one zone, import all files into a new workspace."
    )


class KnownByAddress(EvergroveWarning):
    """Customers whose id is an e-mail address: what is personal stands where nothing personal should."""

    code = "pipeline.known_by_address"
    message = _(
        "{file}: {count} {count:customer is|customers are} known by an e-mail address, which stands unsealed in the workspace and stays when the person is erased."
    )
    hint = _("If the shop has customer numbers, export these, into a new workspace: --map customer=COLUMN.")


class OrdersChanged(EvergroveWarning):
    """Orders that are there stand in the file for another customer, or on another day."""

    code = "pipeline.orders_changed"
    message = _(
        "{file}: rows rejected because their order came in before for another customer or another day: {rows}."
    )
    hint = _("Do order numbers begin anew, or was this file exported in another zone? See {rejects}.")


@dataclass(frozen=True)
class FileOutcome:
    """
    What became of one file.

    Attributes:
        file: As given.
        seq: Number of the import that holds its rows.
        is_new: False when the same bytes had come in before; nothing changed then.
        rows: Where its rows went.
        intake: The whole account; None when it is not new.
        rejects: The rejected rows with their reasons; None without any.
        warnings: What a reader of the numbers should know.
        lines: Where the rows of a file of lines went among order_lines; None where these are not kept, or were.
    """

    file: Path
    seq: int
    is_new: bool
    rows: RowCounts
    intake: Intake | None = None
    rejects: Path | None = None
    warnings: tuple[EvergroveWarning, ...] = ()
    lines: RowCounts | None = None


@dataclass(frozen=True)
class IngestOutcome:
    """
    What an import did.

    Attributes:
        files: File by file, in the order given.
        snapshot: What readers see now; None when nothing was new.
    """

    files: tuple[FileOutcome, ...]
    snapshot: Snapshot | None


def ingest_files(
    parts: Parts,
    files: Sequence[Path],
    options: ReadOptions,
    clock: Clock,
    *,
    exported_at: datetime | None = None,
    progress: Progress | None = None,
    rate_days: int = RATE_DAYS,
) -> IngestOutcome:
    """
    Add the orders of some files to a workspace, file by file.

    Which facts hold afterwards does not depend on the order of the files, and importing one again changes
    nothing. What an earlier command left behind by being killed is without effect.

    Args:
        parts: The workspace.
        files: As for ``read_orders``.
        options: The same; currency and zone, where left empty, are those of the orders that are there.
        clock: Dates the imports; orders dated later than its day are refused.
        exported_at: When the source wrote the files; None: when each was last modified. It decides between
            versions of an order in files that have no column for that.
        progress: Called with what is being done and how much of it is done, 0..1.
        rate_days: Days that a rate may be older than an order in another currency.

    Raises:
        InputError: A file cannot be understood. Those before it are in, it and those after it are not.
        NotWritable: The disk refused; the same holds.
    """
    options = prepared(parts, options, clock)
    outcomes: list[FileOutcome] = []
    snapshot = None
    for file in files:
        given = given_file(file, exported_at, clock)
        outcome, published = _ingest(parts, given, options, clock, progress, rate_days)
        outcomes.append(outcome)
        snapshot = published or snapshot
    return IngestOutcome(tuple(outcomes), snapshot)


@dataclass(frozen=True)
class Given:
    """A file as it was found: its bytes tell it from every other."""

    path: Path
    sha256: str
    exported_at: datetime


def prepared(parts: Parts, options: ReadOptions, clock: Clock) -> ReadOptions:
    """The options with the clock's day, and the presets that the workspace keeps."""
    return replace(
        options,
        today=options.today or clock.now().date(),
        own_presets=options.own_presets or own_presets(parts.folder),
    )


def given_file(path: Path, exported_at: datetime | None, clock: Clock) -> Given:
    """
    A file with its digest, and when its source wrote it.

    Raises:
        InputError: It is no file, or of no format that is read.
    """
    check_is_file(path)
    if room_here() is None:
        detect_format(path)  # what is no table at all is refused before its bytes are counted
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Given(path, digest, exported_at or min(modified, clock.now()))


def _ingest(
    parts: Parts,
    given: Given,
    options: ReadOptions,
    clock: Clock,
    progress: Progress | None,
    rate_days: int,
) -> tuple[FileOutcome, Snapshot | None]:
    attempt = 0
    while True:
        attempt += 1
        with parts.ledger.reading() as connection:
            earlier = imported(connection, given.sha256, TABLE)
            this = Import(newest_seq(connection) + 1, given.exported_at, newest_snapshot(connection))
            if earlier is not None and MIXED in earlier.reasons and has_rates(this.before):
                # Its other currencies were refused before there were rates: given again, they come in.
                given = replace(given, sha256=_read_with_rates(given.sha256))
                earlier = imported(connection, given.sha256, TABLE)
        if earlier is not None:
            return FileOutcome(given.path, earlier.seq, is_new=False, rows=earlier.rows), None
        try:
            return _add(parts, given, this, options, clock, progress, rate_days)
        except Overtaken:
            if attempt == ATTEMPTS:
                raise


def _read_with_rates(sha256: str) -> str:
    """By what the same bytes are known when they are read by another rule."""
    return hashlib.sha256(f"{sha256} with rates".encode()).hexdigest()


def _add(
    parts: Parts,
    given: Given,
    this: Import,
    options: ReadOptions,
    clock: Clock,
    progress: Progress | None,
    rate_days: int,
) -> tuple[FileOutcome, Snapshot]:
    """Read, write and publish one file; without effect unless the last step is reached."""
    file = given.path
    noted = facts_noted(this.before)
    chosen = replace(_as_before(file, options, noted), has_rates=has_rates(this.before))
    take = partial(take_facts, warehouse=parts.warehouse, this=this)
    with open_engine(memory_mb=memory_for([file]) + _memory_for_facts(this.before)) as engine:
        intake = read_orders(engine, [file], chosen, progress, take)
        drafts = write_facts(engine, parts.warehouse, this, intake)
        waiting = new_waiting(engine, parts.warehouse, this.before, intake.currency, rate_days=rate_days)
        addresses = int(engine.value(ADDRESSES))
        path = rejects_path(parts.folder, clock.now(), this.seq, given.sha256)
        if intake.rows.rejected:
            write_durably(path, partial(write_rejects, engine))
        rejects = path if intake.rows.rejected else None
    now = clock.now()
    with parts.ledger.reading() as connection:
        like = last_like(connection, TABLE, file.name, intake)
    with parts.ledger.writing() as connection:
        is_recorded = record_import(
            connection,
            intake,
            seq=this.seq,
            sha256=given.sha256,
            table=TABLE,
            file=file.name,
            recorded_at=now,
            exported_at=this.exported_at,
        )
        if not is_recorded:
            raise Overtaken(table=TABLE)
        note_import(connection, this.seq, TABLE, intake.rows, parts.by, now)
        snapshot = parts.warehouse.publish(connection, drafts, kind="facts", details={"import": this.seq})
    warnings = (
        *intake.warnings,
        *_warnings(file, intake, noted, rejects, addresses),
        *drift(like, file.name, intake),
        *as_warnings(waiting, rate_days),
    )
    return FileOutcome(
        file, this.seq, is_new=True, rows=intake.rows, intake=intake, rejects=rejects, warnings=warnings
    ), snapshot


def _warnings(
    file: Path, intake: Intake, noted: FactsNoted, rejects: Path | None, addresses: int
) -> Iterator[EvergroveWarning]:
    if addresses:
        yield KnownByAddress(file=file.name, count=addresses)
    if noted.timezone and intake.timezone != noted.timezone:
        yield ZoneChanged(file=file.name, zone=intake.timezone, kept=noted.timezone)
    if CHANGED_ORDER in intake.rejected:
        rows = intake.rejected[CHANGED_ORDER].rows
        yield OrdersChanged(file=file.name, rows=rows, rejects=str(rejects))


def _as_before(file: Path, options: ReadOptions, noted: FactsNoted) -> ReadOptions:
    """The options, where they leave it open in the currency and the zone of the orders that are there."""
    if options.currency and noted.currency and options.currency.upper() != noted.currency:
        raise CurrencyChanged(kept=noted.currency, file=file.name, named=options.currency.upper())
    return replace(
        options,
        currency=options.currency or noted.currency,
        timezone=options.timezone or noted.timezone,
    )


def _memory_for_facts(before: Snapshot | None) -> int:
    """MB for holding new facts against old ones: unpacked they take some ten times their files."""
    tables = before.tables if before else {}
    facts = (tables[name] for name in TABLES if name in tables)
    return 10 * sum(file.bytes for made in facts for file in made.files) // 1_000_000
