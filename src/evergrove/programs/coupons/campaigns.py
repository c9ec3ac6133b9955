"""Campaigns in the ledger: put in place, versions kept, let rest and resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select

from evergrove import audit
from evergrove.core import stable_id
from evergrove.ledger import insert_new
from evergrove.programs.coupons.errors import (
    CodeTaken,
    CurrencyFixed,
    LimitBelowUse,
    PromiseFixed,
    TermsFixed,
    UnknownCampaign,
)
from evergrove.programs.coupons.reading import document_of, terms_of
from evergrove.programs.coupons.tables import (
    coupon,
    coupon_campaign,
    coupon_given,
    coupon_stock,
    coupon_terms,
    coupon_use,
)
from evergrove.programs.coupons.types import ZERO, Campaign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.programs.coupons.types import CampaignState, Terms

_NOTHING = {"issued": 0, "reserved": 0, "redeemed": 0, "expected": ZERO, "held": ZERO, "spent": ZERO}
_LIMITS = ("limit_total", "limit_issued", "limit_per_person", "budget")
_PROMISED = (
    "kind",
    "value",
    "steps",
    "repeats",
    "gift",
    "min_spend",
    "max_discount",
    "margin_floor",
    "valid_from",
    "transferable",
)


def put_campaign(
    connection: Connection, document: Mapping[str, Any], timezone: str, now: datetime, *, by: str = "cli"
) -> Campaign:
    """
    Have a campaign be as its document says; the same document again changes nothing.

    Args:
        connection: Of a ``writing`` block.
        document: Of the format ``evergrove.coupons/1``.
        timezone: Whose days count where the document does not say.
        now: When.
        by: Who does it, as the audit trail names them.

    Raises:
        InvalidTerms: The document cannot be used.
        TermsFixed, PromiseFixed, CurrencyFixed: It would change what codes that are out promise.
        LimitBelowUse: A limit is lower than what has been used.
        CodeTaken: Another campaign has its code.
    """
    terms = terms_of(document, timezone)
    kept = document_of(terms)
    row = _locked(connection, terms.key)
    if row is None:
        key = {"key": terms.key, "state": "active", "currency": terms.currency, "created_at": now}
        insert_new(connection, coupon_campaign, [key | _NOTHING | _of(terms, now)])
    elif row.version == terms.version and _document(connection, terms.key, terms.version) == kept:
        return campaign_of(connection, terms.key)
    else:
        _check_change(connection, row, terms)
        mine = coupon_campaign.c.key == terms.key
        connection.execute(coupon_campaign.update().where(mine).values(_of(terms, now)))
    _put_terms(connection, terms, kept, now)
    _put_shared(connection, terms, now)
    what = audit.subject("coupon_campaign", terms.key)
    audit.note(connection, "programs.campaign_put", by, what, {"version": terms.version}, at=now)
    return campaign_of(connection, terms.key)


def campaign_of(connection: Connection, key: str) -> Campaign:
    """
    A campaign as it stands.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    query = select(coupon_campaign).where(coupon_campaign.c.key == key)
    row = connection.execute(query).one_or_none()
    if row is None:
        known = connection.execute(select(coupon_campaign.c.key).order_by(coupon_campaign.c.key)).scalars()
        raise UnknownCampaign(key=key, known=", ".join(known) or "-")
    return _campaign(connection, row)


def all_campaigns(connection: Connection) -> tuple[Campaign, ...]:
    """All campaigns, by key."""
    rows = connection.execute(select(coupon_campaign).order_by(coupon_campaign.c.key)).all()
    return tuple(_campaign(connection, row) for row in rows)


def terms_at(connection: Connection, key: str, version: int) -> Terms:
    """What a version of a campaign promises; its limits are those of that version, not those that count."""
    document = _document(connection, key, version)
    if document is None:
        raise UnknownCampaign(key=f"{key} {version}", known=key)
    return terms_of(document)


def terms_of_code(connection: Connection, row: Row[Any]) -> Terms:
    """What one code promises: its campaign's terms in its version, with its own value where the shop gave it one."""
    terms = terms_at(connection, row.campaign, row.version)
    return terms if row.value is None else replace(terms, value=row.value)


def pause_campaign(connection: Connection, key: str, now: datetime, *, by: str = "cli") -> Campaign:
    """
    Let a campaign rest: nothing is issued, and no order gets hold of a code; those that hold one may redeem it.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    return _turned(connection, key, "paused", now, by)


def resume_campaign(connection: Connection, key: str, now: datetime, *, by: str = "cli") -> Campaign:
    """
    Let a campaign go on.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    return _turned(connection, key, "active", now, by)


def stocked_of(connection: Connection, key: str) -> int:
    """How many codes of the shop's own a campaign has yet to give out."""
    waiting = (coupon_stock.c.campaign == key) & coupon_stock.c.coupon_id.is_(None)
    return connection.execute(select(func.count()).where(waiting)).scalar_one()


def _turned(connection: Connection, key: str, state: CampaignState, now: datetime, by: str) -> Campaign:
    changed = (coupon_campaign.c.key == key) & (coupon_campaign.c.state != state)
    values = {"state": state, "updated_at": now}
    if connection.execute(coupon_campaign.update().where(changed).values(values)).rowcount:
        act = "programs.campaign_paused" if state == "paused" else "programs.campaign_resumed"
        audit.note(connection, act, by, audit.subject("coupon_campaign", key), at=now)
    return campaign_of(connection, key)


def _locked(connection: Connection, key: str) -> Row[Any] | None:
    query = select(coupon_campaign).where(coupon_campaign.c.key == key).with_for_update()
    return connection.execute(query).one_or_none()


def _of(terms: Terms, now: datetime) -> dict[str, Any]:
    """What of the terms counts for all codes alike."""
    return {"version": terms.version, "updated_at": now} | {name: getattr(terms, name) for name in _LIMITS}


def _check_change(connection: Connection, row: Row[Any], terms: Terms) -> None:
    is_out = terms.version == row.version and _is_out(connection, terms)
    if terms.version < row.version or is_out:
        raise TermsFixed(key=row.key, version=terms.version, next=row.version + 1)
    if terms.currency != row.currency:
        raise CurrencyFixed(key=row.key, currency=row.currency)
    used = {
        "limit_total": row.reserved + row.redeemed,
        "limit_issued": row.issued,
        "budget": row.held + row.spent,
    }
    for name, value in used.items():
        limit = getattr(terms, name)
        if limit is not None and limit < value:
            raise LimitBelowUse(key=row.key, name=name, value=limit, used=value)
    if terms.is_shared:
        _check_promise(connection, terms)
    if terms.limit_issued is not None and terms.stock:
        waiting = stocked_of(connection, terms.key)
        if row.issued + waiting > terms.limit_issued:
            raise LimitBelowUse(
                key=row.key, name="limit_issued", value=terms.limit_issued, used=row.issued + waiting
            )


def _check_promise(connection: Connection, terms: Terms) -> None:
    """A code that everybody has keeps its word in every version."""
    mine = (coupon.c.code == terms.code) & (coupon.c.campaign == terms.key)
    version = connection.execute(select(coupon.c.version).where(mine)).scalar()
    if version is None:
        return
    before = terms_at(connection, terms.key, version)
    if not _is_out(connection, before):
        return
    for name in _PROMISED:
        if getattr(before, name) != getattr(terms, name):
            raise PromiseFixed(code=terms.code, name=name)
    ends_earlier = terms.valid_until is not None and (
        before.valid_until is None or terms.valid_until < before.valid_until
    )
    if ends_earlier:
        raise PromiseFixed(code=terms.code, name="valid_until")


def _is_out(connection: Connection, terms: Terms) -> bool:
    """Whether a code of a version was given to anybody, drawn, or used."""
    mine = select(coupon.c.id).where(coupon.c.campaign == terms.key, coupon.c.version == terms.version)
    drawn = mine.where(~coupon.c.is_shared)
    given = select(coupon_given.c.ref).where(coupon_given.c.coupon_id.in_(mine))
    used = select(coupon_use.c.order_id).where(coupon_use.c.coupon_id.in_(mine))
    return any(bool(connection.execute(select(exists(each))).scalar()) for each in (drawn, given, used))


def _put_terms(connection: Connection, terms: Terms, kept: Mapping[str, Any], now: datetime) -> None:
    mine = (coupon_terms.c.campaign == terms.key) & (coupon_terms.c.version == terms.version)
    connection.execute(coupon_terms.delete().where(mine))
    row = {"campaign": terms.key, "version": terms.version, "document": dict(kept), "recorded_at": now}
    connection.execute(coupon_terms.insert().values(row))


def _put_shared(connection: Connection, terms: Terms, now: datetime) -> None:
    """Have the one code of everybody be there, and that of a version nobody has seen be gone."""
    row = coupon.c
    unseen = row.is_shared & (row.campaign == terms.key) & (row.version == terms.version)
    connection.execute(coupon.delete().where(unseen & (row.code != terms.code)))
    if not terms.is_shared:
        return
    values = {"version": terms.version, "valid_from": terms.valid_from, "valid_until": terms.valid_until}
    new = values | {
        "id": stable_id("coupon", terms.key, "shared", terms.code),
        "campaign": terms.key,
        "code": terms.code,
        "is_shared": True,
        "customer_id": None,
        "state": "issued",
        "issued_at": now,
    }
    stocked = select(exists().where(coupon_stock.c.code == terms.code))
    if connection.execute(stocked).scalar():
        raise CodeTaken(code=terms.code)
    if insert_new(connection, coupon, [new]):
        return
    mine = (row.code == terms.code) & (row.campaign == terms.key) & row.is_shared
    revived = values | ({} if _is_over(terms, now) else {"state": "issued"})
    if not connection.execute(coupon.update().where(mine).values(revived)).rowcount:
        raise CodeTaken(code=terms.code)


def _is_over(terms: Terms, now: datetime) -> bool:
    return terms.valid_until is not None and terms.valid_until <= now


def _document(connection: Connection, key: str, version: int) -> dict[str, Any] | None:
    mine = (coupon_terms.c.campaign == key) & (coupon_terms.c.version == version)
    return connection.execute(select(coupon_terms.c.document).where(mine)).scalar()


def _campaign(connection: Connection, row: Row[Any]) -> Campaign:
    document = _document(connection, row.key, row.version) or {}
    return Campaign(terms_of(document), document, row.state, row.created_at, row.updated_at)
