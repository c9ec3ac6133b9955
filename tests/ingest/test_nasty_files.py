"""Files that shops really send, by the rule of the book that each one tries: exact rows, or a refusal in words."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ingest.conftest import Reading

    ReadPaths = Callable[..., Reading]

H = "order_id,customer_id,order_date,amount\n"
GOOD = "A1,c1,2025-03-13,5.00\nA2,c2,2025-03-14,7.50\n"


@dataclass(frozen=True)
class Nasty:
    """
    One file and what must become of it.

    Attributes:
        rule: Of the book: R1 to R14.
        name: What is nasty about it.
        content: The file.
        good, duplicate: Rows.
        rejected: Rows by code, without "ingest." before it.
        total: What the orders add up to; None: not asked.
        refused: Code of the refusal, without "ingest."; empty: it is read.
        options: Said by the user.
        file: Its name.
    """

    rule: str
    name: str
    content: str | bytes
    good: int = 2
    duplicate: int = 0
    rejected: dict[str, int] | None = None
    total: float | None = None
    refused: str = ""
    options: dict[str, Any] | None = None
    file: str = "orders.csv"


def row(order: str = "A3", customer: str = "c3", day: str = "2025-03-15", amount: str = "1.00") -> str:
    """Two good rows, and one with a nasty cell."""
    return f"{H}{GOOD}{order},{customer},{day},{amount}\n"


def bad(rule: str, name: str, code: str, **cells: str) -> Nasty:
    """A nasty cell that costs its own row, and no other."""
    return Nasty(rule, name, row(**cells), rejected={code: 1}, total=12.5)


def fine(rule: str, name: str, total: float, **cells: str) -> Nasty:
    """A cell that looks nasty and is understood."""
    return Nasty(rule, name, row(**cells), good=3, total=total)


def refused(rule: str, name: str, code: str, content: str | bytes, **more: Any) -> Nasty:
    """A file that nobody can understand."""
    return Nasty(rule, name, content, refused=code, **more)


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A ZIP of some members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def book(sheet: str, before: str = "") -> bytes:
    """A workbook by hand: one sheet of the given XML rows, with something before its root."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        (
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>'.encode(),
        ),
        (
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        ),
        (
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'.encode(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            f'{before}<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'.encode(),
        ),
    )


def sheet_rows(text: str) -> str:
    """Rows of a sheet with the texts in place."""
    return "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in line.split(","))
        + "</row>"
        for line in text.splitlines()
    )


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
ZH = "订单编号,会员编号,付款时间,实付金额\n1,张三,2025-03-13 10:00:00,5.00\n2,李四,2025-03-14 10:00:00,7.50\n"
TW = "訂單編號,會員編號,訂購日期,付款金額\n1,王小明,2025-03-13,5.00\n2,陳大文,2025-03-14,7.50\n"
LINES = "".join(
    json.dumps({"order_id": f"A{n}", "customer_id": "c", "order_date": "2025-03-13", "amount": "5.00"}) + "\n"
    for n in (1, 2)
)

NASTY = [
    # R1 ids
    fine("R1", "an id with leading zeros", 13.5, order="00123"),
    fine("R1", "an id of twenty digits", 13.5, order="12345678901234567890"),
    fine("R1", "an id that Excel was kept from", 13.5, order='"=""123"""'),
    fine("R1", "an id with a tab at its end", 13.5, order="A3\t"),
    fine("R1", "an id with an apostrophe before it", 13.5, order="'A3"),
    fine("R1", "a blank order id", 13.5, order=""),
    bad("R1", "an id that a spreadsheet rounded", "damaged_id", order="1.2E+11"),
    bad("R1", "an id that was a formula", "damaged_id", order="#REF!"),
    bad("R1", "a customer with a zero-width space", "bad_customer", customer="c\u200b3"),
    bad("R1", "a customer of 257 characters", "bad_customer", customer="c" * 257),
    bad("R1", "a customer called NULL", "no_customer", customer="NULL"),
    bad("R1", "no customer", "no_customer", customer=""),
    bad("R1", "a customer of blanks", "no_customer", customer="   "),
    bad("R1", "no day", "no_date", day=""),
    bad("R1", "no amount", "no_amount", amount=""),
    bad("R1", "an order id written from right to left", "bad_order_id", order="A\u202e3"),
    refused(
        "R1",
        "no column for the customer",
        "column_not_found",
        "order_id,order_date,amount\nA1,2025-03-13,5.00\n",
    ),
    # R2 encodings
    Nasty("R2", "UTF-8 with a BOM", b"\xef\xbb\xbf" + (H + GOOD).encode(), total=12.5),
    Nasty("R2", "UTF-16 with a BOM", (H + GOOD).encode("utf-16"), total=12.5),
    Nasty("R2", "UTF-16, big end first, without a BOM", (H + GOOD).encode("utf-16-be"), total=12.5),
    Nasty("R2", "GBK", ZH.encode("gbk"), total=12.5),
    Nasty(
        "R2",
        "GB18030 with a character of four bytes",
        ZH.replace("张三", "𠮷三").encode("gb18030"),
        total=12.5,
    ),
    Nasty("R2", "Big5", TW.encode("big5"), total=12.5),
    Nasty("R2", "Western European", (H + GOOD.replace("c1", "Zoë")).encode("cp1252"), total=12.5),
    Nasty(
        "R2",
        "one broken byte in UTF-8",
        (H + GOOD).encode()
        + b"A3,J\xffrg \xe4\xbd\xa0,2025-03-15,1\n"
        + "A4,你好,2025-03-15,1\nA5,你们,2025-03-15,1\n".encode(),
        good=4,
        rejected={"undecodable": 1},
    ),
    refused(
        "R2", "an encoding that does not exist", "unknown_encoding", H + GOOD, options={"encoding": "utf-9"}
    ),
    # R3 amounts
    fine("R3", "thousands in groups", 1247.0, amount='"1,234.50"'),
    fine("R3", "full-width digits", 24.5, amount="１２.００"),
    fine("R3", "a currency before it", 24.5, amount="NT$ 12"),
    Nasty(
        "R3",
        "given back: -x, x- and (x)",
        row(amount="-3") + "A4,c4,2025-03-15,3-\nA5,c5,2025-03-15,(3)\n",
        good=5,
        total=12.5,
    ),
    Nasty(
        "R3",
        "decimal commas",
        H.replace(",", ";") + "A1;c1;2025-03-13;1.234,50\nA2;c2;2025-03-14;7,50\n",
        total=1242.0,
    ),
    Nasty("R3", "groups as in India", row(amount='"12,34,567.00"'), good=3, total=1234579.5),
    bad("R3", "not a number", "no_amount", amount="NaN"),
    bad("R3", "infinite", "bad_amount", amount="inf"),
    bad("R3", "with an exponent", "bad_amount", amount="1e308"),
    bad("R3", "of 400 digits", "amount_too_large", amount="9" * 400),
    bad("R3", "of a trillion", "amount_too_large", amount="1000000000000"),
    bad("R3", "with five decimals", "amount_too_precise", amount="1.00005"),
    bad("R3", "in units of ten thousand", "bad_amount", amount="1.2万"),
    bad("R3", "a percentage", "bad_amount", amount="5%"),
    refused(
        "R3",
        "grouped, or decimals?",
        "ambiguous_amounts",
        H + "A1,c1,2025-03-13,1.234\nA2,c2,2025-03-14,2.345\n",
    ),
    # R4 currencies
    Nasty(
        "R4",
        "codes in any case, blanks take the usual one",
        "order_id,customer_id,order_date,amount,currency\nA1,c1,2025-03-13,5.00,usd\nA2,c2,2025-03-14,7.50,USD\nA3,c3,2025-03-14,1.00,\n",
        good=3,
        total=13.5,
    ),
    Nasty(
        "R4",
        "a code that is none",
        "order_id,customer_id,order_date,amount,currency\nA1,c1,2025-03-13,5.00,USD\nA2,c2,2025-03-14,7.50,USD\nA3,c3,2025-03-14,1.00,ZZZ\n",
        rejected={"bad_currency": 1},
        total=12.5,
    ),
    Nasty(
        "R4",
        "one row in another currency",
        "order_id,customer_id,order_date,amount,currency\n"
        + "".join(f"A{n},c{n},2025-03-13,1.00,USD\n" for n in range(19))
        + "B1,c1,2025-03-14,1.00,EUR\n",
        good=19,
        rejected={"currency.mixed": 1},
        total=19.0,
    ),
    refused(
        "R4",
        "half and half",
        "currencies_unclear",
        "order_id,customer_id,order_date,amount,currency\nA1,c1,2025-03-13,5.00,USD\nA2,c2,2025-03-14,7.50,EUR\n",
    ),
    # R5 days
    fine("R5", "a Chinese date", 13.5, day="2025年3月5日"),
    fine("R5", "an offset", 13.5, day="2025-03-05T23:30:00+08:00"),
    fine("R5", "an hour that daylight saving leaves out", 13.5, day="2025-03-30 02:30:00"),
    fine("R5", "a day in 29 February", 13.5, day="2024-02-29"),
    bad("R5", "a day that does not exist", "bad_date", day="2025-02-29"),
    bad("R5", "a month 13", "bad_date", day="2025-13-01"),
    bad("R5", "the day Excel begins", "date_placeholder", day="1900-01-01"),
    bad("R5", "the day Unix begins", "date_placeholder", day="1970-01-01"),
    bad("R5", "the end of time", "date_placeholder", day="9999-12-31"),
    bad("R5", "before 1971", "date_too_early", day="1969-07-20"),
    Nasty(
        "R5",
        "next year",
        row(day="2027-01-01") + "".join(f"B{n},c1,2025-03-1{n},1.00\n" for n in range(4)),
        good=6,
        rejected={"date_in_future": 1},
        total=16.5,
    ),
    bad("R5", "words", "bad_date", day="last Tuesday"),
    Nasty(
        "R5",
        "day before month, proved by one row",
        H + "A1,c1,03/04/2025,5.00\nA2,c2,14/03/2025,7.50\n",
        total=12.5,
    ),
    refused(
        "R5", "day or month first?", "ambiguous_dates", H + "A1,c1,03/04/2025,5.00\nA2,c2,05/04/2025,7.50\n"
    ),
    refused("R5", "both", "mixed_dates", H + "A1,c1,13/04/2025,5.00\nA2,c2,04/14/2025,7.50\n"),
    refused(
        "R5", "a file of the future", "future_dates", H + "A1,c1,2031-04-13,5.00\nA2,c2,2025-04-14,7.50\n"
    ),
    # R6 repeats
    Nasty("R6", "the same row twice", H + GOOD + "A2,c2,2025-03-14,7.50\n", duplicate=1, total=12.5),
    Nasty(
        "R6",
        "one id, another amount",
        H + GOOD + "A2,c2,2025-03-14,9.50\n",
        rejected={"conflict": 1},
        total=12.5,
    ),
    Nasty(
        "R6",
        "one id, another customer",
        H + GOOD + "A2,c9,2025-03-14,7.50\n",
        rejected={"conflict": 1},
        total=12.5,
    ),
    Nasty(
        "R6",
        "no order id, the same purchase twice",
        "customer_id,order_date,amount\nc1,2025-03-13,5.00\nc1,2025-03-13,5.00\n",
        total=10.0,
    ),
    # R7 structure
    Nasty("R7", "blank lines between rows", H + "\n" + GOOD.replace("\n", "\n\n"), total=12.5),
    Nasty(
        "R7",
        "a row with a cell too many",
        H + GOOD + "A3,c3,2025-03-15,1.00,x\n",
        rejected={"ragged_row": 1},
        total=12.5,
    ),
    Nasty(
        "R7",
        "a row with a cell too few",
        H + GOOD + "A3,c3,2025-03-15\n",
        rejected={"ragged_row": 1},
        total=12.5,
    ),
    Nasty(
        "R7",
        "a line break in quotes",
        H + GOOD + 'A3,"c\n3",2025-03-15,1.00\n',
        rejected={"bad_customer": 1},
        total=12.5,
    ),
    Nasty(
        "R7",
        "a quotation mark that is never closed",
        H + GOOD + 'A3,"c3,2025-03-15,1.00\n',
        rejected={"unclosed_quote": 1},
        total=12.5,
    ),
    Nasty("R7", "the header again", H + GOOD + H, rejected={"repeated_header": 1}, total=12.5),
    Nasty("R7", "a total at the end", H + GOOD + "Total,,,12.50\n", rejected={"total_row": 1}, total=12.5),
    Nasty("R7", "a title above the header", "Orders of March\n\n" + H + GOOD, total=12.5),
    Nasty(
        "R7",
        "columns in another order",
        "amount,order_date,customer_id,order_id\n5.00,2025-03-13,c1,A1\n7.50,2025-03-14,c2,A2\n",
        total=12.5,
    ),
    Nasty("R7", "semicolons", (H + GOOD).replace(",", ";"), total=12.5),
    Nasty("R7", "tabs", (H + GOOD).replace(",", "\t"), total=12.5),
    Nasty("R7", "bars", (H + GOOD).replace(",", "|"), total=12.5),
    Nasty("R7", "Excel's own first line", "sep=;\n" + (H + GOOD).replace(",", ";"), total=12.5),
    Nasty("R7", "lines of an old Macintosh", (H + GOOD).replace("\n", "\r"), total=12.5),
    Nasty(
        "R7",
        "two columns of one name",
        "order_id,customer_id,order_date,amount,amount\nA1,c1,2025-03-13,5.00,9\nA2,c2,2025-03-14,7.50,9\n",
        total=12.5,
    ),
    # R8 refusals
    refused("R8", "nothing", "empty_file", b""),
    refused("R8", "a header only", "empty_file", H),
    refused("R8", "no header", "missing_header", GOOD),
    refused("R8", "a web page", "unknown_format", b"<!DOCTYPE html><html></html>"),
    refused("R8", "a PDF by another name", "unknown_format", b"%PDF-1.7\n%\xe2\xe3"),
    refused(
        "R8",
        "a comma in every amount",
        "too_many_cells",
        H + "A1,c1,2025-03-13,1,234.50\nA2,c2,2025-03-14,2,345.50\n",
    ),
    refused("R8", "half a Parquet file", "damaged_file", b"PAR1" + b"\x15\x04" * 40),
    # R9 text is data
    fine("R9", "a formula", 13.5, customer="\"=cmd|' /C calc'!A0\""),
    fine("R9", "a script", 13.5, customer="<script>alert(1)</script>"),
    fine("R9", "SQL", 13.5, customer="x'); drop table orders;--"),
    fine("R9", "a template", 13.5, customer="{{7*7}}{% for %}"),
    Nasty(
        "R9",
        "a header with a quotation mark and a semicolon",
        'order_id,customer_id,order_date,amount,"x""; drop table y"\nA1,c1,2025-03-13,5.00,1\nA2,c2,2025-03-14,7.50,2\n',
        total=12.5,
    ),
    # R10 control characters
    bad("R10", "NUL", "control_character", customer="c\x003"),
    bad("R10", "a bell", "control_character", customer="c\x073"),
    bad("R10", "a C1 control", "control_character", customer="c\x853"),
    # R11 addresses stand in customers files; as a customer's id one is text
    fine("R11", "an address as the customer", 13.5, customer="ann@example.com"),
    # R12 limits
    Nasty(
        "R12",
        "a cell of 300,000 characters",
        H + GOOD + f"A3,{'c' * 300_000},2025-03-15,1.00\n",
        rejected={"cell_too_large": 1},
        total=12.5,
    ),
    refused(
        "R12",
        "5,000 columns",
        "too_many_columns",
        H.strip() + "," + ",".join(f"x{n}" for n in range(5_000)) + "\n",
    ),
    Nasty(
        "R12",
        "JSON nested 200,000 deep",
        LINES + '{"a":' * 200_000 + "1" + "}" * 200_000 + "\n",
        rejected={"nested_too_deep": 1},
        file="o.json",
    ),
    Nasty(
        "R12",
        "a JSON key twice",
        LINES
        + '{"order_id":"A3","order_id":"A4","customer_id":"c","order_date":"2025-03-13","amount":"1"}\n',
        rejected={"repeated_key": 1},
        file="o.json",
    ),
    Nasty(
        "R12",
        "a line that is no JSON",
        LINES + "order 7 was nice\n",
        rejected={"not_an_object": 1},
        file="o.json",
    ),
    refused(
        "R12",
        "a JSON array that breaks off",
        "broken_array",
        b'[{"order_id": "A1", "customer_id": "c"}, {"order',
    ),
    # R13 archives
    Nasty("R13", "gzip by another name", gzip.compress((H + GOOD).encode(), mtime=0), total=12.5),
    refused(
        "R13",
        "a gzip bomb",
        "archive_too_large",
        gzip.compress(H.encode() + b"\n" * 300_000_000, compresslevel=9, mtime=0),
    ),
    refused("R13", "half a gzip", "damaged_file", gzip.compress((H + GOOD * 500).encode(), mtime=0)[:60]),
    refused(
        "R13",
        "a ZIP with a way out of its folder",
        "packed_file",
        zipped(("../../etc/orders.csv", (H + GOOD).encode())),
    ),
    refused("R13", "a ZIP in a ZIP", "unknown_format", zipped(("x.zip", zipped(("y.csv", b"1"))))),
    # R14 no code
    refused(
        "R14",
        "a pickle",
        "unknown_format",
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    ),
    refused(
        "R14",
        "a workbook of a billion laughs",
        "damaged_file",
        book(sheet_rows(H + GOOD + "A3,&i;,2025-03-15,1.00\n"), before=LAUGHS),
        file="o.xlsx",
    ),
    Nasty("R14", "a workbook by another name", book(sheet_rows(H + GOOD)), total=12.5),
]


def test_there_is_a_file_for_every_rule() -> None:
    """Eighty at least, one a rule at least, no two of one name."""
    assert len(NASTY) >= 80
    assert {f"R{n}" for n in range(1, 15)} == {nasty.rule for nasty in NASTY}
    assert Counter((nasty.rule, nasty.name) for nasty in NASTY).most_common(1)[0][1] == 1


@pytest.mark.parametrize("nasty", NASTY, ids=lambda nasty: f"{nasty.rule} {nasty.name}")
def test_a_nasty_file(nasty: Nasty, tmp_path: Path, read_paths: ReadPaths) -> None:
    """Good + rejected + duplicate = rows; the exact codes; or refused as a whole, with nothing left behind."""
    path = tmp_path / nasty.file
    path.write_bytes(nasty.content if isinstance(nasty.content, bytes) else nasty.content.encode())
    options = nasty.options or {}

    if nasty.refused:
        with pytest.raises(InputError) as said:
            read_paths(path, **options)
        assert said.value.code == f"ingest.{nasty.refused}"
        return
    reading = read_paths(path, **options)
    rows = reading.intake.rows
    rejected = {code.removeprefix("ingest."): each.rows for code, each in reading.intake.rejected.items()}

    assert (rows.good, rows.duplicate, rejected) == (nasty.good, nasty.duplicate, nasty.rejected or {})
    assert rows.good + rows.duplicate + rows.rejected == rows.read
    if nasty.total is not None:
        total = reading.engine.value("select coalesce(sum(amount), 0) from orders")
        assert float(total) == pytest.approx(nasty.total, abs=1e-9)
