"""Stored segments: versions only grow, and none asks for itself; in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.segments.language.errors import InACircle, InvalidKey, NoSegment, StillAskedFor
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import (
    check_asked,
    define,
    definition_of,
    definitions,
    in_order,
    newest_definition,
    remove,
    versions_of,
)

if TYPE_CHECKING:
    from evergrove.ledger import Ledger
    from evergrove.segments.language.store import Definition

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def say(ledger: Ledger, key: str, text: str, note: str = "", hours: int = 0) -> Definition | None:
    """Store a segment."""
    with ledger.writing() as connection:
        return define(connection, key, parse(text), NOW + timedelta(hours=hours), note=note)


def test_a_version_is_added_and_none_is_changed(ledger: Ledger) -> None:
    """Another text or note is a new version, the same one nothing; each day's version is found again."""
    assert say(ledger, "vips", "tier = 'high'", "ours") is not None
    assert say(ledger, "vips", "TIER='high'", "ours") is None
    second = say(ledger, "vips", "tier in ('high', 'potential')", "ours", hours=5)
    assert second is not None

    with ledger.reading() as connection:
        first, newest = versions_of(connection, "vips")
        assert (first.version, first.text, first.note, first.created_at) == (1, "tier = 'high'", "ours", NOW)
        assert newest == second == definition_of(connection, "vips")
        assert newest.condition() == parse("tier in ('high', 'potential')")
        assert newest_definition(connection) == second.id
        assert definitions(connection, until=first.id) == {"vips": first}


def test_what_is_removed_is_a_version_too_and_may_come_back(ledger: Ledger) -> None:
    """Nobody finds it any more, its history is kept, and its key goes on counting."""
    say(ledger, "vips", "tier = 'high'")
    with ledger.writing() as connection:
        assert remove(connection, "vips", NOW).version == 2

    with ledger.reading() as connection:
        assert definitions(connection) == {}
        assert definitions(connection, removed=True)["vips"].is_removed
        with pytest.raises(NoSegment):
            definition_of(connection, "vips")
    again = say(ledger, "vips", "tier = 'high'")
    assert again is not None
    assert again.version == 3


def test_no_segment_asks_for_itself_in_however_many_steps(ledger: Ledger) -> None:
    """A circle is named step by step, and nothing of it is stored; nor does anybody ask for what is not there."""
    say(ledger, "a", "tier = 'high'")
    say(ledger, "b", "in_segment('a') and orders > 1")
    say(ledger, "c", "in_segment('b') or not in_segment('a')")
    say(ledger, "long", "in_segment('b')")

    with pytest.raises(InACircle, match="a > c > a"):
        say(ledger, "a", "in_segment('c')")
    with pytest.raises(InACircle, match="a > long > b > a"):
        say(ledger, "a", "in_segment('long')")
    with pytest.raises(InACircle, match="d > d"):
        say(ledger, "d", "in_segment('d')")
    with pytest.raises(NoSegment, match="the nearest first: a, "):
        say(ledger, "d", "in_segment('vipz')")
    with ledger.reading() as connection:
        assert definition_of(connection, "a").version == 1
        assert list(definitions(connection)) == ["a", "b", "c", "long"]


def test_what_another_asks_for_is_not_removed(ledger: Ledger) -> None:
    """It says who asks; once nobody does, it goes."""
    say(ledger, "a", "tier = 'high'")
    say(ledger, "b", "in_segment('a')")

    with ledger.writing() as connection:
        with pytest.raises(StillAskedFor, match="asked for by b"):
            remove(connection, "a", NOW)
        remove(connection, "b", NOW)
        remove(connection, "a", NOW)
        assert definitions(connection) == {}


@pytest.mark.parametrize("key", ["", "Vips", "1st", "a b", "a'b", "x" * 61, "größe", "a\n"])
def test_a_key_is_plain(ledger: Ledger, key: str) -> None:
    """Small letters, digits, - and _."""
    with pytest.raises(InvalidKey):
        say(ledger, key, "tier = 'high'")


def test_segments_stand_behind_those_that_they_ask_for() -> None:
    """Each after all of its own; who asks in a circle, or for nobody, stands nowhere."""
    assert in_order({"a": ("b", "c"), "b": ("c",), "c": (), "d": ("e",), "e": ("d",), "f": ("?",)}) == [
        "c",
        "b",
        "a",
    ]


def test_17_very_many_ways_between_segments_are_looked_through_at_once() -> None:
    """Each of forty asks for all before it: a million million ways, of which every segment is looked at once."""
    asked = {f"s{n}": tuple(f"s{k}" for k in range(n)) for n in range(40)}

    check_asked(asked, "s39")
    with pytest.raises(InACircle) as refused:
        check_asked({**asked, "s0": ("s39",)}, "s39")

    assert str(refused.value.params["circle"]).endswith("s0 > s39")
