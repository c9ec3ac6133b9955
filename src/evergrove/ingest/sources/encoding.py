"""Which encoding a text file has, by trial over all of it; and how bytes that fit none stay visible."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.sources.errors import UnknownEncoding
from evergrove.ingest.values.words import plain_header, role_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEEP = "evergrove.keep"
"""Error handler that turns each undecodable byte into a lone surrogate, U+DC00 plus the byte."""

UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no cell may hold: controls except tab and line breaks, and undecodable bytes."""

UNDECODABLE = re.compile("[\ud800-\udfff]")

_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with BOM"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SHOWN = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "GB18030",
    "cp950": "Big5",
}
_ALIASES = {"big5": "cp950", "big5hkscs": "cp950", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}

# Chinese bytes: a pair of which the first is in the half of the plane that holds the common characters.
_COMMON_GB = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")
_COMMON_BIG5 = re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|[\xa1-\xa3][\x40-\x7e\xa1-\xfe]")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x80-\xff]")
_WESTERN = re.compile(
    rb"(?<=[A-Za-z ,;\t\"])[\xc0-\xd6\xd8-\xf6\xf8-\xfe](?=[A-Za-z ,;.\t\"\r\n-])|[\x80\xa3\x91-\x94\x96\x97\xb0]"
)
_SAMPLE = 4_000_000
_PLAUSIBLE = 0.6


@dataclass(frozen=True)
class TextEncoding:
    """A codec's name, what to call it in print, and whether it is only what was left."""

    codec: str
    shown: str
    is_assumed: bool = False


def _keep(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    kept = "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end])
    return kept, error.end


codecs.register_error(KEEP, _keep)


def is_unusable(text: str) -> bool:
    """Whether a text holds a character that no cell may hold."""
    if not text.isascii():
        return bool(UNUSABLE.search(text))
    data = text.encode()
    return len(data.translate(None, _CONTROL_BYTES)) != len(data)


def escaped(text: str) -> str:
    r"""A text with its undecodable bytes and controls written as \xNN, fit for any file."""
    return UNUSABLE.sub(lambda match: f"\\x{ord(match.group()) & 0xFF:02x}", text)


def named_encoding(name: str) -> TextEncoding:
    """
    The encoding that ``--encoding`` names.

    Raises:
        UnknownEncoding: Python has no such text encoding.
    """
    try:
        codec = codecs.lookup(name).name
        "".encode(codec).decode(codec)
    except (LookupError, UnicodeError, TypeError, ValueError) as error:
        raise UnknownEncoding(encoding=name) from error
    codec = _ALIASES.get(codec, codec)
    if codec == "utf-8":
        return TextEncoding("utf-8-sig", "UTF-8")
    return TextEncoding(codec, _SHOWN.get(codec, codec))


def guess_encoding(chunks: Callable[[], Iterable[bytes]]) -> TextEncoding:
    """
    Find the encoding that all of a file fits.

    A byte order mark settles it; valid UTF-8 wins; between GB18030 and Big5 the one in which most pairs are
    common characters and header words appear. cp1252 is what is left for single accented letters.

    Args:
        chunks: Opens the file anew, in pieces of bytes.
    """
    head = next(iter(chunks()), b"")
    for mark, codec, shown in _BOMS:
        if head.startswith(mark):
            return TextEncoding(codec, shown)
    if codec := _wide(head):
        return TextEncoding(codec, _SHOWN[codec])
    broken, sample = _utf8_trial(chunks())
    if not broken:
        return TextEncoding("utf-8", "UTF-8")
    return _legacy(sample)


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: separators, digits and line ends have a NUL on the same side, which no text has."""
    pairs = len(head) // 2
    if not pairs:
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0) / pairs, head[1 : 2 * pairs : 2].count(0) / pairs
    if odd > 0.1 and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > 0.1 and odd < even / 10 else ""


def _utf8_trial(chunks: Iterable[bytes]) -> tuple[bool, bytes]:
    """Whether UTF-8 fails somewhere, and the lines that are not ASCII as far as the sample goes."""
    decoder = codecs.getincrementaldecoder("utf-8")(KEEP)
    broken = False
    sample = bytearray()
    for chunk in chunks:
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        broken = broken or bool(UNDECODABLE.search(decoder.decode(chunk)))
        if len(sample) < _SAMPLE:
            sample += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii()) + b"\n"
    broken = broken or bool(UNDECODABLE.search(decoder.decode(b"", final=True)))
    return broken, bytes(sample)


def _legacy(sample: bytes) -> TextEncoding:
    valid, invalid = _utf8_counts(sample)
    if valid > 3 * invalid:  # UTF-8 with broken bytes here and there
        return TextEncoding("utf-8", "UTF-8")
    pairs = max(sum(1 for _match in _PAIR.finditer(sample)), 1)
    shares = {
        "gb18030": len(_COMMON_GB.findall(sample)) / pairs + _header_bonus(sample, "gb18030"),
        "cp950": len(_COMMON_BIG5.findall(sample)) / pairs + _header_bonus(sample, "cp950"),
    }
    best = max(shares, key=lambda codec: (shares[codec], codec == "gb18030"))
    if shares[best] >= _PLAUSIBLE:
        return TextEncoding(best, _SHOWN[best])
    high = sum(1 for byte in sample if byte >= 0x80)
    if len(_WESTERN.findall(sample)) >= _PLAUSIBLE * high:
        return TextEncoding("cp1252", "cp1252", is_assumed=True)
    return TextEncoding("utf-8", "UTF-8")


def _utf8_counts(sample: bytes) -> tuple[int, int]:
    text = sample.decode("utf-8", KEEP)
    invalid = len(UNDECODABLE.findall(text))
    valid = sum(1 for letter in text if letter > "\x7f") - invalid
    return valid, invalid


def _header_bonus(sample: bytes, codec: str) -> float:
    """One point for header words among the first lines: no chance makes 订单编号 of other bytes."""
    head = sample[:4096].decode(codec, KEEP)
    cells = {plain_header(cell) for line in head.split("\n")[:20] for cell in re.split("[,;\t|]", line)}
    known = {name for words in role_words().values() for name in words.ranks if not name.isascii()}
    return 1.0 if cells & known else 0.0
