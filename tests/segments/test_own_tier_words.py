"""Tiers of a policy are called as it calls them, and otherwise as everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.segments.sentences.own_tiers import played_names, tier_word, tier_words
from evergrove.segments.tiers.documents import read_policy
from evergrove.text import translator

if TYPE_CHECKING:
    from evergrove.text import Language

CLUB = read_policy(
    {
        "format": "evergrove.tier_policy/1",
        "name": "club",
        "tiers": [
            {"key": "low"},
            {"key": "silver", "like": "medium", "names": {"en": "Silver", "zh-Hans": "银卡"}},
            {"key": "pearl", "like": "medium", "names": {"en": "Pearl"}},
            {"key": "gold", "like": "high", "names": {"en": "Gold", "zh-Hans": "金卡", "zh-Hant": "金卡"}},
        ],
        "criteria": {"spend": [100, 300, 900]},
    }
)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Low value", "Silver", "Pearl", "Gold"]),
        ("zh-Hans", ["低价值", "银卡", "pearl", "金卡"]),
    ],
)
def test_a_name_in_the_readers_language_else_the_usual_word_else_the_key(
    language: Language, words: list[str]
) -> None:
    """The lowest first."""
    say = translator(language)
    found = tier_words(CLUB, language)

    assert list(found) == ["low", "silver", "pearl", "gold"]
    assert [say(word) for word in found.values()] == words


def test_the_usual_four_have_the_usual_words() -> None:
    """Without a policy, and of a tier whose policy is gone."""
    assert [str(word) for word in tier_words(None, "en").values()] == [
        "Low value",
        "Medium value",
        "Potential",
        "High value",
    ]
    assert (str(tier_word("high")), str(tier_word("platinum"))) == ("High value", "platinum")


def test_pages_of_four_tiers_name_those_that_play_as_each() -> None:
    """Several of one kind together; a usual key without a name keeps the usual word."""
    assert played_names(CLUB, "en") == {"medium": "Silver / Pearl", "high": "Gold"}
    assert played_names(CLUB, "zh-Hant") == {"medium": "silver / pearl", "high": "金卡"}
