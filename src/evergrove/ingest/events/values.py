"""Single values of an event, read or refused with a code and the place where they stand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from evergrove.ingest.values.amounts import LIMIT
from evergrove.ingest.values.ids import LONGEST, read_id
from evergrove.ingest.values.words import currency_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = datetime(1971, 1, 1, tzinfo=UTC)
"""Earlier moments are placeholders."""
AHEAD = timedelta(days=1)
"""How far ahead of our clock a moment may lie."""
LONGEST_TEXT = 1024
_TEN_THOUSANDTH = Decimal("0.0001")
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{1,15})?|\.\d{1,15})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Refused(Exception):
    """A value cannot be used."""

    def __init__(self, code: str, path: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.path = path


def id_of(told: Mapping[str, Any], name: str, code: str, path: str = "") -> str:
    """
    An id, as text; empty where none is told.

    Raises:
        Refused: It is none; ``code`` says of what.
    """
    value = told.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 2 * LONGEST:
        raise Refused(code, path or name)
    found = read_id(value)
    if found.fault:
        raise Refused("ingest.damaged_id" if found.fault == "damaged" else code, path or name)
    return found.value


def text_of(told: Mapping[str, Any], name: str, path: str = "") -> str:
    """
    A short text; empty where none is told.

    Raises:
        Refused: It is no text, too long, or holds control characters.
    """
    value = told.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or _HIDDEN.search(value):
        raise Refused("events.bad_text", path or name)
    return value.strip()


def amount_of(told: Mapping[str, Any], name: str, path: str = "") -> Decimal | None:
    """
    An exact amount, not negative; None where none is told.

    A number of JSON is taken by its shortest spelling, and rounded to four decimals: programs add up in binary. A text
    is exact, and refused where it has more.

    Raises:
        Refused: It is no amount.
    """
    value = told.get(name)
    if value is None or value == "":
        return None
    place = path or name
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused("ingest.bad_amount", place)
    found = _exact(value, place)
    if abs(found) >= LIMIT:
        raise Refused("ingest.amount_too_large", place)
    if found < 0:
        raise Refused("events.negative", place)
    return found.quantize(_TEN_THOUSANDTH)


def _exact(value: float | str, place: str) -> Decimal:
    if isinstance(value, float | int):
        try:
            found = Decimal(repr(value))
            return found if abs(found) >= LIMIT else found.quantize(_TEN_THOUSANDTH)
        except (InvalidOperation, ValueError) as error:
            raise Refused("ingest.bad_amount", place) from error
    if not _NUMBER.fullmatch(value.strip()):
        raise Refused("ingest.bad_amount", place)
    found = Decimal(value.strip())
    if found != found.quantize(_TEN_THOUSANDTH):
        raise Refused("ingest.amount_too_precise", place)
    return found


def currency_of(told: Mapping[str, Any], name: str = "currency", path: str = "") -> str:
    """
    The code of a currency; empty where none is told.

    Raises:
        Refused: It is no ISO 4217 code.
    """
    value = told.get(name)
    if value is None or value == "":
        return ""
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in currency_codes():
        raise Refused("ingest.bad_currency", path or name)
    return code


def moment_of(told: Mapping[str, Any], name: str, path: str = "") -> datetime | None:
    """
    A moment in UTC; one without a zone is taken as UTC. None where none is told.

    Raises:
        Refused: It is no moment of ISO 8601.
    """
    value = told.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 40:
        raise Refused("ingest.bad_date", path or name)
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused("ingest.bad_date", path or name) from error


def day_of(told: Mapping[str, Any], name: str) -> date | None:
    """A plain day, such as 2026-03-31; None where something else stands there."""
    value = told.get(name)
    if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def believable(at: datetime, received_at: datetime, path: str) -> datetime:
    """
    A moment that may be true.

    Raises:
        Refused: It lies before 1971, or more than a day ahead.
    """
    if at < FIRST:
        raise Refused("ingest.date_too_early", path)
    if at > received_at + AHEAD:
        raise Refused("ingest.date_in_future", path)
    return at
