"""Conditions over the customers in memory: one table there stands for those that a condition names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from evergrove.pipeline.segment_asking import LIMIT_S, find
from evergrove.pipeline.segmented import consents_in
from evergrove.reading.columns import CUSTOMERS, ID, KEPT
from evergrove.segments.language.compiling import compile_condition
from evergrove.segments.language.errors import TooSlow
from evergrove.segments.language.types import segments_in
from evergrove.segments.language.writing import text_of
from evergrove.warehouse.locked import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.reading.shelf import View
    from evergrove.segments.language.catalogue import Catalogue
    from evergrove.segments.language.compiling import Compiled
    from evergrove.segments.language.types import Condition

WANTED = "wanted"
"""Under which name the customers are registered of whom a condition was found to be true otherwise."""
_FRESH_S = 60
"""What was said of consent, and segments, may have changed since: an answer that goes by them lasts a minute."""


def wanted(view: View, condition: Condition | None, catalogue: Catalogue) -> tuple[str, Mapping[str, Any]]:
    """
    A condition as SQL over the table in memory, and the values bound to it.

    Where it names columns that stand there it is asked of them; otherwise as ``pipeline.segment_asking.find`` asks, once,
    and its answer is kept with the snapshot.

    Args:
        view: Of the customers.
        condition: As ``parse`` or ``read`` made it; None: everybody.
        catalogue: That it was held against.

    Raises:
        TooSlow: It took longer than it may.
        NoSegment: It asks for a segment that is not there.
    """
    if condition is None:
        return "true", {}
    compiled = compile_condition(condition, catalogue, view.as_of)
    rewritten = in_memory(compiled)
    if rewritten is not None:
        return rewritten, compiled.values
    members = view.opened.answer(_key(view, condition), lambda: _found(view, condition))
    view.memory.register(WANTED, members)
    return f"{ID} in (select {ID} from {WANTED})", {}


def in_memory(compiled: Compiled) -> str | None:
    """
    The condition of a query over the one table in memory; None where that does not hold all it names.

    The tables that it joins have a row a customer at most, and their columns there have names of their own. Who is not
    to be valued is in no segment.
    """
    query = compiled.query
    if query.ctes or not set(compiled.tables) <= set(KEPT):
        return None
    where = query.args["where"].this.copy()
    for column in where.find_all(exp.Column):
        if column.name not in KEPT.get(column.table, ()):
            return None
        column.set("table", exp.to_identifier(CUSTOMERS))
    return f"({where.sql(dialect='duckdb')}) and unprofiled_reason is null"


def _key(view: View, condition: Condition) -> tuple[str, int]:
    changes = bool(consents_in([condition]) or segments_in(condition))
    minute = int(view.parts.clock.now().timestamp()) // _FRESH_S if changes else 0
    return text_of(condition), minute


def _found(view: View, condition: Condition) -> Any:
    return find(view.parts, condition, run=view.run).members


def ask(view: View, sql: str, **values: Any) -> list[dict[str, Any]]:
    """
    Rows of a query over the table in memory, by column.

    Raises:
        TooSlow: It took longer than a condition may.
    """
    try:
        rows: list[dict[str, Any]] = view.memory.arrow_within(LIMIT_S, sql, **values).to_pylist()
    except Stopped as error:
        raise TooSlow(seconds=round(LIMIT_S)) from error
    return rows
