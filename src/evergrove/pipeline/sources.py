"""Which files and options results came from, so that a later command can go back to them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergrove.ingest import ReadOptions
from evergrove.pipeline.types import NoEarlierRun, SourceChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.pipeline.types import ValueRequest


def described(request: ValueRequest, beside: Sequence[tuple[str, Path]] = ()) -> dict[str, Any]:
    """The files of a request, as they are now, and how they were read; ``beside``: those of other tables."""
    options = asdict(request.read) | {"mapping": dict(request.read.mapping), "keep": list(request.read.keep)}
    days = {name: value.isoformat() for name, value in options.items() if isinstance(value, date)}
    options.pop("own_presets")  # a workspace's, which files alone have none of
    return {
        "files": [_identified(path) for path in request.files],
        "beside": [{"table": table, **_identified(path)} for table, path in beside],
        "options": options | days,
    }


def _identified(path: Path) -> dict[str, Any]:
    known = path.stat()
    return {"path": str(path.absolute()), "bytes": known.st_size, "modified_ns": known.st_mtime_ns}


def earlier_run(folder: Path) -> dict[str, Any]:
    """
    The figures that an earlier run left in a folder.

    Raises:
        NoEarlierRun: There are none.
    """
    try:
        figures: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoEarlierRun(folder=str(folder)) from error
    if "sources" not in figures:
        raise NoEarlierRun(folder=str(folder))
    return figures


def source_files(figures: dict[str, Any], folder: Path) -> tuple[tuple[Path, ...], ReadOptions]:
    """
    The files behind earlier results, unchanged, and the options they were read with.

    Raises:
        SourceChanged: A file is gone or has another size or time.
    """
    sources = figures["sources"]
    for known in sources["files"]:
        path = Path(known["path"])
        if not path.exists() or _identified(path) != known:
            raise SourceChanged(file=str(path), folder=str(folder))
    options = dict(sources["options"])
    for name in ("as_of", "today"):
        options[name] = date.fromisoformat(options[name]) if options[name] else None
    options["keep"] = tuple(options["keep"])
    return tuple(Path(known["path"]) for known in sources["files"]), ReadOptions(**options)


def tables_beside(figures: dict[str, Any], folder: Path) -> tuple[tuple[str, Path], ...]:
    """
    The files of other tables behind earlier results, unchanged, with the table of each.

    Raises:
        SourceChanged: A file is gone or has another size or time.
    """
    found = []
    for known in figures["sources"].get("beside", ()):
        path = Path(known["path"])
        if not path.exists() or {"table": known["table"], **_identified(path)} != known:
            raise SourceChanged(file=str(path), folder=str(folder))
        found.append((known["table"], path))
    return tuple(found)
