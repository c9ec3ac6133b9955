"""Rejected rows as people read them: in a file for their owner's eyes, no cell of it a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.export.spreadsheet import safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.warehouse import Engine

QUERY = (
    f"select {safe_text('file')} as file, line, code, reason, {safe_text('raw')} as raw"
    " from rejects order by file, line"
)


def write_rejects(engine: Engine, path: Path) -> None:
    """Write the table ``rejects`` that reading has left; a file that is there keeps its rights."""
    engine.copy_to(QUERY, path, "format csv, header true, use_tmp_file false")
