"""
Where values stand in a page, and which markup no letter may have; both are looked at before a letter is kept.

Each value is escaped when it is written (``language``). That keeps it inside text and inside quoted attributes, and
nowhere else: so it may not stand anywhere else, an address may not begin with one, and every condition and loop
stands between elements. Then every way through the letter leaves each value in the place that was looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from evergrove.delivery.rendering.errors import UnsafeMarkup, ValueOutOfPlace
from evergrove.delivery.rendering.language import environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

VALUE, END, TAG = "\ue000", "\ue001", "\ue002"
"""Stand for what the language writes, and for what it does; a letter has no such characters."""
_VALUE = re.compile(f"{VALUE}(\\d+){END}")
_URLS = frozenset(("href", "src", "background", "cite", "poster", "longdesc", "xlink:href", "lowsrc"))
_NEVER_ATTRIBUTES = frozenset(
    ("srcset", "ping", "action", "formaction", "srcdoc", "data", "code", "codebase")
)
_NEVER = frozenset(
    [
        "applet",
        "audio",
        "base",
        "button",
        "dialog",
        "embed",
        "form",
        "frame",
        "frameset",
        "iframe",
        "input",
        "link",
        "listing",
        "math",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "plaintext",
        "portal",
        "script",
        "select",
        "slot",
        "source",
        "svg",
        "template",
        "textarea",
        "track",
        "video",
        "xmp",
    ]
)
_NEVER_ANYWHERE = re.compile(
    rf"<\s*/?\s*({'|'.join(sorted(_NEVER - {'base', 'link', 'noscript'}))})\b", re.IGNORECASE
)
_BEGUN = re.compile(f"<[\\s/!?]*(?:{VALUE}(\\d+){END}|{TAG})")
"""What would become the name of an element."""
_HANDLER = re.compile(r"on[a-z]+")
_SCHEME = re.compile(r"(https?://[^\s/?#@:]+(:\d+)?(?:[/?#]|$)|mailto:[^\s]|tel:[+\d]|#)", re.IGNORECASE)
_CSS = re.compile(
    r"@import|expression\s*\(|javascript:|vbscript:|behavior\s*:|-moz-binding|\\", re.IGNORECASE
)
_CSS_URL = re.compile(r"url\s*\(\s*['\"]?\s*(?!https?://)", re.IGNORECASE)
_META = frozenset(("content-type", "x-ua-compatible"))
_QUOTED = re.compile(r"""\s[^\s"'<>/=]+\s*=\s*("[^"]*"|'[^']*')""")
_ENCODED = re.compile(r"\|\s*url_encode\s*$")
_OF_OUTLOOK = re.compile(r"</?(?:noscript|xml|o:[a-z]+)\s*/?>|<!$", re.IGNORECASE)
"""What only Outlook is told, in a comment that begins for it or ends for it."""
_CONDITIONAL = re.compile(r"^\[if[^\]]*\]>(?P<inner>.*?)(?:<!\[endif\])?$", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class _Marked:
    """A source with marks in the place of what the language writes and does."""

    text: str
    values: Sequence[str]


def check_markup(source: str, where: str, links: Collection[str]) -> None:
    """
    Refuse a page that holds what no mail should, or a value in a place that escaping does not close.

    Args:
        source: HTML with Liquid in it, which can be read.
        where: Which part of which letter it is, for the error.
        links: Names of values that are whole addresses of the service or the shop.

    Raises:
        UnsafeMarkup, ValueOutOfPlace: With the line.
    """
    strange = next((at for at, each in enumerate(source) if each in (VALUE, END, TAG, "\x00")), None)
    if strange is not None:
        raise UnsafeMarkup(where=where, line=source[:strange].count("\n") + 1, found=repr(source[strange]))
    marked = _marked(source)
    found = _NEVER_ANYWHERE.search(marked.text)
    if found is not None:  # also where a reader might see it otherwise than the parser below
        line = marked.text[: found.start()].count("\n") + 1
        raise UnsafeMarkup(where=where, line=line, found=f"<{found.group(1)}>")
    checker = _Checker(marked, where, links)
    begun = _BEGUN.search(marked.text)
    if begun is not None:
        line = marked.text[: begun.start()].count("\n") + 1
        raise ValueOutOfPlace(where=where, line=line, found=checker.shown(begun.group(0)))
    try:
        checker.feed(marked.text)
        checker.close()
    except AssertionError as error:  # a declaration that no page has
        raise UnsafeMarkup(where=where, line=checker.getpos()[0], found="<![") from error
    if checker.rawdata:
        raise UnsafeMarkup(where=where, line=checker.getpos()[0], found="<")


def _marked(source: str) -> _Marked:
    values: list[str] = []
    return _Marked("".join(_parts(source, values)), values)


def _parts(source: str, values: list[str]) -> Iterator[str]:
    """The source with marks; lines stay lines."""
    for token in environment("en", is_html=True).tokenizer()(source):
        if token.kind == "content":
            yield token.value
        elif token.kind == "output":
            yield f"{VALUE}{len(values)}{END}" + "\n" * token.value.count("\n")
            values.append(token.value.strip("{}- \n"))
        elif token.kind in ("tag", "comment"):
            yield TAG + "\n" * token.value.count("\n")


class _Checker(HTMLParser):
    """Goes through a page with marks."""

    def __init__(self, marked: _Marked, where: str, links: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._marked, self._where, self._links = marked, where, links
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        raw = self.get_starttag_text() or ""
        if self._inside == "title":  # a reader would take it for text, and an attribute in it for markup
            self._unsafe(f"<{tag[:40]}>")
        if TAG in raw or any(VALUE in name for name, _value in attrs):
            self._out_of_place(self.shown(raw))
        if VALUE in _QUOTED.sub("", raw):
            self._out_of_place(self.shown(_QUOTED.sub("", raw)))
        self._check_element(tag, dict(attrs))
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        self._inside = tag if tag in ("style", "title") else self._inside

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if VALUE in tag or TAG in tag:
            self._out_of_place(tag)
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Words, or a style."""
        if self._inside != "style":
            return
        if VALUE in data or TAG in data:
            self._out_of_place(self.shown(data))
        self._check_style(data)

    def handle_comment(self, data: str) -> None:
        """A comment; Outlook reads what stands in some."""
        if VALUE in data or TAG in data:
            self._out_of_place(self.shown(data))
        if data.startswith((">", "->")) or "--!>" in data:  # which ends it for some readers only
            self._unsafe(f"<!--{data[:20]}")
        inner = _CONDITIONAL.match(data)
        if inner is not None:
            check_markup(_OF_OUTLOOK.sub("", inner.group("inner")), self._where, self._links)

    def unknown_decl(self, data: str) -> None:
        """The end of what is not for Outlook; there are no other declarations."""
        if data not in ("endif", "endif]"):
            self._unsafe(f"<![{data[:20]}")

    def handle_pi(self, data: str) -> None:
        """What a page has no use for."""
        self._unsafe(f"<?{data[:20]}")

    def _check_element(self, tag: str, attrs: dict[str, str | None]) -> None:
        equivalent = (attrs.get("http-equiv") or "").lower()
        is_strange = tag == "meta" and "http-equiv" in attrs and equivalent not in _META
        if tag in _NEVER or is_strange or not re.fullmatch(r"[a-z][a-z0-9:.-]*", tag):
            self._unsafe(f"<{tag[:40]}>")

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if _HANDLER.fullmatch(name) or name in _NEVER_ATTRIBUTES or name.partition(":")[2] == "href":
            self._unsafe(f"{name}=")
        if name == "style":
            if VALUE in value:
                self._out_of_place(self.shown(value))
            self._check_style(value)
        elif name in _URLS:
            self._check_address(tag, name, value)

    def _check_style(self, text: str) -> None:
        found = _CSS.search(text) or _CSS_URL.search(text)
        if found is not None:
            self._unsafe(found.group(0).strip())

    def _check_address(self, tag: str, name: str, value: str) -> None:
        places = list(_VALUE.finditer(value))
        for place in places:
            expression = self._marked.values[int(place.group(1))]
            if place.start() == 0:
                if expression not in self._links:
                    self._out_of_place("{{ " + expression + " }}")
            elif not _ENCODED.search(expression):
                self._out_of_place("{{ " + expression + " }}")
        beginning = value[: places[0].start()] if places else value
        if places and places[0].start() == 0:
            return
        if _SCHEME.match(beginning) is None or re.search(r"[\s\x00-\x20]", beginning.strip()):
            self._unsafe(f'<{tag} {name}="{beginning[:40]}">')
        if places and beginning.startswith("http") and not re.search(r"//[^/?#]+[/?#]", beginning):
            self._out_of_place("{{ " + self._marked.values[int(places[0].group(1))] + " }}")

    def shown(self, text: str) -> str:
        """What stands at the first mark of a text."""
        found = _VALUE.search(text)
        return "{{ " + self._marked.values[int(found.group(1))] + " }}" if found else "{% %}"

    def _out_of_place(self, found: str) -> None:
        raise ValueOutOfPlace(where=self._where, line=self.getpos()[0], found=found)

    def _unsafe(self, found: str) -> None:
        raise UnsafeMarkup(where=self._where, line=self.getpos()[0], found=found)
