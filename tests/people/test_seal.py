"""What is sealed opens for its owner and nobody else."""

from __future__ import annotations

import json
import stat
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from evergrove.people import Seal, new_master_key, open_seal
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

    from evergrove.ledger import Ledger

ADA = {"email": "ada@example.com", "name": "Ada 王小明"}


def test_what_was_sealed_opens_after_the_workspace_was_closed(ledger: Ledger, key_file: Path) -> None:
    """The data key is made once: a second opening reads what the first has sealed."""
    sealed = open_seal(ledger, key_file).seal(ADA, "C1")

    assert open_seal(ledger, key_file).unseal(sealed, "C1") == ADA


def test_nothing_of_a_sealed_document_can_be_read(seal: Seal) -> None:
    """Neither values nor names stand in the bytes, and the same document never looks the same twice."""
    first, second = seal.seal(ADA, "C1"), seal.seal(ADA, "C1")

    assert first != second
    assert not [word for word in (b"ada", b"example", b"email", "王".encode()) if word in first]


def test_a_record_moved_to_another_customer_does_not_open(seal: Seal) -> None:
    """Whoever can write to the ledger cannot give one customer the address of another."""
    sealed = seal.seal(ADA, "C1")

    with pytest.raises(SealBroken):
        seal.unseal(sealed, "C2")


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(at: int, bit: int) -> None:
    """No byte of a sealed document can be changed unseen."""
    seal = Seal(bytes(32))
    sealed = bytearray(seal.seal(ADA, "C1"))
    sealed[at % len(sealed)] ^= 1 << bit

    with pytest.raises(SealBroken):
        seal.unseal(bytes(sealed), "C1")


def test_the_form_of_what_is_sealed_is_kept() -> None:
    """A version byte, a nonce of 12 bytes, AES-256-GCM over JSON: written by hand, it opens."""
    key, nonce = bytes(range(32)), bytes(range(12))
    written = b"\x01" + nonce + AESGCM(key).encrypt(nonce, b'{"email":"a@b.co"}', b"C1")

    assert Seal(key).unseal(written, "C1") == {"email": "a@b.co"}


def test_hashes_are_keyed_and_differ_by_kind(seal: Seal) -> None:
    """Equal addresses have equal hashes; without the key nobody can compute them."""
    hashed = seal.hash("email", "ada@example.com")

    assert hashed == seal.hash("email", "ada@example.com")
    assert (
        len({hashed, seal.hash("phone", "ada@example.com"), Seal(bytes(32)).hash("email", "ada@example.com")})
        == 3
    )


def test_a_master_key_is_for_its_owner_only_and_never_overwritten(key_file: Path) -> None:
    """Rights 0600 from the first moment on; a second key at the same place is refused."""
    before = key_file.read_bytes()

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with pytest.raises(MasterKeyExists):
        new_master_key(key_file)
    assert key_file.read_bytes() == before


def test_a_key_that_cannot_be_written_is_refused_with_its_reason(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "keys").write_text("")

    with pytest.raises(MasterKeyNotWritten, match="key_file"):
        new_master_key(tmp_path / "keys" / "master.json")


def test_another_workspaces_key_is_told_from_a_damaged_one(
    ledger: Ledger, key_file: Path, tmp_path: Path
) -> None:
    """Missing, damaged and wrong are three mistakes with three ways out; none falls back to plain text."""
    open_seal(ledger, key_file)
    other = tmp_path / "other.json"
    new_master_key(other)

    with pytest.raises(WrongMasterKey):
        open_seal(ledger, other)
    with pytest.raises(MasterKeyMissing):
        open_seal(ledger, tmp_path / "nowhere.json")


@pytest.mark.parametrize("wrapped", [b"", b"short", bytes(12), bytes(60)])
def test_a_data_key_that_does_not_open_is_never_made_anew(
    ledger: Ledger, key_file: Path, wrapped: bytes
) -> None:
    """Another key in its place would seal what is new, and lose what is there."""
    open_seal(ledger, key_file)
    with ledger.writing() as connection:
        connection.execute(data_key.update().values(wrapped=wrapped))

    with pytest.raises(WrongMasterKey):
        open_seal(ledger, key_file)
    with ledger.reading() as connection:
        assert connection.execute(select(data_key.c.wrapped)).scalar_one() == wrapped


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[1]",
        json.dumps({"format": "evergrove.master_key/1", "key": b64encode(b"short").decode()}).encode(),
        json.dumps({"format": "evergrove.master_key/9", "key": b64encode(bytes(32)).decode()}).encode(),
    ],
)
def test_a_file_that_holds_no_key_is_refused(ledger: Ledger, tmp_path: Path, content: bytes) -> None:
    """Cut off, of another kind, or of a form that this version does not know."""
    (tmp_path / "key").write_bytes(content)

    with pytest.raises(MasterKeyDamaged):
        open_seal(ledger, tmp_path / "key")
