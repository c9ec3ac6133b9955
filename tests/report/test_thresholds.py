"""Thresholds on the page of a review: each with its unit."""

from __future__ import annotations

from evergrove.report.review.thresholds import threshold_block
from evergrove.report.words import names
from evergrove.text import Formats

EN = Formats("en", "CNY")


def test_each_threshold_has_its_unit() -> None:
    """Money, orders, and shares of customers are not taken for one another; a tier goes by the name it is given."""
    held = (("spend/high", 5000.0, 4000.0), ("frequency/medium", 1.0, 4.0), ("churn_chance", 0.2, 0.125))
    option = {
        "key": "quantiles",
        "yardsticks": [{"name": name, "held": now, "other": other} for name, now, other in held],
        "tier": [{"from": "high", "to": "low", "customers": 3}],
        "stage": [],
    }
    named = names(EN)
    named["tier"] |= {"high": "Gold club"}

    block = threshold_block(option, 12, named, EN)

    assert block.table is not None
    assert block.table.rows == (
        ("Spend: Gold club from", "CN¥5,000", "CN¥4,000"),
        ("Frequency: Medium value from", "1 order", "4 orders"),
        ("Churned below this chance of another purchase", "20.0%", "12.5%"),
    )
    assert block.answer == "3 of 12 customers would stand elsewhere (25%), by the figures of the day."
    assert block.note == "Most of them: Gold club → Low value 3."
