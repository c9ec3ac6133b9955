"""Mails from where a mail program or server has put them: one file, an mbox, a Maildir, or a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import InputError, _, reason_of
from evergrove.delivery.returns.mails import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FROM = b"From "


class NoMailsThere(InputError):
    """What is named cannot be read."""

    code = "delivery.no_mails_there"
    message = _("No mails can be read from {file}: {reason}.")
    hint = _("Name a mail, an mbox, a Maildir, or a folder with one mail a file.")


def mails_in(path: Path) -> Iterator[bytes]:
    """
    The mails in a file or a folder, in the order of their names; nothing there is changed or moved.

    Raises:
        NoMailsThere: It is not there, or cannot be read.
    """
    try:
        for file in _files(path):
            yield from _mails(file)
    except OSError as error:
        raise NoMailsThere(file=str(path), reason=reason_of(error)) from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    folders = [each for each in (path / "new", path / "cur") if each.is_dir()] or [path]
    return sorted(
        file for folder in folders for file in folder.iterdir() if file.is_file() and file.name[0] != "."
    )


def _mails(file: Path) -> Iterator[bytes]:
    """The mails of a file: of an mbox each that a line beginning with "From " goes before, else one."""
    with file.open("rb") as lines:
        mail, before, is_mbox = bytearray(), b"\n", False
        for line in lines:
            if line.startswith(_FROM) and not before.strip() and (is_mbox or not mail):
                if mail:
                    yield bytes(mail)
                mail, is_mbox = bytearray(), True
            elif len(mail) < LARGEST:
                mail += line[1:] if is_mbox and line.startswith(b">" + _FROM) else line
            before = line
        if mail:
            yield bytes(mail)
