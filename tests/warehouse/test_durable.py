"""What is on the disk when, and what is swept."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.core.failpoints import watch_failpoints
from evergrove.warehouse import NotWritable, write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was made durable, in order: fsync of what, rename to what, commit."""
    found: list[str] = []
    flush, rename = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        opened = os.fstat(descriptor)
        named = {path.stat().st_ino: path.name for path in (tmp_path, *tmp_path.glob("**/*"))}
        kind = "folder" if stat.S_ISDIR(opened.st_mode) else "file"
        found.append(f"flush {kind} {named[opened.st_ino]}")
        flush(descriptor)

    def replace(source: Path, target: Path) -> None:
        found.append(f"rename {source.name} to {target.name}")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    watch_failpoints(lambda name: found.append("commit") if name == "ledger.commit" else None)
    yield found
    watch_failpoints(None)


def test_a_row_names_a_file_only_when_file_and_name_are_on_the_disk(bench: Any, done: list[str]) -> None:
    """Write, flush, rename, flush the folder, then the row: a power cut in between loses nothing."""
    draft = bench.draft("scores", 3)
    bench.publish(draft)

    name = draft.files[0].path.rpartition("/")[2]
    assert done[-4:] == [
        f"flush file {name}.part",
        f"rename {name}.part to {name}",
        "flush folder scores",
        "commit",
    ]
    made = f"flush folder {bench.folder.name}"  # the new folder's own name
    assert done.index(made) < done.index(f"flush file {name}.part")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_and_is_said(
    bench: Any, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The error names the file and the reason; what was published stays."""
    before = bench.publish(bench.draft("scores", 1))
    files = bench.files()

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(NotWritable, match="the disk is full"):
        bench.draft("scores", 2)

    monkeypatch.undo()
    assert bench.files() == files
    assert bench.warehouse.newest() == before


def test_a_folder_that_is_not_writable_is_said(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own complaint about the disk is the same error."""
    bench.draft("scores", 1)
    monkeypatch.setattr(
        "evergrove.warehouse.generations.write_durably",
        lambda path, fill: fill(path.parent / "no" / "such" / "folder"),
    )

    with pytest.raises(NotWritable):
        bench.draft("scores", 1)


def test_a_file_in_the_place_of_its_folder_is_said(tmp_path: Path) -> None:
    """Sweeping up what was never begun does not hide why."""
    (tmp_path / "deep").write_text("somebody's")

    with pytest.raises(NotWritable, match=r"list\.csv"):
        write_durably(tmp_path / "deep" / "list.csv", lambda part: part.write_text("new"))

    assert (tmp_path / "deep").read_text() == "somebody's"


def test_what_breaks_off_leaves_the_old_content(tmp_path: Path) -> None:
    """A file is replaced whole, or not at all."""
    path = tmp_path / "deep" / "list.csv"
    write_durably(path, lambda part: part.write_text("old"))

    def half(part: Path) -> None:
        part.write_text("ne")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_durably(path, half)

    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_files_that_nothing_names_are_swept_after_a_day(bench: Any) -> None:
    """A draft that was never published, and a part of a file, go; what is young, named or not ours stays."""
    kept = bench.publish(bench.draft("scores", 2))
    left = bench.draft("scores", 2).files[0].path
    (bench.folder / f"{left}.part").write_bytes(b"half")
    (bench.folder / "scores" / "notes.txt").write_text("somebody's")
    bench.wait(hours=23)
    young = bench.draft("scores", 2).files[0].path
    assert bench.warehouse.sweep().files == 0

    bench.wait(hours=2)
    swept = bench.warehouse.sweep()

    assert swept.files == 2
    assert swept.bytes > 4
    assert bench.files() == {kept.tables["scores"].files[0].path, young, "scores/notes.txt"}


def test_a_snapshot_let_go_of_is_swept_a_day_later(bench: Any) -> None:
    """Who reads it meanwhile reads on; the newest is never let go of; shared files stay."""
    first = bench.publish(bench.draft("scores", 1), bench.draft("orders", 4))
    second = bench.publish(bench.draft("scores", 2), bench.draft("orders", 1, keep=first.tables["orders"]))
    bench.wait(days=30)
    with bench.ledger.writing() as connection:
        bench.warehouse.retire(connection, [first.id, second.id])
    bench.warehouse.sweep()

    assert bench.warehouse.snapshots() == [second]
    assert bench.rows(first, "scores") == 1

    bench.wait(hours=25)
    assert bench.warehouse.sweep().files == 1
    assert bench.warehouse.verify(second, deep=True) == []
    assert bench.rows(second, "orders") == 5
