"""One table of a policy's document, read entry by entry: what is missing, misspelt or out of range is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evergrove.core import Term, _
from evergrove.segments.tiers.errors import PolicyEntryMissing, PolicyEntryUnknown, PolicyEntryUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_LETTERS = 80
MOST_DAYS = 3650


class Entries:
    """One table; whatever nobody took by ``end`` is unknown."""

    def __init__(self, origin: str, values: Mapping[str, Any], where: str = "") -> None:
        self.origin, self._values, self._where = origin, values, where
        self._known: list[str] = []

    def at(self, name: str) -> str:
        """The full name of an entry, as a reader looks for it."""
        return f"{self._where}.{name}" if self._where else name

    def key(self, name: str) -> str:
        """A short word of small letters, digits and underscores."""
        value = self.taken(name)
        if not isinstance(value, str) or not KEY.fullmatch(value):
            raise self.unusable(name, value, "a-z, 0-9, _")
        return value

    def word(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of a few words."""
        value = self.taken(name, default)
        if value not in allowed:
            raise self.unusable(name, value, " | ".join(allowed))
        return str(value)

    def text(self, name: str) -> str:
        """A name for people."""
        value = self.taken(name)
        if (
            not isinstance(value, str)
            or not 0 < len(value.strip()) <= MOST_LETTERS
            or not value.isprintable()
        ):
            raise self.unusable(name, value, Term(_("one line of 1 to 80 letters")))
        return value

    def whole(self, name: str, low: int, default: int, high: int = MOST_DAYS) -> int:
        """A whole number."""
        value = self.taken(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.unusable(name, value, f"{low}-{high}")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number."""
        return self._number(name, self.taken(name, default), low, high)

    def numbers(self, name: str, low: float, high: float, count: int) -> tuple[float, ...]:
        """So many of them."""
        values = self.taken(name)
        if not isinstance(values, list | tuple) or len(values) != count:
            raise self.unusable(name, values, f"[{', '.join('#' * count)}]")
        return tuple(self._number(name, value, low, high) for value in values)

    def table(self, name: str, *, needed: bool = False) -> Entries:
        """A table within; an empty one where it is not there and need not be."""
        value = self.taken(name, None if needed else {})
        if not isinstance(value, dict):
            raise self.unusable(name, value, f"[{name}]")
        return Entries(self.origin, value, self.at(name))

    def tables(self, name: str) -> list[Entries]:
        """One table or more, in their order."""
        value = self.taken(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.unusable(name, value, f"[[{name}]]")
        return [Entries(self.origin, each, f"{self.at(name)}[{k}]") for k, each in enumerate(value)]

    def end(self, known: Sequence[str] = ()) -> None:
        """Refuse what is left."""
        for name in self._values:
            if name not in self._known:
                names = tuple(dict.fromkeys([*self._known, *known]))
                raise PolicyEntryUnknown(origin=self.origin, name=self.at(name), known=names)

    def has(self, name: str) -> bool:
        """Whether the entry is there."""
        return name in self._values

    def taken(self, name: str, default: object = None) -> Any:
        """An entry as it stands; None stands for one that is needed."""
        self._known.append(name)
        value = self._values.get(name, default)
        if value is None:
            raise PolicyEntryMissing(origin=self.origin, name=self.at(name))
        return value

    def unusable(self, name: str, value: object, wanted: str) -> PolicyEntryUnusable:
        """The error about an entry."""
        return PolicyEntryUnusable(
            origin=self.origin, name=self.at(name), value=repr(value)[:MOST_LETTERS], wanted=wanted
        )

    def _number(self, name: str, value: object, low: float, high: float) -> float:
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        if not usable or not low <= value <= high:  # type: ignore[operator]  # nor is what is no number
            raise self.unusable(name, value, f"{low:g}-{high:g}")
        return float(value)  # type: ignore[arg-type]
