"""Waiting events into the facts: one import of all that has come in, published with what became of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.ingest import Import, Intake, RowCounts, facts_noted, newest_seq, record_import, write_facts
from evergrove.ingest.events.accepting import grants_by
from evergrove.ingest.events.content import FACT_KINDS, Money, fact_rows
from evergrove.ingest.events.facts import take
from evergrove.ingest.events.persons import persons_told, store_persons
from evergrove.ingest.events.store import mark
from evergrove.ingest.events.tabled import BEHAVIOUR, EVENTS, events_told, lines_told, take_table
from evergrove.ingest.events.tables import EVENT
from evergrove.ingest.events.types import Reason
from evergrove.ingest.facts.rates import has_rates
from evergrove.ingest.facts.tables import LINES
from evergrove.ingest.orders.account import CHANGED_ORDER
from evergrove.outbox.tokens import grant
from evergrove.people.identity import region_of, settle_persons, unsettled
from evergrove.pipeline.codes_of_orders import codes_told
from evergrove.pipeline.event_words import without_names, words_known
from evergrove.pipeline.ingest import ATTEMPTS
from evergrove.programs.coupons.told import keep_told
from evergrove.warehouse import Overtaken, newest_snapshot, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from typing import Protocol

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.ingest.events.facts import FactRow
    from evergrove.ingest.events.persons import PersonsTold
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.settings import Settings
    from evergrove.warehouse import Draft, Engine, Snapshot, Warehouse

    class Parts(Protocol):
        """What of a workspace is needed."""

        @property
        def ledger(self) -> Ledger:
            """Its ledger."""
            ...

        @property
        def warehouse(self) -> Warehouse:
            """Its warehouse."""
            ...

        @property
        def seal(self) -> Seal:
            """Its seal."""
            ...

        @property
        def settings(self) -> Settings:
            """Its settings."""
            ...


MOST = 3_000
"""Weight of one import: while it is published, some hundredths of a second, no event is stored."""
WEIGHTS = {"customer": 10, "alias": 10}
"""What is told of persons is looked up and sealed one by one; other events weigh 1."""
IN_ONE = 1_000
WORDY = frozenset({"order", *BEHAVIOUR})
"""Kinds of events that hold texts which somebody has written."""
PATIENCE = timedelta(days=7)
"""How long an event waits for the order that it names."""
FILE = "events"
ORDERS = "orders"


@dataclass(frozen=True)
class Compacted:
    """
    What became of waiting events.

    Attributes:
        taken: Those that are in, those too that change nothing.
        refused: Those that cannot be.
        waiting: Those whose order nobody has told yet.
        snapshot: What readers see now; None: nothing was published.
    """

    taken: int = 0
    refused: int = 0
    waiting: int = 0
    snapshot: Snapshot | None = None


@dataclass
class _Portion:
    """Events on their way, and what is found of them."""

    events: list[dict[str, Any]]
    this: Import
    refused: dict[int, Reason] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    seqs: dict[str, int] = field(default_factory=dict)
    intakes: dict[str, Intake] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)

    def left(self) -> list[dict[str, Any]]:
        """Those that are neither refused nor to wait."""
        return [
            each
            for each in self.events
            if each["seq"] not in self.refused and each["seq"] not in self.waiting
        ]

    def number(self, table: str) -> Import:
        """The import of a table's rows: each table has one of its own, in the order in which they are asked for."""
        seq = self.seqs.setdefault(table, self.this.seq + len(self.seqs))
        return Import(seq, self.this.exported_at, self.this.before)


def compact_events(parts: Parts, clock: Clock) -> Compacted:
    """
    Take waiting events into the facts, the tables and the people, until none are left that can be taken.

    The caller holds the workspace's lock. Killed at any point, either a portion is in with all its events marked, or
    nothing of it is; doing it again takes the rest.

    Args:
        parts: The workspace.
        clock: Dates the imports.

    Raises:
        Overtaken: Another process imported at the same time, again and again.
    """
    done = Compacted()
    after = 0
    while True:
        found, last = _attempts(parts, clock, after)
        if last is None:
            return done
        after = last
        done = Compacted(
            done.taken + found.taken,
            done.refused + found.refused,
            done.waiting + found.waiting,
            found.snapshot or done.snapshot,
        )


def _attempts(parts: Parts, clock: Clock, after: int) -> tuple[Compacted, int | None]:
    attempt, most = 0, MOST
    while True:
        attempt += 1
        portion = _next(parts.ledger, clock, after, most)
        if not portion.events:
            return Compacted(), None
        try:
            return _compact(parts, portion, clock), portion.events[-1]["seq"]
        except Overtaken:
            if attempt == ATTEMPTS:
                raise
        except (ValueError, ArithmeticError):  # of what a single event holds: the others must not wait for it
            if len(portion.events) == 1:
                return _refuse(parts.ledger, portion), portion.events[0]["seq"]
            attempt, most = 0, len(portion.events) // 2


def _refuse(ledger: Ledger, portion: _Portion) -> Compacted:
    """Refuse what cannot be kept, though it was judged to be fit: it stays, and can be tried again."""
    portion.refused = {event["seq"]: Reason("events.not_kept") for event in portion.events}
    portion.seqs.clear()
    with ledger.writing() as connection:
        _settle(connection, portion, [])
    return Compacted(refused=len(portion.refused))


def _next(ledger: Ledger, clock: Clock, after: int, most: int) -> _Portion:
    waiting = (
        select(EVENT).where(EVENT.c.state == "waiting", EVENT.c.seq > after).order_by(EVENT.c.seq).limit(most)
    )
    with ledger.reading() as connection:
        events = _not_too_many(dict(row) for row in connection.execute(waiting).mappings())
        return _Portion(events, Import(newest_seq(connection) + 1, clock.now(), newest_snapshot(connection)))


def _not_too_many(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as may be published at once, one at least."""
    taken: list[dict[str, Any]] = []
    weight = 0
    for event in events:
        weight += WEIGHTS.get(event["kind"], 1)
        if taken and weight > MOST:
            break
        taken.append(event)
    return taken


def _compact(parts: Parts, portion: _Portion, clock: Clock) -> Compacted:
    noted, value = facts_noted(portion.this.before), parts.settings.value
    zone = noted.timezone or value.timezone or "UTC"
    region = region_of(parts.settings.workspace.region, zone)
    people = persons_told(portion.events, parts.seal, region)
    portion.refused.update(people.refused)
    with open_engine(threads=1) as engine:
        _take_orders(engine, parts.warehouse, portion, zone, noted.currency or value.currency, clock.now())
        with parts.ledger.reading() as connection:
            customers = {event["customer_id"] for event in portion.events if event["kind"] in WORDY}
            known = words_known(connection, parts.seal, customers, people.rows)
        _take_tables(
            engine, parts.warehouse, portion, zone, lambda left: without_names(left, known, parts.seal)
        )
    return _publish(parts, portion, people, clock.now())


def _take_orders(
    engine: Engine, warehouse: Warehouse, portion: _Portion, zone: str, currency: str, now: datetime
) -> None:
    """The events of orders, as facts."""
    currency = currency or _currency_of(portion.events)
    rows, refused = fact_rows(portion.events, Money(currency, has_rates(portion.this.before)))
    portion.refused.update(refused)
    if not rows:
        return
    this = portion.number(ORDERS)
    lacking, verdicts = take(engine, rows, zone, warehouse, this)
    told_at = {event["seq"]: event["received_at"] for event in portion.events}
    for line in lacking:
        if now - told_at[line] > PATIENCE:
            portion.refused[line] = Reason("events.unknown_order")
        else:
            portion.waiting.add(line)
    portion.refused.update(
        {line: Reason(CHANGED_ORDER) for line, said in verdicts.items() if said == "changed"}
    )
    intake = _intake(engine, rows, verdicts, portion, currency, zone)
    if intake.rows.read:
        portion.intakes[ORDERS] = intake
        portion.drafts += write_facts(engine, warehouse, this, intake)
    else:
        portion.seqs.clear()


def _take_tables(
    engine: Engine,
    warehouse: Warehouse,
    portion: _Portion,
    zone: str,
    without: Callable[[Iterable[Mapping[str, Any]]], list[Mapping[str, Any]]],
) -> None:
    """What customers did, and what was in orders, as rows of their tables, without words that name whose they are."""
    left = without(portion.left())
    orders = [event for event in left if event["kind"] == "order"]
    told = {EVENTS: events_told(left, zone), LINES: list(lines_told(orders, zone))}
    for table, rows in told.items():
        if rows:
            draft, counts = take_table(engine, warehouse, table, rows, portion.number(table))
            portion.drafts.append(draft)
            portion.intakes[table] = _plain_intake(counts, zone)


def _currency_of(events: Sequence[Mapping[str, Any]]) -> str:
    """The currency of the first event that tells one: where nothing else declares it, it is the shop's."""
    told = (event["content"].get("currency", "") for event in events if event["kind"] in FACT_KINDS)
    return next((code for code in told if code), "")


def _intake(
    engine: Engine,
    rows: Sequence[FactRow],
    verdicts: Mapping[int, str],
    portion: _Portion,
    currency: str,
    zone: str,
) -> Intake:
    """The account of the events of orders, as of a file of them."""
    read = [row for row in rows if row.line not in portion.waiting and _is_known(portion, row.line)]
    changed = sum(verdicts.get(row.line) == "changed" for row in read)
    same = sum(verdicts.get(row.line) == "duplicate" for row in read)
    counts = RowCounts(len(read), len(read) - changed - same, changed, same)
    first, last = engine.run(
        "select min(order_date), max(order_date) from new_orders where status <> 'void'"
    )[0]
    return _plain_intake(counts, zone, currency, first, last)


def _is_known(portion: _Portion, line: int) -> bool:
    reason = portion.refused.get(line)
    return reason is None or reason.code == CHANGED_ORDER


def _plain_intake(
    counts: RowCounts, zone: str, currency: str = "", first: date | None = None, last: date | None = None
) -> Intake:
    return Intake(
        rows=counts,
        by_file={FILE: counts},
        excluded={},
        rejected={},
        columns=(),
        encodings={FILE: "JSON"},
        grain="order",
        currency=currency,
        timezone=zone,
        first_date=first,
        last_date=last,
        has_amounts=True,
    )


def _publish(parts: Parts, portion: _Portion, people: PersonsTold, now: datetime) -> Compacted:
    """All of it in one transaction."""
    left = portion.left()
    snapshot = None
    with parts.ledger.writing() as connection:
        for table, seq in portion.seqs.items():
            is_recorded = record_import(
                connection,
                portion.intakes[table],
                seq=seq,
                sha256=_name_of(portion.events, seq),
                table=table,
                file=FILE,
                recorded_at=now,
                exported_at=portion.this.exported_at,
            )
            if not is_recorded:
                raise Overtaken(table=table)
        new_names = store_persons(connection, parts.seal, people, now)
        grant(connection, grants_by(left))
        if codes := codes_told(left):
            keep_told(connection, codes)
        if portion.drafts:
            details = {"import": max(portion.seqs.values()), "events": len(left)}
            snapshot = parts.warehouse.publish(connection, portion.drafts, kind="facts", details=details)
            _replace(parts.warehouse, connection, portion.this.before)
        _settle(connection, portion, left)
        if new_names:
            _join(connection, now)
    return Compacted(len(left), len(portion.refused), len(portion.waiting), snapshot)


def _name_of(events: Sequence[Mapping[str, Any]], seq: int) -> str:
    """By what an import of events is known: one that was refused may be taken in another."""
    told = "\n".join(f"{event['seq']} {event['digest']}" for event in events)
    return hashlib.sha256(f"events {seq}\n{told}".encode()).hexdigest()


def _replace(warehouse: Warehouse, connection: Connection, before: Snapshot | None) -> None:
    """Let go of the state before, where it was one of events too: one each minute would be half a million a year."""
    if before is not None and "events" in before.details:
        warehouse.retire(connection, [before.id])


def _settle(connection: Connection, portion: _Portion, left: Sequence[Mapping[str, Any]]) -> None:
    """Say of each event what became of it, many in one statement: whoever stores events waits for this."""
    into: dict[int | None, list[int]] = {}
    for event in left:
        into.setdefault(_import_of(portion, event["kind"]), []).append(event["seq"])
    for seq, numbers in into.items():
        for part in _parts(numbers):
            taken = EVENT.update().where(EVENT.c.seq.in_(part))
            connection.execute(taken.values(state="taken", import_seq=seq, sealed=None))
    kinds = {event["seq"]: event["kind"] for event in portion.events}
    for number, reason in portion.refused.items():
        told = {"reason": reason.code, "detail": dict(reason.params)}
        refused = EVENT.update().where(EVENT.c.seq == number)
        connection.execute(
            refused.values(state="refused", import_seq=_import_of(portion, kinds[number]), **told)
        )


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as a statement takes."""
    return (numbers[start : start + IN_ONE] for start in range(0, len(numbers), IN_ONE))


def _import_of(portion: _Portion, kind: str) -> int | None:
    table = ORDERS if kind in FACT_KINDS else EVENTS if kind in BEHAVIOUR else ""
    return portion.seqs.get(table)


def _join(connection: Connection, now: datetime) -> None:
    """Look at who is one person anew, and mark everybody of whom that changes."""
    found = unsettled(connection)
    settle_persons(connection, now, found)
    changed = {
        each
        for customer in found.before.keys() | found.after.keys()
        if (before := found.before.get(customer)) != (after := found.after.get(customer))
        for each in (customer, before, after)
        if each is not None
    }
    mark(connection, dict.fromkeys(changed, 0))
