"""Archives: tables come out as they went in, and what was made to do harm is refused before it does any."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from evergrove.core import InputError
from evergrove.ingest.sources import archives
from evergrove.ingest.sources.archives import (
    ArchiveLocked,
    ArchiveNested,
    ArchiveUnsafe,
    NoTables,
    TooManyMembers,
    may_be_archive,
    unpack,
)
from evergrove.ingest.sources.confined import confined, room_here, unpack_elsewhere
from evergrove.ingest.sources.errors import ArchiveTooLarge, DamagedFile, EmptyFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ORDERS = b"order_id,customer_id,order_date,amount\nA1,ann,2026-05-01,10\n"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A ZIP of members in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    """A Zstandard file."""
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue().to_pybytes())


def link(name: str) -> zipfile.ZipInfo:
    """A member that is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def locked(content: bytes) -> bytes:
    """The same archive, its members marked as encrypted."""
    changed = bytearray(content)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            (old,) = struct.unpack_from("<H", changed, at + flags)
            struct.pack_into("<H", changed, at + flags, old | 1)
            at = changed.find(mark, at + 4)
    return bytes(changed)


@pytest.fixture
def given(tmp_path: Path) -> Callable[[bytes], Path]:
    """An archive of some bytes, last changed at a known second."""

    def write(content: bytes, name: str = "export.zip") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        os.utime(path, (1_750_000_000, 1_750_000_000))
        return path

    return write


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where tables go."""
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


def test_tables_come_out_as_they_went_in(given: Callable[[bytes], Path], room: Path) -> None:
    """Folders, notes and a Mac's litter are passed over; equal names do not meet; the date is the archive's."""
    path = given(
        zipped(
            ("may/orders.csv", ORDERS),
            ("june/orders.csv", ORDERS + b"A2,ben,2026-06-01,1\n"),
            ("readme.pdf", b"%PDF"),
            ("__MACOSX/may/._orders.csv", b"\x00\x05"),
            ("leer/", b""),
        )
    )
    tables = unpack(path, room)
    assert tables is not None
    assert [table.name for table in tables] == ["orders.csv", "orders.csv"]
    assert [table.read_bytes().count(b"\n") for table in tables] == [2, 3]
    assert {table.stat().st_mtime for table in tables} == {1_750_000_000}


def test_zstandard_is_unpacked(given: Callable[..., Path], room: Path) -> None:
    """The table is called like the file without its ending."""
    (table,) = unpack(given(zstd(ORDERS), "orders.csv.zst"), room) or []
    assert table.name == "orders.csv"
    assert table.read_bytes() == ORDERS


def test_what_is_no_archive_is_left_to_the_readers(
    given: Callable[..., Path], room: Path, workbook: Callable[..., Path], tmp_path: Path
) -> None:
    """A workbook is a ZIP too."""
    book = workbook(tmp_path / "orders.xlsx", {"orders": [["order_id"], ["A1"]]})
    assert may_be_archive(book)
    assert unpack(book, room) is None
    text = given(ORDERS, "orders.csv")
    assert not may_be_archive(text)
    assert unpack(text, room) is None


HOSTILE: dict[str, tuple[bytes, type[InputError]]] = {
    "upwards": (zipped(("../../evil.csv", ORDERS)), ArchiveUnsafe),
    "absolute": (zipped(("/etc/cron.d/evil.csv", ORDERS)), ArchiveUnsafe),
    "backslashes": (zipped(("..\\..\\evil.csv", ORDERS)), ArchiveUnsafe),
    "drive": (zipped(("C:\\evil.csv", ORDERS)), ArchiveUnsafe),
    "link": (zipped((link("orders.csv"), b"/etc/passwd")), ArchiveUnsafe),
    "locked": (locked(zipped(("orders.csv", ORDERS))), ArchiveLocked),
    "nested by name": (zipped(("orders.csv", ORDERS), ("more.zip", b"x")), ArchiveNested),
    "nested by content": (zipped(("orders.csv", zipped(("a.csv", ORDERS)))), ArchiveNested),
    "packed again": (zipped(("orders.csv", zstd(ORDERS))), ArchiveNested),
    "members": (zipped(*((f"{n}.csv", b"") for n in range(1001))), TooManyMembers),
    "no tables": (zipped(("a.exe", b"MZ")), NoTables),
    "cut off": (zipped(("orders.csv", ORDERS * 500))[:-40], DamagedFile),
    "false sum": (zipped(("orders.csv", ORDERS)).replace(b"orders.csv", b"0rders.csv", 1), DamagedFile),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(given: Callable[[bytes], Path], room: Path, name: str) -> None:
    """In words, with nothing outside of the room."""
    content, error = HOSTILE[name]
    path = given(content)
    with pytest.raises(error) as refused:
        unpack(path, room)
    assert "export.zip" in str(refused.value)
    assert {each.name for each in room.parent.iterdir()} == {"export.zip", "room"}


@pytest.mark.parametrize("packer", ["zip", "zstd", "two members"])
def test_bombs_stop_before_they_are_unpacked(
    given: Callable[..., Path], room: Path, monkeypatch: pytest.MonkeyPatch, packer: str
) -> None:
    """By the ratio of what has come out already, whatever the archive claims; the total of all members counts."""
    monkeypatch.setattr(archives, "UNPACKED_FREE", 2 << 20)
    zeros = bytes(8 << 20)
    content = {
        "zip": zipped(("orders.csv", zeros)),
        "zstd": zstd(zeros),
        "two members": zipped(*((f"{n}.csv", bytes(3 << 19)) for n in range(4))),
    }[packer]
    with pytest.raises(ArchiveTooLarge):
        unpack(given(content), room)
    assert sum(each.stat().st_size for each in room.rglob("*.csv")) <= 4 << 20


def test_an_empty_table_is_none(given: Callable[..., Path], room: Path) -> None:
    """Said of the archive, as its table has no rows to say it of."""
    with pytest.raises(EmptyFile):
        unpack(given(zstd(b""), "orders.csv.zst"), room)


def test_a_confined_child_unpacks_and_refuses_alike(given: Callable[[bytes], Path], room: Path) -> None:
    """The same tables, the same sentences."""
    path = given(zipped(("may/orders.csv", ORDERS)))
    with confined(room):
        here = room_here()
        assert here is not None
        (table,) = unpack_elsewhere(here, path) or []
        assert table.read_bytes() == ORDERS
        with pytest.raises(ArchiveUnsafe, match="evil"):
            unpack_elsewhere(here, given(HOSTILE["upwards"][0]))


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damage_at_any_byte_is_told_as_such(
    given: Callable[[bytes], Path], tmp_path: Path, packing: int
) -> None:
    """However it was packed: it comes out as it went in, is refused in our words, or is taken for no archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("größe.csv", ORDERS * 3, packing)
    whole = out.getvalue()
    refused = 0
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        folder = tmp_path / f"room-{at}"
        folder.mkdir()
        try:
            tables = unpack(given(damaged), folder)
        except InputError:
            refused += 1
            continue
        assert tables is None or [table.read_bytes() for table in tables] == [ORDERS * 3]
    assert refused > len(whole) / 4


def test_a_disk_that_refuses_is_not_the_archives_fault(
    given: Callable[[bytes], Path], room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No space left: the file waits, and nobody is told that it is damaged."""

    def full(*_given: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives, "_write", full)
    with pytest.raises(OSError, match="No space"):
        unpack(given(zipped(("orders.csv", ORDERS))), room)
