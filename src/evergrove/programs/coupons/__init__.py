"""Coupons: campaigns as data, codes that nobody guesses, and uses that no limit and no budget is exceeded by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.programs.coupons.again import issue_again
    from evergrove.programs.coupons.campaigns import (
        all_campaigns,
        campaign_of,
        pause_campaign,
        put_campaign,
        resume_campaign,
    )
    from evergrove.programs.coupons.issuing import codes_for, issue, issue_all, release_issued
    from evergrove.programs.coupons.looking import codes_page, figures, look_up, look_up_for_strangers
    from evergrove.programs.coupons.messages import give_codes, release_ended
    from evergrove.programs.coupons.reading import read_terms, terms_of
    from evergrove.programs.coupons.redemptions import Account, take_redemptions
    from evergrove.programs.coupons.stock import Brought, bring_codes
    from evergrove.programs.coupons.types import (
        Campaign,
        Figures,
        Issue,
        Issued,
        Lookup,
        Order,
        Taken,
        Terms,
        Use,
    )
    from evergrove.programs.coupons.undoing import expire, roll_back, void
    from evergrove.programs.coupons.using import redeem, reserve

__all__ = [
    "Account",
    "Brought",
    "Campaign",
    "Figures",
    "Issue",
    "Issued",
    "Lookup",
    "Order",
    "Taken",
    "Terms",
    "Use",
    "all_campaigns",
    "bring_codes",
    "campaign_of",
    "codes_for",
    "codes_page",
    "expire",
    "figures",
    "give_codes",
    "issue",
    "issue_again",
    "issue_all",
    "look_up",
    "look_up_for_strangers",
    "pause_campaign",
    "put_campaign",
    "read_terms",
    "redeem",
    "release_ended",
    "release_issued",
    "reserve",
    "resume_campaign",
    "roll_back",
    "take_redemptions",
    "terms_of",
    "void",
]

_HERE = "evergrove.programs.coupons"
_PLACES = {
    "again": ("issue_again",),
    "campaigns": ("all_campaigns", "campaign_of", "pause_campaign", "put_campaign", "resume_campaign"),
    "issuing": ("codes_for", "issue", "issue_all", "release_issued"),
    "looking": ("codes_page", "figures", "look_up", "look_up_for_strangers"),
    "stock": ("Brought", "bring_codes"),
    "redemptions": ("Account", "take_redemptions"),
    "messages": ("give_codes", "release_ended"),
    "reading": ("read_terms", "terms_of"),
    "types": ("Campaign", "Figures", "Issue", "Issued", "Lookup", "Order", "Taken", "Terms", "Use"),
    "undoing": ("expire", "roll_back", "void"),
    "using": ("redeem", "reserve"),
}
__getattr__ = loader(
    globals(), {name: f"{_HERE}.{module}" for module, names in _PLACES.items() for name in names}
)
