"""A tier policy as the text of a file, for those who would rather write than fill in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evergrove.core import NotToml
from evergrove.core.toml import toml_of
from evergrove.segments.tiers.documents import read_policy
from evergrove.segments.tiers.errors import UnreadablePolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.tiers.policy import TierPolicy

ORIGIN = "TOML"
"""What errors call a text that came from no file."""


def policy_text(document: Mapping[str, Any]) -> str:
    """
    A policy's document as TOML; reading it gives the same policy.

    Args:
        document: As ``policy_document`` gives it; what is empty is left out.
    """
    lines = [f"{name} = {_value(each)}" for name, each in document.items() if _is_line(name, each)]
    for tier in document["tiers"]:
        names = ", ".join(f"{_key(code)} = {_value(name)}" for code, name in tier.get("names", {}).items())
        own = [f"{name} = {_value(each)}" for name, each in tier.items() if name != "names"]
        lines += ["", "[[tiers]]", *own, *([f"names = {{ {names} }}"] if names else [])]
    for name in ("criteria", "weights", "hysteresis"):
        if document.get(name):
            lines += ["", f"[{name}]", *(f"{key} = {_value(each)}" for key, each in document[name].items())]
    return "\n".join(lines) + "\n"


def policy_written(text: str) -> TierPolicy:
    """
    A policy from a text.

    Raises:
        InvalidTierPolicy: It is no TOML, or no policy.
    """
    try:
        document = toml_of(text)
    except NotToml as error:
        raise UnreadablePolicy(origin=ORIGIN, reason=error.reason) from error
    return read_policy(document, ORIGIN)


def _is_line(name: str, value: Any) -> bool:
    is_version = name == "version" and not value  # counted by adoption, not written
    return not is_version and name != "tiers" and not isinstance(value, dict) and value not in ("", [])


def _key(name: str) -> str:
    return name if name.isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    """A text, a number or a list of them: what JSON writes, TOML reads, but for the one sign that it must not hold."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
