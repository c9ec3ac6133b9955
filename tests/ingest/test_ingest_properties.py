"""Whatever comes in: an account that adds up, or a refusal in words; never anything else."""

from __future__ import annotations

import gzip
import os
import random
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergrove.ingest.values.amounts import PLAIN_AMOUNT, PLAIN_WHOLE, read_amount
from evergrove.ingest.values.dates import DateReading, read_day
from evergrove.ingest.values.ids import PLAIN_ID, read_id
from evergrove.warehouse import Engine, open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    ReadOrRefuse = Callable[..., bool]
    Workbook = Callable[[Path, dict[str, list[list[Any]]]], Path]

PROVING = bool(os.environ.get("EVERGROVE_PROVE"))
FUZZED = 3_000 if PROVING else 30

ids = st.one_of(
    st.sampled_from(
        ["", "1", "1", "2", "3", "A-1", "null", "1.2E+11", '="7"', "007", "合计", "Total", "a\u200b"]
    ),
    st.integers(1, 12).map(str),
)
days = st.one_of(
    st.dates(date(2023, 1, 1), date(2025, 12, 31)).map(str),
    st.sampled_from(
        [
            "",
            "2024-01-01 10:00:00",
            "2024-02-30",
            "1900-01-01",
            "2099-01-01",
            "soon",
            "2024-01-01T23:59:59Z",
            "45356",
        ]
    ),
)
amounts = st.one_of(
    st.decimals(-999, 9_999, places=2).map(str),
    st.sampled_from(["", "1,234.50", "(5)", "5-", "NT$ 5", "1e9", "NaN", "9" * 40, "1.23456", "€7"]),
)
statuses = st.sampled_from(["", "paid", "cancelled", "交易关闭", "pending", "refunded", "部分退款", "???"])
junk = st.one_of(
    st.just(""),
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(['"', "a\nb", "a,b", "\x00", "x" * 300]),
)
rows = st.lists(st.tuples(ids, ids, days, amounts, statuses, ids, junk), min_size=1, max_size=25)
HEADER = "order_id,customer_id,order_date,amount,status,sku,note"


def quoted(cells: Sequence[str]) -> str:
    """Cells as a line, most of them well quoted."""
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n\r') else cell for cell in cells
    )


@pytest.mark.slow
@settings(max_examples=300 if PROVING else 15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=2), st.data())
def test_every_row_is_good_rejected_or_duplicate(
    read_or_refuse: ReadOrRefuse, tmp_path: Path, files: list[list[tuple[str, ...]]], data: st.DataObject
) -> None:
    """Over generated files, one or two, with and without damage to their quoting."""
    paths = []
    for number, content in enumerate(files):
        text = "\n".join([HEADER, *map(quoted, content)]) + "\n"
        at = data.draw(st.integers(len(HEADER) + 1, len(text)))
        text = text[:at] + data.draw(st.sampled_from(["", "", '"', "\n", ",", "\x00", "\r"])) + text[at:]
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_bytes(text.encode())
    read_or_refuse(*paths)


def seeds(folder: Path, workbook: Workbook) -> list[bytes]:
    """Small good files of every format."""
    plain = "order_id,customer_id,order_date,amount,status,sku\n" + "".join(
        f'A{i},C{i % 7},2024-0{i % 9 + 1}-1{i % 9} 10:00:00,{i * 1.5:.2f},paid,"s{i % 3}"\n'
        for i in range(40)
    )
    simplified = "订单编号,会员编号,付款时间,实付金额,订单状态\n" + "".join(
        f'{i},会员{i % 5},2024/3/{i % 28 + 1} 8:26,"{i},00{i % 10}.50",交易成功\n' for i in range(30)
    )
    traditional = "訂單編號;會員編號;訂購日期;付款金額\n" + "".join(
        f"{i};王{i % 5};114/03/{i % 28 + 1:02d};NT$ {i}\n" for i in range(30)
    )
    lines = "".join(
        f'{{"order_id":{i},"customer_id":"c{i % 5}","order_date":"2024-01-{i % 28 + 1:02d}T10:00:00Z","amount":{i}.5,"x":{{"y":[1]}}}}\n'
        for i in range(30)
    )
    book = workbook(folder / "seed.xlsx", {"Orders": [line.split(",") for line in plain.splitlines()]})
    with open_engine(threads=1) as engine:
        typed = (
            "select 'A' || i as order_id, i % 7 as customer_id, timestamp '2024-01-01' + to_days(cast(i as int)) as order_date,"
            " i * 1.5 as amount from range(60) as numbers(i)"
        )
        engine.copy_to(typed, folder / "seed.parquet", "format parquet")
    return [
        plain.encode(),
        plain.replace("\n", "\r\n").encode("utf-16"),
        simplified.encode("gb18030"),
        traditional.encode("big5"),
        lines.encode(),
        f"[{lines.strip().replace(chr(10), ',')}]".encode(),
        gzip.compress(plain.encode(), mtime=0),
        book.read_bytes(),
        (folder / "seed.parquet").read_bytes(),
    ]


PIECES = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff\xfe",
    b"NaN",
    b"9999-12-31",
    b"1e308",
    b"\t",
    b";",
    b"#REF!",
    b"9" * 400,
    b"(5)",
    b"total",
    b"{",
    b"[",
]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """A file with a few bytes changed, put in, taken out, repeated or cut off."""
    for _change in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.randrange(1, 60))
        data = chance.choice(
            [
                data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
                data[:at] + chance.choice(PIECES) + data[at:],
                data[:at] + data[to:],
                data[:to] + data[at:],
                data[: max(at, len(data) // 2)],
                data[:at] + chance.choice(PIECES) + data[to:],
            ]
        )
    return data


@pytest.mark.slow
def test_mutated_files_never_break_the_reader(
    read_or_refuse: ReadOrRefuse, workbook: Workbook, tmp_path: Path
) -> None:
    """Fixed seeds; ``make prove`` runs a hundred times as many."""
    chance = random.Random(20_261_122)  # noqa: S311 -- reproducible damage, nothing secret
    originals = seeds(tmp_path, workbook)
    read = 0
    for nth in range(FUZZED):
        path = tmp_path / f"{nth}.bin"
        path.write_bytes(mutated(chance, originals[nth % len(originals)]))
        read += read_or_refuse(path)
        path.unlink()

    assert 0.3 * FUZZED < read < FUZZED


@given(st.from_regex(PLAIN_AMOUNT, fullmatch=True))
def test_plain_amounts_mean_what_the_rules_say(text: str) -> None:
    """What SQL casts by itself, our rules read alike."""
    assert read_amount(text).value == Decimal(text)


@given(st.from_regex(PLAIN_WHOLE, fullmatch=True))
def test_whole_amounts_mean_the_same_with_either_sign(text: str) -> None:
    """Where the comma is the decimal sign, SQL casts whole numbers only."""
    assert read_amount(text, ",").value == Decimal(text)


@given(st.from_regex(PLAIN_ID, fullmatch=True).filter(lambda text: len(text) <= 256))
def test_plain_ids_are_ids_as_they_stand(text: str) -> None:
    """What SQL takes by itself, our rules leave unchanged."""
    assert read_id(text.rstrip("\n")).value == text.rstrip("\n")


@pytest.mark.parametrize("header_says", ["local", "utc"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/St_Johns", "Asia/Kathmandu"])
def test_a_dates_key_has_the_dates_day(engine: Engine, zone: str, header_says: str) -> None:
    """The least of a timestamp that tells its day tells the same day, or the same fault."""
    is_utc = header_says == "utc"
    chance = random.Random(7)  # noqa: S311 -- reproducible
    texts = [
        "",
        "soon",
        "2024-02-30 10:00:00",
        "2024-01-01 25:00:00",
        "2024-01-01 10:61",
        "2024-01-01 10:00+02",
        "12/11/2024 20:38",
        "24-1-2 3:04",
    ]
    for _i in range(400):
        y, mo, d, h, mi, s = (
            chance.randrange(a, b) for a, b in ((1972, 2026), (1, 13), (1, 29), (0, 24), (0, 60), (0, 60))
        )
        sign, oh, om = chance.choice("+-"), chance.randrange(13), chance.choice((0, 15, 30, 45))
        texts += [
            f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d}",
            f"{y}/{mo:02d}/{d:02d} {h:02d}:{mi:02d}",
            f"{y}-{mo:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}.123456",
            f"{y}-{mo:02d}-{d:02d}T{h:02d}:{mi:02d}:{s:02d}Z",
            f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d} {sign}{oh:02d}{om:02d}",
            f"{y}-{mo:02d}-{d:02d} {h:02d}:{mi:02d}:{s:02d}.5{sign}{oh:02d}:{om:02d}",
            f"{mo}/{d}/{y} {h}:{mi:02d}",
            str(chance.randrange(1_000_000_000, 1_770_000_000)),
            str(chance.randrange(1_000_000_000_000, 1_770_000_000_000)),
            str(chance.randrange(1_000_000_000_000_000, 1_770_000_000_000_000)),
        ]
    engine.create("ingest_incoming", "select unnest($texts) as date_text", texts=texts)

    keyed = engine.run(statement("evergrove.ingest", "keyed_texts"), is_utc=is_utc)

    reading = DateReading(order="mdy", zone=ZoneInfo(zone), is_utc=is_utc)
    assert is_utc or len({key for _text, key in keyed}) < len(texts)
    assert [text for text, key in keyed if read_day(text, reading) != read_day(key, reading)] == []
