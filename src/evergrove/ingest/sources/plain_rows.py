"""The quick way through delimited text: blocks in which every line is plainly one row, quoted or not."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import TYPE_CHECKING

from evergrove.ingest.sources.batches import Rows
from evergrove.ingest.sources.encoding import is_unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.ingest.sources.text_lines import Block

BLANK_LINE = re.compile(r"^[,;\t| \"]+\r?$|^\r?\n", re.MULTILINE)
"""A line of blanks, quotes and separators only; such a line is no row."""


def split_plain(block: Block, delimiter: str, width: int, wanted: Sequence[int]) -> Rows | None:
    """The rows of a block of which every line is plainly one, quoted or not; None otherwise."""
    text = block.text
    if is_unusable(text) or _may_be_too_large(text):
        return None
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return None
    if '"' in text:
        if not _plain_rows(delimiter).fullmatch(text) or BLANK_LINE.search(text):
            return None
    elif _has_blank_line(text, delimiter * (width - 1)):
        return None
    return _arrow_rows(block, delimiter, width, wanted)


@cache
def _plain_rows(delimiter: str) -> re.Pattern[str]:
    """Lines that two readers cannot read differently: a cell is quoted from end to end, or not at all."""
    quoted, bare = '"[^"\r\n]*+(?:""[^"\r\n]*+)*+"', f'[^"{delimiter}\r\n]*+'
    return re.compile(f"(?:(?:{quoted}|{bare})(?:[{delimiter}\n]|\r\n|\\Z))*+")


def _may_be_too_large(text: str) -> bool:
    """Whether some line is so long that a cell of it may be; such a line covers one of these stretches."""
    step = csv.field_size_limit() // 2
    return any(text.find("\n", at, at + step) < 0 for at in range(0, len(text) - step, step))


def _arrow_rows(block: Block, delimiter: str, width: int, wanted: Sequence[int]) -> Rows | None:
    """A block parsed in one go; None when some line is not one row of the right width."""
    import pyarrow as pa  # noqa: PLC0415 -- reading Parquet must not pay for it
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 -- same

    names = [str(i) for i in range(width)]
    data = block.text.encode()
    try:
        found = arrow_csv.read_csv(
            pa.py_buffer(data),
            read_options=arrow_csv.ReadOptions(
                column_names=names, block_size=len(data) + 1, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if '"' in block.text else False, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=[names[i] for i in wanted]
            ),
        )
    except pa.ArrowInvalid:  # ragged or blank lines
        return None
    if found.num_rows != block.line_count:
        return None
    lines = range(block.first_line, block.first_line + found.num_rows)
    return Rows(lines, [column.combine_chunks() for column in found.columns])


def _has_blank_line(text: str, separators: str) -> bool:
    blanks = ("\n", "\r\n", f"{separators}\n", f"{separators}\r\n")
    return text.startswith(blanks) or any("\n" + blank in text for blank in blanks)
