"""Conditions in the page about the segment language are conditions, and its JSON form is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evergrove.segments.language.errors import InvalidSegment
from evergrove.segments.language.limits import (
    MOST_CHARACTERS,
    MOST_CONDITIONS,
    MOST_DEPTH,
    MOST_VALUES,
)
from evergrove.segments.language.membership import KEPT_DAYS, REASONS
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.reading import read
from evergrove.segments.language.writing import document_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "segment-language.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("line", [line for block in blocks("sql") for line in block.splitlines()])
def test_every_example_is_a_condition(line: str) -> None:
    """Each line of an example by itself, in both forms."""
    assert read(document_of(parse(line))) == parse(line)


def test_the_json_form_is_one() -> None:
    """The page's document is read, and written again as it stands there."""
    (text,) = blocks("json")

    assert document_of(read(json.loads(text))) == json.loads(text)


def test_the_mistake_is_answered_as_the_page_says() -> None:
    """The sentence is that of the product, up to its last part."""
    (promised,) = re.findall(r"^    (1:1: .*)$", PAGE, flags=re.MULTILINE)

    with pytest.raises(InvalidSegment) as refused:
        parse("tire = 'high'")

    assert str(refused.value).startswith(promised)


def test_limits_and_reasons_are_those_of_the_code() -> None:
    """Figures in the page are figures in the code."""
    sizes = f"{MOST_CHARACTERS:,} characters, {MOST_CONDITIONS} comparisons, {MOST_DEPTH} levels of brackets and {MOST_VALUES:,} values"

    assert sizes in PAGE.replace("\n", " ")
    assert f"{KEPT_DAYS} days" in PAGE
    assert tuple(re.findall(r"^\| `(\w+)` \| ", PAGE, flags=re.MULTILINE)) == REASONS
