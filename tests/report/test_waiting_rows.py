"""Rows that wait for an exchange rate: said on the page beside good and rejected rows, each in its own currency."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from evergrove.ingest.facts.rates import Waiting
from evergrove.report.accounting import waiting
from evergrove.report.data_blocks import rows_block
from evergrove.report.write import write_report
from evergrove.text import Formats

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.report.types import Figures
    from evergrove.text import Language

WAITS = waiting((Waiting("USD", 3, 1, Decimal("1234.6000")), Waiting("JPY", 2, 0, Decimal(9000))), costs=4)
SAID: dict[Language, tuple[str, str]] = {
    "en": ("10 more rows wait for an exchange rate", "Orders in USD, waiting for a rate"),
    "zh-Hans": ("另有 10 行在等待汇率", "USD 订单，等待汇率"),
    "zh-Hant": ("另有 10 列在等待匯率", "USD 訂單，等待匯率"),
}


def test_what_waits_is_listed_by_kind_and_currency() -> None:
    """Nothing is added up over currencies; kinds without a row are left out."""
    assert [(each["what"], each["currency"], each["rows"], each["amount"]) for each in WAITS] == [
        ("orders", "USD", 3, "1234.60"),
        ("refunds", "USD", 1, None),
        ("orders", "JPY", 2, "9000.00"),
        ("costs", None, 4, None),
    ]
    assert waiting(()) == []


@pytest.mark.parametrize("language", SAID)
def test_the_page_says_what_waits(language: Language, golden: Figures, tmp_path: Path) -> None:
    """In the answer and in a row each; where nothing waits, nothing is said."""
    answer, row = SAID[language]
    block = rows_block(golden | {"waiting": WAITS}, {}, Formats(language, "CNY"))
    assert answer in block.answer
    assert block.table is not None
    assert [each[0] for each in block.table.rows].count(row) == 1
    (shown,) = (each for each in block.table.rows if each[0] == row)
    assert (shown[1], shown[3].replace("\xa0", " ")) == ("3", "USD 1,235")
    write_report(golden | {"waiting": WAITS}, tmp_path / "report.html", language)
    assert row in (tmp_path / "report.html").read_text(encoding="utf-8")

    quiet = rows_block(golden, {}, Formats(language, "CNY"))
    assert answer[:4] not in quiet.answer
