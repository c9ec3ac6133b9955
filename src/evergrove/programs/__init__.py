"""What a shop gives its customers: coupons, and whatever else counts what was given and used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader

if TYPE_CHECKING:
    from evergrove.programs.coupons.again import issue_again
    from evergrove.programs.coupons.issuing import codes_for, issue, release_issued
    from evergrove.programs.coupons.looking import figures
    from evergrove.programs.coupons.messages import give_codes, release_ended
    from evergrove.programs.coupons.undoing import expire, roll_back
    from evergrove.programs.coupons.using import redeem, reserve

__all__ = [
    "codes_for",
    "expire",
    "figures",
    "give_codes",
    "issue",
    "issue_again",
    "redeem",
    "release_ended",
    "release_issued",
    "reserve",
    "roll_back",
]

_COUPONS = "evergrove.programs.coupons"
__getattr__ = loader(globals(), dict.fromkeys(__all__, _COUPONS))
