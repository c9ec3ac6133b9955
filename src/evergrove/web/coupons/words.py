"""What a campaign gives, in words, and the addresses of its pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from evergrove.api.coupon_campaigns import CampaignLine
    from evergrove.text import Formats

PATH = "/coupons"
KINDS: Mapping[str, str] = {
    "amount": _("So much off"),
    "percent": _("Per cent off"),
    "threshold": _("Off from a spend on"),
    "gift": _("A gift"),
}
STATES: Mapping[str, str] = {"active": _("at work"), "paused": _("paused")}
CODES: Mapping[str, str] = {
    "issued": _("given, not used yet"),
    "reserved": _("kept for an order"),
    "redeemed": _("used"),
    "rolled_back": _("given back"),
    "expired": _("expired"),
    "void": _("taken back"),
}
TOLD_BY: Mapping[str, str] = {
    "till": _("told by the till"),
    "order": _("told by orders that name the code"),
    "both": _("told by both"),
}
OFF = _("{off} from {spend} on")


def path_of(key: str, part: str = "") -> str:
    """The page of a campaign, or a part below it."""
    return f"{PATH}/{quote(key, safe='')}{f'/{part}' if part else ''}"


def gives(campaign: CampaignLine, formats: Formats) -> str:
    """What a code takes off, such as "CN¥30 from CN¥300 on"."""
    told, currency = campaign.document, campaign.currency
    if campaign.kind == "percent":
        return formats.percent(float(str(told["value"])) / 100)
    if campaign.kind == "gift":
        return str(told.get("gift", ""))
    if campaign.kind == "threshold":
        steps = [[_money(each, formats, currency) for each in step] for step in told["steps"]]
        return formats.enumerated([formats.say(OFF, spend=spend, off=off) for spend, off in steps])
    return _money(told["value"], formats, currency)


def last_day(campaign: CampaignLine) -> date | None:
    """The last day of a campaign in its own zone, the whole of which counts; None: it has no end of its own."""
    end = campaign.document.get("valid_until")
    return None if end is None else (datetime.fromisoformat(str(end)) - timedelta(microseconds=1)).date()


def amount(value: Decimal | None, formats: Formats, currency: str) -> str | None:
    """An amount of a campaign's currency; None stays None."""
    return None if value is None else _money(value, formats, currency)


def _money(value: Any, formats: Formats, currency: str) -> str:
    return f"{formats.number(float(str(value)), 2)} {currency}"
