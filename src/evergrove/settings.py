"""Every setting once: name, default, unit, one sentence. Defaults, then a TOML file, then the environment."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_type_hints

from evergrove.core import InputError, Unit, _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Language = Literal["en", "zh-Hans", "zh-Hant"]
Section = TypeVar("Section")
ENVIRONMENT_PREFIX = "EVERGROVE_"


class InvalidSetting(InputError):
    """A setting has a name or a value that is not known."""

    code = "settings.invalid"
    message = _("{origin}: {name} = {value} is not valid.")
    hint = _("{allowed}")


def setting(default: Any, sentence: str, unit: str = "") -> Any:
    """Declare one setting: its default, what it does, and its unit."""
    return field(default=default, metadata={"sentence": sentence, "unit": unit})


@dataclass(frozen=True)
class ValueSettings:
    """How value is counted."""

    discount_rate: float = setting(
        0.10, "Effective annual rate at which later money counts less.", "per year"
    )
    margin: float | None = setting(
        None, "Gross margin as a share of net revenue; makes the basis 'margin'.", "share"
    )
    cac: float | None = setting(
        None, "Acquisition cost per customer; makes the basis 'net_profit'.", "currency"
    )
    currency: str = setting("", "ISO 4217 code of all amounts; empty means not declared.")
    timezone: str = setting("", "Zone in which timestamps with an offset become calendar days.", "IANA name")
    unit: Unit = setting("week", "Unit of time of the models' parameters.")
    language: Language = setting("en", "Language of reports and messages.")


@dataclass(frozen=True)
class TierSettings:
    """Lower bounds of the value tiers, per 12 months; bands are half-open, the bound belongs to the upper one."""

    high_spend: float = setting(5000.0, "Net revenue from which spend counts as high.", "currency per year")
    high_frequency: float = setting(
        6.0, "Repeat orders from which frequency counts as high.", "orders per year"
    )
    high_average_order: float = setting(800.0, "Average order from which it counts as high.", "currency")
    potential_spend: float = setting(2000.0, "The same for potential.", "currency per year")
    potential_frequency: float = setting(3.0, "The same for potential.", "orders per year")
    potential_average_order: float = setting(400.0, "The same for potential.", "currency")
    medium_spend: float = setting(1000.0, "The same for medium.", "currency per year")
    medium_frequency: float = setting(1.0, "The same for medium.", "orders per year")
    medium_average_order: float = setting(200.0, "The same for medium.", "currency")
    frequency_basis: Literal["repeat_orders", "orders"] = setting(
        "repeat_orders", "Whether the customer's first order ever counts in the frequency."
    )
    bounds: Literal["auto", "fixed", "quantiles"] = setting(
        "auto",
        "The bounds above, quantiles of this shop (top 5, next 15, next 30 per cent), or whichever fits.",
    )


@dataclass(frozen=True)
class StageSettings:
    """Where a customer stands in the life cycle."""

    decline_days: int = setting(90, "Silence that means decline when the own rhythm is not known.", "days")
    churn_days: int = setting(180, "Silence that means churned when the own rhythm is not known.", "days")
    own_gaps: int = setting(
        4, "Gaps between purchase days from which the customer's own rhythm is used.", "count"
    )
    won_back_days: int = setting(90, "How long a returned customer counts as won back.", "days")
    mature_orders: int = setting(6, "Orders from which a steady customer is mature.", "count")
    trend_window_days: int = setting(180, "Length of each of the two windows that make the trend.", "days")
    trend_certainty: float = setting(
        0.80, "Certainty at which a trend counts as falling or rising.", "probability"
    )
    active_days: int = setting(180, "Horizon of p_active, the chance of another purchase.", "days")
    return_share: float = setting(0.20, "Of those called churned, at most this share may come back.", "share")


@dataclass(frozen=True)
class Settings:
    """All settings of a run."""

    value: ValueSettings = field(default_factory=ValueSettings)
    tiers: TierSettings = field(default_factory=TierSettings)
    stages: StageSettings = field(default_factory=StageSettings)


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read settings: defaults, overridden by a TOML file, overridden by EVERGROVE_<SECTION>_<NAME>.

    Raises:
        InvalidSetting: A section, a name or a value is not known.
    """
    settings = Settings()
    if path is not None:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidSetting(
                origin=str(path),
                name="file",
                value=type(error).__name__,
                allowed=f"It must be a TOML file: {error}.",
            ) from error
        for section, values in tables.items():
            settings = _with_section(settings, section, values, origin=str(path))
    for section_field in fields(Settings):
        prefix = f"{ENVIRONMENT_PREFIX}{section_field.name.upper()}_"
        variables = os.environ if environment is None else environment
        given = {
            name.removeprefix(prefix).lower(): value
            for name, value in variables.items()
            if name.startswith(prefix)
        }
        if given:
            settings = _with_section(settings, section_field.name, given, origin="environment")
    return settings


def _with_section(settings: Settings, section: str, values: Any, origin: str) -> Settings:
    current = getattr(settings, section, None)
    if not is_dataclass(current) or not isinstance(values, dict):
        known = ", ".join(f.name for f in fields(Settings))
        raise InvalidSetting(origin=origin, name=section, value="...", allowed=f"Sections are: {known}.")
    return replace(settings, **{section: _updated(current, values, origin)})


def _updated(section: Any, values: Mapping[str, Any], origin: str) -> Any:
    hints = get_type_hints(type(section))
    known = {f.name for f in fields(section)}
    for name, value in values.items():
        if name not in known:
            raise InvalidSetting(
                origin=origin, name=name, value=value, allowed=f"Known names: {', '.join(sorted(known))}."
            )
        section = replace(section, **{name: _converted(name, value, hints[name], origin)})
    return section


def _converted(name: str, value: Any, hint: Any, origin: str) -> Any:
    choices = getattr(hint, "__args__", ())
    if getattr(hint, "__origin__", None) is Literal:
        if value not in choices:
            allowed = f"Choose one of: {', '.join(map(str, choices))}."
            raise InvalidSetting(origin=origin, name=name, value=value, allowed=allowed)
        return value
    kind = next((t for t in (choices or (hint,)) if t is not type(None)), str)
    if isinstance(value, bool) or (kind is str and not isinstance(value, str)):
        raise InvalidSetting(origin=origin, name=name, value=value, allowed=f"It must be a {kind.__name__}.")
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        allowed = f"It must be a {kind.__name__}."
        raise InvalidSetting(origin=origin, name=name, value=value, allowed=allowed) from error
