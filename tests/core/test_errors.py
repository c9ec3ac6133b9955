"""Every deliberate error and warning can be searched by its code and read as a sentence."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string

import pytest

import evergrove
from evergrove.core import EvergroveError, EvergroveWarning, fill
from evergrove.models.types import InvalidSummary


def all_worded() -> list[type[EvergroveError | EvergroveWarning]]:
    """Every error and warning class of the package."""
    for module in pkgutil.walk_packages(evergrove.__path__, "evergrove."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: list[type[EvergroveError | EvergroveWarning]] = []
    waiting: list[type] = [EvergroveError, EvergroveWarning]
    while waiting:
        current = waiting.pop()
        waiting += current.__subclasses__()
        is_ours = current.__module__.startswith("evergrove.")  # tests have errors of their own
        if is_ours and "message" in vars(current):  # a class without words of its own only gathers others
            found.append(current)
    return found


def test_codes_are_unique_and_name_their_station() -> None:
    """A code is <station>.<problem>, and says where it comes from."""
    classes = all_worded()
    codes = [c.code for c in classes if "code" in vars(c)]
    assert len(codes) == len(set(codes))
    for worded in classes:
        station = worded.__module__.split(".")[1]
        assert re.fullmatch(rf"{station}\.[a-z_]+", worded.code), worded


def test_every_error_says_the_way_out() -> None:
    """A message without a hint leaves the reader alone; only our own mistakes may."""
    for worded in all_worded():
        if worded.__name__ != "StatementFailed":
            assert worded.hint or issubclass(worded, EvergroveWarning), worded
        for text in (worded.message, worded.hint):
            names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
            assert all(name.isidentifier() for name in names), worded


def test_an_error_reads_as_in_the_style_guide() -> None:
    """Rule, how many, the first example, the likely cause: one line, numbers grouped."""
    with pytest.raises(InvalidSummary) as raised:
        raise InvalidSummary(
            rule="recency <= T",
            broken=3,
            total=2357,
            example="C-1042, recency=287, T=272",
            observation_end="2026-03-31",
        )
    assert str(raised.value).startswith(
        "recency <= T fails for 3 of 2,357 customers (first: C-1042, recency=287, T=272)."
    )
    assert raised.value.code == "models.invalid_summary"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "0 days of silence are kept."),
        (1, "1 day of silence is kept."),
        ("1", "1 day of silence is kept."),
        (11, "11 days of silence are kept."),
        (1000, "1,000 days of silence are kept."),
        (1.5, "1.5 days of silence are kept."),
    ],
)
def test_words_agree_with_their_number(days: object, said: str) -> None:
    """English says one day and eleven days; the sentence carries both words."""
    template = "{days} {days:day|days} of silence {days:is|are} kept."

    assert fill(template, {"days": days}) == said
