"""What comes into a workspace from elsewhere than a file that somebody names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from evergrove.ingest.sources.archives import may_be_archive, unpack
from evergrove.ingest.sources.confined import confined, room_here, unpack_elsewhere
from evergrove.ingest.sources.database import fetch
from evergrove.pipeline.incoming import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.ingest.sources.database import Fetched


@contextmanager
def fetched(here: Workspace, url: str, query: str) -> Iterator[Fetched]:
    """The rows of a database by a query, as a file for the length of a ``with`` block; its name tells no secret."""
    with work_folder(here.folder) as folder:
        yield fetch(url, query, folder)


@contextmanager
def unpacked(here: Workspace, files: Sequence[Path]) -> Iterator[list[Path]]:
    """
    The files, archives among them as the tables in them, for the length of a ``with`` block.

    Where the settings say so, whatever is opened in the block is read in a confined process; see ``confined``.
    """
    if here.settings.workspace.confine == "all":
        with work_folder(here.folder) as folder, confined(folder):
            yield [table for file in files for table in _tables_elsewhere(file)]
        return
    if not any(map(may_be_archive, files)):
        yield list(files)
        return
    with work_folder(here.folder) as folder:
        found: list[Path] = []
        for nth, file in enumerate(files):
            own = folder / f"{nth:06}"
            own.mkdir(mode=0o700)
            tables = unpack(file, own) if may_be_archive(file) else None
            found += [file] if tables is None else tables
        yield found


def _tables_elsewhere(file: Path) -> list[Path]:
    """A file, or what is packed in it, unpacked by a confined process."""
    room = room_here()
    tables = unpack_elsewhere(room, file) if room is not None and may_be_archive(file) else None
    return [file] if tables is None else tables
