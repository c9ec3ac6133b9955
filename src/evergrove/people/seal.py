"""Sealing what is personal: one data key, itself sealed by a master key that lies outside the workspace."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from evergrove.core import flush_folder, reason_of, write_private
from evergrove.ledger import database_now, insert_new
from evergrove.people.errors import (
    MasterKeyDamaged,
    MasterKeyExists,
    MasterKeyMissing,
    MasterKeyNotWritten,
    SealBroken,
    WrongMasterKey,
)
from evergrove.people.tables import data_key

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

KEY_FORMAT = "evergrove.master_key/1"
_BYTES = 32
_NONCE = 12
_VERSION = b"\x01"
_ONLY_KEY = 1


def new_master_key(path: Path) -> None:
    """
    Make a master key that only its owner may read.

    Raises:
        MasterKeyExists: There is a file already; it is not touched.
        MasterKeyNotWritten: The folder cannot be written to.
    """
    key = b64encode(os.urandom(_BYTES)).decode()
    content = json.dumps({"format": KEY_FORMAT, "key": key}) + "\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            write_private(draft, content)
            os.link(draft, path)  # unlike a renaming, it never takes the place of a file
        finally:
            draft.unlink(missing_ok=True)
        flush_folder(path.parent)  # a key that a power cut takes away takes everything sealed with it
    except OSError as error:
        if path.exists():
            raise MasterKeyExists(file=str(path)) from error
        raise MasterKeyNotWritten(file=str(path), reason=reason_of(error)) from error


@dataclass(frozen=True, repr=False)
class Seal:
    """
    Seals, opens and hashes with the workspace's data key.

    Hashes are keyed: without the key nobody can find out, by trying addresses, whose they are.
    """

    _data_key: bytes

    def seal(self, document: dict[str, Any], owner: str = "") -> bytes:
        """
        A small document under AES-256-GCM.

        Args:
            document: What JSON can say.
            owner: Whose it is: under another owner's name it does not open, so rows cannot be exchanged.
        """
        nonce = os.urandom(_NONCE)
        plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return _VERSION + nonce + AESGCM(self._data_key).encrypt(nonce, plain, owner.encode())

    def unseal(self, sealed: bytes, owner: str = "") -> dict[str, Any]:
        """
        The document that was sealed for this owner.

        Raises:
            SealBroken: It was changed, or sealed for somebody else, or with another key.
        """
        version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if version != _VERSION:
                raise SealBroken
            plain = AESGCM(self._data_key).decrypt(nonce, rest, owner.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error
        document: dict[str, Any] = json.loads(plain)
        return document

    def hash(self, kind: str, value: str) -> str:
        """A keyed hash, 64 hexadecimal digits; equal values of two kinds have two hashes."""
        key = hmac.digest(self._data_key, f"evergrove hash {kind}".encode(), sha256)
        return hmac.new(key, value.encode(), sha256).hexdigest()

    def derived(self, purpose: str) -> bytes:
        """
        A key of 32 bytes for one purpose alone (HKDF, RFC 5869): the same as long as the workspace lives.

        Args:
            purpose: Such as "links"; a key of one says nothing of that of another.
        """
        info = f"evergrove key {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=info).derive(self._data_key)


def open_seal(ledger: Ledger, key_file: Path) -> Seal:
    """
    Open the workspace's data key with the master key; the first opening makes the data key.

    Raises:
        MasterKeyMissing: The file is not there or not readable.
        MasterKeyDamaged: It holds no master key.
        WrongMasterKey: It belongs to another workspace.
    """
    master = AESGCM(_master_key(key_file))
    with ledger.reading() as connection:
        wrapped = _wrapped(connection)
    if wrapped is None:
        nonce = os.urandom(_NONCE)
        new = nonce + master.encrypt(nonce, os.urandom(_BYTES), KEY_FORMAT.encode())
        with ledger.writing() as connection:
            row = {"id": _ONLY_KEY, "wrapped": new, "created_at": database_now(connection)}
            insert_new(connection, data_key, [row])  # another process may have been first: its key holds
            wrapped = _wrapped(connection) or new
    try:
        return Seal(master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], KEY_FORMAT.encode()))
    except (InvalidTag, ValueError) as error:  # the latter for a row too short to hold anything
        raise WrongMasterKey(file=str(key_file)) from error


def _wrapped(connection: Connection) -> bytes | None:
    found: bytes | None = connection.execute(
        select(data_key.c.wrapped).where(data_key.c.id == _ONLY_KEY)
    ).scalar()
    return found


def _master_key(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise MasterKeyMissing(file=str(path), reason=reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise MasterKeyDamaged(file=str(path)) from error
    with suppress(ValueError, KeyError, TypeError):
        document = json.loads(text)
        key = b64decode(document["key"], validate=True)
        if document["format"] == KEY_FORMAT and len(key) == _BYTES:
            return key
    raise MasterKeyDamaged(file=str(path))
