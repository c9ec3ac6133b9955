"""A shop's own targets, from the file targets.toml of its workspace; read strictly."""

from __future__ import annotations

import tomllib
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

from evergrove.core import InputError, _, reason_of
from evergrove.measurement.targets.rules import SIX
from evergrove.measurement.targets.types import Measure, Target
from evergrove.settings import Language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "targets.toml"
FORMAT = "evergrove.own_targets/1"
SIDES = ("at_most", "at_least")
KNOWN = ("measure", "name", *SIDES)


class UnreadableTargets(InputError):
    """The file cannot be read as TOML."""

    code = "measurement.unreadable_targets"
    message = _("{file} cannot be read as targets: {reason}.")
    hint = _('Write TOML that begins with format = "{format}", and below it a table for each target.')


class InvalidTarget(InputError):
    """A target in the file says something that cannot be."""

    code = "measurement.invalid_target"
    message = _("{file}: {key} cannot be a target: {reason}.")
    hint = _("It takes measure, one of {measures}; at_most or at_least, a number; and name, if you like.")


def own_targets(path: Path) -> tuple[Target, ...]:
    """
    The targets that a shop has set itself; none where there is no file.

    Args:
        path: ``targets.toml``.

    Raises:
        UnreadableTargets: It is no TOML, or of another format.
        InvalidTarget: One of them cannot be; the sentence names it.
    """
    if not path.exists():
        return ()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableTargets(file=path.name, reason=reason_of(error), format=FORMAT) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableTargets(file=path.name, reason=error, format=FORMAT) from error
    if told.pop("format", None) != FORMAT:
        raise UnreadableTargets(file=path.name, reason=_("it has another format"), format=FORMAT)
    return tuple(_target(path.name, key, section) for key, section in told.items())


def _target(file: str, key: str, section: Any) -> Target:
    def refuse(reason: str) -> InvalidTarget:
        return InvalidTarget(file=file, key=key, reason=reason, measures=", ".join(get_args(Measure)))

    if not isinstance(section, dict):
        raise refuse(_("it is a value, not a table"))
    unknown = sorted(set(section) - set(KNOWN))
    if unknown:
        raise refuse(", ".join(unknown) + "?")
    if key in {target.key for target in SIX}:
        raise refuse(_("one of the six has that name"))
    if section.get("measure") not in get_args(Measure):
        raise refuse(f"measure = {section.get('measure')}")
    sides = [side for side in SIDES if side in section]
    if len(sides) != 1:
        raise refuse(_("it needs one of at_most and at_least"))
    bound = section[sides[0]]
    if isinstance(bound, bool) or not isinstance(bound, int | float) or not isfinite(bound) or bound < 0:
        raise refuse(f"{sides[0]} = {bound}")
    names = _names(section.get("name", {}))
    if names is None:
        raise refuse(f"name = {section['name']}")
    return Target(
        key, section["measure"], "at_most" if "at_most" in sides else "at_least", float(bound), names
    )


def _names(told: Any) -> Mapping[str, str] | None:
    """A name for all languages, or one for each; None where it is neither."""
    languages = get_args(Language)
    if isinstance(told, str):
        return dict.fromkeys(languages, told)
    if not isinstance(told, dict) or not all(
        language in languages and isinstance(name, str) for language, name in told.items()
    ):
        return None
    return told
