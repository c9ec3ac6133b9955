"""``evergrove ingest URL --query``: rows of a database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove import app
from evergrove.ingest.sources.database_errors import QueryMissing, QueryWithoutDatabase, is_database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.cli.ingest import Asked


def take_query(
    given: Sequence[str],
    query: str,
    take: Callable[[list[Path], Asked], bool],
    here: Workspace,
    asked: Asked,
) -> bool:
    """
    Ask a database, and take its answer like a file; whether orders were new.

    Raises:
        QueryMissing, QueryWithoutDatabase: URL and query do not stand together.
        InputError: The database does not answer as it should.
    """
    files = [each for each in given if not is_database(each)]
    if files or len(given) != 1:
        raise QueryWithoutDatabase(file=files[0] if files else f"{given[0].partition(':')[0]}:…")
    if not query.strip():
        raise QueryMissing(where=f"{given[0].partition(':')[0]}:…")
    exported_at = asked.exported_at or here.clock.now()
    with app.incoming.fetched(here, given[0], query) as answer:
        return take([answer.file], replace(asked, exported_at=exported_at))
