"""The values of a template, written as a reader of the language writes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.delivery.links import Ways
    from evergrove.people import Contact
    from evergrove.settings import MailSettings
    from evergrove.text import Language


def values_of(
    params: Mapping[str, Any], contact: Contact, mail: MailSettings, language: Language, ways: Ways
) -> dict[str, str]:
    """
    What a template may name: ``name``, ``shop``, ``unsubscribe``, ``preferences``, ``postal_address`` and the message's own.

    Args:
        params: Of the message. Of these, a number ``coupon_value`` is a percentage off the price, and
            ``valid_until`` an ISO date; both are written out. Anything else stands as it is, if it is text.
        contact: Of the recipient.
        mail: Who writes.
        language: Of the reader.
        ways: Out of here; ``preferences`` is empty where the service has no public address.
    """
    values = {name: value for name, value in params.items() if isinstance(value, str)}
    if "valid_until" in values:
        values["valid_until"] = Formats(language).day(date.fromisoformat(values["valid_until"]))
    percent = params.get("coupon_value")
    if isinstance(percent, int | float):
        values["coupon_value"] = percent_off(float(percent), language)
    way_out = ways.unsubscribe
    return values | {
        "name": contact.name or "",
        "shop": mail.sender_name or mail.sender.partition("@")[2],
        "unsubscribe": way_out.removeprefix("mailto:").partition("?")[0]
        if way_out.startswith("mailto:")
        else way_out,
        "preferences": ways.preferences,
        "postal_address": mail.postal_address,
    }


def percent_off(percent: float, language: Language) -> str:
    """A discount as shops of the language announce it: 10 % off is nine tenths, 九折, in Chinese."""
    if language == "en":
        return f"{percent:g}% off"
    return f"{10 - percent / 10:g}{'折優惠' if language == 'zh-Hant' else '折优惠'}"
