"""A workspace saved, tried out, brought back and brought up to date."""

from evergrove.backup.erasures import list_beside, note_erasure
from evergrove.backup.making import Made, back_up
from evergrove.backup.restoring import Restored, Where, restore
from evergrove.backup.types import Manifest
from evergrove.backup.upgrading import Plan, plan_upgrade, upgrade
from evergrove.backup.verifying import Verified, verify

__all__ = [
    "Made",
    "Manifest",
    "Plan",
    "Restored",
    "Verified",
    "Where",
    "back_up",
    "list_beside",
    "note_erasure",
    "plan_upgrade",
    "restore",
    "upgrade",
    "verify",
]
