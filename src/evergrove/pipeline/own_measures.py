"""What a shop's own targets ask, for any past day: as a run published it, else looked back upon."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from evergrove.ingest.facts.tables import show_tables
from evergrove.measurement.targets.rules import NO_CONSENT_THEN, NOT_PUBLISHED_THEN, TOO_SLOW
from evergrove.pipeline import nightly, nights
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.left_out import reasons_of
from evergrove.pipeline.segment_asking import last_of, with_those_asked_for
from evergrove.pipeline.segmented import LIMIT_S, NAMED, catalogue_here, consents_at, consents_in
from evergrove.pipeline.standings import Known, show_known
from evergrove.pipeline.types import NothingLeft, NothingToValue
from evergrove.segments import read_placement
from evergrove.segments.language.compiling import compile_condition
from evergrove.segments.language.errors import TooSlow
from evergrove.segments.language.evaluating import Population
from evergrove.segments.language.writing import text_of
from evergrove.warehouse import identifier, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from evergrove.ledger import Ledger
    from evergrove.segments.language.types import Condition
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse

NOBODY = pa.chunked_array([], pa.string())


@dataclass(frozen=True, eq=False)
class _Shown:
    """An engine that shows customers as of a day: under which names their tables stand there, and consents then."""

    engine: Engine
    as_of: date
    names: Mapping[str, str]
    consents: Callable[[Collection[tuple[str, str]]], Any] | None = None


class Asking:
    """Asks conditions of customers as they were; what was asked once is kept, for months share their ends."""

    def __init__(
        self,
        ledger: Ledger,
        warehouse: Warehouse,
        seen: Snapshot | None,
        settings: Settings,
        conditions: Collection[Condition],
    ) -> None:
        self._conditions = conditions
        self._ledger = ledger
        self._warehouse = warehouse
        self._seen = seen
        self._settings = settings
        self._found: dict[Any, dict[Condition, Any]] = {}
        with ledger.reading() as connection:
            self._catalogue = catalogue_here(connection)

    def members(self, condition: Condition, run: Snapshot | None, day: date, known: Known) -> Any:
        """
        Of whom one of the conditions held on a day; all of them are asked with the first.

        Args:
            condition: Which.
            run: Whose tables these are, and whose knowledge of facts; None: no run had them, they are looked back upon.
            day: The day.
            known: The facts that count where none had; and under which names customers are told.

        Returns:
            An Arrow array of customer ids, or the ``Sentence`` that says why there is none.
        """
        if run is None and consents_in(self._with_others(condition).values()):
            return NO_CONSENT_THEN
        key = (run.id, None) if run is not None else (known.run.id, day)
        if key not in self._found:
            shown = self._published(run) if run is not None else self._looked_back(day, known)
            with shown as then:
                self._found[key] = {each: self._asked(each, then) for each in self._conditions}
        return _renamed(self._found[key][condition], known.persons)

    def _with_others(self, condition: Condition) -> dict[str, Condition]:
        return with_those_asked_for(self._ledger, condition, self._catalogue)

    def texts_of(self, conditions: Sequence[Condition]) -> tuple[dict[str, Any], bool]:
        """
        What conditions say, with the segments that they ask for; and whether the past can change no answer to them.

        Consent can: ages are those known today.
        """
        asked = [self._with_others(each) for each in conditions]
        texts = [{key: text_of(one) for key, one in several.items()} for several in asked]
        return {"conditions": texts}, not any(consents_in(several.values()) for several in asked)

    def _asked(self, condition: Condition, then: _Shown | None) -> Any:
        if then is None:
            return NOBODY
        several = self._with_others(condition)
        wanted = consents_in(several.values())
        if wanted and then.consents is None:
            return NO_CONSENT_THEN
        if any(self._is_missing(each, then) for each in several.values()):
            return NOT_PUBLISHED_THEN
        population = Population(
            then.engine,
            self._catalogue,
            then.as_of,
            names=then.names,
            consents=None if then.consents is None else then.consents(wanted),
            limit_s=LIMIT_S,
        )
        try:
            with population:
                return last_of(population, several)["customer_id"]
        except TooSlow:
            return TOO_SLOW

    def _is_missing(self, condition: Condition, then: _Shown) -> bool:
        """Whether a run of an earlier version published no such column."""
        query = compile_condition(condition, self._catalogue, then.as_of).query
        for column in query.find_all(exp.Column):
            name = then.names.get(column.table, column.table)
            if column.table in NAMED and name in then.engine.names:
                columns = then.engine.arrow(f"select * from {identifier(name)} limit 0").column_names
                if column.name not in columns:
                    return True
        return False

    @contextmanager
    def _published(self, run: Snapshot) -> Iterator[_Shown]:
        """As a run published it, by the facts and the consents that it knew."""
        assert run.as_of is not None  # noqa: S101 - runs have a day
        with self._ledger.reading() as connection, open_engine() as engine:
            known = Known(run, persons_of(connection, run))
            show_known(engine, self._warehouse, self._seen, self._settings, known)
            show_tables(engine, self._warehouse, self._seen, until_seq=known.tables_seq)
            for table in NAMED:
                self._warehouse.show(engine, run, table)
            moment = run.details.get("segments", {}).get("at")
            at = datetime.fromisoformat(moment) if moment else run.recorded_at
            least_age, persons = self._settings.outreach.least_age, known.persons

            def consents(wanted: Collection[tuple[str, str]]) -> Any:
                return consents_at(connection, wanted, at, persons, least_age=least_age)

            yield _Shown(engine, run.as_of, {}, consents)

    @contextmanager
    def _looked_back(self, day: date, known: Known) -> Iterator[_Shown | None]:
        """As a night without a yesterday would have found it; None where nobody had bought by then."""
        placement = read_placement(known.run.details["placement"]).policy
        settings = replace(self._settings, tiers=placement.tiers, stages=placement.stages)
        with open_engine() as engine:
            then = nights.Known(
                settings,
                day,
                None,
                until_seq=known.import_seq,
                tables_seq=known.tables_seq,
                hears=False,
                persons=known.persons,
                unprofiled=reasons_of(engine, self._warehouse, known.run),
                adopted=placement.adopted,
            )
            try:
                found = nightly.night(engine, self._warehouse, self._seen, then, lambda _stage: None)
            except (NothingLeft, NothingToValue):
                yield None
                return
            queries = found.queries(engine)
            names = {table: f"night_{table}" for table in NAMED if table in queries}
            for table, name in names.items():
                engine.create(name, queries[table])
            yield _Shown(engine, day, names)


def _renamed(found: Any, persons: Mapping[str, str]) -> Any:
    """Customers under the names of another night; a sentence stays one."""
    if not persons or not isinstance(found, pa.ChunkedArray):
        return found
    at = pc.index_in(found, value_set=pa.array(list(persons), pa.string()))
    return pc.unique(pc.coalesce(pc.take(pa.array(list(persons.values()), pa.string()), at), found))
