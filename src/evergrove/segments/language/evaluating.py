"""Who is in which segment: conditions run in a locked engine, over copies of just the columns that they name."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
from sqlglot import exp

from evergrove.segments.language.compiling import BASE, compile_condition
from evergrove.segments.language.errors import TooSlow
from evergrove.warehouse import identifier
from evergrove.warehouse.locked import Stopped, open_locked_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from types import TracebackType

    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.compiling import Compiled
    from evergrove.segments.language.types import Condition
    from evergrove.warehouse import Engine

MEMBERSHIPS, CONSENTS = "memberships", "consents"
LEFT_OUT = "unprofiled"
STORED: Mapping[str, str] = {
    "money": "decimal(18, 4)",
    "number": "double",
    "share": "double",
    "count": "bigint",
    "date": "date",
}
"""How the engine keeps a type; what is not listed is text."""
MEMBERSHIP_SCHEMA = pa.schema([("segment", pa.string()), ("customer_id", pa.string())])
CONSENT_SCHEMA = pa.schema([(each, pa.string()) for each in ("customer_id", "purpose", "channel", "state")])


class Population:
    """
    The customers of a day, of whom conditions are asked one after the other.

    A context manager: the engine is closed with its block.
    """

    def __init__(
        self,
        source: Engine,
        catalogue: Catalogue,
        as_of: date,
        *,
        names: Mapping[str, str] | None = None,
        consents: Any = None,
        limit_s: float = 60.0,
    ) -> None:
        """
        Nothing is read yet.

        Args:
            source: Holds scores and tiers, and what else conditions name; who stands in ``unprofiled`` is passed over.
            catalogue: That the conditions were held against.
            as_of: The last day whose orders count.
            names: Under which a table stands in ``source``, where that is not its own.
            consents: Arrow: customer_id, purpose, channel, state; None: nobody has said anything.
            limit_s: How long one condition may take.
        """
        self._source = source
        self._catalogue = catalogue
        self._as_of = as_of
        self._names = dict(names or {})
        self._limit_s = limit_s
        self._loaded: dict[str, set[str]] = {}
        self._found: list[pa.Table] = []
        self._consents = CONSENT_SCHEMA.empty_table() if consents is None else consents
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._engine = self._stack.enter_context(open_locked_engine())
        self._engine.register(CONSENTS, self._consents)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def members(self, condition: Condition) -> Any:
        """
        Who is in it: an Arrow table of customer_id.

        Raises:
            TooSlow: It took longer than it may.
        """
        compiled = compile_condition(condition, self._catalogue, self._as_of)
        self._load(compiled)
        try:
            return self._engine.arrow_within(self._limit_s, compiled.sql(), **compiled.values)
        except Stopped as error:
            raise TooSlow(seconds=round(self._limit_s)) from error

    def keep(self, key: str, members: Any) -> None:
        """Let later conditions ask for a segment."""
        columns = {
            "segment": pa.array([key] * len(members), pa.string()),
            "customer_id": members["customer_id"],
        }
        self._found.append(pa.table(columns, schema=MEMBERSHIP_SCHEMA))

    def _load(self, compiled: Compiled) -> None:
        """Copy what a condition names, and nothing else."""
        for table in compiled.tables:
            if table == MEMBERSHIPS:
                found = pa.concat_tables([MEMBERSHIP_SCHEMA.empty_table(), *self._found])
                self._engine.register(MEMBERSHIPS, found)
            elif table != CONSENTS:
                self._copy(table, self._wanted(compiled, table))

    def _copy(self, table: str, wanted: set[str]) -> None:
        if table in self._loaded and wanted <= self._loaded[table]:
            return
        wanted |= self._loaded.get(table, set())
        self._engine.register(table, self._source.arrow(self._query(table, sorted(wanted))))
        self._loaded[table] = wanted

    def _wanted(self, compiled: Compiled, table: str) -> set[str]:
        """Columns of a table that a query names; of one that stands bare, every column of that name."""
        known = self._columns(table)
        named = {each.name for each in compiled.query.find_all(exp.Column) if each.table in ("", table)}
        return {"customer_id"} & known | named & known

    def _columns(self, table: str) -> set[str]:
        name = self._names.get(table, table)
        if name in self._source.names:
            return set(self._source.arrow(f"select * from {identifier(name)} limit 0").column_names)
        return {"customer_id", *(each.name for each in self._fields(table))}

    def _fields(self, table: str) -> list[Any]:
        return [
            each for each in self._catalogue.fields.values() if each.table == table and each.sql == each.name
        ]

    def _query(self, table: str, columns: list[str]) -> str:
        """The rows of a table; none where nothing of the kind was ever told, so that all of it is unknown."""
        name = self._names.get(table, table)
        if name not in self._source.names:
            types = {each.name: STORED.get(each.type, "varchar") for each in self._fields(table)}
            empty = ", ".join(f"cast(null as {types.get(c, 'varchar')}) as {identifier(c)}" for c in columns)
            return f"select {empty} where false"
        listed = ", ".join(map(identifier, columns))
        rows = f"select {listed} from {identifier(name)}"
        left_out = self._names.get(LEFT_OUT, LEFT_OUT)
        if table != BASE or left_out not in self._source.names:
            return rows
        return f"{rows} anti join {identifier(left_out)} using (customer_id)"
