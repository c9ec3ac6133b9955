"""Codes of coupon campaigns, looked up when messages are written: what each was given, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from evergrove.programs.coupons import codes_for, terms_of
from evergrove.programs.coupons.tables import coupon, coupon_given, coupon_terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.outbox import Claim
    from evergrove.programs.coupons import Terms

CAMPAIGN = "coupon_campaign"
_AN_INSTANT = timedelta(microseconds=1)


def with_codes(connection: Connection, claims: Sequence[Claim]) -> list[Claim]:
    """
    Messages with the codes that they were given among their values.

    One whose step names a campaign and that was given no code stays without: its letter then misses the value, and is
    not sent.
    """
    wanted = [each.id for each in claims if each.message.params.get(CAMPAIGN)]
    if not wanted:
        return list(claims)
    codes = codes_for(connection, wanted)
    offers = {ref: _offer(terms, until) for ref, (terms, until) in _terms(connection, list(codes)).items()}
    given = {ref: {"coupon": code, **offers[ref]} for ref, code in codes.items() if ref in offers}
    return [_with(each, given[each.id]) if each.id in given else each for each in claims]


def _with(claim: Claim, offer: dict[str, Any]) -> Claim:
    return replace(claim, message=replace(claim.message, params={**claim.message.params, **offer}))


def _terms(connection: Connection, refs: Sequence[str]) -> dict[str, tuple[Terms, datetime | None]]:
    """Under which terms each code was given, and until when it holds."""
    of_version = (coupon.c.campaign == coupon_terms.c.campaign) & (coupon.c.version == coupon_terms.c.version)
    query = (
        select(coupon_given.c.ref, coupon.c.valid_until, coupon.c.value, coupon_terms.c.document)
        .join_from(coupon_given, coupon, coupon.c.id == coupon_given.c.coupon_id)
        .join(coupon_terms, of_version)
        .where(coupon_given.c.ref.in_(refs))
    )
    found = [(row, terms_of(row.document)) for row in connection.execute(query)]
    return {
        row.ref: (terms if row.value is None else replace(terms, value=row.value), row.valid_until)
        for row, terms in found
    }


def _offer(terms: Terms, until: datetime | None) -> dict[str, Any]:
    found: dict[str, Any] = {"coupon_kind": terms.kind, "coupon_value": str(terms.value)}
    if terms.kind == "threshold":
        first = terms.steps[0]
        found |= {"coupon_value": str(first.off), "coupon_from": str(first.spend)}
    elif terms.kind == "amount" and terms.min_spend:
        found |= {"coupon_kind": "threshold", "coupon_from": str(terms.min_spend)}
    elif terms.kind == "gift":
        found["coupon_value"] = terms.gift
    if until is not None:
        found["valid_until"] = (until - _AN_INSTANT).astimezone(ZoneInfo(terms.timezone)).date().isoformat()
    return found
