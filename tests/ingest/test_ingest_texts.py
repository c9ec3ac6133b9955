"""Ids, encodings and lines: text comes in undamaged, or is rejected where it stands."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.ingest.sources.delimited import read_rows, sniff_delimiter
from evergrove.ingest.sources.encoding import KEEP, UNDECODABLE, escaped, guess_encoding, named_encoding
from evergrove.ingest.sources.errors import ArchiveTooLarge, DamagedFile, UnknownEncoding
from evergrove.ingest.sources.text_lines import Block, byte_chunks, raw_lines, text_blocks
from evergrove.ingest.values.ids import Id, read_id

if TYPE_CHECKING:
    from pathlib import Path

SIMPLIFIED = "订单编号,买家会员名,实付金额\n1,张三,5\n2,李四,6\n"
TRADITIONAL = "訂單編號,會員編號,付款金額\n1,王小明,5\n2,陳大文,6\n"
WESTERN = "order_id,customer,amount\n1,Müller,5\n2,Éric Café,6\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" A-1 ", "A-1"),
        ("007", "007"),
        ('="1234567890123456789"', "1234567890123456789"),
        ("1234\t", "1234"),
        ("'0912345678", "0912345678"),
        ("12345.0", "12345"),
        ("'quoted'", "quoted"),
        ("张三", "张三"),
        ("=1+1", "=1+1"),
        ("O'Neil; DROP TABLE", "O'Neil; DROP TABLE"),
    ],
)
def test_an_id_is_text(text: str, value: str) -> None:
    """Wrappers of spreadsheets go; leading zeros, formulas and quotes stay as they are."""
    assert read_id(text) == Id(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1.2E+11", "damaged"),
        ("1.23457E+18", "damaged"),
        ("#REF!", "damaged"),
        ("a\u200bb", "bad"),
        ("a\nb", "bad"),
        ("x" * 257, "bad"),
    ],
)
def test_a_damaged_id_is_refused(text: str, fault: str) -> None:
    """Spreadsheet debris, invisible characters, more than 256 characters."""
    assert read_id(text).fault == fault


@pytest.mark.parametrize("text", ["", " ", "NULL", "nan", "#N/A", "-", '=""', "无"])
def test_a_blank_id_names_nobody(text: str) -> None:
    """Null words are no ids."""
    assert read_id(text) == Id()


@pytest.mark.parametrize(
    ("text", "written", "shown"),
    [
        (SIMPLIFIED, "utf-8", "UTF-8"),
        (SIMPLIFIED, "utf-8-sig", "UTF-8 with BOM"),
        (SIMPLIFIED, "gbk", "GB18030"),
        (SIMPLIFIED, "gb18030", "GB18030"),
        (SIMPLIFIED, "utf-16", "UTF-16"),
        (SIMPLIFIED, "utf-16-le", "UTF-16"),
        (SIMPLIFIED, "utf-16-be", "UTF-16"),
        (TRADITIONAL, "big5", "Big5"),
        (TRADITIONAL, "utf-8", "UTF-8"),
        (TRADITIONAL, "gbk", "GB18030"),
        (SIMPLIFIED.partition("\n")[2], "gbk", "GB18030"),
        (TRADITIONAL.partition("\n")[2], "big5", "Big5"),
        ("id,name\n" + TRADITIONAL.partition("\n")[2], "big5", "Big5"),
        (WESTERN, "cp1252", "cp1252"),
        (WESTERN, "utf-8", "UTF-8"),
        ("a,b\n1,2\n", "ascii", "UTF-8"),
    ],
)
def test_an_encoding_is_found_by_trial(text: str, written: str, shown: str) -> None:
    """Marks, valid UTF-8, then the Chinese encoding whose characters are common ones."""
    data = text.encode(written)
    found = guess_encoding(lambda: [data[:41], data[41:]])

    assert found.shown == shown
    assert data.decode(found.codec).lstrip("\ufeff") == text


def test_broken_bytes_do_not_make_utf8_something_else() -> None:
    """A few bad bytes in Chinese UTF-8 stay bad bytes in UTF-8."""
    data = SIMPLIFIED.encode() + b"3,\xff\xfe,7\n"
    found = guess_encoding(lambda: [data])

    assert found.codec == "utf-8"
    kept = data.decode("utf-8", KEEP)
    assert len(UNDECODABLE.findall(kept)) == 2
    assert escaped(kept).endswith("3,\\xff\\xfe,7\n")


def test_a_named_encoding_must_exist() -> None:
    """The user's word counts, once Python knows it as an encoding of text."""
    assert named_encoding("GBK").codec == "gb18030"
    assert named_encoding("big5").codec == "cp950"
    for name in ("klingon", "hex", "rot13", "", "\0"):
        with pytest.raises(UnknownEncoding):
            named_encoding(name)


def parsed(text: str, width: int = 3) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """Rows with their lines, and faults with theirs."""
    rows: list[tuple[int, list[str]]] = []
    faults: list[tuple[int, str]] = []
    for batch in read_rows(iter([Block(1, text)]), ",", width, range(width)):
        cells = [column.to_pylist() for column in batch.columns]
        rows += [(line, [column[i] for column in cells]) for i, line in enumerate(batch.lines)]
        faults += [(fault.line, fault.code) for fault in batch.faults]
    return rows, faults


def test_a_quoted_line_break_belongs_to_its_cell() -> None:
    """A row begins on its first physical line; the next one is counted on."""
    rows, faults = parsed('1,"x\ny",3\n\n4,5,6\n')

    assert rows == [(1, ["1", "x\ny", "3"]), (4, ["4", "5", "6"])]
    assert faults == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_line_ends_and_quotes_do_not_change_the_rows(end: str, quote: str) -> None:
    """All ways through the parser agree."""
    text = end.join(",".join(f"{quote}{cell}{quote}" for cell in row) for row in ("abc", "def", "ghi")) + end

    rows, faults = parsed(text)

    assert rows == [(1, ["a", "b", "c"]), (2, ["d", "e", "f"]), (3, ["g", "h", "i"])]
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        '1,"abc,5\n2,"def",6\n3,4,5\n',
        '1,"abc,5\n2,b,6\n3,4,5\n',
        '1,"abc,5\n' + "".join(f"{i},b,6\n" for i in range(2, 500)),
    ],
)
def test_an_open_quote_costs_its_own_line(text: str) -> None:
    """The rows that it would swallow are read."""
    rows, faults = parsed(text)

    assert faults == [(1, "ingest.unclosed_quote")]
    assert len(rows) == text.count("\n") - 1


def test_bad_rows_are_rejected_alone() -> None:
    """Ragged rows, stray quotes, NUL, cells beyond the limit; extra empty cells lose nothing."""
    text = '1,2\n1,2,3,\n1,2,3,4\n,,\n"a"b,2,3\n1,\x00,2\n1,' + "x" * 140_000 + ",3\n7,8,9\n"

    rows, faults = parsed(text)

    assert [line for line, _row in rows] == [2, 8]
    assert faults == [
        (1, "ingest.ragged_row"),
        (3, "ingest.ragged_row"),
        (5, "ingest.stray_quote"),
        (6, "ingest.control_character"),
        (7, "ingest.cell_too_large"),
    ]


def test_a_blank_before_a_quote_is_nobodys() -> None:
    """Separator and quote may stand apart; other blanks are the cell's."""
    assert parsed('1, "a,b", c\n')[0] == [(1, ["1", "a,b", "c"])]
    assert parsed("1, a, c\n")[0] == [(1, ["1", " a", " c"])]


def test_blank_lines_are_no_rows() -> None:
    """Empty lines, and lines of separators only, wherever they stand."""
    for text in ("\n1,2,3\n\n,,\n4,5,6\n\n", "\r\n1,2,3\r\n\r\n,,\r\n4,5,6\r\n\r\n"):
        rows, faults = parsed(text)
        assert [line for line, _row in rows] == [2, 5]
        assert faults == []


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_what_csv_writes_is_read_back(rows: list[list[str]]) -> None:
    """Rows written with quotes come back cell by cell."""
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in kept)

    found, faults = parsed(text)

    assert [row for _line, row in found] == kept
    assert faults == []


cells = st.sampled_from(
    ["1", "", " a ", '"b"', '""', '"c,d"', '"e ""f"""', '"g', 'h"', 'i"j"', '"k"l', "m;n", '"n"o"']
)
ragged = st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4)


@given(ragged, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"]))
def test_the_quick_ways_take_nothing_that_the_strict_one_refuses(
    rows: list[list[str]], end: str, last: str
) -> None:
    """Well and badly quoted cells: what Python's own strict reader says of a text is what is found."""
    text = end.join(map(",".join, rows)) + last
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        strict = list(reader)
    except csv.Error:
        strict = []
    found, faults = parsed(text)

    fitting = [
        row[:3] for row in strict if "".join(row).strip() and len(row) > 2 and not "".join(row[3:]).strip()
    ]
    if strict and reader.line_num == len(strict):
        assert [row for _line, row in found] == fitting
    elif not strict:
        assert faults


def test_a_cell_beyond_the_limit_is_refused_however_it_is_written() -> None:
    """Quoted or not, alone in an otherwise clean text."""
    for long in ("x" * 140_000, f'"{"x" * 140_000}"'):
        rows, faults = parsed(f"1,2,3\n4,{long},6\n7,8,9\n")
        assert [line for line, _row in rows] == [1, 3]
        assert faults == [(2, "ingest.cell_too_large")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found(delimiter: str) -> None:
    """Also where amounts hold commas."""
    rows = [["order_id", "customer_id", "amount"], ["1", "a", "5,5"], ["2", "b", "6,5"]]
    cells = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    assert sniff_delimiter("\n".join(delimiter.join(row) for row in cells)) == delimiter


def test_blocks_join_to_the_file_and_number_their_lines(tmp_path: Path) -> None:
    """Across reads of a megabyte, with every kind of line end."""
    ends = ("\n", "\r\n")
    text = "".join(f"{i},é订{'x' * (i % 50)}{ends[i % 2]}" for i in range(60_000))
    path = tmp_path / "long.csv"
    path.write_bytes(text.encode())

    blocks = list(text_blocks(path, "utf-8"))

    assert len(blocks) > 1
    assert "".join(block.text for block in blocks) == text
    assert [block.first_line for block in blocks[1:]] == [
        block.first_line + block.line_count for block in blocks[:-1]
    ]
    assert dict(raw_lines(path, "utf-8", [1, 60_000])) == {1: "0,é订", 60_000: f"59999,é订{'x' * 49}"}


def test_a_line_without_end_is_one_bad_row(tmp_path: Path) -> None:
    """Memory holds a few megabytes of it, not all; the rows around it are read."""
    path = tmp_path / "endless.csv"
    path.write_bytes(b"1,2,3\n" + b"x" * 9_000_000 + b"\n4,5,6\n")

    batches = list(read_rows(text_blocks(path, "utf-8"), ",", 3, [0]))

    assert [line for batch in batches for line in batch.lines] == [1, 3]
    assert [(f.line, f.code, len(f.raw)) for batch in batches for f in batch.faults] == [
        (2, "ingest.line_too_long", 2_000)
    ]


def test_a_packed_file_is_unpacked_within_limits(tmp_path: Path) -> None:
    """A cut-off archive is damaged; one that grows a thousandfold is refused before it is all out."""
    data = gzip.compress(WESTERN.encode())
    whole, cut, bomb = (tmp_path / name for name in ("whole.gz", "cut.gz", "bomb.gz"))
    whole.write_bytes(data)
    cut.write_bytes(data[:-9])
    bomb.write_bytes(gzip.compress(bytes(80_000_000), compresslevel=1))

    assert b"".join(byte_chunks(whole)) == WESTERN.encode()
    with pytest.raises(DamagedFile):
        list(byte_chunks(cut))
    with pytest.raises(ArchiveTooLarge):
        list(byte_chunks(bomb))
