"""The composition root: the only place that knows which engine, ledger, clock and channel are real."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.app.files import Evergrove
from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.app import access, imports, inbox, incoming, jobs
    from evergrove.app.creation import SETTINGS_FILE, create_workspace
    from evergrove.app.demo import DemoOutcome, run_demo
    from evergrove.app.workspace import Workspace, open_workspace

__all__ = [
    "SETTINGS_FILE",
    "DemoOutcome",
    "Evergrove",
    "Workspace",
    "access",
    "backups",
    "create_workspace",
    "imports",
    "inbox",
    "incoming",
    "jobs",
    "open_workspace",
    "run_demo",
]

__getattr__ = loader(
    globals(),
    dict.fromkeys(("SETTINGS_FILE", "create_workspace"), "evergrove.app.creation")
    | {"backups": "evergrove.app.backups"}
    | dict.fromkeys(("Workspace", "open_workspace"), "evergrove.app.workspace")
    | dict.fromkeys(("DemoOutcome", "run_demo"), "evergrove.app.demo")
    | {name: f"evergrove.app.{name}" for name in ("access", "imports", "inbox", "incoming", "jobs")},
)
