"""What comes into a workspace from elsewhere than a file that somebody names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove.ingest.database import fetch
from evergrove.pipeline.incoming import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.app.workspace import Workspace
    from evergrove.ingest.database import Fetched


@contextmanager
def fetched(here: Workspace, url: str, query: str) -> Iterator[Fetched]:
    """The rows of a database by a query, as a file for the length of a ``with`` block; its name tells no secret."""
    with work_folder(here.folder) as folder:
        yield fetch(url, query, folder)
