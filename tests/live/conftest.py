"""A small shop whose last run is a day old, events of it, and what a whole night says of everybody."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.app import create_workspace, open_workspace
from evergrove.app.live import compact_alone
from evergrove.core import InputError, SetClock
from evergrove.export import scores_query, tiers_query
from evergrove.ingest import Import, ReadOptions
from evergrove.ingest.events import Event, store
from evergrove.ingest.events.content import Money, fact_rows, order_content
from evergrove.ingest.events.facts import take
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.ingest.facts.rates import has_rates
from evergrove.live import Base, Steps, rows
from evergrove.live.ground import known_after, with_one_more
from evergrove.live.lease import hold
from evergrove.live.types import WAITS
from evergrove.people.identity import merge, person_ids, persons_now, unmerge
from evergrove.people.profiling import unprofiled
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.nightly import night
from evergrove.testing.workspaces import copy_of, silent
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.live import LiveRow, Passed
    from evergrove.warehouse import Engine, Snapshot, Warehouse

LAST = date(2026, 6, 28)
"""The day of the last run."""
NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)  # noon in Shanghai
CUSTOMERS = 60
CHOSEN = {"value": {"currency": "CNY", "timezone": "Asia/Shanghai"}}


def name_of(number: int) -> str:
    """A customer's id."""
    return f"c{number:03}"


def write_history(path: Path, seed: int = 5) -> None:
    """Orders of two years, from a seed: some customers come often, some once; a few orders went back."""
    draw = Random(seed)  # noqa: S311 - a seeded draw
    lines, number = ["order_id,customer_id,order_date,amount,status,refund_amount,refund_date"], 0
    for customer in range(CUSTOMERS):
        day, gap = LAST - timedelta(days=draw.randint(20, 720)), draw.choice([8, 20, 45, 90, 400])
        while day <= LAST:
            number += 1
            amount, back = draw.randint(20, 400), ""
            if draw.random() < 0.05:
                back = f"{amount // draw.choice([1, 2])},{min(day + timedelta(days=5), LAST)}"
            lines.append(f"o{number},{name_of(customer)},{day},{amount},paid,{back or ','}")
            day += timedelta(days=1 + int(draw.expovariate(1 / gap)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass
class Seen:
    """A shop's workspace and what tests do with it."""

    here: Workspace
    clock: SetClock
    told: int = field(default=0)

    def tell(
        self, kind: str, customer: str, order: str, amount: int | None = None, **fields: Any
    ) -> dict[str, int]:
        """Store one event; customer and the number of the event."""
        self.told += 1
        at = fields.pop("at", None) or self.clock.now()
        message = fields.pop("message_id", f"m{self.told}")
        content = order_content(order, None if amount is None else Decimal(amount), **fields)
        event = Event(
            source="test",
            message_id=message,
            digest=sha256(repr((kind, customer, order, amount, at)).encode()).hexdigest(),
            kind=kind,  # type: ignore[arg-type]
            customer_id=customer,
            at=at,
            received_at=self.clock.now(),
            content=content,
        )
        with self.here.ledger.writing() as connection:
            (outcome,) = store(connection, [event])
        return {customer: outcome.seq}

    @contextmanager
    def passes(self, **options: Any) -> Iterator[Steps]:
        """Passes over this workspace, by who holds the lease."""
        with self.here.ledger.writing() as connection:
            hold(connection, "test")  # or there is one already
        with Base(self.here.warehouse, self.here.settings) as base:
            yield Steps(base, self.here.ledger, self.clock, **options)

    def join(self, one: str, other: str, *, apart: bool = False) -> None:
        """Make one person of two customers by hand, or take one of them out again."""
        now = self.clock.now()
        try:
            with self.here.ledger.writing() as connection:
                _joined = unmerge(connection, one, now) if apart else merge(connection, one, other, now)
        except InputError:  # of nobody, with itself, or joined already: nothing is changed
            return

    def person(self, customer: str) -> str:
        """Under which id a customer stands."""
        with self.here.ledger.reading() as connection:
            return person_ids(connection, [customer])[customer]

    def compact(self) -> None:
        """Take what waits into the facts."""
        compact_alone(self.here)

    def follow(self, steps: Steps) -> bool:
        """What a process does that holds the lease, before its passes."""
        return steps.follow()

    def catch_up(self) -> Passed:
        """One pass."""
        with self.passes() as steps:
            return steps.once()

    def live(self, *names: str) -> dict[str, LiveRow]:
        """Live rows that hold."""
        with self.here.ledger.reading() as connection:
            return rows(connection, names)

    def marks(self) -> dict[str, int]:
        """Open marks."""
        with self.here.ledger.reading() as connection:
            return {row.customer_id: row.seq for row in connection.execute(select(DIRTY))}

    def whole_night(self) -> dict[str, dict[str, Any]]:
        """What a night as of today says of everybody, with all events taken and the models of the last run."""
        here = self.here
        with here.ledger.reading() as connection:
            run, seen = here.warehouse.newest("run"), here.warehouse.newest()
            assert run is not None
            assert seen is not None
            off = unprofiled(connection, self.clock.now(), least_age=here.settings.outreach.least_age)
            known = known_after(here.settings, yesterday_of(connection, run), run, persons_now(connection))
            waiting = select(EVENT).where(EVENT.c.state == "waiting").order_by(EVENT.c.seq)
            events = [dict(row) for row in connection.execute(waiting).mappings()]
        today = self.clock.now().astimezone(NOW.tzinfo).date()
        known = replace(known, as_of=today, unprofiled=off or None)
        with open_engine() as engine:
            whole, seen = Whole(here.warehouse), with_one_more(seen)
            told, _refused = fact_rows(events, Money("CNY", has_rates(seen)))
            if told:
                seq = 10**6  # whichever: what holds does not depend on it
                take(engine, told, "Asia/Shanghai", whole, Import(seq, self.clock.now(), seen))
                whole.has_news = True
            found = night(engine, whole, seen, known, silent)  # type: ignore[arg-type]
            others = len(found.roster) - found.roster.buyers
            scores = scores_query(
                engine, found.scored, found.segments, currency="CNY", as_of=today, others=others
            )
            return _by_customer(engine, scores, tiers_query(engine, found.states))


class Whole:
    """A warehouse, with what ``take`` left in the engine shown as if an import had brought it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse, self.has_news = warehouse, False

    def show(self, engine: Engine, seen: Snapshot, table: str, name: str | None = None) -> bool:
        """As ``Warehouse.show``."""
        name = name or table
        if not self.has_news or table not in {"orders", "refunds", "known"}:
            return self._warehouse.show(engine, seen, table, name)
        self._warehouse.show(engine, seen, table, f"whole_{name}")
        engine.view(name, f"select * from whole_{name} union all by name select * from new_{table}")
        return True


def _by_customer(engine: Engine, *queries: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for query in queries:
        table = engine.arrow(query)
        for row in table.to_pylist():
            found.setdefault(row["customer_id"], {}).update(row)
    return {name: {k: v for k, v in row.items() if k not in WAITS} for name, row in found.items()}


def said(row: LiveRow) -> dict[str, Any]:
    """What a live row says, column by column."""
    return {**row.scores, **row.tiers}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """
    Columns that two rows do not say alike.

    Whatever is told or counted is the same to the last digit; estimates to nine digits, as a large base is
    evaluated at nodes and a few customers one by one (``scoring.cells``: 5e-12 of the largest value in a row).
    """
    found: dict[str, tuple[Any, Any]] = {}
    for name in one.keys() | other.keys():
        here, there = one.get(name), other.get(name)
        if isinstance(here, float) and isinstance(there, float):
            if abs(here - there) > 1e-9 * max(abs(here), abs(there), 1e-6):
                found[name] = (here, there)
        elif here != there:
            found[name] = (here, there)
    return found


@pytest.fixture(scope="session")
def run_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workspace of a shop whose last run was as of ``LAST``; nobody has it open."""
    folder = tmp_path_factory.mktemp("live")
    begin(folder)
    return folder


def begin(folder: Path, ledger: str = "") -> None:
    """Make that workspace, in SQLite or at the URL of a database."""
    clock = SetClock(datetime(2026, 6, 29, 1, tzinfo=UTC))
    chosen = {**CHOSEN, **({"workspace": {"ledger": ledger}} if ledger else {})}
    create_workspace(folder / "workspace", chosen=chosen, key_file=folder / "keys" / "key", clock=clock)
    write_history(folder / "orders.csv")
    with open_workspace(folder / "workspace", clock) as here:
        here.ingest([folder / "orders.csv"], ReadOptions())
        here.run(LAST)


@pytest.fixture
def seen(run_before: Path, tmp_path: Path) -> Iterator[Seen]:
    """The same, copied and open, two days later."""
    with opened(run_before, tmp_path) as found:
        yield found


@contextmanager
def opened(original: Path, folder: Path) -> Iterator[Seen]:
    """A copy of a workspace, open."""
    clock = SetClock(NOW)
    with open_workspace(copy_of(original / "workspace", folder / "workspace"), clock) as here:
        yield Seen(here, clock)


@contextmanager
def reopened(folder: Path) -> Iterator[Seen]:
    """The workspace of ``opened`` again, as it was left."""
    clock = SetClock(NOW)
    with open_workspace(folder / "workspace", clock) as here:
        yield Seen(here, clock)
