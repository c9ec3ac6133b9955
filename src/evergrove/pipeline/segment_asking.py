"""A condition asked of the customers as the last night published them, and the segments that are stored."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from evergrove.export import write_csv
from evergrove.export.segments import MEMBER_COLUMNS, MEMBERS
from evergrove.ingest import show_facts
from evergrove.ingest.facts.tables import show_tables
from evergrove.pipeline.export import NoSuchFolder, NothingPublished, UnknownEnding
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.left_out import UNPROFILED
from evergrove.pipeline.segmented import NAMED, catalogue_here, consents_at, consents_in
from evergrove.segments.language.compiling import compile_condition
from evergrove.segments.language.evaluating import Population
from evergrove.segments.language.store import definitions, in_order, no_segment
from evergrove.segments.language.types import segments_in
from evergrove.warehouse import literal, open_engine, write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.types import Condition
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

LIMIT_S = 2.0
"""How long somebody's condition may keep the engine busy."""


class Parts(Protocol):
    """What of a workspace is asked."""

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse."""
        ...

    @property
    def settings(self) -> Settings:
        """Its settings."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...


@dataclass(frozen=True, eq=False)
class Found:
    """
    Who a condition is true of.

    Attributes:
        members: Arrow: customer_id, in its order.
        customers: Of how many it was asked.
        as_of: The last day whose orders count.
        computed_at: When the figures were computed.
    """

    members: Any
    customers: int
    as_of: date
    computed_at: datetime


def find(
    parts: Parts, condition: Condition, limit_s: float = LIMIT_S, *, run: Snapshot | None = None
) -> Found:
    """
    Ask a condition of the customers as the last night published them.

    Args:
        parts: Of a workspace.
        condition: It and the segments that it asks for, as they are defined today.
        limit_s: How long each of them may take.
        run: Whose customers are asked; None: those of the newest.

    Raises:
        NothingPublished: There was no night yet.
        NoSegment: It asks for a segment that is not there.
        TooSlow: It took longer.
    """
    seen = run or parts.warehouse.newest("run")
    if seen is None or seen.as_of is None:
        raise NothingPublished
    with parts.ledger.reading() as connection:
        known = catalogue_here(connection)
    conditions = with_those_asked_for(parts.ledger, condition, known)
    with _shown(parts, seen, conditions, known) as (engine, consents):
        population = Population(engine, known, seen.as_of, consents=consents, limit_s=limit_s)
        with population:
            found = last_of(population, conditions)
            customers = int(
                engine.value(_COUNT if UNPROFILED in engine.names else "select count(*) from scores")
            )
    return Found(found.sort_by("customer_id"), customers, seen.as_of, seen.recorded_at)


_COUNT = f"select count(*) from scores anti join {UNPROFILED} using (customer_id)"


def with_those_asked_for(ledger: Ledger, condition: Condition, catalogue: Catalogue) -> dict[str, Condition]:
    """
    A condition, last, and before it the segments that it asks for; only those that are needed.

    Raises:
        NoSegment: One of them is not there.
    """
    with ledger.reading() as connection:
        known = definitions(connection)
    found: dict[str, Condition] = {}
    waiting = [condition]
    while waiting:
        for key in segments_in(waiting.pop()):
            if key not in known:
                raise no_segment(key, known)
            if key not in found:
                found[key] = known[key].condition(catalogue)
                waiting.append(found[key])
    ordered = in_order({key: segments_in(each) for key, each in found.items()})
    return {key: found[key] for key in ordered} | {"": condition}


def last_of(population: Population, conditions: Mapping[str, Condition]) -> Any:
    """Members of the last of some conditions, each of which may ask for those before it."""
    found = None
    for key, condition in conditions.items():
        found = population.members(condition)
        population.keep(key, found)
    return found


@contextmanager
def _shown(
    parts: Parts, seen: Snapshot, conditions: Mapping[str, Condition], catalogue: Catalogue
) -> Iterator[tuple[Engine, Any]]:
    """An engine that shows what conditions name, as the night saw it; and consents as they are now."""
    as_of = seen.as_of
    assert as_of is not None  # noqa: S101 - runs have a day
    compiled = [compile_condition(each, catalogue, as_of) for each in conditions.values()]
    tables = {table for each in compiled for table in each.tables}
    least_age = parts.settings.outreach.least_age
    with parts.ledger.reading() as connection:
        persons = persons_of(connection, seen)
        wanted = consents_in(conditions.values())
        consents = consents_at(connection, wanted, parts.clock.now(), persons, least_age=least_age)
    with open_engine() as engine:
        if not tables <= {*NAMED, "consents", "memberships"}:
            newest, details = parts.warehouse.newest(), seen.details
            told: dict[str, Any] = {"until_seq": details["import_seq"], "persons": persons}
            told |= {"tables_seq": details.get("tables_seq", 0)}
            show_facts(engine, parts.warehouse, newest, rate_days=parts.settings.workspace.rate_days, **told)
            show_tables(engine, parts.warehouse, newest, until_seq=told["tables_seq"])
        for table in NAMED:
            parts.warehouse.show(engine, seen, table)
        yield engine, consents


def write_members(parts: Parts, found: Found, key: str, path: Path) -> None:
    """
    Write members to a file, CSV or Parquet by the ending of its name, each with the day of entry.

    Raises:
        UnknownEnding, NoSuchFolder: There is no way to.
        NotWritable: The disk refused.
    """
    if path.suffix not in {".csv", ".parquet"}:
        raise UnknownEnding(file=path.name)
    if not path.parent.is_dir():
        raise NoSuchFolder(folder=str(path.parent), file=path.name)
    seen = parts.warehouse.newest("run")
    with open_engine() as engine:
        engine.register("members", found.members)
        if seen is None or not parts.warehouse.show(engine, seen, MEMBERS):
            engine.view(MEMBERS, f"select {_NO_ENTRY} where false")
        query = (
            f"select m.customer_id, e.entered_on, e.entry_reason from members m left join {MEMBERS} e"
            f" on e.customer_id = m.customer_id and e.segment = {literal(key)} and e.exited_on is null"
            " order by m.customer_id"
        )
        write_durably(path, partial(_fill, engine, query, path.suffix))


_NO_ENTRY = (
    "'' as segment, '' as customer_id, cast(null as date) as entered_on, cast(null as date) as exited_on,"
    " '' as entry_reason"
)
_SHOWN = ("customer_id", "entered_on", "entry_reason")


def _fill(engine: Engine, query: str, ending: str, part: Path) -> None:
    columns = [each for each in MEMBER_COLUMNS if each.name in _SHOWN]
    if ending == ".csv":
        write_csv(engine, query, columns, part)
    else:
        engine.copy_to(query, part, "format parquet")
