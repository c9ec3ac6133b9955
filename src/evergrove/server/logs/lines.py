"""Where lines go: to standard error, or to the end of a file that other processes write to as well."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Lines(Protocol):
    """Takes lines."""

    def write(self, line: str) -> None:
        """Add one line; a disk that is full loses it, and stops nobody's work."""
        ...

    def close(self) -> None:
        """No line comes any more."""
        ...


class ErrorLines:
    """Lines on standard error."""

    def write(self, line: str) -> None:
        """Add one line."""
        with suppress(OSError, ValueError):  # whoever read them has gone
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    def close(self) -> None:
        """Standard error stays open."""


class FileLines:
    """
    Lines at the end of a file that only its owner may read.

    Each line is one ``write`` in append mode, so that lines of several processes stand one after the other. A file
    that was moved away, as logrotate does, is made anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._open()  # a path that cannot be written to is told at the start

    def write(self, line: str) -> None:
        """Add one line."""
        with self._lock, suppress(OSError):
            if self._has_moved():
                self.close()
                self._open()
            os.write(self._handle, f"{line}\n".encode())

    def close(self) -> None:
        """No line comes any more."""
        os.close(self._handle)

    def _open(self) -> None:
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        opened = os.fstat(self._handle)
        self._known = opened.st_dev, opened.st_ino

    def _has_moved(self) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != self._known
