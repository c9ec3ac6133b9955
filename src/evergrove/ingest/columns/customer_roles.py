"""Which column of a customers file plays which role, and what its cells say."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.ingest.columns.errors import ColumnNotFound, UnknownColumn, UnknownRole
from evergrove.ingest.columns.guess import BY_NAME, NAMED
from evergrove.ingest.sources.headers import column_named
from evergrove.ingest.types import ColumnMatch
from evergrove.ingest.values.consent import consent_said, consent_words
from evergrove.ingest.values.dates import DateReading, read_moment
from evergrove.ingest.values.ids import read_id
from evergrove.ingest.values.words import is_blank, plain, plain_header, table
from evergrove.people import PersonRow, checked_address, checked_name
from evergrove.people.identity import KINDS, normal_form
from evergrove.text import UnknownLanguage, language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evergrove.ingest.sources.column import Column
    from evergrove.text import Language

ROLES = tuple(table("customers"))
"""Roles that ``--map`` may name for a customers file."""

IDENTIFIERS = tuple(kind.name for kind in KINDS if kind.name != "email")
"""Roles whose cells tell who somebody is; the address has one of its own."""
SHOWN = 40
FIRST_BORN = "1900-01"
"""Whoever is born before is a placeholder."""


def all_headers() -> tuple[str, ...]:
    """Every known header: the more of them a line holds, the surer it is the header line."""
    return tuple(name for role in ROLES for name in table("customers")[role]["aliases"])


def guess_roles(
    file: str, columns: Sequence[Column], mapping: Mapping[str, str]
) -> tuple[dict[str, int], tuple[ColumnMatch, ...]]:
    """
    Give each role its column: as the user says, else the first by the rank of its names.

    Args:
        file: Name for messages.
        columns: With their samples.
        mapping: Role to header; an empty header: no such column. One column may play two roles, as where
            customers are known by their addresses.

    Returns:
        Role to position, and the same for people.

    Raises:
        UnknownRole, UnknownColumn: The mapping names what does not exist.
        ColumnNotFound: No column tells the customer, or none tells anything about one.
    """
    header = [column.name for column in columns]
    found = _named(header, mapping)
    why = dict.fromkeys(found, NAMED)
    for role in ROLES:
        if role in mapping:
            continue
        free = [at for at in range(len(columns)) if at not in found.values() and _fits(role, columns[at])]
        ranks = {plain_header(name): rank for rank, name in enumerate(table("customers")[role]["aliases"])}
        known = [at for at in free if plain_header(header[at]) in ranks]
        if known:
            found[role] = min(known, key=lambda at, ranks=ranks: ranks[plain_header(header[at])])  # type: ignore[misc]
            why[role] = BY_NAME
    if "customer" not in found or len(found) == 1:
        role = "email" if "customer" in found else "customer"
        names = ", ".join(header[:SHOWN])
        raise ColumnNotFound(file=file, role=role, columns=names, example=header[0])
    matches = (ColumnMatch(role, header[at], 1.0, why[role], file) for role, at in found.items())
    return found, tuple(matches)


def _named(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, name in mapping.items():
        if role not in ROLES:
            raise UnknownRole(role=role, near="", roles=", ".join(ROLES))
        if not name.strip():
            continue
        at = column_named(header, name)
        if at is None:
            known = ", ".join(header[:SHOWN])
            raise UnknownColumn(option=f"--map {role}={name}", column=name, near="", columns=known)
        found[role] = at
    return found


def _fits(role: str, column: Column) -> bool:
    """A column of addresses holds addresses; of the others the name is enough."""
    return role != "email" or not column.texts or column.share(lambda text: "@" in text) >= 0.5


def read_person(cells: Mapping[str, str], region: str = "") -> tuple[PersonRow | None, str, tuple[str, ...]]:
    """
    What one row says.

    Args:
        cells: Role to text; a role without a column is not among them.
        region: Country of phone numbers written without one; empty: such numbers are not used.

    Returns:
        The person, why the row is rejected (empty: it is not), and what could not be used of a row that is
        good. A rejected row still counts for a refusal, and is a person with nothing else then.
    """
    found = read_id(cells["customer"])
    if not found.value:
        code = {"damaged": "ingest.damaged_id", "bad": "ingest.bad_customer"}.get(found.fault)
        return None, code or "ingest.no_customer", ()
    unused: list[str] = []
    consent = consent_said(_text(cells, "consent"), unused)
    refusal = PersonRow(found.value, consent=consent) if consent in ("denied", "revoked") else None
    email, name = _text(cells, "email"), _text(cells, "name")
    address = checked_address(email) if email else None
    if email and address is None:
        return refusal, "people.bad_email", ()
    shown = checked_name(name) if name else None
    if name and shown is None:
        return refusal, "people.bad_name", ()
    reader = _language(_text(cells, "language"), unused)
    zone = _zone(_text(cells, "timezone"), unused)
    names = tuple(_identifiers(cells, region, unused))
    born = _born(_text(cells, "birthday"), unused)
    minor = _is_yes(_text(cells, "minor"))
    row = PersonRow(found.value, address, shown, reader, zone, consent, names, born, minor)
    return row, "", tuple(unused)


def _born(text: str, unused: list[str]) -> str | None:
    """Year and month of a birthday, YYYY-MM; the day is read to be sure of them, and dropped."""
    told = read_moment(text, DateReading()) if text else None
    if told is not None and FIRST_BORN <= told[:7] <= f"{datetime.now(UTC):%Y-%m}":
        return told[:7]
    if text:
        unused.append("people.bad_birthday")
    return None


def _is_yes(text: str) -> bool | None:
    """What a cell of a flag says; None: nothing clear."""
    said = consent_words().get(plain(text))
    return None if said in (None, "unknown", "pending") else said == "granted"


def _identifiers(cells: Mapping[str, str], region: str, unused: list[str]) -> Iterator[tuple[str, str]]:
    """Kind and normal form of each identifier beside the address; a cell that holds none is noted."""
    for kind in IDENTIFIERS:
        text = _text(cells, kind)
        form = normal_form(kind, text, region) if text else None
        if form is not None:
            yield kind, form
        elif text:
            unused.append("people.bad_identifier")


def _text(cells: Mapping[str, str], role: str) -> str:
    text = cells.get(role, "").strip()
    # "no" and "none" are answers about consent, not blanks.
    return "" if role != "consent" and is_blank(text) else text


def _language(text: str, unused: list[str]) -> Language | None:
    if not text:
        return None
    known = _language_words().get(plain(text))
    if known is not None:
        return known
    with suppress(UnknownLanguage):
        return language(text)
    unused.append("people.unknown_language")
    return None


def _zone(text: str, unused: list[str]) -> str | None:
    if not text:
        return None
    if not _is_zone(text):
        unused.append("people.unknown_zone")
        return None
    return text


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@cache
def _language_words() -> dict[str, Language]:
    return {
        plain(word): to for to, words in table("customers")["language"]["words"].items() for word in words
    }
