"""Exports of platforms, and every format that is read: found by content, or refused in a sentence."""

from __future__ import annotations

import gzip
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from evergrove.ingest.columns.errors import NothingUsable
from evergrove.ingest.orders.errors import FutureDates, NoFiles
from evergrove.ingest.sources.errors import (
    ArchiveTooLarge,
    BrokenArray,
    DamagedFile,
    EmptyFile,
    FileMissing,
    IsFolder,
    LinesAboveHeader,
    MissingHeader,
    PackedFile,
    SheetChosen,
    TooManyColumns,
    UnknownFormat,
)
from evergrove.ingest.types import Excluded, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    Read = Callable[..., Reading]
    Workbook = Callable[[Path, dict[str, list[list[Any]]]], Path]

TAOBAO = """订单编号,买家会员名,总金额,买家实际支付金额,订单状态,收货地址 ,订单创建时间,订单付款时间 ,宝贝标题,宝贝总数量,退款金额
="1234567890123456789",tb张三,15,12.50,交易成功,"上海,一号",2024-03-05 10:00:00,2024-03-05 23:59:59,衣服,1,0.00
="1234567890123456790",tb李四,20,0.00,交易关闭,x,2024-03-06 10:00:00,,裤子,1,0.00
="1234567890123456791",tb李四,20,20.00,"买家已付款,等待卖家发货",x,2024-03-06 10:00:00,2024-03-06 10:01:00,裤子,1,5.00
="1234567890123456792",tb李四,20,20.00,等待买家付款,x,2024-03-06 10:00:00,,裤子,1,
"""

PLAIN = "order_id,customer_id,order_date,amount\nA1,c1,2024-01-13,5.00\nA2,c2,2024-01-14,7.50\n"


@pytest.mark.parametrize("written", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_a_taobao_export(read: Read, written: str) -> None:
    """Long ids keep their digits, closed and unpaid orders are counted apart, refunds name their order."""
    reading = read(TAOBAO, written=written)

    assert reading.orders() == [
        ("1234567890123456789", "tb张三", "2024-03-05", 12.5),
        ("1234567890123456791", "tb李四", "2024-03-06", 20.0),
    ]
    assert reading.refunds() == [("1234567890123456791", "tb李四", "2024-03-06", 5.0)]
    assert reading.intake.excluded == {
        "cancelled": Excluded(1, Decimal(0)),
        "unpaid": Excluded(1, Decimal(20)),
    }
    assert (reading.intake.currency, reading.intake.timezone) == ("CNY", "Asia/Shanghai")
    assert reading.intake.rows.good == 4


def test_a_taiwan_export(read: Read) -> None:
    """Big5, 民國 years, NT$, a whole refund by status, a total row at the end."""
    text = (
        "訂單編號,會員編號,訂購日期,付款金額,訂單狀態,退款金額\n"
        'A001,M001,114/03/05,"NT$ 1,234",已完成,0\n'
        'A002,M002,民國114年3月6日,"2,000",已取消,0\n'
        'A003,M001,114/03/09,"NT$ 500",已退款,0\n'
        '合計,,,"3,734",,\n'
    )

    reading = read(text, written="big5")

    assert reading.orders() == [("A001", "M001", "2025-03-05", 1234.0), ("A003", "M001", "2025-03-09", 500.0)]
    assert reading.refunds() == [("A003", "M001", "2025-03-09", 500.0)]
    assert reading.rejects() == [(5, "ingest.total_row")]
    assert reading.intake.rejected["ingest.total_row"] == Rejected(1, Decimal(0))
    assert (reading.intake.currency, reading.intake.timezone) == ("TWD", "Asia/Taipei")
    assert set(reading.intake.encodings.values()) == {"Big5"}
    assert reading.engine.value("select count(*) from known_customers") == 2


SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount
#1001,a@example.com,paid,2025-10-07 23:50:26 +0200,EUR,30.00,5.00,35.00,2025-10-07 23:50:20 +0200,1,Tee,10.00,T1,,0.00
#1001,a@example.com,,,,,,,2025-10-07 23:50:20 +0200,2,Hat,10.00,H1,,
#1002,b@example.com,refunded,2025-10-08 09:00:00 +0200,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,,35.00
#1003,b@example.com,pending,,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,,0.00
#1004,b@example.com,paid,2025-10-09 09:00:00 +0200,EUR,30.00,5.00,35.00,2025-10-08 09:00:00 +0200,1,Tee,30.00,T1,2025-10-10 09:00:00 +0200,0.00
"""


def test_a_shopify_export(read: Read) -> None:
    """What stands on an order's first row holds for its lines; the total counts once."""
    reading = read(SHOPIFY, timezone="Europe/Berlin")

    assert reading.intake.grain == "line"
    assert reading.orders() == [
        ("#1001", "a@example.com", "2025-10-07", 35.0),
        ("#1002", "b@example.com", "2025-10-08", 35.0),
    ]
    assert reading.refunds() == [("#1002", "b@example.com", "2025-10-08", 35.0)]
    assert {name: kind.rows for name, kind in reading.intake.excluded.items()} == {
        "refunded": 1,
        "unpaid": 1,
        "cancelled": 1,
    }
    assert reading.intake.currency == "EUR"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"\n\n", EmptyFile),
        (b"customer_id,order_date,amount\n", EmptyFile),
        (b"1,2024-01-01,5\n2,2024-01-02,6\n", MissingHeader),
        (b"a" * 300_000 + b",b\n1,2\n", MissingHeader),
        (b'customer_id,order_date,amount\na,2024-01-01,"5\nb,2024-01-02,"6\n', NothingUsable),
        (
            b"customer_id,order_date,amount," + b",".join(b"c%d" % i for i in range(5000)) + b"\n",
            TooManyColumns,
        ),
        (b"<!DOCTYPE html><html><table></table></html>", UnknownFormat),
        (b"%PDF-1.7\n", UnknownFormat),
        (b"PK\x03\x04 not a workbook", DamagedFile),
        (b"PAR1 not parquet PAR1", DamagedFile),
        (b"[]", EmptyFile),
        (b"[[1, 2], [3, 4]]", UnknownFormat),
        (b'[{"customer_id": 1}, {"customer_id"', BrokenArray),
        (b'[{"customer_id": 1}]\n[{"customer_id": 2}]', BrokenArray),
        (b"[" + b'{"a": "' + b"x" * 5_000_000, BrokenArray),
        (b"BZh91AY&SY", PackedFile),
        (bytes(range(256)) * 40, UnknownFormat),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94", UnknownFormat),
        (b"customer_id,order_date,amount\na,2031-01-01,5\nb,2024-01-02,6\n", FutureDates),
        (b"customer_id,order_date,amount\na,2024-01-01,x\nb,2024-01-02,y\n", NothingUsable),
        (b"customer_id,order_date,amount\n,2024-01-01,5\n", NothingUsable),
    ],
)
def test_what_cannot_be_understood_is_refused_whole(
    read: Read, content: bytes, refusal: type[Exception]
) -> None:
    """With a sentence, and with nothing left behind."""
    with pytest.raises(refusal) as refused:
        read(content)

    assert "orders.csv" in str(refused.value)


def test_a_packed_file_is_to_be_unpacked(read: Read, tmp_path: Path) -> None:
    """A ZIP with a table says which; one of another program is no archive of tables."""
    for member, refusal, words in (
        ("export/orders.csv", PackedFile, "packed as ZIP.*Unpack it.* orders.csv"),
        ("content.xml", UnknownFormat, "its content is ZIP"),
    ):
        with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
            archive.writestr(member, "customer_id,order_date,amount\na,2024-01-01,5\n")
        with pytest.raises(refusal, match=words):
            read((tmp_path / "some.zip").read_bytes())


def test_a_refused_file_publishes_nothing(read: Read, engine: Any) -> None:
    """The tables of an earlier reading are gone too: no one takes them for the new file's."""
    read(PLAIN)
    with pytest.raises(NothingUsable):
        read("customer_id,order_date,amount\n,2024-01-01,5\n")

    assert engine.run("show tables") == []


def test_files_must_be_there(read_paths: Read, tmp_path: Path) -> None:
    """Missing, or a folder, or none named."""
    with pytest.raises(FileMissing):
        read_paths(tmp_path / "nowhere.csv")
    with pytest.raises(IsFolder):
        read_paths(tmp_path)
    with pytest.raises(NoFiles):
        read_paths()


def test_a_preamble_is_passed_over_and_said(read: Read) -> None:
    """A title and a blank line above the header; the lines are counted from the top of the file."""
    reading = read("Orders of January\n\n" + PLAIN + "A9,,2024-01-01,1\n")

    assert len(reading.orders()) == 2
    assert LinesAboveHeader in reading.warned()
    assert reading.rejects() == [(6, "ingest.no_customer")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx", "orders.parquet", "orders"])
def test_the_content_tells_the_format(read: Read, delimiter: str, name: str) -> None:
    """Whatever the extension says."""
    assert len(read(PLAIN.replace(",", delimiter), name=name).orders()) == 2


def test_quoted_line_breaks_keep_their_lines(read: Read) -> None:
    """A reject's line is the physical one on which its row begins."""
    text = 'order_id,customer_id,order_date,amount,note\n1,a,2024-01-01,5,"two\nlines"\n2,,2024-01-02,6,"three\n\nlines"\n3,c,2024-01-03,x,\n4,d,2024-01-03,1,\n'

    reading = read(text)

    assert reading.rejects() == [(4, "ingest.no_customer"), (7, "ingest.bad_amount")]
    assert dict(reading.engine.run("select line, raw from rejects"))[4] == '2,,2024-01-02,6,"three\n\nlines"'


def test_json_lines(read: Read) -> None:
    """Nested names, numbers as written, bad lines rejected one by one."""
    text = (
        '{"event_timestamp": "2024-03-05T10:00:00Z", "user_id": "u1", "ecommerce": {"transaction_id": "T1", "purchase_revenue": 9.10}}\n'
        "\nnot json\n"
        '{"user_id": "u1", "user_id": "u2"}\n'
        '{"event_timestamp": "2024-03-06T10:00:00Z", "user_id": null, "ecommerce": {"purchase_revenue": 1}}\n'
        '{"event_timestamp": "2024-03-07T10:00:00Z", "user_id": 12345678901234567890, "ecommerce": {"transaction_id": "T2", "purchase_revenue": 0.1}}\n'
        + '{"a":' * 3_000
        + "\n"
    )

    reading = read(text, name="events.jsonl")

    assert reading.orders() == [
        ("T1", "u1", "2024-03-05", 9.1),
        ("T2", "12345678901234567890", "2024-03-07", 0.1),
    ]
    assert [code for _line, code in reading.rejects()][:3] == [
        "ingest.not_an_object",
        "ingest.repeated_key",
        "ingest.no_customer",
    ]
    assert [line for line, _code in reading.rejects()] == [3, 4, 5, 7]


def test_a_workbook(read_paths: Read, workbook: Workbook, tmp_path: Path) -> None:
    """The sheet with the orders is found and named; ids are text, damaged ones rejected, rows numbered as shown."""
    noon = datetime(2024, 3, 5, 12, 0)  # noqa: DTZ001 -- a cell has no zone
    rows: list[list[Any]] = [
        ["三月订单"],
        [],
        ["订单编号", "会员编号", "付款时间", "实付金额"],
        ["1234567890123456789", 12345, noon, 12.5],
        [1234567890123456789, 12345, noon, 1],
        ["A2", "00012", noon, 0.1 + 0.2],
        [None, None, None, None],
        ["A3", None, noon, 3],
        ["A4", 7, 45356, "¥1,200"],
    ]
    path = workbook(tmp_path / "订单.xlsx", {"说明": [["说明"], ["这里没有订单"]], "订单": rows})

    reading = read_paths(path)

    assert reading.orders() == [
        ("1234567890123456789", "12345", "2024-03-05", 12.5),
        ("A2", "00012", "2024-03-05", 0.3),
        ("A4", "7", "2024-03-05", 1200.0),
    ]
    assert reading.rejects() == [(5, "ingest.damaged_id"), (8, "ingest.no_customer")]
    assert {SheetChosen, LinesAboveHeader} <= reading.warned()
    assert set(reading.intake.encodings.values()) == {"XLSX"}
    assert dict(reading.engine.run("select line, raw from rejects"))[8] == "A3\t\t2024-03-05 12:00:00\t3"


def test_a_workbook_with_a_far_cell_is_refused(read_paths: Read, tmp_path: Path) -> None:
    """A cell in the last row and column would span seventeen billion cells."""
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["customer_id", "order_date", "amount"])
    sheet.write(1_048_575, 16_383, "far")
    book.close()

    with pytest.raises(ArchiveTooLarge, match=r"60,000,000 cells"):
        read_paths(path)


def test_entities_in_a_workbook_are_not_expanded(
    read_paths: Read, workbook: Workbook, tmp_path: Path
) -> None:
    """A billion laughs, and a file of the machine: neither is read."""
    source = workbook(
        tmp_path / "clean.xlsx", {"Orders": [["customer_id", "order_date", "amount"], ["a", "2024-01-01", 5]]}
    )
    path = tmp_path / "entities.xlsx"
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    with zipfile.ZipFile(source) as clean, zipfile.ZipFile(path, "w") as book:
        for name in clean.namelist():
            text = clean.read(name).decode()
            if name == "xl/sharedStrings.xml":
                head, _, rest = text.partition("?>")
                text = f"{head}?>{doctype}{rest.replace('<t>a</t>', '<t>x&b;&f;</t>')}"
            book.writestr(name, text)

    try:
        reading = read_paths(path)
    except DamagedFile:
        return
    ids = [o[1] for o in reading.orders()]
    assert all("aaaaaaaaaa" not in customer and len(customer) < 40 for customer in ids)


def test_a_workbook_that_unpacks_without_end_is_refused(
    read_paths: Read, workbook: Workbook, tmp_path: Path
) -> None:
    """Hundreds of megabytes of blanks in a sheet of a few kilobytes, before they are all unpacked."""
    source = workbook(tmp_path / "clean.xlsx", {"Orders": [["customer_id"], ["a"]]})
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(source) as clean,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
    ):
        for name in clean.namelist():
            data = clean.read(name)
            book.writestr(name, data + b" " * 100_000_000 if name.endswith("sheet1.xml") else data)

    with pytest.raises(ArchiveTooLarge):
        read_paths(path)


def test_a_packed_text_is_read(read: Read) -> None:
    """GZ by content; the lines are those of the text."""
    reading = read(gzip.compress((PLAIN + "A9,,2024-01-01,1\n").encode()), name="orders.csv.gz")

    assert len(reading.orders()) == 2
    assert reading.rejects() == [(4, "ingest.no_customer")]


def test_archives_are_not_searched(read: Read, tmp_path: Path) -> None:
    """A ZIP of files, or a packed workbook, is refused: member names never lead anywhere."""
    path = tmp_path / "inner.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../orders.csv", PLAIN)
    with pytest.raises(PackedFile, match="ZIP"):
        read(path.read_bytes())
    with pytest.raises(PackedFile, match="GZ"):
        read(gzip.compress(b"PAR1 and so on"))
