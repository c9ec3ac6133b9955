"""
The inbox of a workspace: files that somebody puts there come in by themselves, oldest first.

A file is read where it lies and moved when its import is durable: killed in between, it is read again, and what is in
already changes nothing. What was taken or refused is kept for 30 days.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from evergrove.core import InputError, _, flush_folder, reason_of
from evergrove.core.failpoints import failpoint
from evergrove.pipeline.rejects import KEPT
from evergrove.pipeline.uploads import INBOX
from evergrove.warehouse import NotWritable, write_durably
from evergrove.warehouse.durable import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE, REFUSED, HELD = "done", "refused", "held"
"""Folders of the inbox: what was taken, what was refused, and what somebody wants to look at before it is taken."""
SETTLED_S = 5.0
"""A file that was touched less than that ago may still be growing."""
REASON = ".why.txt"
"""Ending of the note beside a refused file."""
_UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".download", ".swp", "~")
_UPLOADED = re.compile(r"upload-[0-9a-f]{32}(?:-[^/]*)?\.[a-z]+")
_DIGEST = re.compile(r"upload-([0-9a-f]{32})")
_LONGEST_NAME = 60
_OWN_PART = re.compile(r"\.[0-9a-f]{32}\.part")
UNFINISHED_KEPT = timedelta(days=1)
_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"^(\d{8}T\d{6})-")
_ODD = re.compile(r"[\x00-\x1f\x7f/\\]")


class NotARegularFile(InputError):
    """A link, a pipe or a device in the inbox: reading it could reach anything."""

    code = "pipeline.not_a_regular_file"
    message = _("{file} is no file but a link, a pipe or a device, and was not read.")
    hint = _("Put the file itself into the inbox.")


@dataclass(frozen=True)
class Waiting:
    """
    A file in the inbox, and what told it from every other when it was found.

    Attributes:
        path: Where it lies.
        is_regular: False for links, pipes and devices.
        mark: Number, size and time of change.
    """

    path: Path
    is_regular: bool
    mark: tuple[int, int, int]


def waiting(workspace: Path, settled_s: float = SETTLED_S) -> list[Waiting]:
    """
    The complete files of the inbox, the oldest export first.

    Complete is what nobody has touched for some seconds and whose name does not say otherwise: copying programs
    write under names of their own, or begin with a dot. Folders stay where they are.

    Args:
        workspace: Its folder.
        settled_s: How long nobody must have touched a file, in seconds.
    """
    found = []
    for path in (workspace / INBOX).glob("*"):
        if path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED):
            continue
        try:
            known = path.lstat()
        except OSError:  # gone meanwhile
            continue
        if stat.S_ISDIR(known.st_mode) or (
            _untouched_s(known) < settled_s and not _UPLOADED.fullmatch(path.name)
        ):
            continue
        found.append((known.st_mtime_ns, Waiting(path, stat.S_ISREG(known.st_mode), _mark(known))))
    return [each for _age, each in sorted(found, key=lambda pair: (pair[0], pair[1].path.name))]


def uploaded_name(sha256: str, ending: str, name: str = "") -> str:
    """
    What a file is called that was sent whole before it got its name: it is taken at once.

    Args:
        sha256: Of its bytes.
        ending: What it is.
        name: As whoever sent it calls it; letters, digits and a few strokes are kept of it.
    """
    stem = name.removesuffix(f".{ending}")
    kept = re.sub(r"[^\w.-]+", "_", stem.rpartition("/")[2].rpartition("\\")[2])[:_LONGEST_NAME].strip("._-")
    return f"upload-{sha256[:32]}{'-' if kept else ''}{kept}.{ending}"


def uploaded_digest(name: str) -> str:
    """How the digest of a file that was sent begins, by its name in the inbox; empty for any other file."""
    found = _DIGEST.search(name)
    return found[1] if found else ""


def held_files(workspace: Path) -> list[Path]:
    """Files that somebody wants to look at before they are taken, and refused ones; the newest first."""
    folders = (workspace / INBOX / HELD, workspace / INBOX / REFUSED)
    found = [path for folder in folders for path in folder.glob("*") if path.is_file()]
    kept = [path for path in found if not path.name.endswith((REASON, ".part")) and not path.is_symlink()]
    return sorted(kept, key=lambda path: (-path.lstat().st_mtime_ns, path.name))


def note_beside(path: Path) -> Path:
    """Where the note lies that says why a file was refused."""
    return path.with_name(path.name + REASON)


def found_here(path: Path) -> Waiting:
    """A file that lies in a folder of the inbox, and what tells it from every other."""
    known = path.lstat()
    return Waiting(path, stat.S_ISREG(known.st_mode), _mark(known))


def _untouched_s(known: os.stat_result) -> float:
    return time.time() - max(known.st_mtime, known.st_ctime)


def is_unchanged(found: Waiting) -> bool:
    """Whether a file is still the one that was found."""
    try:
        return _mark(found.path.lstat()) == found.mark
    except OSError:
        return False


def put_away(workspace: Path, found: Waiting, now: datetime) -> Path | None:
    """
    Move a file that has come in to ``inbox/done``; None where it was changed meanwhile, and so waits again.

    Raises:
        NotWritable: The disk refused; the file stays where it is.
    """
    return _moved(found, workspace / INBOX / DONE, now) if is_unchanged(found) else None


def refuse(workspace: Path, found: Waiting, reason: str, now: datetime) -> Path | None:
    """
    Move a file to ``inbox/refused``, with a note that says why; None where it was changed meanwhile.

    The note comes first: a refused file without a reason would be a riddle, a note without its file is swept.

    Raises:
        NotWritable: The disk refused; the file stays where it is.
    """
    if not is_unchanged(found):
        return None
    folder = workspace / INBOX / REFUSED
    _sweep_notes(folder)
    target = _target(folder, found.path.name, now)
    note = f"{reason.rstrip()}\n"
    write_durably(note_beside(target), lambda path: path.write_text(note, "utf-8") and None)
    return _moved(found, folder, now, target)


def expire_uploads(workspace: Path, now: datetime) -> int:
    """
    Delete what was taken or refused longer ago than raw files may be kept, and what nobody has sent to its end.

    Returns:
        How many files there were.
    """
    overdue = [path for path in _kept(workspace) if _moment_of(path) < now - KEPT]
    overdue += [path for path in _unfinished(workspace) if _moment_of(path) < now - UNFINISHED_KEPT]
    for path in overdue:
        path.unlink(missing_ok=True)
    return len(overdue)


def refused_files(workspace: Path) -> list[Path]:
    """Files that never came in, and their notes, which may quote them."""
    return sorted((workspace / INBOX / REFUSED).glob("*"))


def _unfinished(workspace: Path) -> list[Path]:
    """Parts of files that were being sent over HTTP: a process that is killed leaves its own behind."""
    return [path for path in (workspace / INBOX).glob(".*.part") if _OWN_PART.fullmatch(path.name)]


def _kept(workspace: Path) -> Iterator[Path]:
    for name in (DONE, REFUSED, HELD):
        yield from (path for path in (workspace / INBOX / name).glob("*") if not path.is_dir())


def _mark(known: os.stat_result) -> tuple[int, int, int]:
    return known.st_ino, known.st_size, known.st_mtime_ns


def _moved(found: Waiting, folder: Path, now: datetime, target: Path | None = None) -> Path:
    try:
        make_folder(folder)
        target = target or _target(folder, found.path.name, now)
        failpoint("pipeline.inbox_taken")
        os.replace(found.path, target)  # noqa: PTH105 -- the kill sweep counts calls of os.replace
        flush_folder(folder)
        flush_folder(found.path.parent)
    except OSError as error:
        raise NotWritable(path=str(target), reason=reason_of(error)) from error
    return target


def _target(folder: Path, name: str, now: datetime) -> Path:
    """A name that nothing has: the moment, by which it expires, and the file's own."""
    own = _ODD.sub("_", name)[-150:].replace(REASON, "-why.txt")  # no file looks like a note
    plain = f"{now.astimezone(UTC).strftime(_STAMP)}-{own}"
    nth, target = 1, folder / plain
    while os.path.lexists(target):
        nth += 1
        target = folder / plain.replace("-", f"-{nth}-", 1)
    return target


def _moment_of(path: Path) -> datetime:
    """When it was taken or refused, by its name; by its date where somebody else has put it there."""
    found = _NAME.match(path.name)
    if found is None:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)


def _sweep_notes(folder: Path) -> None:
    """Delete notes whose file was not moved because the process was killed: it is refused again."""
    for note in folder.glob(f"*{REASON}"):
        if not os.path.lexists(note.with_name(note.name.removesuffix(REASON))):
            note.unlink(missing_ok=True)
