"""What the user says about columns: ``--map role=header`` and ``--keep header``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.ingest.columns.errors import UnknownColumn, UnknownRole
from evergrove.ingest.columns.guess import ROLES
from evergrove.ingest.sources.headers import column_named
from evergrove.ingest.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SUFFIXES = {
    **dict.fromkeys(("date", "created", "refund_date", "updated"), ("dmy", "mdy", "ymd")),
    **dict.fromkeys(("amount", "price", "refund", "quantity"), ("comma", "dot")),
}
"""How a column is written, after a colon: the order of its dates, the decimal sign of its amounts."""


_SLIP = 0.75  # a letter more, fewer or wrong in a word of four; below that a guess misleads


@dataclass(frozen=True)
class Wish:
    """A header that the user named for a role (empty: no such column), and how it is written."""

    header: str
    style: str = ""


def read_wishes(mapping: Mapping[str, str]) -> dict[str, Wish]:
    """
    Check and take apart what ``--map`` says.

    Raises:
        UnknownRole: There is no such role.
    """
    wishes = {}
    for role, text in mapping.items():
        if role not in ROLES:
            raise UnknownRole(role=role, near=_near(role, ROLES), roles=", ".join(ROLES))
        header, colon, style = text.rpartition(":")
        is_styled = bool(colon) and style.strip().lower() in SUFFIXES.get(role, ())
        wishes[role] = Wish(header.strip(), style.strip().lower()) if is_styled else Wish(text.strip())
    return wishes


def positions_of(wishes: Mapping[str, Wish], header: Sequence[str]) -> dict[str, int | None]:
    """The wishes that one file can fulfil: role to position, None for "no such column"."""
    found: dict[str, int | None] = {}
    for role, wish in wishes.items():
        at = column_named(header, wish.header)
        if at is not None or not wish.header:
            found[role] = at
    return found


def check_headers(wishes: Mapping[str, Wish], keep: Sequence[str], headers: Sequence[Sequence[str]]) -> None:
    """
    Refuse a header that no file has.

    Raises:
        UnknownColumn: With the header that was meant, if one differs by a slip only.
    """
    named = [(f"--map {role}={wish.header}", wish.header) for role, wish in wishes.items() if wish.header]
    named += [(f"--keep {name}", name) for name in keep]
    for option, name in named:
        if all(column_named(header, name) is None for header in headers):
            known = list(dict.fromkeys(column for header in headers for column in header))
            raise UnknownColumn(
                option=option, column=name, near=_near(name, known), columns=", ".join(known[:40])
            )


def _near(word: str, known: Sequence[str]) -> str:
    """The name that was most likely meant: one that differs by a slip; empty when none does."""
    compared = {plain(name): name for name in reversed(known)}
    close = difflib.get_close_matches(plain(word), compared, n=1, cutoff=_SLIP)
    return compared[close[0]] if close else ""
