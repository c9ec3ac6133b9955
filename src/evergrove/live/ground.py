"""What passes stand on while nothing new is published: the last run, the facts, and what is kept of both."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Self

from sqlalchemy import func, select

from evergrove.ingest import facts_noted
from evergrove.live.bench import Bench
from evergrove.live.keys import KeyCounts
from evergrove.live.types import NET_OF_THEM, SHARED_COSTS, WAITS
from evergrove.live.window import FACTS
from evergrove.people.identity import newest_word, persons_now
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.last_night import yesterday_of
from evergrove.pipeline.nights import SCORES, TIERS, Known
from evergrove.segments import read_placement
from evergrove.segments.warning.service import Learned
from evergrove.warehouse import identifier, newest_snapshot, open_engine
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.pipeline.nights import Yesterday
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Generation, Snapshot, Warehouse

FAR = "far_"
"""Before the name of a published table."""
PASSES = 1000
"""After which a bench is made anew: nothing that DuckDB might keep of dropped tables grows for days."""
UNUSED = "statistics_propagation,compressed_materialization"
"""Steps of DuckDB's optimiser that cost more than they save on a few rows: a seventh of a pass."""
SMALL_ROWS = 100_000
"""Tables of so many rows are read once and kept; of larger ones each pass reads what it needs."""
BY_CUSTOMER = (*FACTS, TIERS)
"""Tables of which a pass reads its customers' rows only."""
FEW_NAMES = 10_000
"""So many customers are looked up one by one, in an index or among the parts of a file; DuckDB itself stops at 50."""
NOT_READ = (SCORES, "transitions", "due", "health", "traits", "cac_by_source", "members", "unprofiled")
"""Tables of runs that no later night reads."""
COMPANION = (
    "select customer_id from companions where first_order_date is not null order by customer_id limit 1"
)


@dataclass(frozen=True)
class Ground:
    """
    What is kept between passes.

    Attributes:
        run: The newest run.
        seen: The newest snapshot, its facts noted with one import more: what waits.
        yesterday: What the run left.
        known: What a night goes by that goes on from it; its day, and who is not to be valued, are a pass's own.
        far: How the engine calls each published table.
        companion: A customer who has bought, looked at beside all others, so that somebody always has.
        word: The newest word on who is one person.
        stands_on: The snapshots' ids and the word: while they are the same, so is all of this.
    """

    run: Snapshot
    seen: Snapshot
    yesterday: Yesterday
    known: Known
    far: Mapping[str, str]
    companion: str
    stands_on: tuple[int, int, int]

    @cached_property
    def shares_costs(self) -> bool:
        """Whether costs are told that a run shares out among everybody."""
        return any(name in self.seen.tables and self.seen.tables[name].rows for name in SHARED_COSTS)

    @property
    def waits(self) -> tuple[str, ...]:
        """Columns of ``scores`` that no pass can tell."""
        return (*WAITS, *NET_OF_THEM) if self.shares_costs else WAITS

    @property
    def is_for_runs_only(self) -> bool:
        """Whether tiers go by amounts that no pass can tell: then nothing of anybody is live."""
        return self.shares_costs and self.known.policy.rules.looks_ahead

    @property
    def seq(self) -> int:
        """Number that what waits has as an import."""
        return facts_noted(self.seen).seq

    @property
    def zone(self) -> str:
        """The shop's."""
        return self.known.settings.value.timezone or facts_noted(self.seen).timezone or "UTC"

    def persons_of(self, customers: Collection[str]) -> frozenset[str]:
        """All ids of the persons behind some customers, as they are today and as they were in the night of the run."""
        found, open_ = set[str](), set(customers)
        while open_:
            found |= open_
            open_ = {name for each in open_ for name in self.beside.get(each, ())} - found
        return frozenset(found)

    @cached_property
    def beside(self) -> dict[str, set[str]]:
        """With whom each customer stands or stood under one name."""
        found: dict[str, set[str]] = {}
        for persons in (self.known.persons, self.yesterday.persons):
            for customer, person in persons.items():
                found.setdefault(customer, set()).add(person)
                found.setdefault(person, set()).add(customer)
        return found

    def today(self, clock: Clock) -> date:
        """The shop's day, though never one before the run's."""
        return max(yesterday_in(self.zone, clock) + timedelta(days=1), self.yesterday.as_of)


class Base:
    """An engine that stays open between passes, with what they stand on."""

    def __init__(self, warehouse: Warehouse, settings: Settings, *, threads: int = 1) -> None:
        self.warehouse = warehouse
        self._settings = settings
        self._threads = threads
        self._open = ExitStack()
        self._engine: Engine | None = None
        self._kept: dict[str, int] = {}
        self._passes = 0
        self._benches = ExitStack()
        self._bench: Bench | None = None
        self.ground: Ground | None = None
        self.keys = KeyCounts(warehouse)

    def __enter__(self) -> Self:
        self._engine = self._open.enter_context(open_engine(threads=self._threads, stays=True))
        self._engine.run(f"set disabled_optimizers = '{UNUSED}'")
        self._engine.run(f"set dynamic_or_filter_threshold = {FEW_NAMES}")
        self._engine.run("set parquet_metadata_cache = true")  # files of the warehouse never change
        self._open.push(self._benches)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """
        An engine for one pass: it sees the published tables, and finds none of what passes before it have made.

        One at a time. After an error, and now and then, it is a new one.
        """
        bench, self._bench = self._bench or self._new_bench(), None
        bench.clear()
        yield bench
        self._passes += 1
        if self._passes % PASSES:
            self._bench = bench  # not where the block raised: what it left is nothing to build on

    def _new_bench(self) -> Bench:
        self._benches.close()
        name = f"passes_{self._passes}"
        self._whole.run(f"attach ':memory:' as {name}")
        self._benches.callback(self._whole.run, f"detach {name}")
        bench = self._benches.enter_context(self._whole.beside(Bench))
        assert isinstance(bench, Bench)  # noqa: S101 - as asked for
        bench.run(f"use {name}")
        return bench

    def follow(self, connection: Connection) -> Ground | None:
        """
        The ground as a transaction sees it; None before the first run.

        Args:
            connection: The one reading of the pass.
        """
        newest, run_id = newest_ids(connection)
        if newest is None or run_id is None:
            self.ground = None
            return None
        stands_on = newest, run_id, newest_word(connection)
        if self.ground is None or self.ground.stands_on != stands_on:
            seen, run = newest_snapshot(connection), newest_snapshot(connection, "run")
            assert seen is not None  # noqa: S101 - their ids have just been read
            assert run is not None  # noqa: S101 - likewise
            self.ground = self._drawn(connection, seen, run, stands_on)
            self._bench = None  # what it holds was made of tables that may have had other columns
        return self.ground

    def _drawn(
        self, connection: Connection, seen: Snapshot, run: Snapshot, stands_on: tuple[int, int, int]
    ) -> Ground:
        far = self._shown(seen, run)
        self.keys.follow(self._whole, seen)
        yesterday = yesterday_of(connection, run)
        known = known_after(self._settings, yesterday, run, persons_now(connection))
        return Ground(run, with_one_more(seen), yesterday, known, far, self._companion(run), stands_on)

    @property
    def _whole(self) -> Engine:
        assert self._engine is not None  # noqa: S101 - of a `with` block
        return self._engine

    def _shown(self, seen: Snapshot, run: Snapshot) -> dict[str, str]:
        """Name every table that a night reads; one that is the same as before is left alone."""
        tables = {n: made for n, made in seen.tables.items() if n not in (*NOT_READ, *SHARED_COSTS)}
        tables[TIERS] = run.tables[TIERS]
        for name in self._kept.keys() - tables.keys():
            self._forget(name)
        for name, made in tables.items():
            if self._kept.get(name) != made.id:
                self._forget(name)
                self._show(run if name == TIERS else seen, name, made)
                self._kept[name] = made.id
        database = self._whole.value("select current_database()")
        return {name: f"{identifier(database)}.main.{identifier(FAR + name)}" for name in tables}

    def _forget(self, name: str) -> None:
        self._whole.drop(FAR + name, f"file_{name}")
        self._kept.pop(name, None)

    def _show(self, seen: Snapshot, name: str, made: Generation) -> None:
        if made.rows > SMALL_ROWS:
            self.warehouse.show(self._whole, seen, name, FAR + name)
            return
        self.warehouse.show(self._whole, seen, name, f"file_{name}")
        self._whole.create(FAR + name, f"select * from file_{name}")
        if name in BY_CUSTOMER:  # else each pass reads every name of the shop to find its own
            self._whole.run(f"create index by_{name} on {identifier(FAR + name)} (customer_id)")
        self._whole.drop(f"file_{name}")

    def _companion(self, run: Snapshot) -> str:
        self.warehouse.show(self._whole, run, SCORES, "companions")
        return str(self._whole.value(COMPANION))


def newest_ids(connection: Connection) -> tuple[int | None, int | None]:
    """Ids of the newest snapshot and of the newest run's, without all that they hold."""
    is_run = snapshot.c.kind == "run"
    newest = select(func.max(snapshot.c.id), func.max(snapshot.c.id).filter(is_run))
    found = connection.execute(newest.where(snapshot.c.retired_at.is_(None))).one()
    return found[0], found[1]


def known_after(settings: Settings, yesterday: Yesterday, run: Snapshot, persons: Mapping[str, str]) -> Known:
    """
    What a night goes by that goes on from a run and changes nothing of its own: policy, models, yardsticks.

    A policy that was adopted since, or another limit in evergrove.toml, is the next run's to begin with: that
    measures the shop anew.
    """
    policy = read_placement(yesterday.placement).policy
    value = replace(settings.value, currency=policy.currency)
    then = replace(settings, tiers=policy.tiers, stages=policy.stages, value=value)
    return Known(
        then,
        yesterday.as_of,
        yesterday,
        earlier=run,
        models=yesterday.models,
        warnings=yesterday.warnings if yesterday.warnings is not None else Learned().document(),
        persons=persons,
        adopted=policy.adopted,
    )


def with_one_more(seen: Snapshot) -> Snapshot:
    """The snapshot with what waits as one import more, by which orders may have other versions."""
    noted = facts_noted(seen)
    orders = seen.tables["orders"]
    told = replace(noted, seq=noted.seq + 1, has_versions=True).document()
    return replace(seen, tables={**seen.tables, "orders": replace(orders, facts=told)})
