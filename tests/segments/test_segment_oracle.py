"""The compiled query against an evaluator that goes through customers one by one; texts and JSON there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.segments import segment_shop as shop

from evergrove.segments.language import evaluating
from evergrove.segments.language.catalogue import catalogue, operators
from evergrove.segments.language.checks import compared, function_term
from evergrove.segments.language.compiling import compile_condition
from evergrove.segments.language.evaluating import Population
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.types import (
    FromToday,
    Holds,
    Not,
    Term,
    Unknown,
    every,
    some,
)
from evergrove.segments.language.writing import document_of, text_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.segments.language.types import Condition

WORDS = catalogue()
VIPS = {"C03", "C10", "C59"}
FIELDS = (
    "customer_id",
    "last_order_date",
    "days_since_last_order",
    "days_until_next_order",
    "orders",
    "spend_12m",
    "p_alive",
    "rfm_group",
    "tier",
    "stage",
    "days_in_stage",
    "acquisition_source",
)
CALLS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("events", ("visit",)),
    ("events", ("login", Decimal(30))),
    ("days_since_event", ("visit",)),
    ("tickets", (Decimal(20),)),
    ("tickets", ()),
    ("answer", ("nps",)),
    ("orders_within", (Decimal(60),)),
    ("paid_within", (Decimal(90),)),
    ("bought", ("category", "tea")),
    ("bought", ("category", "it's 50%", Decimal(60))),
    ("bought", ("product", "P1", Decimal(90))),
    ("bought", ("brand", "B1")),
    ("consent", ("marketing_msg", "e-mail")),
    ("consent", ("profiling",)),
    ("in_segment", ("vips",)),
)
TERMS = [Term(name) for name in FIELDS]
TERMS += [function_term(WORDS, name, arguments, "1:1") for name, arguments in CALLS]
NUMBERS = st.sampled_from(
    [Decimal(each) for each in ("0", "0.25", "0.5", "1", "2", "60", "99.9999", "100", "-3")]
)
DAYS = st.one_of(
    st.integers(-200, 40).map(FromToday),
    st.integers(0, 200).map(lambda days: date(2026, 6, 30) - timedelta(days=days)),
)
TEXTS = st.one_of(st.sampled_from(["google", "C03", "it's", "", "%", "客户"]), st.text("aG_' ;-", max_size=4))
PATTERNS = st.sampled_from(["goo%", "%ads", "%g%e%", "G_o%", "%_%", "'; drop", "C%"])


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    """One comparison that the catalogue allows."""
    term = draw(st.sampled_from(TERMS))
    about: Any = (WORDS.fields if term.arguments is None else WORDS.functions)[term.name]
    if about.type == "flag":
        return Holds(term)
    if draw(st.integers(0, 9)) == 0:
        return Unknown(term, draw(st.booleans()))
    op = draw(st.sampled_from(operators(about.type)))
    values: Any = {"date": DAYS, "word": st.sampled_from(about.values or ("x",)), "text": TEXTS}.get(
        about.type, NUMBERS
    )
    if op.endswith("like"):
        values = PATTERNS
    many = {"in": (1, 3), "not in": (1, 3), "between": (2, 2), "not between": (2, 2)}.get(op, (1, 1))
    chosen = draw(st.lists(values, min_size=many[0], max_size=many[1]))
    return compared(WORDS, term, op, chosen, "1:1", ["1:1"] * len(chosen))


def _joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(parts.map(every), parts.map(some), inner.map(Not))


CONDITIONS = st.recursive(comparisons(), _joined, max_leaves=6)


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[Population, Any]]:
    """The customers of a shop, in an engine and one by one; three of them are stored as vips."""
    tables = shop.tables()
    with open_engine() as engine:
        consents = shop.show(engine, tables)
        with Population(engine, WORDS, shop.AS_OF, consents=consents) as population:
            vips = population.members(parse("customer_id in ('C03', 'C10', 'C59')"))
            assert set(vips["customer_id"].to_pylist()) == VIPS
            population.keep("vips", vips)
            yield population, shop.Naive(tables, {"vips": VIPS})


@pytest.mark.slow
@given(condition=CONDITIONS)
@settings(max_examples=400)
def test_the_query_finds_whom_one_finds_by_hand(asked: tuple[Population, Any], condition: Condition) -> None:
    """For every condition the engine's members are those of the naive evaluator, each once."""
    population, naive = asked

    found = population.members(condition)["customer_id"].to_pylist()

    assert len(found) == len(set(found))
    assert set(found) == naive.members(condition)


@pytest.mark.slow
@given(condition=CONDITIONS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_sparks_words_it_finds_the_same(
    asked: tuple[Population, Any], condition: Condition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query as Spark would read it, told to DuckDB again: what the two words for one thing mean is the same."""
    population, naive = asked

    def told_by_spark(*arguments: Any) -> Any:
        compiled = compile_condition(*arguments)
        spark: Any = sqlglot.parse_one(compiled.sql("spark"), read="spark")
        return replace(compiled, query=spark)

    with monkeypatch.context() as patched:
        patched.setattr(evaluating, "compile_condition", told_by_spark)
        found = population.members(condition)["customer_id"].to_pylist()

    assert set(found) == naive.members(condition)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.name}-{term.arguments}")
def test_every_term_tells_customers_apart(asked: tuple[Population, Any], term: Term) -> None:
    """The shop is rich enough for the test above: of every term somebody has one value, and somebody another."""
    population, naive = asked
    about: Any = (WORDS.fields if term.arguments is None else WORDS.functions)[term.name]
    values = {naive._value(term, row["customer_id"]) for row in shop.tables()["scores"]}
    known = Unknown(term) if about.type != "flag" else Holds(term)

    assert len(values) > 1 or term.arguments == ("profiling",)
    assert set(population.members(known)["customer_id"].to_pylist()) == naive.members(known)


@given(condition=CONDITIONS)
@settings(max_examples=150)
def test_a_condition_is_its_text_and_its_json_form(condition: Condition) -> None:
    """Both forms read back to the same condition, by way of bytes; the canonical text is its own canonical text."""
    text = text_of(condition)

    assert parse(text) == condition
    assert text_of(parse(text)) == text
    assert read(json.loads(json.dumps(document_of(condition)))) == condition


@given(condition=CONDITIONS)
@settings(max_examples=150)
def test_a_condition_is_said_in_sparks_words(condition: Condition) -> None:
    """The one statement transpiles without anything unsupported, and binds the same values by the same names."""
    compiled = compile_condition(condition, WORDS, shop.AS_OF)

    spark = sqlglot.parse_one(compiled.sql("spark"), read="spark")

    named = {str(each.this) for each in spark.find_all(sqlglot.exp.Placeholder)}
    assert named == set(compiled.values)


@given(condition=CONDITIONS)
@settings(max_examples=100)
def test_no_value_stands_in_the_query(condition: Condition) -> None:
    """Texts, numbers and days of a condition are bound: the query holds none but those of our own statements."""
    compiled = compile_condition(condition, WORDS, shop.AS_OF)
    own = {"product", "category", "brand", "unknown", "0", "1", "18", "4", "DAY", "day"}

    literals = {
        each.this for each in sqlglot.parse_one(compiled.sql(), read="duckdb").find_all(sqlglot.exp.Literal)
    }

    assert literals <= own
