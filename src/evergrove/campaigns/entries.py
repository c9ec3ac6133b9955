"""One table of a playbook's file, read entry by entry: what is missing, misspelt or out of range is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.campaigns.errors import MissingEntry, UnknownEntry, UnusableEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_DAYS = 3650
MOST_LETTERS = 200
MOST_OF_A_CONDITION = 4000


class Entries:
    """One table of a playbook; whatever nobody took by ``end`` is unknown."""

    def __init__(self, origin: str, where: str, values: Mapping[str, Any]) -> None:
        self._origin, self._where, self._values = origin, where, values
        self._known: list[str] = []

    def text(self, name: str) -> str:
        """A text that is not empty and not endless."""
        value = self._taken(name)
        if not isinstance(value, str) or not 0 < len(value) <= MOST_LETTERS:
            raise self.unusable(name, value, f"text, 1-{MOST_LETTERS}")
        return value

    def word(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of a few words."""
        value = self._taken(name, default)
        if value not in allowed:
            raise self.unusable(name, value, " | ".join(allowed))
        return str(value)

    def words(
        self, name: str, allowed: Sequence[str], default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """A list of such words."""
        value = self._taken(name, default)
        usable = isinstance(value, list | tuple) and all(word in allowed for word in value)
        if not usable or not (value or default is not None):
            raise self.unusable(name, value, f"[{' | '.join(allowed)}]")
        return tuple(value)

    def whole(self, name: str, low: int, high: int = LONGEST_DAYS, default: int | None = None) -> int:
        """A whole number."""
        value = self._taken(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.unusable(name, value, f"{low}-{high}")
        return value

    def share(self, name: str, high: float, default: float | None = None) -> float:
        """A number from 0 on."""
        value = self._taken(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= high:
            raise self.unusable(name, value, f"0-{high:g}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._taken(name, default)
        if not isinstance(value, bool):
            raise self.unusable(name, value, "true | false")
        return value

    def maybe_text(self, name: str) -> str:
        """A text, or nothing."""
        return self.text(name) if name in self._values else self._absent(name)

    def condition(self, name: str) -> str:
        """A condition in the language of segments, in its canonical spelling; or nothing."""
        if name not in self._values:
            return self._absent(name)
        value = self._taken(name)
        if not isinstance(value, str) or not 0 < len(value) <= MOST_OF_A_CONDITION:
            raise self.unusable(name, value, f"text, 1-{MOST_OF_A_CONDITION}")
        return value

    def has(self, name: str) -> bool:
        """Whether anything is said of it."""
        return name in self._values

    def _absent(self, name: str) -> str:
        self._known.append(name)
        return ""

    def reentry(self, *, keyed: bool) -> int | None:
        """Days from one entry to the next; "once", or "per_key", where the format knows it."""
        value = self._taken("reentry")
        if value == "once" or (keyed and value == "per_key"):
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_DAYS:
            raise self.unusable("reentry", value, f"once{' | per_key' * keyed} | 1-{LONGEST_DAYS}")
        return value

    def table(self, name: str, *, needed: bool = False) -> Entries | None:
        """A table within; None if it is not there and need not be."""
        self._known.append(name)
        if name not in self._values:
            if needed:
                raise MissingEntry(origin=self._origin, where=self._where, name=name)
            return None
        if not isinstance(self._values[name], dict):
            raise self.unusable(name, self._values[name], f"[{name}]")
        return Entries(self._origin, name, self._values[name])

    def tables(self, name: str) -> list[Entries]:
        """One table or more, in their order."""
        value = self._taken(name)
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise self.unusable(name, value, f"[[{name}]]")
        return [Entries(self._origin, f"{name}[{i}]", each) for i, each in enumerate(value)]

    def end(self) -> None:
        """Refuse what is left."""
        for name in self._values:
            if name not in self._known:
                known = ", ".join(self._known)
                raise UnknownEntry(origin=self._origin, where=self._where, name=name, known=known)

    def _taken(self, name: str, default: object = None) -> Any:
        self._known.append(name)
        value = self._values.get(name, default)
        if value is None:
            raise MissingEntry(origin=self._origin, where=self._where, name=name)
        return value

    def unusable(self, name: str, value: object, wanted: str) -> UnusableEntry:
        """What to say of an entry that cannot have its value."""
        return UnusableEntry(
            origin=self._origin, where=self._where, name=name, value=repr(value), wanted=wanted
        )
