"""A question, its answer as a sentence with the number in it, the picture, and the table behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Path
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation at run time

from evergrove.http import ThisCall  # noqa: TC001 - same
from evergrove.http.errors import NoSuchPlace
from evergrove.web.frame.tables import Table, download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.responses import Response

    from evergrove.charts import Option
    from evergrove.http import Call
    from evergrove.web.frame.pages import Pages


DIGITS = 15
"""Of a number in a path: every one that a database gives."""


@dataclass(frozen=True)
class Block:
    """
    One answer of a page.

    Attributes:
        key: Its id on the page, and the name of its files: plain letters and hyphens.
        question: What a reader asks; stands small above the answer.
        answer: One sentence with the number in it.
        chart: ECharts option; None where only the table stands.
        height: Of the chart, in pixels.
        table: Behind the chart, or alone.
        note: How to read it, and what it rests on; one line.
        missing: Why it cannot be given, and what would change that; then there is neither chart nor table.
        files: Where its table is had as a file, without the ending; empty: nowhere.
    """

    key: str
    question: str
    answer: str = ""
    chart: Option | None = None
    height: int = 320
    table: Table | None = None
    note: str = ""
    missing: str = ""
    files: str = ""


def number_in(request: Request, name: str) -> int:
    """
    A number of the path, for the files below a page that has one.

    Raises:
        NoSuchPlace: It is none.
    """
    text = str(request.path_params[name])
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise NoSuchPlace
    return int(text)


def downloads(
    pages: Pages, path: str, right: str, blocks: Callable[[Call, Request], Iterable[Block]]
) -> None:
    """
    Let every table of a page be had as CSV and as XLSX.

    Args:
        pages: Where the routes are registered.
        path: Below which they stand: ``<path>/files/<key>.csv``; the block's ``files`` is ``<path>/files/<key>``,
            with the page's query behind it where its blocks depend on it.
        right: That the page asks for.
        blocks: The page's blocks; read again for each file.
    """

    def file(
        call: ThisCall,
        request: Request,
        key: Annotated[str, Path(max_length=64)],
        kind: Literal["csv", "xlsx"],
    ) -> Response:
        """The table behind one block."""
        for block in blocks(call, request):
            if block.key == key and block.table is not None:
                return download(block.table, key, kind)
        raise NoSuchPlace

    options: dict[str, Any] = {"right": right}
    pages.get(f"{path}/files/{{key}}.{{kind}}", **options)(file)
