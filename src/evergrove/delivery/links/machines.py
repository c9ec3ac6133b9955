"""Who follows links and is no person: scanners, previews, and mail programs that fetch everything beforehand. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

QUICK_S, EARLY_S = 5, 90
_SCANNERS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|prefetch|headless|phantom|barracuda|proofpoint|mimecast|safelinks|"
    r"symantec|trendmicro|fortinet|forcepoint|urlscan|virustotal|python|curl|wget|libwww|java/|okhttp|axios|"
    r"go-http-client|node-fetch|ruby|perl|httpclient|facebookexternalhit|whatsapp|telegram|slack|skypeuripreview",
    re.IGNORECASE,
)
_PRIVACY_PROXY = "Mozilla/5.0"
"""All that Apple's mail privacy protection says of itself; it fetches pictures whether a letter is read or not."""

MACHINES: Mapping[str, str] = {
    "delivery.no_agent": _("The program did not say what it is."),
    "delivery.scanner": _("It is a program that looks into links."),
    "delivery.head_only": _("Only the head of the page was asked for."),
    "delivery.privacy_proxy": _("The mail program fetches pictures of all letters, read or not."),
    "delivery.at_once": _("It came within seconds of the delivery."),
    "delivery.all_links": _("All links of the letter were followed right after the delivery."),
}
"""Why a visit does not count, to its sentence, English."""


def machine_by(method: str, agent: str, since_left: timedelta | None) -> str | None:
    """
    Why a visit was no person's; None: nothing speaks against one.

    Args:
        method: GET or HEAD.
        agent: What the program says of itself.
        since_left: Since the letter was handed over; None: not known.
    """
    if method == "HEAD":
        return "delivery.head_only"
    if not agent.strip():
        return "delivery.no_agent"
    if agent.strip() == _PRIVACY_PROXY:
        return "delivery.privacy_proxy"
    if _SCANNERS.search(agent):
        return "delivery.scanner"
    if since_left is not None and since_left.total_seconds() < QUICK_S:
        return "delivery.at_once"
    return None


def is_early(since_left: timedelta | None) -> bool:
    """Whether a visit came so soon that following all links of the letter would be a scanner's."""
    return since_left is not None and since_left.total_seconds() < EARLY_S
