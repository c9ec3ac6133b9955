"""How wishes are told to readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS: Mapping[str, str] = {
    "email": _("By e-mail"),
    "sms": _("By text message"),
    "phone": _("By phone"),
    "wechat": _("By WeChat"),
    "wecom": _("By WeCom"),
    "line": _("By LINE"),
    "whatsapp": _("By WhatsApp"),
    "push": _("In the app"),
    "web": _("On the website"),
    "post": _("By post"),
    "any": _("Everywhere"),
}
PURPOSES: Mapping[str, tuple[str, str]] = {
    "marketing": (_("Offers and news"), _("What is new, and what might suit you.")),
    "survey": (_("Questions about your experience"), _("Now and then, a question or two.")),
    "profiling": (
        _("Offers that fit what I buy"),
        _(
            "What you have bought decides which offers you get. Switched off, you are not valued, ranked or grouped."
        ),
    ),
    "analytics": (
        _("Count what I read"),
        _("Whether you open letters and follow their links is counted, by the hour."),
    ),
    "ad_share": (
        _("Advertising on other platforms"),
        _(
            "Your contact details may be matched with an advertising platform, in a form that it alone can read."
        ),
    ),
}
"""Of each purpose its title and what it means for the reader."""
