"""Hostile files and hard ends where personal data are concerned; numbers are those of the list of threats."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import shutil
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select

from evergrove.app import create_workspace, open_workspace
from evergrove.app.weeks import READ
from evergrove.core import SetClock
from evergrove.core.confinement import ReaderBroke
from evergrove.ingest.facts.imports import imports
from evergrove.people import PersonRow, store_people
from evergrove.people.identity import members_of, persons_at, persons_now
from evergrove.people.identity.tables import identity, merge_event
from evergrove.people.tables import person
from evergrove.pipeline import uploads
from evergrove.testing.kill import kill_points
from evergrove.testing.workspaces import write_orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace

NOW = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
PEOPLE = """customer_id,name,email,union_id
ADA-1,Ada Lovelace,ada@mail.example,union-ada
ADA-2,,,union-ada
BOB-1,Bob Other,bob@mail.example,union-bob
EVE-1,Eve,eve@mail.example,
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with four ids of three persons."""
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key", clock=SetClock(NOW))
    with open_workspace(tmp_path / "shop", SetClock(NOW)) as opened:
        people = tmp_path / "people.csv"
        people.write_text(PEOPLE, encoding="utf-8")
        opened.ingest_customers([people], READ)
        yield opened


def put(here: Workspace, name: str, content: bytes) -> Path:
    """A raw file in the workspace."""
    path = here.folder / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def zstd(content: bytes) -> bytes:
    """A Zstandard file."""
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue().to_pybytes())


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fx.csv",
        "C:\\x.csv",
        "\u202egnp.csv",
        "-rf.csv",
        "a b;rm.csv",
        "n" * 240 + ".csv",
        "line\nbreak.csv",
    ],
)
def test_35_a_files_name_is_only_a_name(here: Workspace, name: str) -> None:
    """It is noted as it is, leads nowhere, and the file is found when its person is erased."""
    path = put(here, name, PEOPLE.encode() + b"DAN-1,Dan,,\n")
    (intake,) = here.ingest_customers([path], READ)
    assert intake.rows.good == 5
    done = here.erase("ADA-2")
    assert (done.uploads, path.exists()) == ((path,), False)


def test_35_a_file_that_is_called_by_the_person_is_called_otherwise(here: Workspace, tmp_path: Path) -> None:
    """What is noted of its import names nobody: the name goes, the digest by which it is known stays."""
    path = tmp_path / "Ada Lovelace (export).csv"
    path.write_text(PEOPLE + "DAN-1,Dan,,\n")
    here.ingest_customers([path], READ)
    here.erase("ADA-1")
    with here.ledger.reading() as connection:
        *_others, noted = connection.execute(select(imports).order_by(imports.c.seq)).all()
    assert noted.file == noted.sha256[:12]


def test_36_a_bomb_among_raw_files_is_not_unpacked(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the limit in bytes and in depth; what nobody can look through counts as naming the person."""
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1 << 20)
    monkeypatch.setattr(uploads, "MOST_PACKED", 1 << 16)
    bomb = put(here, "bomb.gz", gzip.compress(bytes(8 << 20)))
    nested: bytes = b"Ada Lovelace"
    for _deep in range(8):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("../../x.csv", nested)
        nested = out.getvalue()
    deep = put(here, "deep.zip", nested)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for at in range(2_000):
            archive.writestr(f"{at}.csv", "nobody")
    put(here, "many.zip", many.getvalue())
    done = here.erase("ADA-1")
    assert bomb in done.left
    assert deep in done.left  # stored, not compressed: the name stands in its plain bytes
    assert {path.name for path in done.left} == {"bomb.gz", "deep.zip"}
    assert not (here.folder.parent / "x.csv").exists()


def test_37_what_a_file_is_is_told_by_its_bytes(here: Workspace) -> None:
    """Parquet, an archive and a workbook under other names are looked through all the same."""
    table = io.BytesIO()
    pq.write_table(pa.table({"名": ["Ada Lovelace"] * 3}), table, compression="zstd")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<si><t>ADA@mail.example</t></si>")
    files = {
        put(here, "photo.png", table.getvalue()),
        put(here, "notes.txt", packed.getvalue()),
        put(here, "table.csv", gzip.compress(PEOPLE.encode())),
        put(here, "wide.csv", PEOPLE.encode("utf-16")),
        put(here, "late.csv", PEOPLE.encode("utf-16-be")),
        put(here, "small.bin", zstd(PEOPLE.encode())),
        put(here, "orders-ADA-1.csv", b"order_id\n1\n"),
    }
    put(here, "others.csv", b"customer_id,name\nBOB-1,Bob Other\n")
    assert set(here.erase("ADA-1").left) == files


@pytest.mark.parametrize("encoding", ["gbk", "big5", "utf-8", "json", "xml"])
def test_37_a_short_name_is_found_however_it_is_written(here: Workspace, encoding: str) -> None:
    """Most Chinese names have two or three characters; files come in the encodings of their shops."""
    with here.ledger.writing() as connection:
        store_people(connection, here.seal, [PersonRow("LI-1", name="李明", email="li@mail.example")], NOW)
    line = "買家,李明,台北\n"
    written = {"json": json.dumps(line).encode(), "xml": line.encode("ascii", "xmlcharrefreplace")}
    path = put(here, "raw.csv", written.get(encoding) or line.encode(encoding))
    put(here, "other.csv", "買家,林大明,李小明\n".encode("big5" if encoding == "big5" else "utf-8"))

    assert here.erase("LI-1").left == (path,)


def test_38_what_breaks_its_reader_counts_as_naming_the_person(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is no reason to suspect the files beside it, of which a child of its own tells."""
    bad, good = put(here, "bad.csv", b"x"), put(here, "good.csv", b"y")
    asked: list[int] = []

    def broken(_module: str, _arguments: list[str], *, given: str, **_limits: object) -> str:
        files = json.loads(given)["files"]
        asked.append(len(files))
        if os.fsencode(bad).hex() in files:
            raise ReaderBroke(file="inbox", reason="SIGSEGV")
        return "[false]"

    monkeypatch.setattr(uploads, "run_confined", broken)
    assert here.erase("ADA-1").left == (bad,)
    assert asked == [2, 1, 1]
    assert good.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"PAR1" + bytes(40) + b"PAR1",
        b"PK\x03\x04" + bytes(30),
        b"\x1f\x8b\x08" + b"\xff" * 20,
        b"[" * 200_000,
        b"",
    ],
)
def test_38_a_damaged_file_stops_no_erasure(here: Workspace, content: bytes) -> None:
    """Its plain bytes are looked at; what does not open is no reason to keep a person."""
    put(here, "damaged", content)
    done = here.erase("ADA-1")
    assert (done.is_new, done.left) == (True, ())


class _Opened:
    """What a pickle would do on being loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("opened-by-pickle",)


def test_39_nothing_is_ever_unpickled(
    here: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is bytes like any others."""
    monkeypatch.chdir(tmp_path)
    path = put(here, "model.pkl", pickle.dumps((_Opened(), "Ada Lovelace")))
    assert here.erase("ADA-1").left == (path,)
    assert not (tmp_path / "opened-by-pickle").exists()


def test_40_the_same_file_twice_is_one_import(here: Workspace, tmp_path: Path) -> None:
    """Whatever its name: nothing is new, and nobody is joined again."""
    again = tmp_path / "copy.csv"
    shutil.copyfile(tmp_path / "people.csv", again)
    with here.ledger.reading() as connection:
        before = connection.execute(select(func.count()).select_from(merge_event)).scalar_one()
    (intake,) = here.ingest_customers([again], READ)
    assert (intake.is_new, intake.rows.good) == (False, 4)
    with here.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(imports)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(merge_event)).scalar_one() == before


def swept(here: Workspace, tmp_path: Path) -> tuple[Path, Path]:
    """The workspace's folder, closed, and a copy to begin from."""
    put(here, "raw.csv", PEOPLE.encode())
    here.ingest_customers([here.folder / "inbox" / "raw.csv"], READ)
    here.ingest([write_orders(tmp_path / "o.csv", date(2026, 7, 1), {"ADA-1": 5.0, "BOB-1": 7.0})], READ)
    here.ledger.fold_log()
    here.ledger.close()
    return here.folder, shutil.copytree(here.folder, tmp_path / "origin")


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_kill_never_leaves_a_person_half_joined(here: Workspace, tmp_path: Path) -> None:
    """At every durable write of a joining and its undoing: before or after, and the log says the same."""
    folder, origin = swept(here, tmp_path)
    states: list[dict[str, str]] = [
        {"ADA-2": "ADA-1"},
        {"ADA-2": "ADA-1", "EVE-1": "ADA-1"},
    ]

    def prepare() -> None:
        shutil.rmtree(folder)
        shutil.copytree(origin, folder)

    def run() -> None:
        with open_workspace(folder, SetClock(NOW)) as opened:
            opened.merge("EVE-1", "ADA-2")
            opened.unmerge("EVE-1")
            opened.merge("ADA-1", "EVE-1")

    def verify() -> None:
        with open_workspace(folder, SetClock(NOW)) as opened, opened.ledger.reading() as connection:
            found = persons_now(connection)
            assert found in states
            assert found == persons_at(connection)
            assert len(connection.execute(select(identity)).all()) == 6

    assert kill_points(run, verify, prepare=prepare) >= 6


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_a_killed_erasure_is_done_again_to_the_end(here: Workspace, tmp_path: Path) -> None:
    """At every durable write: the person is wholly there or the second erasure ends it; others stay."""
    folder, origin = swept(here, tmp_path)

    def prepare() -> None:
        shutil.rmtree(folder)
        shutil.copytree(origin, folder)

    def run() -> None:
        with open_workspace(folder, SetClock(NOW)) as opened:
            opened.erase("ADA-2")

    def verify() -> None:
        with open_workspace(folder, SetClock(NOW)) as opened:
            with opened.ledger.reading() as connection:
                statuses = {row.customer_id: row.status for row in connection.execute(select(person))}
            assert {statuses["ADA-1"], statuses.get("ADA-2", "active")} in ({"active"}, {"erased"})
            opened.erase("ADA-1")
            with opened.ledger.reading() as connection:
                assert members_of(connection, ["ADA-2"]) == {"ADA-2": ("ADA-1", "ADA-2")}
                left = set(connection.execute(select(identity.c.customer_id)).scalars())
            assert left == {"BOB-1", "EVE-1"}
        held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).lower()
        assert (b"ada lovelace" in held, b"ada@mail.example" in held, b"union-ada" in held) == (False,) * 3

    proving = "EVERGROVE_PROVE" in os.environ
    assert kill_points(run, verify, 1 if proving else 4, prepare=prepare) >= 3
