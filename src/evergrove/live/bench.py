"""An engine whose names outlive a pass: a view that says the same again is not made again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from typing_extensions import override  # in `typing` from Python 3.12; SQLAlchemy brings this one

from evergrove.warehouse import Engine, identifier

if TYPE_CHECKING:
    import duckdb


RENAMING = re.compile(r"select \* from (\w+)")


class Bench(Engine):
    """
    An engine for one pass after the other: each finds it empty, by its names.

    What a pass has left stays under its name until that is made anew. A night makes thirty views, the same every
    time, at a third of a millisecond each.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._there: dict[str, str] = {}  # what DuckDB holds: "table", or the text of a view
        self._rows: dict[str, tuple[str, int]] = {}  # by table: the query that made it, and how many it gave

    def clear(self) -> None:
        """Begin a pass: nothing has a name."""
        for name in [each for each, kind in self._made.items() if kind not in {"table", "view"}]:
            super().drop(name)
        self._made.clear()

    @override
    def create(self, table: str, sql: str, **values: Any) -> None:
        """As ``Engine.create``."""
        self._make_room(table, "table")
        super().create(table, sql, **values)
        self._there[table] = "table"
        self._rows[table] = sql, self._counted()

    @override
    def derive(self, table: str, sql: str, *sources: str, **values: Any) -> None:
        """As ``Engine.derive``; a table without rows stays as it is where it can have none again."""
        stays = self._there.get(table) == "table" and self._rows[table] == (sql, 0)
        if stays and all(map(self.is_empty, sources)):
            self._made[table] = "table"
        else:
            self.create(table, sql, **values)

    def is_empty(self, table: str) -> bool:
        """Whether a table was made in this pass, and without rows; of views only those tell that rename a table."""
        kind = self._made.get(table)
        if kind == "view" and (renamed := RENAMING.fullmatch(self._there[table])) is not None:
            return self.is_empty(renamed[1])
        return kind == "table" and self._rows[table][1] == 0

    def _counted(self) -> int:
        """How many rows the table has that was just created."""
        return int(self._connection.fetchall()[0][0])

    @override
    def view(self, name: str, sql: str) -> None:
        """As ``Engine.view``; one that is there already is found again."""
        if self._there.get(name) != sql:
            self._make_room(name, sql)
            super().view(name, sql)
            self._there[name] = sql
        self._made[name] = "view"

    @override
    def drop(self, *names: str) -> None:
        """As ``Engine.drop``; tables and views only lose their names."""
        for name in names:
            if self._made.get(name) in {"table", "view"}:
                del self._made[name]
            else:
                super().drop(name)

    @override
    def register(self, name: str, columns: Any) -> None:
        """As ``Engine.register``."""
        self._make_room(name, "")
        super().register(name, columns)

    def _make_room(self, name: str, kind: str) -> None:
        """Take away what has the name and is of another kind: only a table takes a table's place."""
        there = self._there.pop(name, None)
        if there is not None and (there == "table") != (kind == "table"):
            self._execute(f"drop {'table' if there == 'table' else 'view'} {identifier(name)}", {})
