"""One setting of an evergrove.toml replaced, everything else left as its owner has written it."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from evergrove.backup.errors import SettingsNotChanged

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "workspace"
_HEAD = re.compile(r"\s*\[")
_OURS = re.compile(rf"\s*\[\s*{SECTION}\s*\]\s*(#.*)?$")


def with_setting(text: str, name: str, value: str, origin: Path) -> str:
    """
    A settings file with one text under ``[workspace]`` set.

    Args:
        text: Of the file.
        name: Of the setting.
        value: What it is to be.
        origin: For the sentence.

    Raises:
        SettingsNotChanged: The file is written in a way that a line cannot be put into.
    """
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
    changed = _put(text.splitlines(), name, line)
    try:
        before, after = tomllib.loads(text), tomllib.loads(changed)
    except tomllib.TOMLDecodeError as error:
        raise SettingsNotChanged(origin=str(origin), setting=f"{SECTION}.{name}") from error
    if after != before | {SECTION: before.get(SECTION, {}) | {name: value}}:
        raise SettingsNotChanged(origin=str(origin), setting=f"{SECTION}.{name}")
    return changed


def _put(lines: list[str], name: str, line: str) -> str:
    found: list[str] = []
    within, done = False, False
    for each in lines:
        if _HEAD.match(each):
            within = _OURS.match(each) is not None
        if within and re.match(rf"\s*{name}\s*=", each):
            found.append(line)
            done = True
            continue
        found.append(each)
        if within and not done and _OURS.match(each) and not _is_set(lines, name):
            found.append(line)
            done = True
    if not done:
        found += ["", f"[{SECTION}]", line]
    return "\n".join(found) + "\n"


def _is_set(lines: list[str], name: str) -> bool:
    """Whether some line of the section sets it already."""
    within = False
    for each in lines:
        if _HEAD.match(each):
            within = _OURS.match(each) is not None
        if within and re.match(rf"\s*{name}\s*=", each):
            return True
    return False
