"""The values of a letter, written as a reader of the language writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from evergrove.delivery.rendering.catalogue import CATALOGUE
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.delivery.links import Ways
    from evergrove.delivery.rendering.types import Param
    from evergrove.people import Contact
    from evergrove.settings import MailSettings
    from evergrove.text import Language

NAMELESS: Mapping[Language, str] = {"en": "dear customer", "zh-Hans": "亲爱的顾客", "zh-Hant": "親愛的顧客"}
GREETINGS: Mapping[Language, tuple[str, str]] = {
    "en": ("Hello {name},", "Hello,"),
    "zh-Hans": ("{name}，您好：", "您好："),
    "zh-Hant": ("{name}，您好：", "您好："),
}
"""With a name, and without one."""
_WORTH = "worth"
"""Written by ``coupon_worth``, which needs more than the value."""


def values_of(
    params: Mapping[str, Any],
    contact: Contact,
    mail: MailSettings,
    language: Language,
    ways: Ways,
    *,
    currency: str = "",
    declared: Mapping[str, Param] | None = None,
) -> dict[str, object]:
    """
    What a letter may name, as its reader writes it; what is not known is not among them.

    Args:
        params: Of the message, raw: days as ISO texts, amounts as decimals in a text, ``coupon_value`` as percentage off the price, or as
            an amount where ``coupon_kind`` says so.
        contact: Of the recipient.
        mail: Who writes.
        language: Of the reader.
        ways: Out of here; ``preferences`` is empty where the service has no public address.
        currency: ISO 4217 code of amounts; empty: ``currency`` among the values, as nights find it in the orders.
        declared: What the letter declares itself, with its types and defaults.
    """
    formats = Formats(language, currency or str(params.get("currency", "")))
    types = {name: str(value.type) for name, value in CATALOGUE.items()}
    types |= {name: str(each.type) for name, each in (declared or {}).items()}
    types["coupon_value"] = _WORTH
    defaults = {name: each.default for name, each in (declared or {}).items() if each.default is not None}
    found: dict[str, object] = {}
    for name, value in (defaults | dict(params)).items():
        shown = _shown(types.get(name, ""), value, formats)
        if shown not in (None, "", []):
            found[name] = shown
    worth = coupon_worth(params, formats)
    return found | ({"coupon_value": worth} if worth else {}) | _own(contact, mail, language, ways)


def percent_off(percent: float, language: Language) -> str:
    """A discount as shops of the language announce it: 10 % off is nine tenths, 九折, in Chinese."""
    if language == "en":
        return f"{percent:g}% off"
    return f"{10 - percent / 10:g}{'折優惠' if language == 'zh-Hant' else '折优惠'}"


def coupon_worth(params: Mapping[str, Any], formats: Formats) -> str:
    """
    What a coupon takes off, in words that fit before "your next order"; empty where that cannot be said.

    ``coupon_kind``: "percent" (the usual one), "amount", "threshold", of which ``coupon_from`` is the least spend, or
    "gift", of which the value is what is given.
    """
    value, kind, language = _decimal(params.get("coupon_value")), params.get("coupon_kind"), formats.language
    if kind == "gift":
        return str(params.get("coupon_value") or "")
    if value is None or value <= 0:
        return ""
    if kind not in ("amount", "threshold"):
        return percent_off(float(value), language) if value < 100 else ""
    off, least = formats.money(float(value)), _decimal(params.get("coupon_from"))
    if kind == "amount" or least is None:
        return f"{off} off" if language == "en" else f"立减{off}" if language == "zh-Hans" else f"折抵{off}"
    spent = formats.money(float(least))
    if language == "en":
        return f"{off} off orders from {spent}"
    return f"满{spent}减{off}" if language == "zh-Hans" else f"滿{spent}折{off}"


def _own(contact: Contact, mail: MailSettings, language: Language, ways: Ways) -> dict[str, object]:
    """What no playbook may say otherwise."""
    with_name, without = GREETINGS[language]
    way_out = ways.unsubscribe
    is_mail = way_out.startswith("mailto:")
    found = {
        "greeting": with_name.replace("{name}", contact.name) if contact.name else without,
        "name": contact.name or NAMELESS[language],
        "shop": mail.sender_name or mail.sender.partition("@")[2],
        "unsubscribe": way_out.removeprefix("mailto:").partition("?")[0] if is_mail else way_out,
        "unsubscribe_link": way_out,
        "preferences": ways.preferences,
        "postal_address": mail.postal_address,
        "language": language,
    }
    return {name: value for name, value in found.items() if value}


def _shown(kind: str, value: Any, formats: Formats) -> object:
    """One raw value as its type is written; None where it cannot be."""
    if value is None or isinstance(value, bool | dict):
        return None
    return _WRITERS.get(kind, _plain)(value, formats)


def _plain(value: Any, _formats: Formats) -> object:
    return value if isinstance(value, str | int | float) else None


def _number(value: Any, _formats: Formats) -> int | float | None:
    found = _decimal(value)
    if found is None:
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def _money(value: Any, formats: Formats) -> str | None:
    found = _decimal(value)
    return None if found is None else formats.money(float(found))


def _link(value: Any, _formats: Formats) -> str | None:
    return value if isinstance(value, str) and value.startswith("https://") else None


def _list(value: Any, _formats: Formats) -> list[str] | None:
    return [str(each) for each in value] if isinstance(value, list | tuple) else None


def _nothing(_value: Any, _formats: Formats) -> None:
    return None


def _day(value: Any, formats: Formats) -> str | None:
    try:
        return formats.day(value if isinstance(value, date) else date.fromisoformat(str(value)))
    except ValueError:
        return None


def _decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


_WRITERS: Mapping[str, Callable[[Any, Formats], object]] = {
    "number": _number,
    "money": _money,
    "day": _day,
    "link": _link,
    "list": _list,
    _WORTH: _nothing,
}
