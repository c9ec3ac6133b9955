"""Every shipped preset is tried on a sample of its export; here the one that holds lines, and a count of all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.ingest.test_presets import BUILT

from evergrove.ingest import ReadOptions
from evergrove.ingest.presets.preset import preset_named, shipped_presets
from evergrove.ingest.tables.declared import declared_tables
from evergrove.ingest.tables.recognise import recognise
from evergrove.ingest.tables.service import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.warehouse import Engine

ELSEWHERE = {
    "pinduoduo": "test_presets.test_pinduoduo_names_no_buyer",
    "taobao_detail": "test_the_list_of_articles_of_taobao_goes_in_and_comes_out_equal",
    "shopline": "test_presets.test_a_preset_without_a_known_header_says_so",
    "91app": "the same",
    "shopee": "the same",
    "youzan": "the same",
}
"""Presets without a sample of orders of their own, and the test that tries them."""
SOLD = [
    ("2605010001234567891", "上衣", Decimal("99.00"), 2, "SY-01"),
    ("2605010001234567891", "帽子", Decimal("39.50"), 1, "MZ-02"),
    ("2605010001234567892", "上衣", Decimal("89.00"), 1, "SY-01"),
]


def test_no_preset_is_left_out() -> None:
    """A preset that is new in the folder needs a sample here or there."""
    names = {preset.name for preset in shipped_presets()}
    assert names == BUILT.keys() | ELSEWHERE.keys()


def test_the_list_of_articles_of_taobao_goes_in_and_comes_out_equal(tmp_path: Path, engine: Engine) -> None:
    """ExportOrderDetailList: long numbers in a guard, GBK, told by its header as order_lines."""
    header = preset_named("taobao_detail", ()).headers
    path = tmp_path / "ExportOrderDetailList.csv"
    rows = [
        ",".join((f'="{order}"', title, str(price), str(n), code)) for order, title, price, n, code in SOLD
    ]
    path.write_text("\n".join([",".join(header), *rows]) + "\n", encoding="gb18030")
    options = ReadOptions(today=date(2026, 6, 30))

    found = recognise(path, options)
    read = read_table(
        engine, declared_tables()["order_lines"], path, options, datetime(2026, 6, 1, tzinfo=UTC)
    )

    assert (found.table, found.preset and found.preset.name) == ("order_lines", "taobao_detail")
    assert (read.intake.rows.good, read.intake.rows.read) == (3, 3)
    told = engine.run(
        "select order_id, product_name, price, quantity, coalesce(sku, product_id) from told_rows order by line"
    )
    assert [(order, name, price, int(n), code) for order, name, price, n, code in told] == SOLD
