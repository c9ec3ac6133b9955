"""Erasing somebody deletes no file that waits to be looked at, and none in which an id stands by chance."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.audit import entries
from evergrove.ingest.facts.imports import imports, newest_seq
from evergrove.pipeline.uploads import is_called, sha256_of
from evergrove.pipeline.uploads_reader import cells_of

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

ROWS = "order_id,customer_id,order_date,amount\n7,C-2026,2026-06-30,1001.00\n"


def put(here: Workspace, folder: str, name: str, text: str) -> Path:
    """A file in a folder of the inbox."""
    path = here.folder / "inbox" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_waits_to_be_looked_at_is_left(begun: Workspace) -> None:
    """It was never imported: its owner decides; an id that nobody has deletes nothing."""
    held = put(begun, "held", "upload-a.csv", ROWS)

    done = begun.erase("C-2026")

    assert (held.exists(), done.uploads, done.left) == (True, (), (held,))


def test_a_file_that_waits_goes_where_it_has_come_in(begun: Workspace) -> None:
    """Then nobody needs it."""
    held = put(begun, "held", "upload-a.csv", ROWS)
    with begun.ledger.writing() as connection:
        row = dict(connection.execute(select(imports)).mappings().first() or {})
        new = {"seq": newest_seq(connection) + 1, "sha256": sha256_of(held)}
        connection.execute(imports.insert(), [row | new])

    assert begun.erase("C-2026").uploads == (held,)
    assert not held.exists()


def test_a_refused_file_that_names_somebody_goes_whole_and_is_noted(begun: Workspace) -> None:
    """Its rows could not be read, so that nobody knows whose they are; other refused files and their notes stay."""
    named = put(begun, "refused", "20260630T040000-a.csv", ROWS.replace("order_id", "nr"))
    other = put(begun, "refused", "20260630T040000-b.csv", ROWS.replace("C-2026", "C-2027"))
    for path in (named, other):
        put(begun, "refused", f"{path.name}.why.txt", "No column tells the order. [ingest.no_column]\n")

    for _twice in range(2):
        begun.erase("C-2026")

    left = {path.name for path in named.parent.iterdir()}
    assert left == {other.name, f"{other.name}.why.txt"}
    with begun.ledger.reading() as connection:
        (row,) = entries(connection, 50, act="imports.files_erased")
    assert (row.what, row.params) == ("customer:C-2026", {"files": 1, "refused": 1})


@pytest.mark.parametrize("someone", ["2026", "1001", "0630", "2026-06", "orders"])
def test_an_id_within_a_date_or_an_amount_deletes_nothing(begun: Workspace, someone: str) -> None:
    """Neither what was taken nor what waits; nor by the day in a file's name."""
    files = [
        put(begun, "done", "20260630T040000-orders-2026-06.csv", ROWS),
        put(begun, "refused", "20260630T040000-1001 rows.csv", ROWS),
    ]

    done = begun.erase(someone)

    assert (done.uploads, done.left) == ((), ())
    assert all(path.exists() for path in files)


def test_a_bare_id_that_fills_a_cell_is_found(begun: Workspace) -> None:
    """At the beginning, the end and within a line, in quotation marks, in JSON, and packed."""
    texts = {
        "first.csv": "customer_id,amount\n2026,5\n",
        "last.csv": "amount,customer_id\n5,2026",
        "quoted.csv": 'a;b\n"2026";5\n',
        "lines.jsonl": json.dumps({"customer": 2026, "amount": 5}),
    }
    files = [put(begun, "done", name, text) for name, text in texts.items()]
    packed = begun.folder / "inbox" / "done" / "packed.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n1, 2026 \n"))

    assert set(begun.erase("2026").uploads) == {*files, packed}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "gb18030", "big5"])
def test_an_id_fills_a_cell_in_each_encoding(encoding: str) -> None:
    """Of digits, and of signs; one sign more is another id."""
    cells = cells_of(["1001", "會員一號"])
    assert cells is not None

    for text in ("編號,1001,5\n", "編號\t會員一號\n"):
        assert cells.search(text.encode(encoding)), text
    for text in ("編號,21001,5\n", "編號,1001.5\n", "2026-10-01,會員一號甲\n"):
        assert not cells.search(text.encode(encoding)), text


def test_a_file_is_called_by_an_id_as_a_word() -> None:
    """Digits alone are most often a day, or a number of rows."""
    assert is_called("orders-ADA-1.csv", ["ada-1"])
    assert is_called("1001.csv", ["1001"])
    assert not is_called("orders-ADA-12.csv", ["ADA-1"])
    assert not is_called("orders-2026-06.csv", ["2026", "2026-06", "orders"])
