"""One customer in words: what can happen, what somebody can agree to, how ids become one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

HAPPENED: Mapping[str, str] = {
    "order": _("Order"),
    "refund": _("Refund"),
    "move": _("Moved"),
    "event": _("Event"),
    "ticket": _("Ticket"),
    "answer": _("Survey answer"),
    "message": _("Message"),
}
"""Kinds of entries of a timeline."""
ICONS: Mapping[str, str] = {
    "order": "bag",
    "refund": "return",
    "move": "next",
    "event": "overview",
    "ticket": "warn",
    "answer": "todo",
    "message": "done",
}
HEALTH: Mapping[str, str] = {
    "purchase_gap": _("silence since the last order"),
    "login": _("no login"),
    "interaction": _("less interaction"),
    "complaints": _("complaints"),
    "nps": _("a poor answer"),
    "refunds": _("refunds"),
}
"""What takes points from health."""
COMPONENTS: Mapping[str, str] = {
    "purchase_gap": _("Silence since the last order"),
    "login": _("Logins"),
    "interaction": _("Interaction"),
    "complaints": _("Complaints"),
    "nps": _("Answers to surveys"),
    "refunds": _("Refunds"),
}
"""What health is made of."""
PURPOSES: Mapping[str, str] = {
    "marketing": _("To be written to with offers."),
    "profiling": _("To be valued, ranked and grouped by what was bought."),
    "analytics": _("To be counted in how pages and messages are used."),
    "survey": _("To be asked for an opinion."),
    "ad_share": _("To be handed to an advertising platform."),
}
CHANNELS: Mapping[str, str] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "phone": _("Phone call"),
    "wechat": _("WeChat"),
    "line": "LINE",
    "whatsapp": "WhatsApp",
    "push": _("App notification"),
    "web": _("Website"),
    "post": _("Letter"),
    "any": _("Any channel"),
}
STATUSES: Mapping[str, str] = {
    "granted": _("Agreed"),
    "denied": _("Declined"),
    "revoked": _("Withdrawn"),
    "pending": _("Not confirmed yet"),
}
STATUS_TAGS: Mapping[str, str] = {"granted": "good", "denied": "bad", "revoked": "bad", "pending": "warn"}
IDENTIFIERS: Mapping[str, str] = {
    "member_no": _("Member number"),
    "union_id": "UnionID",
    "external_id": _("Id elsewhere"),
    "open_id": "OpenID",
    "phone": _("Phone"),
    "email": _("E-mail"),
    "device_id": _("Device"),
    "hand": _("By hand"),
    "apart": _("Set apart by hand"),
}
JOINED: Mapping[str, str] = {"join": _("Joined"), "part": _("Parted")}
"""What became of a link between two ids."""
PERSONS: Mapping[str, str] = {
    "active": _("Known"),
    "erased": _("Erased"),
    "unknown": _("No contact details"),
}
"""How much is known of a person."""
SENT: Mapping[str, str] = {
    "accepted": _("sent"),
    "awaiting_staff": _("waits for staff"),
    "delivered": _("delivered"),
    "bounced": _("came back"),
    "complained": _("called unwanted"),
}
EVENTS: Mapping[str, str] = {
    "visit": _("Visited the website"),
    "login": _("Logged in"),
    "app": _("Opened the app"),
    "view": _("Looked at a product"),
    "cart": _("Put something into the cart"),
    "email_open": _("Opened an e-mail"),
    "email_click": _("Clicked in an e-mail"),
    "cancel": _("Cancelled an order"),
}
"""Usual events by their names; others stand as they are called."""
UNITS: Mapping[str, str] = {"day": _("days"), "week": _("weeks"), "month": _("months")}
