"""A backup that only a passphrase opens: every other key, edit or cut is told apart, and nothing of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from tests.backup.conftest import content

from evergrove.app import backups
from evergrove.backup import Secret, Where, encryption
from evergrove.backup.encryption import CHUNK, MAGIC, TAG, secret_from, secret_of
from evergrove.backup.errors import (
    DamagedBackup,
    EncryptedFolder,
    PassphraseNeeded,
    PassphraseTooShort,
    PassphraseUnreadable,
    WrongPassphrase,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = Secret(b"several words that nobody joins")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess costs what a test can afford; the header says so, and it is read from there."""
    monkeypatch.setattr(encryption, "COST_LOG2", 10)


@pytest.fixture
def sealed(shop_in_sqlite: Path, tmp_path: Path) -> Path:
    """An encrypted backup."""
    return backups.back_up_workspace(shop_in_sqlite, tmp_path / "saved.tar.zst", secret=KEY)[0].to


@pytest.mark.parametrize(
    "name",
    ["saved.tar.zst", *(pytest.param(n, marks=pytest.mark.long) for n in ("saved.tar", "saved.tar.sealed"))],
)
def test_what_was_encrypted_comes_back(shop_in_sqlite: Path, tmp_path: Path, name: str) -> None:
    """As it was, and trying it out opens it too; its bytes tell nothing of what is in it."""
    before = content(shop_in_sqlite)
    origin = backups.back_up_workspace(shop_in_sqlite, tmp_path / name, secret=KEY)[0].to

    assert b"evergrove.toml" not in origin.read_bytes()
    assert b"manifest" not in origin.read_bytes()
    assert backups.verify_backup(origin, secret=KEY).rows > 0
    backups.restore_workspace(origin, Where(tmp_path / "back"), secret=KEY)
    assert content(tmp_path / "back") == before


def test_its_layout_needs_none_of_our_code(sealed: Path) -> None:
    """Header, key, nonces as the module's first lines say: written here once more, from the primitives."""
    raw = sealed.read_bytes()
    size = int.from_bytes(raw[len(MAGIC) : len(MAGIC) + 4])
    begin = len(MAGIC) + 4
    header, body = raw[begin : begin + size], raw[begin + size :]
    salt = bytes.fromhex(header.partition(b'"salt": "')[2][:32].decode())
    cipher = AESGCM(Scrypt(salt=salt, length=48, n=2**10, r=8, p=1).derive(KEY.content)[:32])
    parts = [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]

    clear = b"".join(
        cipher.decrypt(nth.to_bytes(11) + bytes([nth == len(parts) - 1]), part, header)
        for nth, part in enumerate(parts)
    )

    assert clear.startswith(b"\x28\xb5\x2f\xfd")


def test_it_opens_with_nothing_else(sealed: Path, tmp_path: Path) -> None:
    """Without a key, with another one: said plainly, and nothing is left of the attempt."""
    with pytest.raises(PassphraseNeeded):
        backups.verify_backup(sealed)
    for use in (
        lambda: backups.verify_backup(sealed, secret=Secret(b"another passphrase")),
        lambda: backups.restore_workspace(
            sealed, Where(tmp_path / "back"), secret=Secret(b"another one, too")
        ),
    ):
        with pytest.raises(WrongPassphrase):
            use()
    assert not (tmp_path / "back").exists()


def flipped(at: int) -> Callable[[bytes], bytes]:
    """One bit changed."""
    return lambda raw: raw[:at] + bytes([raw[at] ^ 1]) + raw[at:][1:]


HEADER_AT, FIRST = len(MAGIC) + 4, len(MAGIC) + 4 + 200
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a byte of the first chunk": flipped(FIRST + 500),
    "the last tag": flipped(-1),
    "cut by a byte": lambda raw: raw[:-1],
    "cut by half": lambda raw: raw[: len(raw) // 2],
    "longer": lambda raw: raw + b"\0",
    "header": lambda raw: raw[:HEADER_AT] + b"x" + raw[HEADER_AT + 1 :],
    "a header that wants all memory": lambda raw: raw.replace(b'"scrypt_log2_n": 10', b'"scrypt_log2_n": 40'),
    "nothing behind the header": lambda raw: raw[: raw.index(b"}") + 1],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_damage_is_told(sealed: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """And nothing of it is used."""
    sealed.write_bytes(damage(sealed.read_bytes()))

    with pytest.raises(DamagedBackup):
        backups.restore_workspace(sealed, Where(tmp_path / "back"), secret=KEY)
    assert not (tmp_path / "back").exists()


def test_chunks_neither_change_places_nor_end_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tag knows the chunk's place and whether it is the last: a cut between two chunks is seen as well."""
    monkeypatch.setattr(encryption, "CHUNK", 64)
    path = tmp_path / "x"
    clear = bytes(range(256)) * 3
    with path.open("wb") as raw:
        sealing = encryption.Sealing(raw, KEY)
        sealing.write(clear)
        sealing.finish()
    raw_bytes = path.read_bytes()
    start = raw_bytes.index(b"}") + 1
    parts = [raw_bytes[at : at + 80] for at in range(start, len(raw_bytes), 80)]
    head = raw_bytes[:start]

    def opened(content: bytes) -> bytes:
        path.write_bytes(content)
        with path.open("rb") as stream:
            return encryption.Opening(stream, KEY, path).readall() or b""

    assert len(parts) == len(clear) // 64
    assert opened(raw_bytes) == clear
    for wrong in ([*parts[:-1]], [parts[1], parts[0], *parts[2:]], parts[1:], [*parts, parts[-1]]):
        with pytest.raises(DamagedBackup):
            opened(head + b"".join(wrong))


def test_a_folder_of_backups_names_encrypted_ones_so(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """A new folder cannot be encrypted, and says so."""
    (tmp_path / "all").mkdir()

    made = backups.back_up_workspace(shop_in_sqlite, tmp_path / "all", secret=KEY)[0]

    assert made.to.name == "workspace-20260630T180000Z.tar.zst.sealed"
    with pytest.raises(EncryptedFolder):
        backups.back_up_workspace(shop_in_sqlite, tmp_path / "new folder", secret=KEY)


def test_a_secret_comes_from_a_file_or_is_typed(tmp_path: Path) -> None:
    """Blanks around it do not count; what could be tried out, or is no secret at all, is refused."""
    file = tmp_path / "secret"
    file.write_bytes(b"several words that nobody joins\r\n")

    assert secret_from(file) == secret_of(" several words that nobody joins", "x") == KEY
    assert "several" not in repr(KEY)
    file.write_bytes(b"too short\n")
    with pytest.raises(PassphraseTooShort):
        secret_from(file)
    file.write_bytes(b"x" * 5000)
    with pytest.raises(PassphraseUnreadable):
        secret_from(file)
    with pytest.raises(PassphraseUnreadable):
        secret_from(tmp_path / "nothing")
