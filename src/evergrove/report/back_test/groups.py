"""For whom it worked: by tier, by past spend, by past purchases, by when customers were won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.back_test.chosen import contender
from evergrove.report.back_test.value import signed
from evergrove.report.back_test.words import GROUPS, TIERS, capital, names
from evergrove.report.page import Block, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.report.types import Figures
    from evergrove.text import Formats

DIVISIONS = (
    ("tiers", "tier", _("By the tier they were in"), _("Tier")),
    ("bands", "band", _("By what they had spent"), _("Group")),
    ("frequencies", "frequency", _("By repeat purchases so far"), _("Repeat purchases")),
    ("cohorts", "cohort", _("By when they came"), _("First purchase in")),
)
BY_TIER, STANDS_IN = "tier", "band"
"""Quarters of past spend stand in where there are no tiers."""
FURTHEST = _("{name} is furthest off for {group}: {forecast} forecast per customer, {actual} came.")


def group_blocks(figures: Figures, formats: Formats) -> Iterator[Block]:
    """A table for every division."""
    one = contender(figures, "totals", "purchases")
    if one is None:
        return
    divided = {row["by"] for row in one["groups"]}
    for key, by, question, column in DIVISIONS:
        rows = [row for row in one["groups"] if row["by"] == by]
        if rows and not (by == STANDS_IN and BY_TIER in divided):
            yield _block(key, rows, names(figures)[one["name"]], (question, column), formats)


def _block(key: str, rows: list[Figures], name: str, said: tuple[str, str], formats: Formats) -> Block:
    def label(row: Figures) -> str:
        group = row["label"]
        words = TIERS if row["by"] == "tier" else GROUPS
        return formats.say(words[group]) if group in words else str(group)

    furthest = max(rows, key=lambda row: abs(row["purchases"] - row["actual_purchases"]) * row["customers"])
    answer = formats.say(
        FURTHEST,
        name=name,
        group=label(furthest),
        forecast=formats.number(furthest["purchases"], 2),
        actual=formats.number(furthest["actual_purchases"], 2),
    )
    titled = (
        said[1],
        _("Customers"),
        _("Purchases each, forecast"),
        _("Purchases each, actual"),
        _("Off by"),
        _("Revenue each, forecast"),
        _("Revenue each, actual"),
    )
    cells = [
        (
            capital(label(row)),
            formats.number(row["customers"]),
            formats.number(row["purchases"], 2),
            formats.number(row["actual_purchases"], 2),
            signed(_relative(row["purchases"], row["actual_purchases"]), formats),
            formats.money(row["spend"]),
            formats.money(row["actual_spend"]),
        )
        for row in rows
    ]
    columns = [formats.say(title) for title in titled]
    return Block(key, formats.say(said[0]), capital(answer), table=table(columns, cells), is_wide=True)


def _relative(forecast: float, actual: float) -> float | None:
    return forecast / actual - 1 if actual else None
