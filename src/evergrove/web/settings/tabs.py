"""The rooms of the settings, each for those who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.access import may
from evergrove.core import _

if TYPE_CHECKING:
    from evergrove.http import Call
    from evergrove.text import Formats

TABS = (
    ("account", "/settings/account", _("Your account"), ""),
    ("general", "/settings/general", _("General"), "settings.read"),
    ("people", "/settings/people", _("People"), "users.manage"),
    ("keys", "/settings/keys", _("Keys"), "keys.own"),
    ("privacy", "/settings/privacy", _("Privacy"), "settings.read"),
    ("jobs", "/settings/jobs", _("Jobs"), "jobs.read"),
    ("audit", "/settings/audit", _("Who did what"), "audit.read"),
    ("health", "/settings/health", _("Health and backup"), "workspace.check"),
)


def tabs(call: Call, formats: Formats) -> list[tuple[str, str, str]]:
    """Path, name and key of each room that whoever asks may enter."""
    return [
        (path, formats.say(name), key)
        for key, path, name, right in TABS
        if not right or may(call.actor, right)
    ]
