"""Between arrays of codes and days, and the words and days that are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.warehouse import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def coded(name: str, names: Sequence[str]) -> str:
    """SQL that writes a code as its name; NULL for a code outside the list."""
    cases = " ".join(f"when {code} then {literal(each)}" for code, each in enumerate(names))
    return f"case {name} {cases} end"


def registrable(values: NDArray[Any]) -> NDArray[Any]:
    """DuckDB takes days as timestamps; NaT reads as NULL."""
    return values.astype("datetime64[us]") if values.dtype.kind == "M" else values


def plain(values: NDArray[Any], words: Sequence[str] | None) -> list[Any]:
    """As Python knows them: codes by their words, days as dates; None for a code outside the list, and for NaT."""
    found: list[Any] = values.tolist()  # days as dates, NaT as None
    return found if words is None else [words[code] if 0 <= code < len(words) else None for code in found]
