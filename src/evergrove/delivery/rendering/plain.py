"""The words of a page of HTML as plain text: links with their address, cells of a row side by side."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_APART = frozenset(("p", "table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "hr"))
"""With an empty line before and after them."""
_ROWS = frozenset(("table", "tbody", "tfoot", "thead", "tr"))
_SILENT = frozenset(("head", "style", "script", "title", "template"))
_VOID = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINK_TO_MAIL = "mailto:"
_LAYOUT = ("presentation", "none")
BETWEEN_CELLS = " | "
RULE = "—"
LINE, PARAGRAPH = "\x01", "\x02"
"""Mark that a line, or a paragraph, has ended here at the latest; several of them end no more than one does."""
_ENDS = re.compile(f"[ {LINE}{PARAGRAPH}]*[{LINE}{PARAGRAPH}][ {LINE}{PARAGRAPH}]*")


def plain_text(html: str) -> str:
    """
    What somebody reads of a page whose mailbox shows no HTML.

    Hidden parts are left out, links have their address behind them where their words do not say it, pictures are
    their alternative texts, and each row of a table of data is a line.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects words, with marks where lines and paragraphs end."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._open: list[tuple[str, bool]] = []  # element, whether it is silent
        self._links: list[tuple[str, int]] = []
        self._numbers: list[int] = []  # of open lists; 0: unnumbered
        self._tables: list[
            bool
        ] = []  # whether an open table holds data, and is not there for the layout only
        self._cells = 0  # of the row of data that is open

    @property
    def _is_silent(self) -> bool:
        return any(silent for _tag, silent in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        given = {name: value or "" for name, value in attrs}
        silent = tag in _SILENT or "hidden" in given or bool(_HIDDEN.search(given.get("style", "")))
        if tag not in _VOID:
            self._open.append((tag, silent))
        if self._is_silent:
            return
        self._space(tag)
        self._parts.append(self._before(tag, given))
        if tag == "a":
            self._links.append((given.get("href", ""), len(self._parts)))
        elif tag in ("ul", "ol"):
            self._numbers.append(1 if tag == "ol" else 0)
        elif tag == "table":
            self._tables.append(given.get("role") not in _LAYOUT)
        elif tag == "tr":
            self._cells = 0

    def _before(self, tag: str, given: Mapping[str, str]) -> str:
        """What is read where an element begins."""
        if tag == "img":
            return given.get("alt", "")
        if tag == "li":
            return self._mark()
        if tag in ("td", "th"):
            return self._cell()
        return {"br": "\n", "hr": f"{RULE}{PARAGRAPH}"}.get(tag, "")

    def handle_endtag(self, tag: str) -> None:
        """End an element, and those in it that nobody has ended."""
        if tag not in [each for each, _silent in self._open]:
            return
        was_silent = self._is_silent
        while self._open.pop()[0] != tag:
            pass
        if was_silent:
            return
        if tag == "a" and self._links:
            self._address(*self._links.pop())
        elif tag in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        elif tag == "table" and self._tables:
            self._tables.pop()
        self._space(tag)

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._is_silent:
            self._parts.append(_BLANKS.sub(" ", data.replace(LINE, "").replace(PARAGRAPH, "")))

    def text(self) -> str:
        """What was read, without blanks at the ends of lines and with one empty line at most."""
        whole = _ENDS.sub(lambda ends: "\n\n" if PARAGRAPH in ends.group() else "\n", "".join(self._parts))
        whole = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", whole))
        lines = [line.strip().removesuffix(BETWEEN_CELLS.rstrip()).rstrip() for line in whole.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    @property
    def _in_data(self) -> bool:
        return bool(self._tables) and self._tables[-1]

    def _space(self, tag: str) -> None:
        if tag in _BLOCKS and self._in_data and tag not in _ROWS:
            self._parts.append(" ")  # a row stays one line
        elif tag in _APART or (tag in ("td", "tr") and not self._in_data):
            self._parts.append(PARAGRAPH)
        elif tag in _BLOCKS:
            self._parts.append(LINE)

    def _mark(self) -> str:
        if not self._numbers or not self._numbers[-1]:
            return "- "
        self._numbers[-1] += 1
        return f"{self._numbers[-1] - 1}. "

    def _cell(self) -> str:
        if not self._in_data:
            return ""
        self._cells += 1
        return BETWEEN_CELLS if self._cells > 1 else ""

    def _address(self, href: str, start: int) -> None:
        words = _joined(self._parts[start:])
        shown = href.removeprefix(_LINK_TO_MAIL).partition("?")[0] if href.startswith(_LINK_TO_MAIL) else href
        if shown and shown != words and not href.startswith("#"):
            self._parts.append(f" ({shown})" if words else shown)


def _joined(parts: Sequence[str]) -> str:
    return " ".join("".join(parts).split())
