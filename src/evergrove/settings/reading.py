"""Settings as they are read: defaults, then a TOML file, then the environment."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from evergrove.core import NotToml, read_toml, reason_of
from evergrove.settings.errors import (
    NotANumber,
    NotASection,
    NotAText,
    NotAWholeNumber,
    OutOfRange,
    TooSmall,
    UnknownChoice,
    UnknownSection,
    UnknownSetting,
    UnreadableSettings,
)
from evergrove.settings.sections import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENVIRONMENT_PREFIX = "EVERGROVE_"


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read settings: defaults, overridden by a TOML file, overridden by EVERGROVE_<SECTION>_<NAME>.

    Raises:
        InvalidSetting: A section, a name or a value is not known; the subclass says which.
    """
    settings = Settings()
    if path is not None:
        for section, values in _tables(path).items():
            settings = updated(settings, section, values, origin=str(path))
    variables = os.environ if environment is None else environment
    for section_field in fields(Settings):
        prefix = f"{ENVIRONMENT_PREFIX}{section_field.name.upper()}_"
        given = {
            name.removeprefix(prefix).lower(): value
            for name, value in variables.items()
            if name.startswith(prefix)
        }
        if given:
            settings = updated(settings, section_field.name, given, origin=f"{prefix}*")
    return settings


def _tables(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)[0]
    except FileNotFoundError as error:
        raise UnreadableSettings(origin=str(path), reason=reason_of(error)) from error
    except NotToml as error:
        raise UnreadableSettings(origin=str(path), reason=error.reason) from error


def updated(settings: Settings, section: str, values: Any, origin: str) -> Settings:
    """
    Settings with some values of one section replaced, all at once, each checked.

    Args:
        settings: To start from.
        section: A section's name, such as "tiers".
        values: Name -> value; numbers may come as text.
        origin: A file, a variable or an option, as the reader knows it; it begins the error's sentence.

    Raises:
        InvalidSetting: A section, a name or a value is not known; the subclass says which.
    """
    known = [f.name for f in fields(Settings)]
    if section not in known:
        raise UnknownSection(origin=origin, name=section, known=", ".join(known))
    if not isinstance(values, dict):
        raise NotASection(origin=origin, name=section)
    current = getattr(settings, section)
    converted = {
        name: _converted(_declared(current, section, name, origin), value, origin)
        for name, value in values.items()
    }
    return replace(settings, **{section: replace(current, **converted)})


@dataclass(frozen=True)
class _Declared:
    """One setting as its section declares it."""

    name: str
    hint: Any
    low: float
    high: float


def _declared(section: Any, title: str, name: str, origin: str) -> _Declared:
    metadata = {f.name: f.metadata for f in fields(section)}
    if name not in metadata:
        known = ", ".join(sorted(metadata))
        raise UnknownSetting(origin=origin, section=title, name=name, known=known)
    hint = get_type_hints(type(section))[name]
    return _Declared(name, hint, metadata[name]["low"], metadata[name]["high"])


def _converted(setting: _Declared, value: Any, origin: str) -> Any:
    if get_origin(setting.hint) is Literal:
        choices = get_args(setting.hint)
        if value not in choices:
            raise UnknownChoice(
                origin=origin, name=setting.name, value=str(value), choices=", ".join(choices)
            )
        return value
    kinds = get_args(setting.hint) or (setting.hint,)
    if str in kinds:
        if not isinstance(value, str):
            raise NotAText(origin=origin, name=setting.name, value=str(value))
        return value
    return _number(setting, value, whole=int in kinds, origin=origin)


def _number(setting: _Declared, value: Any, *, whole: bool, origin: str) -> float:
    mistake = NotAWholeNumber if whole else NotANumber
    try:
        # A truth value counts as 0 or 1 in Python; here it is a mistake.
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError) as error:
        raise mistake(origin=origin, name=setting.name, value=str(value)) from error
    if not math.isfinite(number) or (whole and number != int(number)):
        raise mistake(origin=origin, name=setting.name, value=str(value))
    given = {"origin": origin, "name": setting.name, "value": str(value), "low": f"{setting.low:g}"}
    if math.isinf(setting.high) and number < setting.low:
        raise TooSmall(**given)
    if not setting.low <= number <= setting.high:
        raise OutOfRange(**given, high=f"{setting.high:g}")
    return int(number) if whole else number
