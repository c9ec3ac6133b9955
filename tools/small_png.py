"""Pictures of pages made small: 256 colours, which no eye misses on a page, and a third of the bytes."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS, ROUNDS = 256, 6
CHANNELS = {2: 3, 6: 4}
"""Of a pixel, by PNG's number for the kind of colour: with and without transparency."""


def small_png(png: bytes) -> bytes:
    """
    The same picture with a palette.

    Args:
        png: 8 bits a channel, opaque, not interlaced: what Chromium writes.
    """
    pixels = _pixels(png)
    height, width, _channels = pixels.shape
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    found, where, counts = np.unique(packed.reshape(-1), return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.float64)
    palette, nearest = _palette(colours, counts.astype(np.float64))
    rows = nearest[where].astype(np.uint8).reshape(height, width)
    lines = np.concatenate(
        [np.zeros((height, 1), np.uint8), rows], axis=1
    )  # 0: no filter, best with a palette
    return b"".join(
        [
            SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette.tobytes()),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _pixels(png: bytes) -> Bytes:
    """Red, green and blue of every pixel, shape (height, width, 3)."""
    at, packed, head = len(SIGNATURE), b"", b""
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        head = content if name == b"IHDR" else head
        packed += content if name == b"IDAT" else b""
        at += length + 12
    width, height, _depth, kind, *_rest = struct.unpack(">IIBBBBB", head)
    each = CHANNELS[kind]
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * each)
    shown = np.zeros((height, width, each), np.uint8)
    above = np.zeros((width, each), np.uint8)
    for row in range(height):
        above = shown[row] = _unfiltered(int(lines[row, 0]), lines[row, 1:].reshape(width, each), above)
    return shown[:, :, :3]


def _unfiltered(kind: int, line: Bytes, above: Bytes) -> Bytes:
    """A line of pixels, given the one above; sums are modulo 256, as PNG has them."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    if kind == 2:
        return line + above
    return _by_pixel(kind, line.astype(np.int64), above.astype(np.int64))


def _by_pixel(kind: int, line: NDArray[np.int64], above: NDArray[np.int64]) -> Bytes:
    """The two filters that look to the left in a way no sum can say: average (3) and Paeth (4)."""
    told, over = line.tolist(), above.tolist()
    left, corner = [0] * line.shape[1], [0] * line.shape[1]
    for x, pixel in enumerate(told):
        for c, value in enumerate(pixel):
            guess = (left[c] + over[x][c]) // 2 if kind == 3 else _paeth(left[c], over[x][c], corner[c])
            pixel[c] = (value + guess) & 255
        left, corner = pixel, over[x]
    return np.array(told, np.uint8)


def _paeth(left: int, above: int, corner: int) -> int:
    """Which of the three neighbours is nearest to left + above - corner (PNG specification, 9.4)."""
    estimate = left + above - corner
    return min((left, above, corner), key=lambda each: abs(estimate - each))


def _palette(colours: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[Bytes, NDArray[np.intp]]:
    """At most 256 colours, and which of them each colour becomes: k-means, begun with the most frequent."""
    if len(colours) <= COLOURS:
        return colours.astype(np.uint8), np.arange(len(colours))
    centres = colours[np.argsort(-counts, kind="stable")[:COLOURS]]
    for _ in range(ROUNDS):
        nearest = _nearest(colours, centres)
        weight = np.bincount(nearest, counts, COLOURS)
        sums = np.stack([np.bincount(nearest, counts * colours[:, c], COLOURS) for c in range(3)], axis=1)
        centres = np.where(weight[:, None] > 0, sums / np.maximum(weight, 1)[:, None], centres)
    chosen = np.round(centres)
    return chosen.astype(np.uint8), _nearest(colours, chosen)


def _nearest(colours: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.intp]:
    apart = (colours**2).sum(1)[:, None] - 2 * colours @ centres.T + (centres**2).sum(1)
    nearest: NDArray[np.intp] = np.argmin(apart, axis=1)
    return nearest
