"""
A backup that only a passphrase opens: AES-256-GCM in chunks, under a key of this one file.

Layout: a line that says what it is, the length of a header in 4 bytes, the header as JSON, then chunks of 1 MiB, each
with its tag of 16 bytes. Nonce of a chunk: its number, and whether it is the last (STREAM of Hoang, Reyhanitabar,
Rogaway and Vizár, 2015): none can be left out, moved, or cut off at the end without the next tag telling. The header
is authenticated with every chunk.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from evergrove.backup.errors import (
    DamagedBackup,
    PassphraseNeeded,
    PassphraseTooShort,
    PassphraseUnreadable,
    WrongPassphrase,
)
from evergrove.core import Term, _, reason_of

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"evergrove sealed backup 1\n"
FORMAT = "evergrove.sealed_backup/1"
SALT, KEY, CHECK, TAG, CHUNK = 16, 32, 16, 16, 2**20
COST_LOG2, BLOCKS, LANES = 17, 8, 1
"""scrypt's second recommendation of OWASP (2023): 128 MB and some tenths of a second for each guess."""
CHEAPEST_LOG2, DEAREST_LOG2 = 10, 18
"""What a header may ask for: whoever wrote it may want our memory."""
MOST_HEADER, MOST_SECRET, LEAST_SECRET = 4096, 4096, 12
BROKEN = Term(_("a part of it does not open with its own key"))
HEADLESS = Term(_("its header cannot be read"))


@dataclass(frozen=True)
class Secret:
    """What opens a backup: a passphrase, or the content of a key file."""

    content: bytes = field(repr=False)


def secret_of(passphrase: str, origin: str) -> Secret:
    """
    A passphrase as it was typed.

    Raises:
        PassphraseTooShort: It could be tried out.
    """
    content = passphrase.strip().encode("utf-8", "surrogatepass")
    if len(content) < LEAST_SECRET:
        raise PassphraseTooShort(file=origin, least=LEAST_SECRET)
    return Secret(content)


def secret_from(file: Path) -> Secret:
    """
    A passphrase or a key from a file; blanks and line ends around it do not count.

    Raises:
        PassphraseUnreadable: The file cannot be read, or is too large to be one.
        PassphraseTooShort: What stands there could be tried out.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_SECRET + 1).strip()
    except OSError as error:
        raise PassphraseUnreadable(file=str(file), reason=reason_of(error)) from error
    if len(content) > MOST_SECRET:
        raise PassphraseUnreadable(file=str(file), reason=Term(_("it is too large")))
    if len(content) < LEAST_SECRET:
        raise PassphraseTooShort(file=str(file), least=LEAST_SECRET)
    return Secret(content)


class Sealing(io.RawIOBase):
    """A file to write to: what is written is kept until a chunk is full, and leaves encrypted."""

    def __init__(self, raw: IO[bytes], secret: Secret) -> None:
        super().__init__()
        self._raw, self._kept, self._nth = raw, bytearray(), 0
        salt = os.urandom(SALT)
        key, check = _keys(secret, salt, COST_LOG2)
        said = {"format": FORMAT, "scrypt_log2_n": COST_LOG2, "salt": salt.hex(), "check": check.hex()}
        self._header = json.dumps(said, sort_keys=True).encode("ascii")
        self._cipher = AESGCM(key)
        raw.write(MAGIC + len(self._header).to_bytes(4) + self._header)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any, /) -> int:
        """Take all of it."""
        self._kept += content
        while len(self._kept) > CHUNK:  # a full one may be the last, which only the end knows
            self._put(bytes(self._kept[:CHUNK]), is_last=False)
            del self._kept[:CHUNK]
        return len(content)

    def finish(self) -> None:
        """Write the last chunk; without it nothing opens the end."""
        self._put(bytes(self._kept), is_last=True)
        self._kept.clear()

    def _put(self, part: bytes, *, is_last: bool) -> None:
        self._raw.write(self._cipher.encrypt(_nonce(self._nth, is_last=is_last), part, self._header))
        self._nth += 1


class Opening(io.RawIOBase):
    """
    A file to read from: chunk by chunk decrypted, and nothing handed on whose tag is wrong.

    Raises:
        PassphraseNeeded, WrongPassphrase: It does not open.
        DamagedBackup: It is not what was written, from reading too.
    """

    def __init__(self, raw: io.BufferedReader, secret: Secret | None, origin: Path) -> None:
        super().__init__()
        if secret is None:
            raise PassphraseNeeded(origin=str(origin))
        self._raw, self._origin, self._nth, self._open, self._is_over = raw, origin, 0, b"", False
        self._header, log2, salt, check = _read_header(raw, origin)
        key, expected = _keys(secret, salt, log2)
        if not bytes_eq(check, expected):
            raise WrongPassphrase(origin=str(origin))
        self._cipher = AESGCM(key)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: Any, /) -> int:
        """Fill a buffer as far as there is something; 0 at the end."""
        while not self._open and not self._is_over:
            self._next()
        size = min(len(into), len(self._open))
        into[:size], self._open = self._open[:size], self._open[size:]
        return size

    def _next(self) -> None:
        part = self._raw.read(CHUNK + TAG)
        is_last = not self._raw.peek(1)
        try:
            self._open = self._cipher.decrypt(_nonce(self._nth, is_last=is_last), part, self._header)
        except InvalidTag as error:
            raise DamagedBackup(origin=str(self._origin), reason=BROKEN) from error
        self._nth, self._is_over = self._nth + 1, is_last


def _keys(secret: Secret, salt: bytes, log2: int) -> tuple[bytes, bytes]:
    """The key of one file, and what tells a wrong secret from a damaged file."""
    drawn = Scrypt(salt=salt, length=KEY + CHECK, n=2**log2, r=BLOCKS, p=LANES).derive(secret.content)
    return drawn[:KEY], drawn[KEY:]


def _nonce(nth: int, *, is_last: bool) -> bytes:
    return nth.to_bytes(11) + is_last.to_bytes(1)


def _read_header(raw: io.BufferedReader, origin: Path) -> tuple[bytes, int, bytes, bytes]:
    raw.read(len(MAGIC))
    size = int.from_bytes(raw.read(4))
    header = raw.read(min(size, MOST_HEADER))
    try:
        said = json.loads(header)
        log2, salt, check = (
            int(said["scrypt_log2_n"]),
            bytes.fromhex(said["salt"]),
            bytes.fromhex(said["check"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedBackup(origin=str(origin), reason=HEADLESS) from error
    if said.get("format") != FORMAT or not CHEAPEST_LOG2 <= log2 <= DEAREST_LOG2:
        raise DamagedBackup(origin=str(origin), reason=HEADLESS)
    return header, log2, salt, check
