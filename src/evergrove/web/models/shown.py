"""Blocks of the report on a page: the same words and charts, their tables with files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.web.frame import Block, Column, Table

if TYPE_CHECKING:
    from evergrove.report.page import Block as Written
    from evergrove.report.page import Table as WrittenTable


def shown(block: Written, files: str) -> Block:
    """
    A block of the report as one of a page.

    Args:
        block: From ``report``; its cells are written in the reader's language already.
        files: Path below which its table is had as a file.
    """
    key = block.key.replace("_", "-")
    return Block(
        key,
        block.question,
        block.answer,
        block.chart,
        block.height,
        None if block.table is None else _table(block.table),
        note=block.note,
        missing=block.missing,
        files=f"{files}/{key}",
    )


def _table(table: WrittenTable) -> Table:
    columns = [
        Column(f"column_{n}", name, "text" if n <= table.words else "written")
        for n, name in enumerate(table.columns, start=1)
    ]
    return Table(columns, table.rows)
