"""Ids with a slash in them: in a path they are sent as ``%2F``, and stay one part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from starlette.types import Scope

STANDS_FOR_SLASH = "\x1f"
"""No id holds a control character, and no route is spelled with one."""
KEPT = "kept_slashes"
"""Of a request's state: that slashes of its path are kept so."""


def keep_slashes(scope: Scope) -> None:
    """
    Let an encoded slash be part of what it stands in, for the search for a route.

    Servers decode a path before anybody looks for its route: ``/v1/customers/A%2F7`` would be the orders of nobody, or
    nothing at all. Without this no customer whose id holds a slash could be asked after.

    Args:
        scope: Of a request; its path is changed where it holds any.
    """
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower() and b"%25" not in raw:  # some have decoded an encoded per cent twice
        return
    parts = raw.partition(b"?")[0].decode("ascii", "replace").split("/")
    scope["path"] = "/".join(unquote(part).replace("/", STANDS_FOR_SLASH) for part in parts)
    scope["state"][KEPT] = True


def give_slashes_back(scope: Scope) -> None:
    """Let the parameters that were found in a path have their slashes again."""
    if not scope["state"].get(KEPT):
        return
    found = scope["path_params"]
    scope["path_params"] = {
        name: value.replace(STANDS_FOR_SLASH, "/") if isinstance(value, str) else value
        for name, value in found.items()
    }
