"""The catalogue names only what is published; completion and words cover all of it."""

from __future__ import annotations

import pytest
import sqlglot

from evergrove.export import SCORE_COLUMNS, TIER_COLUMNS
from evergrove.export.health import HEALTH_COLUMNS
from evergrove.export.traits import TRAIT_COLUMNS
from evergrove.ingest.facts.tables import stored_tables
from evergrove.segments.codes import ACTIONS, DIRECTIONS, RFM_GROUPS, STAGES, TIERS
from evergrove.segments.health.types import PARTS
from evergrove.segments.language.catalogue import NUMBERS, Field, Function, catalogue, operators
from evergrove.segments.language.completing import complete
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.words import LANGUAGES, VALUE_WORDS, said
from evergrove.warehouse import statement

PUBLISHED = {
    "scores": SCORE_COLUMNS,
    "tiers": TIER_COLUMNS,
    "traits": TRAIT_COLUMNS,
    "health": HEALTH_COLUMNS,
}
KINDS = {
    "id": ("text",),
    "text": ("text",),
    "word": ("word",),
    "date": ("date", "count"),
    "money": ("money",),
    "estimate": ("number", "share", "money"),
    "probability": ("share",),
    "count": ("count",),
    "days": ("count",),
    "score": ("count",),
}
FIELDS, FUNCTIONS = tuple(catalogue().fields.values()), tuple(catalogue().functions.values())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_is_a_published_column_of_its_type(field: Field) -> None:
    """Its SQL names one column of its table, whose kind suits the field's type."""
    names = {each.name for each in sqlglot.parse_one(field.sql, read="duckdb").find_all(sqlglot.exp.Column)}
    (name,) = names
    column = next(each for each in PUBLISHED[field.table] if each.name == name)

    assert field.type in KINDS[column.kind]
    assert bool(field.values) == (field.type == "word")


def test_words_are_those_that_are_published() -> None:
    """A field of words lists every code that its column may hold, and no other."""
    fields = catalogue().fields

    assert fields["tier"].values == fields["realised_tier"].values == fields["own_tier"].values == TIERS
    assert fields["stage"].values == STAGES
    assert fields["action"].values == ACTIONS
    assert fields["rfm_group"].values == RFM_GROUPS
    assert fields["order_trend"].values == fields["spend_trend"].values == DIRECTIONS
    assert fields["health_reason"].values == PARTS


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_binds_its_arguments_and_reads_its_tables(function: Function) -> None:
    """Its statement has a parameter for each argument, $as_of, or $since for days; and no table beside its own."""
    (query,) = sqlglot.parse(statement("evergrove.segments", function.statement), read="duckdb")
    assert isinstance(query, sqlglot.exp.Query)
    bound = {str(each.this) for each in query.find_all(sqlglot.exp.Placeholder)}
    arguments = {"since" if each.type == "days" else each.name for each in function.parameters}
    own = {each.alias for each in query.find_all(sqlglot.exp.CTE)}
    stored = {each.name for each in stored_tables()}

    assert bound - {"as_of"} == arguments
    assert {each.name for each in query.find_all(sqlglot.exp.Table)} - own == set(function.tables)
    assert set(function.tables) <= stored | {"orders", "consents", "memberships"}
    assert {"customer_id", "value"} == set(query.named_selects)


@pytest.mark.parametrize("about", [*FIELDS, *FUNCTIONS], ids=lambda about: about.name)
def test_everything_is_said_in_three_languages(about: Field | Function) -> None:
    """Words differ from the name; those in Chinese are Chinese, and every value of a word has one too."""
    english, simplified, traditional = about.words

    assert english.isascii()
    assert not simplified.isascii()
    assert not traditional.isascii()
    if about.type == "word":
        assert set(about.values) <= set(VALUE_WORDS[about.name])


def test_a_condition_is_explained_in_each_language() -> None:
    """The brief's example, word for word."""
    condition = parse("tier = 'high' and stage in ('decline', 'churned') and days_since_last_order > 60")

    found = [said(condition, catalogue(), language) for language in LANGUAGES]

    assert found == [
        "tier is High value, and stage is one of Declining, Churned, and days since the latest order is more than 60",
        "价值层级是高价值，且生命周期阶段是以下之一：衰退期、已流失，且距最近下单天数多于 60",
        found[2],
    ]
    assert found[2].startswith("價值層級")


def test_functions_and_relative_days_are_explained() -> None:
    """Arguments stand in the sentence; a call without days says so far, or ever."""
    condition = parse(
        "events('visit', 30) >= 2 or (bought('category', 'tea') and last_order_date < days_ago(7))"
    )

    assert said(condition, catalogue(), "en") == (
        'events "visit" in 30 days is at least 2, or (ever bought the category "tea", and latest order is before'
        " 7 days before the day of the figures)"
    )


@pytest.mark.parametrize(
    ("text", "start", "expects", "first"),
    [
        ("ti", 0, "term", ["tier", "tier_since", "tickets"]),
        ("tier ", 5, "operator", ["=", "!=", "in", "not in", "is unknown", "is not unknown"]),
        ("tier = ", 7, "value", ["'low'", "'medium'", "'potential'", "'high'"]),
        ("tier = 'h", 7, "value", ["'high'"]),
        ("tier in ('high', ", 17, "value", ["'low'"]),
        ("tier = 'high' ", 14, "joint", ["and", "or"]),
        ("tier not ", 9, "operator", ["="]),
        ("events('visit', ", 16, "argument", ["7", "30", "90", "365"]),
        ("events('visit', 30) ", 20, "operator", ["="]),
        ("bought('", 7, "argument", ["'product'", "'category'", "'brand'"]),
        ("bought('category', 'x') ", 24, "joint", ["and", "or"]),
        ("in_segment(", 11, "argument", ["'vips'"]),
        ("consent('marketing', ", 21, "argument", ["'email'"]),
        ("(tier = 'high' or sta", 18, "term", ["stage", "stage_since"]),
        ("orders between 1 ", 17, "joint", ["and", "or"]),
        ("orders between 1 and ", 21, "value", []),
        ("clv is ", 7, "knowledge", ["unknown", "not unknown"]),
        ("层级", 0, "term", ["tier"]),
        ("tier = 'high' ; drop", 16, "joint", []),
    ],
)
def test_completion_knows_what_may_come_next(text: str, start: int, expects: str, first: list[str]) -> None:
    """By place in the condition, by what is begun, in any of the three languages."""
    found = complete(text, catalogue(), ["vips"])

    assert (found["start"], found["expects"]) == (start, expects)
    assert [each["text"] for each in found["items"]][: len(first)] == first


@pytest.mark.parametrize("about", FIELDS, ids=lambda about: about.name)
def test_what_completion_offers_can_be_written(about: Field) -> None:
    """A field, an operator and a value that were offered one after the other make a condition."""
    for op in operators(about.type):
        offered = [each["text"] for each in complete(f"{about.name} {op} ", catalogue())["items"]]
        value = offered[0] if offered else ("1" if about.type in NUMBERS else "'x'")
        wanted = {"in": f"({value})", "not in": f"({value})"}.get(
            op, f"{value} and {value}" if "between" in op else value
        )

        assert parse(f"{about.name} {op} {wanted}") is not None
