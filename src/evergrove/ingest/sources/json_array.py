"""A JSON array cut into the texts of its elements, so that each is read by the rules of a JSON line."""

from __future__ import annotations

import codecs
import re
from itertools import chain
from typing import TYPE_CHECKING

from evergrove.ingest.sources.encoding import KEEP
from evergrove.ingest.sources.errors import BrokenArray
from evergrove.ingest.sources.text_lines import LONGEST_LINE, byte_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(rf'\{{(?:[^{{}}\[\]"]++|{_STRING})*+\}}|{_STRING}|["{{}}\[\],]', re.DOTALL)
"""A flat object as a whole, a string, or one sign; a quotation mark alone opens a string that goes on."""
_BLANKS = "\ufeff \t\r\n"


class _Cutter:
    """Takes the text of an array piece by piece and gives the elements that are whole."""

    def __init__(self) -> None:
        self.rest = ""
        self.is_open = False
        self.is_closed = False

    def cut(self, text: str) -> list[str]:
        """The elements that end in this piece; what is not whole waits for the next one."""
        text = self.rest + text
        if not self.is_open:
            text = text.lstrip(_BLANKS)
            self.is_open, text = text.startswith("["), text.removeprefix("[")
        found: list[str] = []
        start = 0 if self.is_closed or not self.is_open else self._elements(text, found)
        self.rest = text[start:]
        return [bare for element in found if (bare := element.strip(_BLANKS))]

    def _elements(self, text: str, found: list[str]) -> int:
        """Collect the whole elements; returns where the rest begins."""
        start = depth = 0
        for token in _TOKEN.finditer(text):
            at, end = token.span()
            sign = text[at]
            if end > at + 1:
                continue
            if sign == '"':
                break
            if sign in "{[":
                depth += 1
            elif sign in "}]" and depth:
                depth -= 1
            elif sign in ",]" and not depth:
                found.append(text[start:at])
                start = end
                if sign == "]":
                    self.is_closed = True
                    break
        return start


def elements(
    path: Path, codec: str, progress: Callable[[float], None] | None = None
) -> Iterator[tuple[int, str]]:
    """
    The elements of a file that is one JSON array, with their places, from 1.

    Raises:
        BrokenArray: It is cut off, has an element longer than any line may be, or something follows it.
    """
    decoder = codecs.getincrementaldecoder(codec)(KEEP)
    pieces = (decoder.decode(chunk) for chunk in byte_chunks(path, progress))
    cutter = _Cutter()
    place = 0
    for piece in chain(pieces, (decoder.decode(b"", final=True) for _end in range(1))):
        for element in cutter.cut(piece):
            place += 1
            yield place, element
        if len(cutter.rest) > LONGEST_LINE or (cutter.is_closed and cutter.rest.strip(_BLANKS)):
            raise BrokenArray(file=path.name, element=place)
    if not cutter.is_closed:
        raise BrokenArray(file=path.name, element=place)
