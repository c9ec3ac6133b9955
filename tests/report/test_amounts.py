"""Amounts that stand beside each other: one precision, and bounds that can be told apart."""

from __future__ import annotations

import pytest

from evergrove.report.amounts import WORD_JOINER, alike, short
from evergrove.text import Formats

ENGLISH = Formats("en", "CNY")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (15_000_000, "CN¥15.0M"),
        (13_885_575, "CN¥13.9M"),
        (417_800, "CN¥418K"),
        (-1_040_000, "-CN¥1.0M"),
        (9_999, "CN¥9,999"),
        (None, "–"),
    ],
)
def test_a_short_amount_keeps_its_tenth(value: float | None, written: str) -> None:
    """8.0M beside 13.9M: the same precision where both are compared."""
    assert short(value, ENGLISH) == written


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ((13_885_575, 14_996_441, 16_175_271), ["CN¥13.9M", "CN¥15.0M", "CN¥16.2M"]),
        ((14_960_000, 15_000_000, 15_040_000), ["CN¥14.96M", "CN¥15.00M", "CN¥15.04M"]),
        ((851_000, 976_947, 1_120_000), ["CN¥0.85M", "CN¥0.98M", "CN¥1.12M"]),
        ((33_900, 116_000, 285_000), ["CN¥34K", "CN¥116K", "CN¥285K"]),
        ((0, 120, 9_000), ["CN¥0", "CN¥120", "CN¥9,000"]),
        ((None, 5_000, None), ["–", "CN¥5,000", "–"]),
        ((2, 15_000_000), ["CN¥2.00", "CN¥15.0M"]),
    ],
)
def test_amounts_of_one_comparison_share_a_unit(values: tuple[float | None, ...], written: list[str]) -> None:
    """Low end, estimate and high end: one unit, and as many decimals as tell them apart."""
    assert alike(values, ENGLISH) == written


def test_chinese_counts_in_ten_thousands() -> None:
    """A total of the demo, as a reader in mainland China writes it; no line may end before the 万."""
    written = alike([13_885_575, 14_996_441], Formats("zh-Hans", "CNY"))

    assert written == [f"¥1,389{WORD_JOINER}万", f"¥1,500{WORD_JOINER}万"]
