"""A workspace saved, tried out, brought back and brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.backup.encryption import Secret, secret_from, secret_of
    from evergrove.backup.erasures import list_beside, note_erasure
    from evergrove.backup.making import Made, Noted, back_up, newest_noted
    from evergrove.backup.restoring import Restored, Where, restore
    from evergrove.backup.types import Manifest
    from evergrove.backup.upgrading import Plan, plan_upgrade, upgrade
    from evergrove.backup.verifying import Verified, verify

__all__ = [
    "Made",
    "Manifest",
    "Noted",
    "Plan",
    "Restored",
    "Secret",
    "Verified",
    "Where",
    "back_up",
    "list_beside",
    "newest_noted",
    "note_erasure",
    "plan_upgrade",
    "restore",
    "secret_from",
    "secret_of",
    "upgrade",
    "verify",
]

__getattr__ = loader(  # opening a workspace needs the list of erasures, and none of the rest
    globals(),
    dict.fromkeys(("list_beside", "note_erasure"), "evergrove.backup.erasures")
    | dict.fromkeys(("Secret", "secret_from", "secret_of"), "evergrove.backup.encryption")
    | dict.fromkeys(("Made", "Noted", "back_up", "newest_noted"), "evergrove.backup.making")
    | dict.fromkeys(("Restored", "Where", "restore"), "evergrove.backup.restoring")
    | {"Manifest": "evergrove.backup.types"}
    | dict.fromkeys(("Plan", "plan_upgrade", "upgrade"), "evergrove.backup.upgrading")
    | dict.fromkeys(("Verified", "verify"), "evergrove.backup.verifying"),
)
