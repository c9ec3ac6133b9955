"""One file opened: its source, its columns and what they were taken for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.presets.preset import preset_named
from evergrove.ingest.sources.batches import sampled
from evergrove.ingest.sources.column import Column
from evergrove.ingest.sources.confined import open_elsewhere, room_here
from evergrove.ingest.sources.formats import check_is_file, detect_format
from evergrove.ingest.sources.opening import open_texts
from evergrove.ingest.sources.parquet import ParquetSource, open_parquet
from evergrove.ingest.values.words import script_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from evergrove.core import EvergroveWarning
    from evergrove.ingest.sources.batches import Fault, Source
    from evergrove.ingest.sources.confined import Room
    from evergrove.ingest.types import ReadOptions
    from evergrove.warehouse import Engine


@dataclass(frozen=True)
class OpenFile:
    """
    A file of which the form is known.

    Attributes:
        number: Its place among the files given, from 0.
        label: How it is called in the account: the path as given, numbered when given twice.
        name: How it is called in messages.
        source: Where its rows come from.
        columns: Its columns with their samples.
        faults: Structurally bad rows among those sampled.
    """

    number: int
    label: str
    name: str
    source: Source | ParquetSource
    columns: tuple[Column, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def encoding(self) -> str:
        """The text encoding in print, or the format."""
        return "Parquet" if isinstance(self.source, ParquetSource) else self.source.encoding

    @property
    def warnings(self) -> tuple[EvergroveWarning, ...]:
        """What a reader of the numbers should know about how it was opened."""
        return () if isinstance(self.source, ParquetSource) else self.source.warnings

    def held(self, used: Collection[int]) -> dict[str, str]:
        """Its columns, with what those in use can hold."""
        return {column.name: column.held if at in used else "" for at, column in enumerate(self.columns)}

    @property
    def script(self) -> str:
        """The writing of its headers."""
        return script_of(self.header)


def open_file(engine: Engine, number: int, label: str, path: Path, options: ReadOptions) -> OpenFile:
    """
    Find out format, encoding and header of a file and read its first rows.

    Raises:
        InputError: The file cannot be read, or holds no table of orders (see ``errors``).
    """
    wanted = [text.rpartition(":")[0] or text for text in options.mapping.values()]
    wanted += [*options.mapping.values(), *options.keep]
    room = room_here()
    if room is not None:
        return _opened_elsewhere(engine, number, label, path, room, options, wanted)
    kind = detect_format(path)
    if kind == "parquet":
        typed = open_parquet(engine, path)
        return OpenFile(number, label, path.name, typed, typed.columns)
    source = open_texts(path, kind, options.encoding, wanted, likely=_likely_encoding(options))
    samples, faults = sampled(source)
    return _of_texts(number, label, path, source, samples, faults)


def _opened_elsewhere(
    engine: Engine,
    number: int,
    label: str,
    path: Path,
    room: Room,
    options: ReadOptions,
    wanted: Sequence[str],
) -> OpenFile:
    """The same, with everything that depends on the file's form done by a confined child."""
    likely = _likely_encoding(options)
    check_is_file(path)
    told = open_elsewhere(room, path, encoding=options.encoding, likely=likely, wanted=wanted)
    if told.source is not None:
        return _of_texts(number, label, path, told.source, told.samples, told.faults)
    typed = open_parquet(engine, told.parquet or path)
    return OpenFile(number, label, path.name, typed, typed.columns)


def _of_texts(
    number: int,
    label: str,
    path: Path,
    source: Source,
    samples: Sequence[Sequence[str]],
    faults: Sequence[Fault],
) -> OpenFile:
    columns = (Column(name, "text", sample) for name, sample in zip(source.header, samples, strict=True))
    return OpenFile(number, label, path.name, source, tuple(columns), tuple(faults))


def _likely_encoding(options: ReadOptions) -> str:
    """The encoding that the named preset's exports have; empty without one."""
    return preset_named(options.preset, options.own_presets).encoding if options.preset else ""


def labels(paths: Sequence[Path]) -> list[str]:
    """Paths as given; one that is given again is numbered."""
    names = [str(path) for path in paths]
    return [
        f"{name} ({names[: i + 1].count(name)})" if name in names[:i] else name
        for i, name in enumerate(names)
    ]


def repeated_files(paths: Sequence[Path]) -> dict[int, int]:
    """Number of a file to the number of an earlier one with the very same bytes."""
    if len(paths) == 1:
        return {}
    seen: dict[str, int] = {}
    repeats: dict[int, int] = {}
    for number, path in enumerate(paths):
        if path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if digest in seen:
                repeats[number] = seen[digest]
            seen.setdefault(digest, number)
    return repeats
