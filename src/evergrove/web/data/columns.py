"""What columns of tables are called, by the names under which files and tables know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _
from evergrove.report.words import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Mapping[str, str] = {
    # Whom and what a row is about.
    "customer": ROLES["customer"],
    "customer_id": ROLES["customer"],
    "order_id": ROLES["order"],
    "order_date": ROLES["date"],
    "product": ROLES["product"],
    "product_id": ROLES["product"],
    "line_id": ROLES["line"],
    "event_id": _("Event number"),
    "ticket_id": _("Ticket number"),
    "response_id": _("Answer number"),
    "subscription_id": _("Subscription number"),
    "cost_id": _("Entry number"),
    "refund_id": _("Refund number"),
    # Persons, and under which names they are known.
    "email": _("E-mail"),
    "phone": _("Phone"),
    "name": _("Name of the person"),
    "language": _("Language"),
    "timezone": _("Time zone"),
    "consent": _("Agreed to be written to"),
    "birthday": _("Birthday"),
    "minor": _("Under age"),
    "member_no": _("Member number"),
    "union_id": _("WeChat UnionID"),
    "open_id": _("WeChat OpenID"),
    "device_id": _("Device number"),
    "external_id": _("Number in another system"),
    "anonymous_id": _("Visitor before signing in"),
    # What was agreed to.
    "purpose": _("Purpose"),
    "given_at": _("Agreed at"),
    "given_by": _("Agreed by"),
    "proof": _("Proof"),
    "policy_version": _("Version of the wording"),
    "expires_at": _("Valid until"),
    "form_id": _("Form number"),
    "template": _("Template of the platform"),
    "count": _("Messages allowed"),
    "granted_at": _("Agreed at"),
    "grant_id": _("Acceptance number"),
    # Money.
    "amount": ROLES["amount"],
    "quantity": ROLES["quantity"],
    "price": ROLES["price"],
    "discount": _("Discount"),
    "cost": _("Cost"),
    "currency": ROLES["currency"],
    "coupon": ROLES["coupon"],
    "base": _("In which currency"),
    "rate": _("Rate"),
    # Articles.
    "sku": _("Variant (SKU)"),
    "product_name": _("Product name"),
    "category": _("Category"),
    "subcategory": _("Subcategory"),
    "brand": _("Brand"),
    "launched_on": _("On sale since"),
    "is_active": _("Still on sale"),
    "lasts_days": _("Days one lasts"),
    "description": _("Description"),
    # When.
    "day": _("Day"),
    "updated_at": ROLES["updated"],
    "ordered_at": ROLES["date"],
    "refunded_at": ROLES["refund_date"],
    "happened_at": _("Happened at"),
    "incurred_on": _("Incurred on"),
    "seen_at": _("Last seen at"),
    "started_on": _("Began on"),
    "trial_until": _("Trial until"),
    "paid_until": _("Paid until"),
    "cancelled_on": ROLES["cancelled"],
    "ended_on": _("Ended on"),
    "asked_at": _("Asked at"),
    "answered_at": _("Answered at"),
    "opened_at": _("Opened at"),
    "first_reply_at": _("First answered at"),
    "closed_at": _("Closed at"),
    # What happened, and where.
    "kind": _("Kind"),
    "channel": _("Channel"),
    "source": _("Source"),
    "campaign": _("Campaign"),
    "ad_group": _("Ad group"),
    "page": _("Page or screen"),
    "device": _("Device"),
    "url": _("Web address"),
    "ip": _("Network address"),
    "user_agent": _("Browser"),
    "properties": _("Other properties"),
    "impressions": _("Impressions"),
    "clicks": _("Clicks"),
    "conversions": _("Conversions"),
    "value": _("Value"),
    # States, and what was said.
    "status": _("State"),
    "state": _("State"),
    "after_sale": ROLES["after_sale"],
    "plan": _("Plan"),
    "survey": _("Survey"),
    "score": _("Score"),
    "topic": _("Topic"),
    "priority": _("Priority"),
    "subject": _("Subject line"),
    "body": _("What was written"),
    "comment": _("Comment"),
    "reason": _("Reason given"),
    "note": _("Note"),
}
"""Every column that a file may have."""
OF_ONE_TABLE: Mapping[str, Mapping[str, str]] = {
    "identities": {"kind": _("Kind of identifier"), "value": _("Identifier")},
}
"""Columns that one table means otherwise."""
