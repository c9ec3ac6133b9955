"""TOML that people write: what is none is refused as one kind of error, and soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from evergrove.core import NotToml, Term, read_toml, toml_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "a = 1" + "0" * 400,
        "a = 1" + "0" * 5000,
        "a = 0x" + "f" * 9000,
        "a = 9223372036854775808",
        "a = [{b = [1, 0x" + "f" * 17 + "]}]",
        "a = " + "[" * 3000 + "]" * 3000,
        ".".join(["a"] * 20_000) + " = 1",
        "a\n. " * 100 + "a = 1",
    ],
    ids=["large", "digits", "hexadecimal", "64 bits", "within", "brackets", "dots", "lines"],
)
def test_hostile_numbers_and_depths_are_refused_in_words(text: str) -> None:
    """Beyond 64 bits, or deeper than anybody writes: a sentence with translations, at once."""
    begun = time.process_time()

    with pytest.raises(NotToml) as refused:
        toml_of(text)

    assert isinstance(refused.value.reason, Term)
    assert time.process_time() - begun < 1  # seconds of a processor; reading the dots took four


def test_the_search_for_depth_is_linear() -> None:
    """A long word, and many short ones, are looked at once."""
    begun = time.process_time()

    with pytest.raises(NotToml):
        toml_of("a" * 500_000)
    assert toml_of("a = '" + "b " * 200_000 + "'")

    assert time.process_time() - begun < 1


def test_what_toml_allows_is_read(tmp_path: Path) -> None:
    """The largest numbers, a byte order mark, and Chinese."""
    path = tmp_path / "a.toml"
    path.write_bytes(
        b"\xef\xbb\xbf" + 'a = 9223372036854775807\nb = -9223372036854775807\n"名" = 1.5'.encode()
    )

    document, text = read_toml(path)

    assert document == {"a": 2**63 - 1, "b": 1 - 2**63, "名": 1.5}
    assert text.startswith("a = ")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """A folder, another encoding, too much, none at all."""
    (tmp_path / "latin").write_bytes(b"a = 'caf\xe9'")
    (tmp_path / "long").write_text("#" * 1_000_001)
    for name in (".", "latin", "long"):
        with pytest.raises(NotToml) as refused:
            read_toml(tmp_path / name)
        assert isinstance(refused.value.reason, Term)
    with pytest.raises(FileNotFoundError):
        read_toml(tmp_path / "none")
