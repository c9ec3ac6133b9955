"""What holds for a whole run: the shop's zone, the clock's day, the one currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.ingest.orders.errors import UnknownCurrency, UnknownTimezone
from evergrove.ingest.values.words import (
    currency_code,
    currency_codes,
    currency_names,
    currency_signs,
    resolved_sign,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from evergrove.ingest.columns.files import OpenFile
    from evergrove.ingest.columns.mapped import MappedFile

_ZONE_OF_SCRIPT = {"zh-Hans": "Asia/Shanghai", "zh-Hant": "Asia/Taipei"}


@dataclass(frozen=True)
class Context:
    """
    What holds for the whole run.

    Attributes:
        zone: IANA name of the shop's zone.
        today: The clock's day; None: nothing is in the future.
        currency: ISO code that the user named; empty: the files say.
        takes_others: Whether rows in other currencies are good, as rates are known.
    """

    zone: str
    today: date | None
    currency: str
    takes_others: bool = False


def checked_currency(name: str) -> str:
    """
    The ISO 4217 code of a currency as a user names it; empty for none.

    Raises:
        UnknownCurrency: It is no code.
    """
    code = currency_names().get(name.strip().upper(), name.strip().upper())
    if code and code not in currency_codes():
        raise UnknownCurrency(currency=name)
    return code


def checked_zone(name: str) -> str:
    """
    An IANA name; empty for none.

    Raises:
        UnknownTimezone: There is no such zone.
    """
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError) as error:
        raise UnknownTimezone(timezone=name) from error


def zone_of(files: Sequence[MappedFile]) -> str:
    """The zone that the files' preset or writing suggests; UTC where nothing does."""
    for mapped in files:
        zone = (mapped.preset and mapped.preset.timezone) or _ZONE_OF_SCRIPT.get(mapped.file.script)
        if zone:
            return zone
    return "UTC"


def zone_of_file(file: OpenFile) -> str:
    """The zone that the writing of a file's headers suggests; UTC where it suggests none."""
    return _ZONE_OF_SCRIPT.get(file.script, "UTC")


def currency_of_header(header: str, script: str, named: str = "") -> str:
    """The currency that a header's unit tells, such as the 元 of 金额(元); empty where it tells none."""
    code = currency_code(unit_of(header))
    return resolved_sign(code, frozenset({named}), script) if code in currency_signs() else code or ""


def currency_of(mapped: MappedFile, named: str = "") -> str:
    """
    The currency that a header's unit tells, or the file's preset; empty where nothing does.

    Args:
        mapped: The file.
        named: What the user said; it settles a sign that several currencies share, and outweighs what is
            only usual for such an export.
    """
    for role in ("amount", "price"):
        code = currency_of_header(mapped.name_of(role), mapped.file.script, named)
        if code:
            return code
    return named or (mapped.preset.currency if mapped.preset else "")
