"""JSON as a source: an object a line or in an array, nested names joined by dots, numbers as they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from evergrove.ingest.sources.batches import SAMPLE_ROWS, Fault, Rows, columns_of
from evergrove.ingest.sources.encoding import UNDECODABLE, UNUSABLE, guess_encoding, named_encoding
from evergrove.ingest.sources.errors import EmptyFile, TooManyColumns, UnknownFormat
from evergrove.ingest.sources.headers import COLUMN_LIMIT, distinct_names
from evergrove.ingest.sources.json_array import elements
from evergrove.ingest.sources.text_lines import byte_chunks, lines_of, raw_lines, shown_raw, text_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.sources.encoding import TextEncoding
    from evergrove.ingest.sources.text_lines import Block

DEEPEST = 20
BATCH_ELEMENTS = 10_000


class _RepeatedKey(ValueError):
    """An object has one key twice: which of the two values holds is anybody's guess."""


class _TooDeep(ValueError):
    """Nesting beyond any order."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RepeatedKey
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_float=str, parse_int=str, parse_constant=str)


@dataclass(frozen=True)
class JsonSource:
    """
    A JSON lines file, or one JSON array of objects; see ``batches.Source``.

    The line of a row is that of its object; in an array, the object's place in it, from 1, as several
    objects may share a line.
    """

    path: Path
    text_encoding: TextEncoding
    keys: tuple[str, ...]
    is_array: bool = False
    warnings: tuple[EvergroveWarning, ...] = field(default=())

    @property
    def file(self) -> str:
        """The path as given."""
        return str(self.path)

    @property
    def header(self) -> tuple[str, ...]:
        """The keys as names of columns."""
        return distinct_names(self.keys)

    @property
    def encoding(self) -> str:
        """The encoding in print."""
        return self.text_encoding.shown

    def rows(self, wanted: Sequence[int], progress: Callable[[float], None] | None = None) -> Iterator[Rows]:
        """All objects, as texts; a missing or null value is an empty text."""
        names = [self.keys[i] for i in wanted]
        for batch in _batches(self.path, self.text_encoding.codec, progress, is_array=self.is_array):
            lines: list[int] = []
            rows: list[list[str]] = []
            faults: list[Fault] = []
            for line, found in batch:
                if isinstance(found, Fault):
                    faults.append(found)
                else:
                    lines.append(line)
                    rows.append([found.get(name, "") for name in names])
            yield Rows(lines, columns_of(rows, range(len(names))), faults)

    def raw(self, lines: Collection[int]) -> Iterator[tuple[int, str]]:
        """The raw text of rows, read from the file again."""
        if not self.is_array:
            return raw_lines(self.path, self.text_encoding.codec, lines)
        pending = set(lines)
        every = elements(self.path, self.text_encoding.codec)
        return ((place, shown_raw(text)) for place, text in every if place in pending)


def open_json(path: Path, encoding: str = "", *, is_array: bool) -> JsonSource:
    """
    Collect the keys of a JSON file from its first objects.

    Raises:
        UnknownFormat: No line or element among the first is an object.
        BrokenArray: An array breaks off, or goes wrong, among its first objects.
        EmptyFile, TooManyColumns: There is no table of orders in it.
    """
    text_encoding = named_encoding(encoding) if encoding else guess_encoding(lambda: byte_chunks(path))
    batches = _batches(path, text_encoding.codec, is_array=is_array)
    first = list(islice(chain.from_iterable(batches), SAMPLE_ROWS))
    keys = {key: None for _line, found in first if isinstance(found, dict) for key in found}
    if not keys:
        if not first:
            raise EmptyFile(file=path.name)
        raise UnknownFormat(file=path.name, found="JSON")
    if len(keys) > COLUMN_LIMIT:
        raise TooManyColumns(file=path.name, columns=len(keys), limit=COLUMN_LIMIT)
    return JsonSource(path, text_encoding, tuple(keys), is_array)


def _batches(
    path: Path, codec: str, progress: Callable[[float], None] | None = None, *, is_array: bool
) -> Iterator[Iterator[tuple[int, dict[str, str] | Fault]]]:
    """All objects, flat, with their lines or places; block by block, or so many elements at a time."""
    if not is_array:
        yield from map(_objects, text_blocks(path, codec, progress))
        return
    every = elements(path, codec, progress)
    while batch := list(islice(every, BATCH_ELEMENTS)):
        yield ((place, _one_object(place, text)) for place, text in batch)


def _objects(block: Block) -> Iterator[tuple[int, dict[str, str] | Fault]]:
    if block.is_overlong:
        yield block.first_line, Fault(block.first_line, "ingest.line_too_long", shown_raw(block.text))
        return
    for line, text in enumerate(lines_of(block.text), start=block.first_line):
        if text.strip("\ufeff \t\r\n"):
            yield line, _one_object(line, text)


def _one_object(line: int, text: str) -> dict[str, str] | Fault:
    code = "ingest.undecodable" if UNDECODABLE.search(text) else ""
    try:
        found = None if code else _DECODER.decode(text.strip("\ufeff \t\r\n"))
        flat = _flat(found) if isinstance(found, dict) else {}
    except _RepeatedKey:
        code = "ingest.repeated_key"
    except (_TooDeep, RecursionError):
        code = "ingest.nested_too_deep"
    except ValueError:
        code = "ingest.not_an_object"
    if code:
        return Fault(line, code, shown_raw(text))
    if not isinstance(found, dict):
        return Fault(line, "ingest.not_an_object", shown_raw(text))
    if UNUSABLE.search("".join(flat.values())):
        return Fault(line, "ingest.control_character", shown_raw(text))
    return flat


def _flat(found: dict[str, Any], prefix: str = "", depth: int = 1) -> dict[str, str]:
    """One level of names: {"buyer": {"id": 1}} becomes {"buyer.id": "1"}; lists stay JSON text."""
    if depth > DEEPEST:
        raise _TooDeep
    flat: dict[str, str] = {}
    for key, value in found.items():
        name = prefix + key
        if isinstance(value, str):
            flat[name] = value
        elif isinstance(value, dict):
            flat |= _flat(value, f"{name}.", depth + 1)
        elif value is None:
            flat[name] = ""
        else:
            flat[name] = json.dumps(value, ensure_ascii=False)
    return flat
