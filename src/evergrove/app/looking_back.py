"""Work that looks back, as jobs: models judged by the past, and a past day computed anew."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evergrove.pipeline import BacktestRequest
from evergrove.scoring.rolling import Options

if TYPE_CHECKING:
    from evergrove.app.workspace import Workspace
    from evergrove.jobs import Task

BACKTEST, REPLAY = "backtest", "replay"
"""Kinds of jobs."""


def look_back(here: Workspace, task: Task) -> dict[str, Any]:
    """
    Judge models and naive rules by the workspace's past; what later runs hear of it is kept with the workspace.

    The page that ``evergrove backtest`` writes is not: whoever wants it calls that.
    """
    asked = task.hold.params
    usual = Options()
    options = Options(
        origins=int(asked.get("origins", usual.origins)),
        window_days=int(asked.get("window_days", usual.window_days)),
        season=bool(asked.get("season", usual.season)),
    )
    as_of = date.fromisoformat(asked["as_of"]) if asked.get("as_of") else None
    with TemporaryDirectory(prefix="evergrove-") as folder:
        out = Path(folder) / "back-test"
        outcome = here.backtest(BacktestRequest(out=out, options=options, as_of=as_of), task.stage)
    for warning in outcome.warnings:
        task.say(warning.message, **warning.params)
    return {"as_of": outcome.champions["as_of"]}


def day_anew(here: Workspace, task: Task) -> dict[str, Any]:
    """Compute a past day from what was known then, and compare it with what was published."""
    found = here.replay(date.fromisoformat(task.hold.params["as_of"]), task.stage)
    differ = [name for name, kept in found.published.items() if found.replayed.get(name) != kept]
    return {"as_of": task.hold.params["as_of"], "equal": found.is_equal, "different": differ}
