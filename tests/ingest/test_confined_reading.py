"""Files read in a confined child: the same facts, rejects, warnings and refusals as without, and never more than allowed."""

from __future__ import annotations

import ast
import gzip
import io
import json
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergrove import ingest
from evergrove.core import InputError
from evergrove.core.confinement import Limits, ReaderBroke, TookTooMuch
from evergrove.ingest import ReadOptions, read_orders
from evergrove.ingest.sources.confined import ConfinedSource, Room, confined, room_here
from evergrove.ingest.tables.recognise import recognise
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the Linux kernel")

HEADER = "order_id,customer_id,order_date,amount,status\n"
ROWS = "A1,ann,2026-05-01,10.00,paid\nA2,ben,2026-05-02,20.00,paid\nA3,cem,2026-05-03,30.00,cancelled\n"
CHINESE = "订单编号,买家会员名,付款时间,实付款金额\n1,小明,2026-05-01 10:00:00,12.5\n2,小红,2026-05-02 11:00:00,￥20\n"


def parquet(**columns: list[Any]) -> bytes:
    """A Parquet file."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


TYPED = parquet(
    customer=["ann", "ben", "cem"],
    order=["A1", "A2", "A2"],
    day=[date(2026, 5, 1), date(2026, 5, 2), None],
    amount=[10.0, 20.5, float("nan")],
)
NASTY: dict[str, bytes] = {
    "plain.csv": (HEADER + ROWS).encode(),
    "marked.csv": b"\xef\xbb\xbf" + (HEADER + ROWS).encode(),
    "wide.csv": (HEADER + ROWS).encode("utf-16"),
    "mainland.csv": CHINESE.encode("gb18030"),
    "taiwan.csv": "訂單編號,會員編號,付款日期,實付金額\n1,c1,2026/05/01,1200\n".encode("big5"),
    "broken_bytes.csv": (HEADER + ROWS).encode() + b"A4,\xff\xfe\xc3,2026-05-04,5,paid\n",
    "nul.csv": (HEADER + ROWS).encode() + b"A4,a\x00b,2026-05-04,5,paid\n",
    "ragged.csv": (HEADER + ROWS + "A4,dan,2026-05-04\nA5,eve,2026-05-05,5,paid,more,cells\n").encode(),
    "misfit.csv": (HEADER + "A1,ann,2026-05-01,1,000.00,paid\n" * 4).encode(),
    "open_quote.csv": (HEADER + ROWS + 'A4,"dan,2026-05-04,5,paid\nA5,eve,2026-05-05,5,paid\n').encode(),
    "quoted_lines.csv": (HEADER + 'A4,"dan\nthe second",2026-05-04,5,paid\n' + ROWS).encode(),
    "above.csv": ("Export of May\n\n" + HEADER + ROWS).encode(),
    "old_mac.csv": (HEADER + ROWS).replace("\n", "\r").encode(),
    "semicolons.csv": (HEADER + ROWS).replace(",", ";").encode(),
    "bad_rows.csv": (
        HEADER
        + ROWS
        + "A4,,2026-05-04,5,paid\nA5,eve,2026-13-40,5,paid\nA6,fay,2026-05-04,x,paid\nA1,ann,2026-05-01,11.00,paid\n"
    ).encode(),
    "formula.csv": (HEADER + "A4,=cmd|' /C calc'!A0,2026-05-04,5,paid\n" + ROWS).encode(),
    "no_rows.csv": HEADER.encode(),
    "no_header.csv": ROWS.encode(),
    "nothing.csv": b"",
    "other_table.csv": b"colour,size\nred,1\n",
    "long_line.csv": (HEADER + ROWS + "A4," + "x" * 200_000 + ",2026-05-04,5,paid\n").encode(),
    "lines.jsonl": b'{"order_id": "A1", "customer": {"id": "ann"}, "date": "2026-05-01", "amount": 10}\n[1]\n{"a": 1, "a": 2}\n{"order_id": "A2", "customer": {"id": "ben"}, "date": "2026-05-02", "amount": 1e2}\n',
    "array.json": b'[{"order_id": "A1", "customer_id": "ann", "date": "2026-05-01", "amount": 10.50}, 7]',
    "cut_off.json": b'[{"order_id": "A1", "customer_id": "ann", "date": "2026-05-01", "amount": 10.50}, {"ord',
    "packed.csv.gz": gzip.compress((HEADER + ROWS).encode()),
    "cut_off.csv.gz": gzip.compress((HEADER + ROWS * 3000).encode())[:-300],
    "typed.parquet": TYPED,
    "cut_off.parquet": TYPED[: len(TYPED) // 2],
    "dirty.parquet": TYPED[:40] + b"\xff" * 60 + TYPED[100:],
    "columns.parquet": parquet(
        order_id=["1"], customer_id=[7], order_date=["2026-05-01"], amount=["1.234,50"]
    ),
    "page.csv": b"<html><body>Please sign in</body></html>",
    "tables.zip": packed({"orders.csv": (HEADER + ROWS).encode()}),
    "no_workbook.xlsx": packed({"[Content_Types].xml": b"<Types/>"}),
    "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "pickled.csv": b"\x80\x04\x95" + bytes(99),
}


def outcome_of(path: Path) -> dict[str, Any]:
    """Everything that reading a file says and publishes."""
    options = ReadOptions(today=date(2026, 6, 30))
    with open_engine(threads=1) as engine:
        try:
            intake = read_orders(engine, [path], options)
        except InputError as error:
            return {"refused": error.code, "said": str(error)}
        tables = {
            name: sorted(map(repr, engine.run(f"select * from {name}")))
            for name in ("orders", "refunds", "known_customers", "rejects")
        }
    return {
        "tables": tables,
        "rows": intake.rows,
        "excluded": intake.excluded,
        "rejected": intake.rejected,
        "columns": intake.columns,
        "encodings": intake.encodings,
        "header": intake.header,
        "warnings": [str(warning) for warning in intake.warnings],
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NASTY)
def test_a_child_reads_the_same(tmp_path: Path, name: str) -> None:
    """Facts, rejects with their lines and raw texts, warnings and refusals: equal to the last letter."""
    path = tmp_path / name
    path.write_bytes(NASTY[name])
    here = outcome_of(path)
    (tmp_path / "room").mkdir()
    with confined(tmp_path / "room"):
        there = outcome_of(path)
    assert there == here


def test_a_workbook_too(tmp_path: Path, workbook: Callable[[Path, dict[str, list[list[Any]]]], Path]) -> None:
    """Its cells, and the warning of the sheet that was chosen."""
    path = workbook(
        tmp_path / "orders.xlsx",
        {
            "notes": [["nothing here"]],
            "orders": [["order_id", "customer_id", "order_date", "amount"], ["A1", "ann", "2026-05-01", 10]],
        },
    )
    here = outcome_of(path)
    assert here["warnings"]
    (tmp_path / "room").mkdir()
    with confined(tmp_path / "room"):
        assert outcome_of(path) == here
        assert recognise(path, ReadOptions()).table == "orders"
    assert room_here() is None


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A file that needs more than a child may take ends the child with a sentence."""
    path = tmp_path / "orders.csv"
    path.write_bytes((HEADER + ROWS * 40_000).encode())
    (tmp_path / "room").mkdir()
    limits = Limits(memory_mb=40, seconds=60, output_mb=100)
    with confined(tmp_path / "room", limits), pytest.raises((TookTooMuch, ReaderBroke)):
        outcome_of_any(path)


def outcome_of_any(path: Path) -> None:
    """Read a file, refusals and all."""
    with open_engine(threads=1) as engine:
        read_orders(engine, [path], ReadOptions())


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "{",
        "[]",
        '{"kind": "text"}',
        '{"error": {"code": "people.erased", "params": {}}}',
        '{"error": {"code": "ingest.no_such", "params": {}}}',
        '{"kind": "text", "encoding": 7, "header": [], "delimiter": "", "warnings": [], "samples": [], "faults": []}',
        json.dumps({"kind": "text", "encoding": "x", "header": ["a"], "delimiter": "", "warnings": [], "samples": [], "faults": []}),
    ],
)  # fmt: skip
def test_nonsense_of_a_child_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str
) -> None:
    """Whoever has taken over the child cannot make the parent do anything else than refuse the file."""
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + ROWS)
    monkeypatch.setattr("evergrove.ingest.sources.confined.run_confined", lambda *_given, **_named: printed)
    with confined(tmp_path), pytest.raises(ReaderBroke):
        outcome_of_any(path)


OFFSETS = b"\x00\x00\x00\x00\x05\x00\x00\x00\x0a\x00\x00\x00"
"""Of two texts of five letters."""


@pytest.mark.parametrize(
    ("name", "found", "put"),
    [
        ("c0", OFFSETS, OFFSETS[:8] + b"\xff\xff\xff\x0f"),
        ("c0", OFFSETS, OFFSETS[:4] + b"\xff\xff\xff\xff" + OFFSETS[8:]),
        ("c0", b"alphabravo", b"alpha\xff\xfe\xfd\xfc\xfb"),
        ("other", b"alpha", b"alpha"),
    ],
)
def test_arrow_of_a_child_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, found: bytes, put: bytes
) -> None:
    """Offsets that lead out of the buffer, bytes that are no text, or other columns are refused before use."""
    monkeypatch.setattr("evergrove.ingest.sources.confined.run_confined", lambda *_given, **_named: "{}")
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.array(["alpha", "bravo"])], ["line", name])
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    content = bytes(out.getvalue().to_pybytes())
    assert found in content
    (tmp_path / "000000").write_bytes(content.replace(found, put))
    source = ConfinedSource(tmp_path / "x.csv", Room(tmp_path, Limits()), {}, "UTF-8", ("a",), ",", ())
    with pytest.raises(ReaderBroke):
        list(source.rows([0]))


def test_nothing_is_unpickled_anywhere() -> None:
    """No module of the station imports what runs code that stands in data."""
    unsafe = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "yaml"}
    imported = {
        name.partition(".")[0]
        for path in Path(ingest.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    assert "json" in imported
    assert not imported & unsafe


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
