"""The audit trail of a workspace: sealed, shown, walked along, and its head put beside the master key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove import audit
from evergrove.app.workspace import key_path

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app.workspace import Workspace

ENDING = ".audit_head"


def head_file(here: Workspace) -> Path:
    """Where the head is put when nobody says otherwise: beside the key, outside of the workspace."""
    key = key_path(here.settings, here.id)
    return key.with_name(key.name + ENDING)


def export_head(here: Workspace, to: Path | None = None, *, replace: bool = False) -> tuple[audit.Head, Path]:
    """Seal what waits and put the head into a file; the head, and where it is."""
    path = to or head_file(here)
    return audit.export_head(here.ledger, path, here.id, here.clock.now(), replace=replace), path


def verify(here: Workspace, head: Path | None = None) -> tuple[audit.Verdict, Path | None]:
    """Walk along the trail; what was found, and with which exported head it was compared, if there is one."""
    usual = head_file(here)
    path = head or (usual if usual.exists() else None)
    exported = audit.read_head(path, here.id) if path else None
    with here.ledger.reading() as connection:
        return audit.verify(connection, exported), path


def entries(
    here: Workspace, limit: int, *, act: str = "", who: str = "", what: str = ""
) -> list[audit.AuditRow]:
    """The newest rows, newest first."""
    with here.ledger.reading() as connection:
        return audit.entries(connection, limit, act=act, who=who, what=what)
