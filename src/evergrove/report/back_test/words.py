"""The words of the back-test's page: purposes, what losses are called, names of contenders and groups."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING

from evergrove.scoring.rolling.words import BAND_WORDS, PURPOSE_WORDS, SAID, STACKED, said, title
from evergrove.segments.sentences.words import TIER_WORDS
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.report.types import Figures
    from evergrove.text import Formats

PURPOSES: Mapping[str, str] = {str(key): words for key, words in PURPOSE_WORDS.items()}
GROUPS: Mapping[str, str] = BAND_WORDS
TIERS: Mapping[str, str] = {tier.name.lower(): word for tier, word in TIER_WORDS.items()}
FIGURES: Mapping[str, str] = {str(key): words for key, words in SAID.items()}


def names(figures: Figures) -> dict[str, str]:
    """Name of a contender -> what people call it in the middle of a sentence."""
    return {each["name"]: each["title"] for each in figures["contenders"]}


def titles(figures: Figures) -> dict[str, str]:
    """The same at the beginning of a cell."""
    return {name: capital(title) for name, title in names(figures).items()}


def capital(sentence: str) -> str:
    """A sentence that may begin with a name, with a capital."""
    return sentence[:1].upper() + sentence[1:]


def figure(purpose: str, loss: float, formats: Formats) -> str:
    """A loss as the figure that people know."""
    shown = {
        "ranking": lambda: formats.number(1 - loss, 3),
        "totals": lambda: formats.percent(expm1(loss)),
        "next_date": lambda: formats.number(loss, 1),
        "churn": lambda: formats.number(loss, 3),
    }
    return formats.say(FIGURES[purpose], value=shown[purpose]())


def champion_title(champion: Figures, figures: Figures, formats: Formats) -> str:
    """Who is the champion; of a stack both parts."""
    named, stack = names(figures), champion["stack"]
    if champion["name"] in named or stack is None:
        return named.get(champion["name"], str(champion["name"]))
    first, second = (named.get(part, part) for part in stack["parts"])
    return formats.say(STACKED, first=first, second=second)


def spoken_title(name: str, parts: Sequence[str] | None, formats: Formats) -> str:
    """
    A contender as people call it, in the reader's language.

    Args:
        name: Of the contender.
        parts: Of a stack; None for any other.
        formats: Of the reader.
    """
    both = None if parts is None else (parts[0], parts[1])
    return said(title(name, both), translator(formats.language))


def spoken_warning(warning: Figures) -> str:
    """A warning; it is in the reader's language already."""
    return capital(warning["says"])
