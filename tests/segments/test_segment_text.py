"""What the language reads, what it says of mistakes and where, and what its rules mean."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from evergrove.segments.language.catalogue import catalogue
from evergrove.segments.language.errors import InvalidSegment
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.types import Compared, Every, Not, Some, Term, Unknown
from evergrove.segments.language.writing import document_of, text_of


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("TIER='high'  AND orders>=2", "tier = 'high' and orders >= 2"),
        ("60 < days_since_last_order", "days_since_last_order > 60"),
        ("tier <> 'low'", "tier != 'low'"),
        ("orders = 2.50", "orders = 2.5"),
        ("orders = -0", "orders = 0"),
        ("tier is null", "tier is unknown"),
        ("not tier in ('low')", "tier not in ('low')"),
        ("not (tier in ('low'))", "not (tier in ('low'))"),
        ("not tier = 'low'", "not (tier = 'low')"),
        ("a_b = 1 or tier = 'x'", ""),
        ("orders = 1 and (orders = 2 and orders = 3)", "orders = 1 and orders = 2 and orders = 3"),
        ("orders = 1 or orders = 2 and orders = 3", "orders = 1 or (orders = 2 and orders = 3)"),
        ("last_order_date >= date '2026-01-31'", "last_order_date >= '2026-01-31'"),
        ("last_order_date >= Days_Ago(30)", "last_order_date >= days_ago(30)"),
        ("customer_id = 'it''s'", "customer_id = 'it''s'"),
        ("in_segment('vips') = false", "not (in_segment('vips'))"),
        ("consent('advertising', 'mail') = 'granted'", "consent('marketing', 'email') = 'granted'"),
        ("consent('profiling', 'email') = 'denied'", "consent('profiling') = 'denied'"),
        ("tier = 'high' -- the best\n and orders > 1", "tier = 'high' and orders > 1"),
    ],
)
def test_a_text_has_one_canonical_form(text: str, canonical: str) -> None:
    """Case, spaces, sides and synonyms go; the canonical text reads back to the same condition."""
    if not canonical:
        with pytest.raises(InvalidSegment):
            parse(text)
        return

    assert text_of(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.parametrize(
    ("text", "code", "where", "said"),
    [
        ("tire = 'high'", "segments.unknown_field", "1:1", "Did you mean tier"),
        ("orders > 1 and\n  stag = 'new'", "segments.unknown_field", "2:3", "Did you mean stage"),
        ("tier = 'hihg'", "segments.unknown_value", "1:8", "Did you mean high?"),
        ("tier in ('low', 'gold')", "segments.unknown_value", "1:17", "never gold"),
        ("tier = high", "segments.not_quoted", "1:8", "tier = 'high'"),
        ('tier = "high"', "segments.not_quoted", "1:8", "tier = 'high'"),
        ("tier > 'high'", "segments.wrong_operator", "1:1", "=, !=, in, not in"),
        ("orders like '1%'", "segments.wrong_operator", "1:1", "between"),
        ("orders > 'two'", "segments.wrong_value", "1:10", "a number"),
        ("orders between 1 and 'x'", "segments.wrong_value", "1:22", "x is no value"),
        ("last_order_date > '31.1.2026'", "segments.wrong_value", "1:19", "days_ago(30)"),
        ("last_order_date > '2026-02-30'", "segments.wrong_value", "1:19", "2026-02-30"),
        ("customer_id = 7", "segments.wrong_value", "1:15", "a text"),
        ("event('visit') > 1", "segments.unknown_function", "1:1", "Did you mean events"),
        ("events() > 1", "segments.wrong_arguments", "1:1", "events('visit', 90)"),
        ("events('visit', 0) > 1", "segments.wrong_arguments", "1:1", "events('visit', 90)"),
        ("events('visit', 1.5) > 1", "segments.wrong_arguments", "1:1", "events('visit', 90)"),
        ("bought('colour', 'red')", "segments.unknown_value", "1:1", "product, category, brand"),
        ("consent('spam') = 'granted'", "segments.unknown_value", "1:1", "marketing"),
        ("tier", "segments.no_comparison", "1:1", "tier = 'low'"),
        ("events > 1", "segments.no_comparison", "1:1", "events('visit', 90)"),
        ("tier = 'high' and", "segments.not_read", "1:15", "and"),
        ("(tier = 'high'", "segments.not_read", "1:9", "'high'"),
        ("tier = 'high", "segments.not_read", "1:1", "tier = 'high"),
        ("", "segments.not_read", "1:1", "tier = 'high'"),
        ("read_csv('x') = 1", "segments.not_allowed", "1:1", "read_csv()"),
        ("tier = 'high'; select 1", "segments.not_allowed", "1:14", "a second statement"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_a_way_out(text: str, code: str, where: str, said: str) -> None:
    """Each kind of mistake has a code; line and column are those where a person would point."""
    with pytest.raises(InvalidSegment) as refused:
        parse(text)

    assert (refused.value.code, refused.value.params["where"]) == (code, where)
    assert said in str(refused.value)


def test_brackets_and_joints_become_one_tree() -> None:
    """And binds more closely than or; not takes its bracket."""
    low, many = Compared(Term("tier"), "=", ("low",)), Compared(Term("orders"), ">", (Decimal(2),))

    assert parse("tier = 'low' or orders > 2 and clv is unknown") == Some(
        (low, Every((many, Unknown(Term("clv")))))
    )
    assert parse("not (tier = 'low' or orders > 2)") == Not(Some((low, many)))


def test_a_policy_of_ones_own_brings_its_tiers() -> None:
    """Other names of tiers are words too, once the catalogue is told of them, and only then."""
    own = catalogue().naming("own_tier", ("bronze", "gold"))

    assert text_of(parse("own_tier = 'gold'", own)) == "own_tier = 'gold'"
    with pytest.raises(InvalidSegment):
        parse("own_tier = 'gold'")
    with pytest.raises(InvalidSegment):
        parse("tier = 'gold'", own)


def test_what_was_stored_by_the_first_format_is_read() -> None:
    """The golden document of evergrove.segment/1 says what its text says, and is written again as it is."""
    stored = json.loads(
        Path(__file__).with_name("golden").joinpath("segment_1.json").read_text(encoding="utf-8")
    )

    condition = read(stored["document"])

    assert text_of(condition) == stored["text"]
    assert document_of(parse(stored["text"])) == stored["document"]
