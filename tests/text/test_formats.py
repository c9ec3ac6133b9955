"""Numbers as each language writes them. Expected texts are typed by hand, not computed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from evergrove.text import Formats

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("language", "value", "text"),
    [
        ("en", 0, "0"),
        ("en", 8437, "8,437"),
        ("en", 9999.4, "9,999"),
        ("en", 9999.6, "10K"),
        ("en", 12_345, "12.3K"),
        ("en", 123_456, "123K"),
        ("en", 999_960, "1M"),
        ("en", 1_234_567, "1.2M"),
        ("en", 1_234_567_890, "1.2B"),
        ("en", -45_600, "-45.6K"),
        ("zh-Hans", 9999, "9,999"),
        ("zh-Hans", 12_345, "1.2万"),
        ("zh-Hans", 1_234_567, "123万"),
        ("zh-Hans", 14_900_000, "1490万"),
        ("zh-Hans", 123_456_789, "1.2亿"),
        ("zh-Hant", 1_234_567, "123萬"),
        ("zh-Hant", 123_456_789, "1.2億"),
    ],
)
def test_short_numbers(language: Any, value: float, text: str) -> None:
    """Thousands in English, ten-thousands in Chinese; small numbers are written out."""
    assert Formats(language).compact(value) == text


@pytest.mark.parametrize(
    ("language", "currency", "value", "text"),
    [
        ("zh-Hans", "CNY", 1_234_567, "¥123万"),
        ("zh-Hans", "CNY", 481.4, "¥481"),
        ("zh-Hans", "CNY", 98.5, "¥98.50"),
        ("zh-Hant", "CNY", 481.4, "CN¥481"),
        ("zh-Hant", "TWD", 1_234_567, "NT$123萬"),
        ("zh-Hans", "TWD", 1200, "NT$1,200"),
        ("en", "TWD", 1200, "NT$1,200"),
        ("en", "GBP", 1_234_567, "£1.2M"),
        ("en", "GBP", -12.5, "-£12.50"),
        ("en", "JPY", 98.4, "¥98"),
        ("en", "CHF", 1200, "CHF\u00a01,200"),
        ("en", "", 1_234_567, "1.2M"),
        ("en", "", 12.5, "12.50"),
        ("en", "GBP", 0.001, "£0"),
        ("en", "GBP", -0.001, "£0"),
        ("en", "GBP", "8911407.9040", "£8.9M"),
    ],
)
def test_money(language: Any, currency: str, value: float | str, text: str) -> None:
    """The sign that the reader expects; nothing but the number where no currency was declared."""
    assert Formats(language, currency).money_compact(value) == text


def test_codes_stand_where_several_currencies_do() -> None:
    """A dollar sign does not say whose dollar."""
    assert Formats("en", "TWD", codes=True).money(1234) == "TWD\u00a01,234"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (0.0004, "<0.1%"),
        (0.004, "0.4%"),
        (0.0996, "10%"),
        (0.58, "58%"),
        (1.0, "100%"),
        (-0.031, "-3.1%"),
    ],
)
def test_shares(value: float, text: str) -> None:
    """A share that is not nothing is never written as nothing."""
    assert Formats("en").percent(value) == text


def test_the_interval_of_a_total_reads_as_in_the_brief() -> None:
    """Level and bounds in three languages."""
    bounds = (1_110_000, 1_420_000)

    said = {
        language: Formats(language).interval(*(Formats(language).compact(b) for b in bounds))
        for language in ("en", "zh-Hans", "zh-Hant")
    }

    assert said == {
        "en": "80%: 1.1M to 1.4M",
        "zh-Hans": "80% 区间：111万 至 142万",
        "zh-Hant": "80% 區間：111萬 至 142萬",
    }


def test_days_months_and_quarters() -> None:
    """The month is a word in English, so that no reader takes it for the day."""
    english, chinese = Formats("en"), Formats("zh-Hant")

    assert english.day(date(2011, 12, 9)) == "9 Dec 2011"
    assert chinese.day("2011-12-09") == "2011年12月9日"
    assert english.month("2011-12") == "Dec 2011"
    assert chinese.month("2011-12-01") == "2011年12月"
    assert english.period("2011-10-01", "quarter") == "Q4 2011"
    assert chinese.period("2011-10-01", "quarter") == "2011年第4季"
    assert english.days(1) == "1 day"
    assert english.days(34.2) == "34 days"
    assert chinese.days(34) == "34\u00a0天"


def test_what_cannot_be_given_is_a_dash() -> None:
    """None and not-a-number never reach a reader as words of a programmer."""
    formats = Formats("en", "CNY")

    for write in (
        formats.number,
        formats.compact,
        formats.percent,
        formats.money,
        formats.money_compact,
        formats.days,
    ):
        assert {write(value) for value in (None, NAN, INF)} == {"–"}
    assert {write(None) for write in (formats.day, formats.month)} == {"–"}


def test_sentences_and_lists_join_as_the_language_does() -> None:
    """Chinese sets no space between sentences and has a comma of its own for lists."""
    assert Formats("en").sentences("One.", "", "Two.") == "One. Two."
    assert Formats("zh-Hans").sentences("一。", "二。") == "一。二。"
    assert Formats("en").enumerated(["a", "b"]) == "a, b"
    assert Formats("zh-Hant").enumerated(["甲", "乙"]) == "甲、乙"


def test_a_reader_is_not_asked_to_pay_for_locales_before_the_first_number() -> None:
    """Importing the formats does not import Babel."""
    import subprocess
    import sys

    code = "import sys, evergrove.text; raise SystemExit('babel' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
