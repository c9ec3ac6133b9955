"""Every definition, reason and code has words in three languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.reasons import REASONS
from evergrove.report.definitions import DEFINITIONS
from evergrove.report.words import (
    BASES,
    EXCLUDED,
    FIGURE_OF,
    HOW,
    MODELS,
    ROLES,
    WINDOWS,
    figure_name,
    names,
    rejection,
    spoken,
    why_missing,
)
from evergrove.scoring import readiness
from evergrove.segments.codes import ACTIONS, RFM_GROUPS, STAGES, TIERS
from evergrove.text import Formats, Language, translator

if TYPE_CHECKING:
    from evergrove.report import Figures

CHINESE: tuple[Language, ...] = ("zh-Hans", "zh-Hant")


@pytest.mark.parametrize("language", CHINESE)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_definition_is_there_in_three_languages(key: str, language: Language) -> None:
    """Name and text, each with Chinese characters in it."""
    for english in DEFINITIONS[key]:
        assert english
        translated = translator(language)(english)
        assert any("\u4e00" <= character <= "\u9fff" for character in translated), english


OF_WORDS = ("last_period", "average_rate", "spend-regression")
"""Forecasters whose names are words, not names of the literature."""


@pytest.mark.parametrize("language", CHINESE)
def test_codes_have_words(language: Language) -> None:
    """Names of models stay as the literature spells them; everything else is translated."""
    formats = Formats(language)
    for words in (WINDOWS, HOW, BASES, EXCLUDED, ROLES, REASONS):
        for english in words.values():
            assert formats.say(english) != english, english
    for name, english in MODELS.items():
        assert (formats.say(english) == english) == (name not in OF_WORDS)


@pytest.mark.parametrize("language", ["en", *CHINESE])
def test_names_cover_every_code_of_the_figures(language: Language) -> None:
    """A figure's code never reaches a reader."""
    words = names(Formats(language))

    assert set(words["tier"]) == {*TIERS, ""}
    assert set(words["stage"]) == set(STAGES)
    assert set(words["group"]) == set(RFM_GROUPS)
    assert set(words["action"]) == set(ACTIONS)


def test_every_figure_that_may_be_missing_has_a_name_for_people() -> None:
    """What readiness calls missing is said by the name of its definition."""
    possible = {*readiness.FORECASTS, *readiness.MONEY, *readiness.JUDGEMENTS}

    for name in possible:
        assert FIGURE_OF.get(name, name) in DEFINITIONS, name
        assert "_" not in figure_name(name, Formats("en"))


def test_an_unknown_code_is_shown_rather_than_hidden() -> None:
    """A class that a later version adds still reads as something."""
    assert rejection("ingest.new_reason", Formats("en")) == "ingest: new reason"


def test_a_stored_reason_is_said_in_the_readers_language(golden: Figures) -> None:
    """The template is looked up again when the page is written."""
    reason = {
        "code": "scoring.no_amounts",
        "message": "The orders have no amounts, so no value in money can be given.",
        "hint": "",
        "params": {},
        "text": "",
    }
    golden["limits"] = [{"reason": reason, "missing": ["clv_12m"], "instead": []}]

    said = why_missing(golden, Formats("zh-Hans"), "clv_12m")

    assert said == "订单没有金额，因此无法给出以货币计的价值。"
    assert spoken(reason, Formats("en")) == reason["message"]
    assert why_missing(golden, Formats("en"), "p_alive") == "These data do not carry it."
