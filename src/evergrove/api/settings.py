"""``/v1/settings``: every setting with its meaning, and those that can be changed from here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pydantic import Field

from evergrove.api.values import plain, worded
from evergrove.app.settings_file import change_settings, is_changeable
from evergrove.http import Answer, Body, Call, Routes, ThisCall

routes = Routes(tag="settings")

SECRET = {("outreach", "salt"), ("workspace", "ledger"), ("workspace", "key_file"), ("mail", "password_file")}
"""Settings that are secret, or say where secrets are."""
_TELLING = ("password", "passphrase", "secret", "token", "salt", "key_file", "url")
"""Words in the names of settings that are secret before somebody has thought of them here."""
SHOWN_URLS = {("access", "base_url")}


class Setting(Answer):
    """One setting."""

    section: str
    name: str
    value: Any = Field(description="Null where it is secret.")
    default: Any
    unit: str
    sentence: str
    is_secret: bool
    is_changeable: bool = Field(description="Whether PATCH takes it; else it is changed in evergrove.toml.")


class Changes(Body):
    """Settings that are to be otherwise."""

    changes: dict[str, dict[str, str | float | int | None]] = Field(
        description="Section, name and value; null: its default again.",
        examples=[{"value": {"discount_rate": 0.12}}],
        max_length=20,
    )


class Settings(Answer):
    """All settings, as this process read them."""

    items: list[Setting]


@routes.get("/settings", right="settings.read")
def settings(call: ThisCall) -> Settings:
    """Every setting with value, default and meaning; secrets are never shown."""
    return _all(call.here.settings, call)


def _all(chosen: Any, call: Call) -> Settings:
    items = [
        _setting(call, section.name, each, getattr(getattr(chosen, section.name), each.name))
        for section in fields(chosen)
        for each in fields(getattr(chosen, section.name))
    ]
    return Settings(items=items)


@routes.patch("/settings", right="settings.write", person=True)
def change(call: ThisCall, asked: Changes) -> Settings:
    """Have settings be otherwise, all of them or none; figures follow with the next run."""
    change_settings(call.here, asked.changes)
    call.service.current.look()
    return _all(call.service.here.settings, call)


def _setting(call: Call, section: str, each: Any, value: Any) -> Setting:
    is_secret = (section, each.name) in SECRET or (
        any(word in each.name for word in _TELLING) and (section, each.name) not in SHOWN_URLS
    )
    about = each.metadata
    return Setting(
        section=section,
        name=each.name,
        value=None if is_secret else plain(value),
        default=plain(each.default),
        unit=about.get("unit", ""),
        sentence=worded(about.get("sentence", ""), call),
        is_secret=is_secret,
        is_changeable=not is_secret and is_changeable(section, each.name),
    )
