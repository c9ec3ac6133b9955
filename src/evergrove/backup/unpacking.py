"""Taking a backup apart, file by file, and only what its manifest names."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from evergrove.backup.errors import DamagedBackup, NotABackup, NotWrittenBackup
from evergrove.backup.files import Damaged, flush_tree, parts_of, require_room, write_file
from evergrove.backup.tape import BadTape, files_of, opened
from evergrove.backup.types import MANIFEST, MOST_MANIFEST, Manifest, manifest_from
from evergrove.core import Sentence, Term, _, reason_of
from evergrove.core.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.backup.encryption import Secret
    from evergrove.backup.types import SavedFile

NO_MANIFEST = Term(_("it does not begin with a manifest"))
BROKEN = Term(_("it breaks off, or holds something other than plain files"))
TOO_MUCH = Term(_("it holds files that its manifest does not name"))


def unpack(origin: Path, into: Path, secret: Secret | None = None) -> Manifest:
    """
    Write the files of a backup into a folder, every byte of them looked at.

    Args:
        origin: The archive or the folder.
        into: Ours, and empty.
        secret: What an encrypted one opens with.

    Returns:
        The manifest.

    Raises:
        NotABackup, UnknownBackupFormat: It is something else, or another version's.
        PassphraseNeeded, WrongPassphrase: It is encrypted, and does not open.
        DamagedBackup: A file is missing, changed, too many, or no plain file. What was written until then stays.
        NoRoom, NotWrittenBackup: The disk has no room, or refuses.
    """
    if not origin.exists():
        raise NotABackup(origin=str(origin), reason=Term(_("there is no such file or folder")))
    try:
        manifest = _from_folder(origin, into) if origin.is_dir() else _from_archive(origin, into, secret)
        flush_tree(into)
    except OSError as error:
        raise NotWrittenBackup(to=str(into), reason=reason_of(error)) from error
    failpoint("backup.unpacked")
    return manifest


def _from_archive(origin: Path, into: Path, secret: Secret | None) -> Manifest:
    with opened(origin, secret) as source:
        files = files_of(source)
        manifest = _first(origin, files)
        require_room(into, manifest.size)
        expected = {file.path: file for file in manifest.files}
        try:
            for name, size, content in files:
                file = expected.pop(name, None)
                if file is None or size != file.bytes:
                    raise DamagedBackup(origin=str(origin), reason=TOO_MUCH)
                _write(origin, into, file, content)
        except BadTape as error:
            raise DamagedBackup(origin=str(origin), reason=BROKEN) from error
    if expected:
        raise _missing(origin, next(iter(expected)))
    return manifest


def _first(origin: Path, files: Iterator[tuple[str, int, Iterator[bytes]]]) -> Manifest:
    try:
        name, size, content = next(files, ("", 0, iter(())))
        if name != MANIFEST or size > MOST_MANIFEST:
            raise NotABackup(origin=str(origin), reason=NO_MANIFEST)
        written = b"".join(content)
    except BadTape as error:
        raise NotABackup(origin=str(origin), reason=NO_MANIFEST) from error
    return manifest_from(written, origin)


def _from_folder(origin: Path, into: Path) -> Manifest:
    path = origin / MANIFEST
    if not _is_plain(path, origin) or path.stat().st_size > MOST_MANIFEST:
        raise NotABackup(origin=str(origin), reason=NO_MANIFEST)
    manifest = manifest_from(path.read_bytes(), origin)
    require_room(into, manifest.size)
    for file in manifest.files:
        if not _is_plain(origin / file.path, origin):
            raise _missing(origin, file.path)
        _write(origin, into, file, parts_of(origin / file.path))
    return manifest


def _is_plain(path: Path, origin: Path) -> bool:
    """Whether it is a plain file that is reached through no link: what lies elsewhere was never saved."""
    below = [path, *path.relative_to(origin).parents]
    kinds = [os.lstat(origin / part).st_mode for part in below if os.path.lexists(origin / part)]
    return len(kinds) == len(below) and stat.S_ISREG(kinds[0]) and not any(map(stat.S_ISLNK, kinds[:-1]))


def _write(origin: Path, into: Path, file: SavedFile, content: Iterator[bytes]) -> None:
    try:
        write_file(into / file.path, content, file)
    except Damaged as error:
        said = Sentence("backup.file_changed", _("{path} is not what was written"), {"path": file.path})
        raise DamagedBackup(origin=str(origin), reason=said) from error


def _missing(origin: Path, path: str) -> DamagedBackup:
    return DamagedBackup(
        origin=str(origin), reason=Sentence("backup.file_missing", _("{path} is missing"), {"path": path})
    )
