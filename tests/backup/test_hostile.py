"""A backup is believed nothing before it is checked: damage, tricks and bombs end in a refusal and leave nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tests.backup.conftest import content

from evergrove.app import backups
from evergrove.backup import Where
from evergrove.backup.errors import DamagedBackup, NoRoom, NotABackup, UnknownBackupFormat
from evergrove.core import EvergroveError, memory_peak
from evergrove.core.confinement import ReaderBroke
from evergrove.ledger import LedgerTooNew

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAMAGES = int(os.environ.get("EVERGROVE_PROVE", "0")) * 180 + 20


@pytest.fixture
def folder(shop_in_sqlite: Path, tmp_path: Path) -> Path:
    """A backup as a folder, to change."""
    return backups.back_up_workspace(shop_in_sqlite, tmp_path / "folder")[0].to


def refused(origin: Path, tmp_path: Path, error: type[EvergroveError] = DamagedBackup) -> None:
    """Neither restored nor called whole; nothing is left beside."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error):
        backups.restore_workspace(origin, Where(tmp_path / "back"))
    with pytest.raises(error):
        backups.verify_backup(origin)
    assert sorted(tmp_path.iterdir()) == before


def resigned(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as somebody would who knows how its digest is made."""
    path = folder / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["digest"]
    change(said)
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps({**said, "digest": sha256(canonical.encode()).hexdigest()}), encoding="utf-8")


def renewed(folder: Path, name: str) -> None:
    """Let the manifest say what a changed file is now."""
    content = (folder / name).read_bytes()

    def change(said: dict[str, Any]) -> None:
        (file,) = (each for each in said["files"] if each["path"] == name)
        file |= {"sha256": sha256(content).hexdigest(), "bytes": len(content)}

    resigned(folder, change)


def packed(folder: Path, to: Path, extra: Callable[[tarfile.TarFile], object] = lambda _tape: None) -> Path:
    """The folder as an archive, by Python's own tarfile, with something added."""
    below = sorted(path for path in folder.rglob("*.parquet"))
    first = [folder / name for name in ("manifest.json", "evergrove.toml", "ledger.sqlite")]
    with tarfile.open(to, "w", format=tarfile.GNU_FORMAT) as tape:
        for path in (*first, *below):
            tape.add(path, path.relative_to(folder).as_posix())
        extra(tape)
    return to


def test_an_archive_made_by_others_is_read_too(folder: Path, tmp_path: Path) -> None:
    """What is refused below is refused for what was added to it."""
    assert backups.verify_backup(packed(folder, tmp_path / "b.tar")).replayed


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["b.tar", "b.tar.zst"])
def test_random_damage_is_found(shop_in_sqlite: Path, tmp_path: Path, kind: str) -> None:
    """
    A flipped bit, a missing piece, a doubled one: refused, unless it hit what carries nothing.

    The zeros that fill a tar's last record, and the two bytes behind a header's checksum, are nobody's data; whatever
    is restored is what was saved.
    """
    origin = backups.back_up_workspace(shop_in_sqlite, tmp_path / kind)[0].to
    whole, dice = origin.read_bytes(), random.Random(7)  # noqa: S311 - no secret
    before, survived = content(shop_in_sqlite), 0
    for _n in range(DAMAGES):
        damaged, at = bytearray(whole), dice.randrange(len(whole))
        match dice.choice(("flip", "cut", "double")):
            case "flip":
                damaged[at] ^= 1 << dice.randrange(8)
            case "cut":
                del damaged[at : at + dice.randrange(1, 2_000)]
            case "double":
                damaged[at:at] = damaged[at : at + 512]
        origin.write_bytes(damaged)
        try:
            backups.restore_workspace(origin, Where(tmp_path / "back"))
        except EvergroveError:
            assert not (tmp_path / "back").exists()
        else:
            survived += 1
            assert content(tmp_path / "back") == before
            shutil.rmtree(tmp_path / "back")
    assert survived < DAMAGES / 10


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "warehouse/../../evil", "evil", "warehouse/x/y.parquet", "a" * 5_000]
)
def test_names_never_leave_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    """Neither in the archive, nor in a manifest that names them."""

    def add(tape: tarfile.TarFile) -> None:
        head = tarfile.TarInfo(name)
        head.size = 4
        tape.addfile(head, BytesIO(b"evil"))

    refused(packed(folder, tmp_path / "b.tar", add), tmp_path)
    resigned(
        folder,
        lambda said: said["files"].append(
            {"path": name, "sha256": sha256(b"evil").hexdigest(), "bytes": 4, "rows": 1}
        ),
    )
    refused(packed(folder, tmp_path / "c.tar", add), tmp_path)
    refused(folder, tmp_path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_only_plain_files_are_taken(folder: Path, tmp_path: Path, kind: bytes) -> None:
    """No links, no devices, no pipes."""

    def add(tape: tarfile.TarFile) -> None:
        head = tarfile.TarInfo("evergrove.toml")
        head.type, head.linkname = kind, "/etc/passwd"
        tape.addfile(head)

    refused(packed(folder, tmp_path / "b.tar", add), tmp_path)


@pytest.mark.parametrize("what", ["evergrove.toml", "ledger.sqlite", "warehouse", "manifest.json"])
def test_links_in_a_folder_are_not_followed(folder: Path, tmp_path: Path, what: str) -> None:
    """What lies elsewhere was never saved."""
    (folder / what).rename(tmp_path / "elsewhere")
    (folder / what).symlink_to(tmp_path / "elsewhere")

    refused(folder, tmp_path, NotABackup if what == "manifest.json" else DamagedBackup)


def test_a_pipe_does_not_keep_us_waiting(folder: Path, tmp_path: Path) -> None:
    """Nor a missing file."""
    (folder / "ledger.sqlite").unlink()
    refused(folder, tmp_path)
    os.mkfifo(folder / "ledger.sqlite")
    refused(folder, tmp_path)


def test_a_bomb_is_not_unpacked(folder: Path, tmp_path: Path) -> None:
    """Neither a huge file, nor a huge header, nor more than the disk holds; memory stays small."""
    bomb = tmp_path / "bomb.tar.zst"

    def write(head: tarfile.TarInfo, size: int) -> None:
        with bomb.open("wb") as raw, pa.CompressedOutputStream(pa.PythonFile(raw, "w"), "zstd") as stream:
            stream.write(head.tobuf(tarfile.GNU_FORMAT))
            for _n in range(size // 2**20):
                stream.write(bytes(2**20))

    with memory_peak() as risen:
        for name, kind in (("manifest.json", tarfile.REGTYPE), ("././@LongLink", tarfile.GNUTYPE_LONGNAME)):
            head = tarfile.TarInfo(name)
            head.type, head.size = kind, 2**30
            write(head, 2**30)
            assert bomb.stat().st_size < 2**20
            refused(bomb, tmp_path, NotABackup)
    used = risen()
    assert used is None or used < 200

    def swell(said: dict[str, Any]) -> None:
        said["files"][1]["bytes"] = 2**60

    resigned(folder, swell)
    refused(folder, tmp_path, NoRoom)


@pytest.mark.parametrize(
    "evil",
    [
        "create trigger evil after insert on person begin delete from suppression; end",
        "create view evil as select load_extension('evil')",
        "drop table suppression",
        "alter table person add column evil generated always as (1)",
        "insert into workspace select '0', format, created_at from workspace",
        "delete from tombstone; delete from playbook",
        "update generation set manifest = replace(manifest, 'warehouse', 'x') where id = 1; delete from generation where id = 2",
    ],
)
def test_a_ledger_with_something_hidden_in_it_is_refused(folder: Path, tmp_path: Path, evil: str) -> None:
    """Triggers and views run when somebody else reads; other rows are not what was counted."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as raw:
        raw.executescript(evil)
    renewed(folder, "ledger.sqlite")

    if "generated" in evil:  # a column more does no harm, and is no trigger
        assert backups.verify_backup(folder).opens
    else:
        refused(folder, tmp_path)


def test_another_schema_is_refused_where_it_is_newer(folder: Path, tmp_path: Path) -> None:
    """Both in the ledger and in the manifest."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as raw:
        raw.executescript("update alembic_version set version_num = '9999'")
    renewed(folder, "ledger.sqlite")
    resigned(folder, lambda said: said.update(schema="9999"))

    refused(folder, tmp_path, LedgerTooNew)


def test_what_is_no_backup_is_called_that(tmp_path: Path, folder: Path) -> None:
    """An empty file, a workspace, a newer format, a manifest by hand."""
    (tmp_path / "empty.tar").touch()
    refused(tmp_path / "empty.tar", tmp_path, NotABackup)
    refused(tmp_path / "workspace", tmp_path, NotABackup)
    refused(tmp_path / "nothing", tmp_path, NotABackup)
    resigned(folder, lambda said: said.update(format="evergrove.backup/2"))
    refused(folder, tmp_path, UnknownBackupFormat)
    for text in ("[]", "[" * 100_000, "{", '"a"', '{"format": "evergrove.backup/1"}'):
        (folder / "manifest.json").write_text(text)
        with pytest.raises((NotABackup, DamagedBackup)):
            backups.verify_backup(folder)
    resigned_by_hand = {"format": "evergrove.backup/1", "digest": "x"}
    (folder / "manifest.json").write_text(json.dumps(resigned_by_hand))
    refused(folder, tmp_path)


def test_a_parquet_file_that_lies_is_found_by_verifying(folder: Path, tmp_path: Path) -> None:
    """Its digest is right, as somebody has changed the ledger as well; its values cannot be read."""
    path = next((folder / "warehouse" / "scores").glob("*.parquet"))
    name = path.relative_to(folder).as_posix()
    content = bytearray(path.read_bytes())
    content[4:2_000] = bytes(1_996)
    old = sha256(path.read_bytes()).hexdigest()
    path.chmod(0o600)
    path.write_bytes(content)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as raw:
        raw.execute(
            "update generation set manifest = replace(manifest, ?, ?)", (old, sha256(content).hexdigest())
        )
        raw.commit()
    renewed(folder, name)
    renewed(folder, "ledger.sqlite")

    with pytest.raises(DamagedBackup, match="decoded"):
        backups.verify_backup(folder)
    assert tmp_path.exists()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "[]",
        '{"rows": "many"}',
        '{"faulty": 99, "why": "other_rows"}',
        '{"faulty": 0, "why": "harmless"}',
        '{"rows": 1, "night": "yesterday", "differing": []}',
        '{"rows": 1, "night": "2026-06-30", "differing": ["\\u001b[31mscores"]}',
        '{"rows": 1, "refused": "Ada Lovelace"}',
    ],
)
def test_what_breaks_its_reader_or_makes_it_talk_nonsense_is_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    """A child that decodes foreign Parquet may be anybody's by the time it answers."""

    def child(*_given: object, **_limits: object) -> str:
        if answer is None:
            raise ReaderBroke(file="saved", reason="SIGSEGV")
        return answer

    monkeypatch.setattr("evergrove.backup.verifying.run_confined", child)
    with pytest.raises(DamagedBackup, match="broke what reads them"):
        backups.verify_backup(folder)
