"""What every reader of text hands on: columns of text, the lines they stand on, and what was faulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from evergrove.core import EvergroveWarning

SAMPLE_ROWS = 2_000


@dataclass(frozen=True)
class Fault:
    """A row that is structurally bad: the line it begins on, a reject code, its raw text."""

    line: int
    code: str
    raw: str


@dataclass(frozen=True)
class Rows:
    """
    A batch of rows of one width.

    Attributes:
        lines: Physical line on which each row begins; row number in formats without lines.
        columns: Arrow arrays of text, one for each wanted column, as long as ``lines``.
        faults: Structurally bad rows found among them.
    """

    lines: Sequence[int]
    columns: list[Any]
    faults: Sequence[Fault] = ()


class Source(Protocol):
    """One file as a table of texts."""

    @property
    def file(self) -> str:
        """The path as given."""

    @property
    def encoding(self) -> str:
        """The text encoding in print, or the format."""

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns, each one once."""

    @property
    def warnings(self) -> tuple[EvergroveWarning, ...]:
        """What a reader of the numbers should know about this file."""

    def rows(self, wanted: Sequence[int], progress: Callable[[float], None] | None = None) -> Iterator[Rows]:
        """All rows, as batches of the wanted columns."""

    def raw(self, lines: Collection[int]) -> Iterator[tuple[int, str]]:
        """The raw text of the rows that begin on some lines."""


def sampled(source: Source) -> tuple[list[list[str]], list[Fault]]:
    """The first rows of a source, column by column, and the faulty ones among them."""
    everything = range(len(source.header))
    columns: list[list[str]] = [[] for _name in everything]
    faults: list[Fault] = []
    for batch in source.rows(everything):
        faults.extend(batch.faults)
        for column, more in zip(columns, batch.columns, strict=True):
            column.extend(more.slice(0, SAMPLE_ROWS - len(column)).to_pylist())
        if len(columns[0]) >= SAMPLE_ROWS:
            break
    return columns, faults


def text_array(texts: Sequence[str]) -> Any:
    """
    An Arrow array of texts, built from one joined buffer.

    That takes half the time of going text by text; and ``pyarrow.array`` would import pandas, where it is
    installed, for a second and more.
    """
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    joined = "".join(texts)
    sizes = map(len, texts) if joined.isascii() else (len(text.encode()) for text in texts)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(sizes, np.int64, len(texts)), out=offsets[1:])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(joined.encode()))


def number_array(numbers: Sequence[int]) -> Any:
    """An Arrow array of 64-bit integers; see ``text_array``."""
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    values = np.fromiter(numbers, np.int64, len(numbers))
    return pa.Int64Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def arrow_table(
    texts: Mapping[str, Sequence[str]], numbers: Mapping[str, Sequence[int]] | None = None
) -> Any:
    """An Arrow table of columns of texts and integers."""
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it

    arrays = [number_array(column) for column in (numbers or {}).values()]
    arrays += [text_array(column) for column in texts.values()]
    return pa.Table.from_arrays(arrays, names=[*(numbers or {}), *texts])


def columns_of(rows: Sequence[Sequence[str]], wanted: Sequence[int]) -> list[Any]:
    """Rows of texts turned into Arrow columns."""
    if not rows:
        return [text_array([]) for _i in wanted]
    columns = list(zip(*rows, strict=True))
    return [text_array(columns[i]) for i in wanted]
