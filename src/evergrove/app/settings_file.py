"""``evergrove.toml``, changed from elsewhere: line by line, so that what people have written beside it stays."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evergrove import audit
from evergrove.app.creation import SETTINGS_FILE
from evergrove.app.restored import restored_unless_done
from evergrove.core import InputError, _, read_toml
from evergrove.core.platform import sole_owner
from evergrove.settings import Settings, load_settings, updated
from evergrove.warehouse import write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.app.workspace import Workspace

LOCK = ".settings.lock"
ACT = "workspace.settings_changed"
BY_HAND = frozenset(
    {
        "access",
        "audit",
        "server",
        "logs",
        "workspace.ledger",
        "workspace.key_file",
        "outreach.salt",
        "mail.host",
        "mail.port",
        "mail.security",
        "mail.user",
        "mail.password_file",
        "jobs.backup_folder",
        "jobs.backup_passphrase_file",
        "channels.console",
        "channels.plugins",
        "webhook",
        "sms",
        "wechat",
        "wecom",
        "line",
        "file",
    }
)
"""
What is changed at the machine only: who could get in, where files and passwords go, what takes a new start.

The mail server is among it, and whoever else messages are handed to: whoever named another one would be sent the password
of this one, or any file as if it were one.
"""
_HEADER = re.compile(r"^\s*\[\s*([A-Za-z_]+)\s*\]\s*(?:#.*)?$")


class ChangedByHandOnly(InputError):
    """A setting opens the machine itself, and is changed there."""

    code = "app.changed_by_hand_only"
    message = _("{name} is changed at the machine only, in evergrove.toml.")
    hint = _("Whoever may do that can reach more than this workspace.")


class UnseenCharacter(InputError):
    """A setting holds a line break, or something else that cannot be seen."""

    code = "app.unseen_character"
    message = _("{name} holds a character that cannot be seen, such as a line break.")
    hint = _("Write it on one line.")


class OddSettingsFile(InputError):
    """A setting is written in a way that cannot be replaced without touching what stands beside it."""

    code = "app.odd_settings_file"
    message = _("evergrove.toml writes {name} in a way that cannot be changed from here.")
    hint = _("Change it in the file: a line [{section}], and below it {name} = ...")


def is_changeable(section: str, name: str) -> bool:
    """Whether a setting can be changed from elsewhere."""
    return not {section, f"{section}.{name}"} & BY_HAND


def change_settings(here: Workspace, changes: Mapping[str, Mapping[str, Any]]) -> Settings:
    """
    Have settings be otherwise, all of them or none; what follows by itself is done by the next run.

    Args:
        here: The workspace.
        changes: Section -> name -> value; None: the default again, the line goes.

    Returns:
        The settings from now on.

    Raises:
        InvalidSetting: A section, a name or a value is not known.
        ChangedByHandOnly: Something of it is.
        OddSettingsFile: The file cannot be changed without touching more.
        NotWritable: The disk refused.
    """
    names = [(section, name) for section, values in changes.items() for name in values]
    for section, name in names:
        if not is_changeable(section, name):
            raise ChangedByHandOnly(name=f"{section}.{name}")
    path = here.folder / SETTINGS_FILE
    with sole_owner(here.folder / LOCK):
        before, text = read_toml(path)
        wanted = _checked(before, changes)
        for section, name in names:
            is_given = changes[section][name] is not None
            text = _with(text, section, name, getattr(getattr(wanted, section), name) if is_given else None)
        told = {"changed": sorted(f"{section}.{name}" for section, name in names)}
        with restored_unless_done(path), here.ledger.writing() as connection:
            audit.note(connection, ACT, here.by, "settings", told, at=here.clock.now())
            write_durably(path, lambda part: part.write_text(text, encoding="utf-8", newline=""))
    return load_settings(path)


def _checked(before: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The settings as they are to be; nothing is written that could not be read again."""
    settings = Settings()
    for section in dict.fromkeys((*before, *changes)):
        known = {each.name for each in fields(getattr(settings, section, settings))}
        values = {**before.get(section, {}), **changes.get(section, {})}
        told = {name: value for name, value in values.items() if value is not None or name not in known}
        settings = updated(settings, section, told, origin=SETTINGS_FILE)
    for section, given in changes.items():
        for name, value in given.items():
            if isinstance(value, str) and not value.isprintable():
                raise UnseenCharacter(name=f"{section}.{name}")
    return settings


def _with(text: str, section: str, name: str, value: Any) -> str:
    """The file with one setting set; the rest stays to the letter."""
    expected = tomllib.loads(text)
    expected.setdefault(section, {}).pop(name, None)
    if value is not None:
        expected[section][name] = value
    lines = text.removesuffix("\n").split("\n")  # TOML's own line ends, and no others
    begin, end = _bounds(lines, section)
    if begin < 0:
        lines += [*([""] if lines else []), f"[{section}]"]
        begin = end = len(lines)
    at = [k for k in range(begin, end) if re.match(rf"\s*{re.escape(name)}\s*=", lines[k])]
    new = [] if value is None else [f"{name} = {_written(value)}"]
    if at:
        lines[at[0] : at[0] + 1] = new
    else:
        lines[_after_last(lines, begin, end) : _after_last(lines, begin, end)] = new
    changed = "\n".join(lines) + "\n"
    try:
        found = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        found = {}
    if {**found, section: found.get(section, {})} != expected:
        raise OddSettingsFile(section=section, name=name)
    return changed


def _bounds(lines: Sequence[str], section: str) -> tuple[int, int]:
    """From the line below a section's header to the next one; (-1, -1) where there is no such section."""
    headers = [(k, found[1]) for k, line in enumerate(lines) if (found := _HEADER.match(line))]
    for k, (line, name) in enumerate(headers):
        if name == section:
            return line + 1, headers[k + 1][0] if k + 1 < len(headers) else len(lines)
    return -1, -1


def _after_last(lines: Sequence[str], begin: int, end: int) -> int:
    """Behind the last line of a section that says something: blank lines before the next one stay there."""
    return next((k + 1 for k in range(end - 1, begin - 1, -1) if lines[k].strip()), begin)


def _written(value: Any) -> str:
    """A value in TOML."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
