"""The source of a file by its format: text, JSON or a workbook, whose cells are all texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.ingest.sources.json_source import open_json
from evergrove.ingest.sources.text_source import open_text
from evergrove.ingest.sources.workbook import open_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.ingest.sources.batches import Source
    from evergrove.ingest.sources.formats import Format


def open_texts(path: Path, kind: Format, encoding: str, wanted: Sequence[str], *, likely: str = "") -> Source:
    """
    Open a file of any format but Parquet, which has types.

    Args:
        path: The file.
        kind: Its format.
        encoding: As ``--encoding`` gives it; empty: found by trial.
        wanted: Headers that the user named, which help to find the header row.
        likely: The encoding that such exports have.

    Raises:
        InputError: The file cannot be read, or holds no table of orders (see ``errors``).
    """
    if kind == "workbook":
        return open_workbook(path, wanted)
    if kind in ("json lines", "json array"):
        return open_json(path, encoding, is_array=kind == "json array")
    return open_text(path, encoding, wanted, likely=likely)
