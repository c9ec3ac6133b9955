"""The pictures in docs/pages: small, all of them shown, and made small without another colour."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tools.small_png import SIGNATURE, small_png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pages"


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents, with their checksums checked."""
    assert png.startswith(SIGNATURE)
    at = len(SIGNATURE)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + content)
        yield name, content
        at += length + 12


def shown(png: bytes) -> NDArray[np.uint8]:
    """The pixels of a picture with a palette, as the specification reads them."""
    found = dict(chunks(png))
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, width + 1)
    return np.frombuffer(found[b"PLTE"], np.uint8).reshape(-1, 3)[lines[:, 1:]]


def written(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG without a palette whose lines go round the five filters, written by the specification's formulas."""
    height, width, each = pixels.shape
    lines = b""
    for y in range(height):
        kind, line = y % 5, bytearray()
        for x in range(width):
            for c in range(each):
                a = int(pixels[y, x - 1, c]) if x else 0
                b = int(pixels[y - 1, x, c]) if y else 0
                ab = int(pixels[y - 1, x - 1, c]) if x and y else 0
                p = a + b - ab
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - ab)
                paeth = a if pa <= pb and pa <= pc else b if pb <= pc else ab
                line.append((int(pixels[y, x, c]) - (0, a, b, (a + b) // 2, paeth)[kind]) % 256)
        lines += bytes([kind]) + bytes(line)
    head = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[each], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def test_pictures_of_few_colours_stay_as_they_are() -> None:
    """Whatever filters their lines have, with and without transparency."""
    rng = np.random.default_rng(5)
    few = rng.integers(0, 256, (200, 3), dtype=np.uint8)[rng.integers(0, 200, (23, 31))]
    opaque = np.concatenate([few, np.full((23, 31, 1), 255, np.uint8)], axis=2)

    assert np.array_equal(shown(small_png(written(few))), few)
    assert np.array_equal(shown(small_png(written(opaque))), few)


def test_pictures_of_many_colours_are_hardly_another() -> None:
    """A gradient of 1,024 greys and greens: no pixel is further off than what 256 colours leave between two of them."""
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    many = np.stack([np.tile(ramp, (32, 1)), np.tile(ramp[:, None], (1, 32)), np.full((32, 32), 90)], axis=2)

    off = np.abs(shown(small_png(written(many.astype(np.uint8)))).astype(int) - many.astype(int))

    assert off.mean() < 255 / 16  # 256 colours in a square are 16 by 16 of them


def test_pictures_are_small_and_each_is_shown() -> None:
    """At most 1,200 pixels wide and 120 KB; none lies about, and none is missing."""
    texts = [*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        Path(found).name
        for text in texts
        for found in re.findall(r"!\[[^\]]+\]\(([^)]*pages/[^)]+\.png)\)", text.read_text(encoding="utf-8"))
    }
    kept = {path.name: path.read_bytes() for path in PICTURES.iterdir()}

    assert named == set(kept)
    for name, png in kept.items():
        assert len(png) <= 120_000, name
        assert struct.unpack(">I", dict(chunks(png))[b"IHDR"][:4])[0] <= 1200, name
