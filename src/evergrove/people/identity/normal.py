"""One spelling for each identifier, so that equal ones are equal texts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from babel.core import get_global

from evergrove.people.addresses import checked_address, compared_address
from evergrove.people.errors import NoPhoneRules

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 128
"""Of an identifier: what is longer is a text, or a row that was read wrongly."""
_SPACES = re.compile(r"\s+")
_NOT_ON_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_NOBODY = re.compile(r"[0\-_.x*/\\]+", re.IGNORECASE)


def normal_form(kind: str, text: str, region: str = "") -> str | None:
    """
    An identifier as it is compared; None where the text is none.

    Args:
        kind: Of ``KINDS``.
        text: As a file has it.
        region: Country of phone numbers written without one, as an ISO code; empty: such numbers are none.

    Raises:
        NoPhoneRules: A phone is to be read, and phonenumbers is not installed.
    """
    text = _HIDDEN.sub("", unicodedata.normalize("NFKC", text)).strip()
    if not text or len(text) > 2 * LONGEST or _NOT_ON_ONE_LINE.search(text):
        return None
    if kind == "phone":
        return _phone(text, region)
    if kind == "email":
        address = checked_address(text)
        return None if address is None else compared_address(address)
    text = _SPACES.sub(" ", text)
    # Zeros, strokes and masks are how systems say that they do not know; they would join everybody.
    return None if len(text) > LONGEST or _NOBODY.fullmatch(text) else text


def region_of(region: str, zone: str) -> str:
    """The country of phone numbers: as the settings say, else that of the shop's zone; empty where neither tells."""
    return region.upper() or str(get_global("zone_territories").get(zone, ""))


@lru_cache(maxsize=100_000)
def _phone(text: str, region: str) -> str | None:
    """A possible and valid number as E.164; extensions belong to an office, not to a person, and are left out."""
    parse, is_valid, formatted = _phone_rules()
    number = parse(text, region)
    return formatted(number) if number is not None and is_valid(number) else None


@cache
def _phone_rules() -> tuple[Callable[[str, str], Any], Callable[[Any], bool], Callable[[Any], str]]:
    """What the library knows of the world's numbers; it takes a tenth of a second to load, so only when needed."""
    try:
        import phonenumbers  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        raise NoPhoneRules from error

    def parse(text: str, region: str) -> Any:
        try:
            return phonenumbers.parse(text, region or None)
        except phonenumbers.NumberParseException:
            return None

    def formatted(number: Any) -> str:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    return parse, phonenumbers.is_valid_number, formatted
