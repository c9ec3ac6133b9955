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
    from evergrove.pipeline.types import ValueRequest


def described(request: ValueRequest) -> dict[str, Any]:
    """The files of a request, as they are now, and how they were read."""
    options = asdict(request.read) | {"mapping": dict(request.read.mapping), "keep": list(request.read.keep)}
    days = {name: value.isoformat() for name, value in options.items() if isinstance(value, date)}
    return {"files": [_identified(path) for path in request.files], "options": options | days}


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
