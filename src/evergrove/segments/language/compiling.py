"""From a condition to SQL: identifiers from the catalogue, values bound, one statement for both engines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, cast

import sqlglot
from sqlglot import ErrorLevel, exp

from evergrove.people.consent.kinds import ANY
from evergrove.segments.language.checks import declared
from evergrove.segments.language.types import (
    Compared,
    Every,
    FromToday,
    Holds,
    Not,
    Some,
    Unknown,
    terms,
)
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.language.catalogue import Catalogue, Function
    from evergrove.segments.language.types import Condition, Term, Value

BASE = "scores"
"""The table that has a row for everybody who may be in a segment."""
ALWAYS = date(1, 1, 1)
STATION = "evergrove.segments"
AS_OF = "as_of"
COMPARING: Mapping[str, type[exp.Expression]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "like": exp.Like,
    "ilike": exp.ILike,
}


@dataclass(frozen=True)
class Compiled:
    """
    A condition as a query for its members.

    Attributes:
        query: One column, customer_id; from tables as nights publish them.
        values: Bound to its parameters.
        tables: That it reads.
    """

    query: exp.Query
    values: Mapping[str, Any]
    tables: tuple[str, ...]

    def sql(self, dialect: str = "duckdb") -> str:
        """
        The query in an engine's words.

        Raises:
            sqlglot.UnsupportedError: It cannot be said in them.
        """
        return self.query.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE, comments=False)


def compile_condition(condition: Condition, catalogue: Catalogue, as_of: date) -> Compiled:
    """
    The query for the members of a segment as of a day.

    Args:
        condition: As ``parse`` or ``read`` made it.
        catalogue: The same that it was held against.
        as_of: The last day whose orders count.
    """
    return _Compiler(catalogue, as_of).compiled(condition)


class _Compiler:
    """What is gathered on the way through a condition."""

    def __init__(self, catalogue: Catalogue, as_of: date) -> None:
        self._catalogue = catalogue
        self._values: dict[str, Any] = {AS_OF: as_of}
        self._as_of = as_of
        self._calls: dict[Term, str] = {}
        self._tables: dict[str, None] = {BASE: None}

    def compiled(self, condition: Condition) -> Compiled:
        asked = terms(condition)
        joined = list(
            dict.fromkeys(self._catalogue.fields[term.name].table for term in asked if term.arguments is None)
        )
        self._tables |= dict.fromkeys(joined)
        query = exp.select(exp.column("customer_id", table=BASE)).from_(BASE)
        for term in (each for each in asked if each.arguments is not None):
            self._calls[term] = f"call_{len(self._calls) + 1}"
            query = query.with_(self._calls[term], as_=self._call(term))
        for other in (*(each for each in joined if each != BASE), *self._calls.values()):
            same = exp.column("customer_id", table=other).eq(exp.column("customer_id", table=BASE))
            query = query.join(other, on=same, join_type="left")
        query = query.where(self._true(condition))
        return Compiled(query, self._used(query), tuple(self._tables))

    def _used(self, query: exp.Query) -> dict[str, Any]:
        """Only what the query asks for: an engine refuses values that it is not asked to bind."""
        names = {str(each.this) for each in query.find_all(exp.Placeholder)}
        return {name: value for name, value in self._values.items() if name in names}

    def _true(self, condition: Condition) -> exp.Expression:
        """SQL that is true or false, never NULL."""
        if isinstance(condition, Every):
            return reduce(lambda a, b: exp.And(this=a, expression=b), map(self._closed, condition.parts))
        if isinstance(condition, Some):
            return reduce(lambda a, b: exp.Or(this=a, expression=b), map(self._closed, condition.parts))
        if isinstance(condition, Not):
            return exp.Not(this=exp.paren(self._true(condition.part), copy=False))
        if isinstance(condition, Unknown):
            found: exp.Expression = exp.Is(this=self._term(condition.term), expression=exp.Null())
            return found if condition.holds else exp.Not(this=found)
        if isinstance(condition, Holds):
            return self._term(condition.term)
        return _or_false(self._comparison(condition))

    def _closed(self, condition: Condition) -> exp.Expression:
        sql = self._true(condition)
        return exp.paren(sql, copy=False) if isinstance(condition, Every | Some) else sql

    def _comparison(self, condition: Compared) -> exp.Expression:
        term, values = self._term(condition.term), [self._bound(each) for each in condition.values]
        plain = condition.op.removeprefix("not ")
        if plain == "in":
            found: exp.Expression = exp.In(this=term, expressions=values)
        elif plain == "between":
            found = exp.Between(this=term, low=values[0], high=values[1])
        else:
            found = COMPARING[plain](this=term, expression=values[0])
        return exp.Not(this=exp.paren(found, copy=False)) if condition.op != plain else found

    def _term(self, term: Term) -> exp.Expression:
        about = declared(self._catalogue, term)
        if term.arguments is None:
            found = self._catalogue.fields[term.name]
            return _field(found.sql, found.table).copy()
        value: exp.Expression = exp.column("value", table=self._calls[term])
        otherwise = self._catalogue.functions[about.name].otherwise
        return value if otherwise is None else exp.Coalesce(this=value, expressions=[exp.convert(otherwise)])

    def _call(self, term: Term) -> exp.Expression:
        """The statement of a function, with parameters of its own names."""
        function, name = self._catalogue.functions[term.name], self._calls[term]
        self._tables |= dict.fromkeys(function.tables)
        bound = bound_arguments(function, term)
        if "days" in bound:
            bound["since"] = self._since(bound.pop("days"))
        self._values |= {f"{name}_{key}": value for key, value in bound.items()}
        query = _statement(function.statement).copy()
        for each in query.find_all(exp.Placeholder):
            if str(each.this) != AS_OF:
                each.set("this", f"{name}_{each.this}")
        return query

    def _since(self, days: int | None) -> date:
        """The day after which so many days begin; None: all."""
        return ALWAYS if days is None else self._as_of - timedelta(days=days)

    def _bound(self, value: Value) -> exp.Expression:
        name = f"value_{sum(each.startswith('value_') for each in self._values) + 1}"
        self._values[name] = (
            self._as_of + timedelta(days=value.days) if isinstance(value, FromToday) else value
        )
        return exp.Placeholder(this=name)


def bound_arguments(function: Function, term: Term) -> dict[str, Any]:
    """The arguments of a call by name; those that were left out with what stands for them."""
    told = dict(zip((each.name for each in function.parameters), term.arguments or (), strict=False))
    otherwise = {"channel": ANY}
    return {each.name: told.get(each.name, otherwise.get(each.type)) for each in function.parameters}


def _or_false(comparison: exp.Expression) -> exp.Expression:
    return exp.Coalesce(this=comparison, expressions=[exp.false()])


@cache
def _statement(name: str) -> exp.Expression:
    return cast("exp.Expression", sqlglot.parse_one(statement(STATION, name), read="duckdb"))


@cache
def _field(sql: str, table: str) -> exp.Expression:
    found = cast("exp.Expression", sqlglot.parse_one(sql, read="duckdb"))
    for column in found.find_all(exp.Column):
        column.set("table", exp.to_identifier(table))
    return found
