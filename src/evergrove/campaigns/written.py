"""A playbook as the text of a file: written from a document, read from what somebody typed, with the line of a mistake."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from evergrove.campaigns.errors import InvalidPlaybook, UnknownPlaybookFormat, UnreadablePlaybook
from evergrove.core import NotToml, Sentence, Term, _, toml_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT = Term(_("The text"))
"""What errors call a text of which no line can be named."""
LINE = _("Line {line}")
HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
PLACE = re.compile(r"at line (\d+)")
BARE = re.compile(r"[A-Za-z0-9_-]+")
TOP = "playbook"


def playbook_text(document: Mapping[str, Any]) -> str:
    """
    A playbook's document as TOML; reading it gives the same document.

    One that Evergrove brings is shown as its file, with the comments.
    """
    shipped = _shipped_texts().get(str(document.get("key", "")))
    if shipped is not None and toml_of(shipped) == document:
        return shipped
    return "\n".join(_table(document, "")) + "\n"


def document_written(text: str) -> dict[str, Any]:
    """
    The document that a text says.

    Raises:
        UnreadablePlaybook: It is no TOML; ``line`` says where.
    """
    try:
        return toml_of(text)
    except NotToml as error:
        place = PLACE.search(error.reason)
        raise UnreadablePlaybook(**_origin(int(place[1]) if place else 0), reason=error.reason) from error


@contextmanager
def lines_named(text: str) -> Iterator[None]:
    """Have every refusal of a playbook within the block say the line of the text that it is about."""
    try:
        yield
    except (InvalidPlaybook, UnknownPlaybookFormat) as error:
        raise type(error)(**{**error.params, **_origin(line_of(text, error))}) from error


def line_of(text: str, error: InvalidPlaybook | UnknownPlaybookFormat) -> int:
    """The line of a text, from 1, that an error is about; 0 where it cannot be said."""
    told = error.params
    if isinstance(error, UnknownPlaybookFormat):
        return _entry(text, TOP, "format")
    if "where" in told:
        return _entry(text, str(told["where"]), str(told.get("name", "")))
    wanted = str(told.get("condition") or told.get("template") or "")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if wanted and wanted in line), 0)


def _origin(line: int) -> dict[str, object]:
    if not line:
        return {"origin": TEXT}
    return {"origin": Sentence("campaigns.line", LINE, {"line": line}), "line": line}


def _entry(text: str, where: str, name: str) -> int:
    """The line of an entry in a table such as trigger or steps[1]; of the table itself where it has no such entry."""
    entry = re.compile(rf'\s*["\']?{re.escape(name)}["\']?\s*[=.]')
    header = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]\]?")
    is_inside, found = where == TOP, 0
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        opened = HEADER.match(line)
        if opened:
            if where == TOP and header.match(line):
                return number
            last = opened[1].rpartition(".")[2]
            counts[last] = counts.get(last, -1) + 1
            is_inside = where in {last, f"{last}[{counts[last]}]"}
            found = number if is_inside and not found else found
        elif is_inside and entry.match(line):
            return number
    return found


def _shipped_texts() -> dict[str, str]:
    folder = files("evergrove.campaigns").joinpath("playbooks")
    return {
        each.name.removesuffix(".toml"): each.read_text(encoding="utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }


def _table(document: Mapping[str, Any], path: str) -> list[str]:
    """Lines of a table: its own entries first, then the tables within it."""
    lines = [f"{_key(name)} = {_value(each)}" for name, each in document.items() if not _is_table(each)]
    for name, each in document.items():
        inner = f"{path}{_key(name)}"
        if isinstance(each, dict):
            lines += ["", f"[{inner}]", *_table(each, f"{inner}.")]
        elif _is_table(each):
            for one in each:
                lines += ["", f"[[{inner}]]", *_table(one, f"{inner}.")]
    return lines


def _is_table(value: Any) -> bool:
    is_several = isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)
    return isinstance(value, dict) or is_several


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """A text, a number or a list of them: what JSON writes, TOML reads, but for the one sign that it must not hold."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
