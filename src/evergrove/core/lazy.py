"""Names of a package that are loaded when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Later:
    """A module that is loaded when something of it is used: what only says how it is called must not pay for it."""

    def __init__(self, name: str) -> None:
        """
        Nothing is loaded yet.

        Args:
            name: Of the module, in full.
        """
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def loader(package: dict[str, Any], homes: Mapping[str, str]) -> Callable[[str], Any]:
    """
    The ``__getattr__`` of a package whose names cost nothing until they are asked for (PEP 562).

    Args:
        package: The package's ``globals()``: a name once loaded is kept there.
        homes: Name -> the module that defines it, or the module itself where it is one of the package's own.

    Raises:
        AttributeError: From the function returned, for a name without a home.
    """

    def load(name: str) -> Any:
        if name not in homes:
            message = f"module {package['__name__']!r} has no attribute {name!r}"
            raise AttributeError(message)
        home = import_module(homes[name])
        package[name] = home if homes[name] == f"{package['__name__']}.{name}" else getattr(home, name)
        return package[name]

    return load
