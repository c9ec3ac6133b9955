"""Coupons of a workspace: each verb one transaction, noted with who did it."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from evergrove.measurement.subsidy import kept_subsidies
from evergrove.pipeline.codes_of_orders import redeem_told
from evergrove.programs import coupons
from evergrove.programs.coupons.entries import LEDGER_PLACES
from evergrove.programs.coupons.errors import NotIssued
from evergrove.programs.coupons.messages import given_by_messages
from evergrove.programs.coupons.told import refused_by_orders
from evergrove.programs.coupons.using import LEASE
from evergrove.programs.coupons.words import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from evergrove.app.workspace import Workspace
    from evergrove.measurement.subsidy import KeptSubsidy
    from evergrove.programs.coupons import (
        Account,
        Brought,
        Campaign,
        Figures,
        Issue,
        Issued,
        Lookup,
        Order,
        Use,
    )
    from evergrove.programs.coupons.told import Named, Settled

COLUMNS = ("code", "customer_id", "state", "issued_at", "valid_from", "valid_until")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""With which a text begins that a spreadsheet would take for a formula."""
COUNT = "{ref}:{number}"
"""Under which name each code of a batch that is for nobody yet is drawn."""


def put(here: Workspace, document: Mapping[str, Any]) -> Campaign:
    """Have a coupon campaign be as its document says."""
    zone = here.settings.value.timezone or "UTC"
    with here.ledger.writing() as connection:
        return coupons.put_campaign(connection, document, zone, here.clock.now(), by=here.by)


def every(here: Workspace) -> tuple[Campaign, ...]:
    """All coupon campaigns, by key."""
    with here.ledger.reading() as connection:
        return coupons.all_campaigns(connection)


def one(here: Workspace, key: str) -> Campaign:
    """A coupon campaign."""
    with here.ledger.reading() as connection:
        return coupons.campaign_of(connection, key)


def pause(here: Workspace, key: str) -> Campaign:
    """Let a coupon campaign rest."""
    with here.ledger.writing() as connection:
        return coupons.pause_campaign(connection, key, here.clock.now(), by=here.by)


def resume(here: Workspace, key: str) -> Campaign:
    """Let a coupon campaign go on."""
    with here.ledger.writing() as connection:
        return coupons.resume_campaign(connection, key, here.clock.now(), by=here.by)


def figures(here: Workspace, key: str) -> Figures:
    """What became of a campaign's codes, and what it costs."""
    with here.ledger.reading() as connection:
        return coupons.figures(connection, key, here.clock.now())


def issue(here: Workspace, key: str, customer_id: str, ref: str) -> Issued:
    """
    Give one customer a code.

    Raises:
        NotIssued: There is none for them; the error says why.
    """
    found = _issued(here, key, [(customer_id, ref)])
    if ref not in found.issued:
        raise NotIssued(ref=ref, reason=REFUSED[found.refused[ref]])
    return found.issued[ref]


def draw(here: Workspace, key: str, count: int, ref: str) -> Issue:
    """Draw codes for nobody yet: for a flyer, or for a shop system that wants to know them beforehand."""
    return _issued(here, key, [(None, COUNT.format(ref=ref, number=number)) for number in range(count)])


def _issued(here: Workspace, key: str, asked: Sequence[tuple[str | None, str]]) -> Issue:
    with here.ledger.writing() as connection:
        return coupons.issue_all(connection, key, asked, here.clock.now(), by=here.by)


def bring(here: Workspace, key: str, content: bytes) -> Brought:
    """Take codes of the shop's own from a file, to be given out."""
    with here.ledger.writing() as connection:
        return coupons.bring_codes(connection, key, content, here.clock.now(), by=here.by)


def codes(here: Workspace, key: str) -> Iterator[dict[str, object]]:
    """Every code of a campaign, read a portion at a time: a list may be long, and others write meanwhile."""
    after = ""
    while True:
        with here.ledger.reading() as connection:
            page = coupons.codes_page(connection, key, here.clock.now(), after)
        if not page:
            return
        after = page[-1][0]
        yield from (line for _name, line in page)


def codes_as_csv(here: Workspace, key: str) -> Iterator[bytes]:
    """
    The same as a file, a line each.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    yield "\ufeff".encode()  # Excel takes it for UTF-8 by the mark alone
    yield _csv_line(COLUMNS)
    for line in codes(here, key):
        yield _csv_line([_cell(line[name]) for name in COLUMNS])


def _cell(value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _csv_line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def order_of(
    here: Workspace,
    order_id: str,
    amount: Decimal,
    currency: str | None,
    customer_id: str | None,
    cost: Decimal | None,
) -> Order:
    """An order: in the shop's currency where it names none, at the shop's margin where it tells no cost."""
    currency = currency or here.settings.value.currency or ""
    return coupons.Order(
        order_id, amount, currency, customer_id, usual_cost(here, amount) if cost is None else cost
    )


def usual_cost(here: Workspace, amount: Decimal) -> Decimal | None:
    """What an order of an amount costs the shop, by the margin in its settings; None where they name none."""
    margin = here.settings.value.margin
    if margin is None or not amount.is_finite():
        return None
    share = 1 - Decimal(repr(margin))
    return (amount * share).quantize(Decimal(1).scaleb(-LEDGER_PLACES), ROUND_DOWN)


def look_up(here: Workspace, code: str, order: Order | None = None) -> Lookup:
    """What a code is, and what it would take off an order."""
    with here.ledger.reading() as connection:
        return coupons.look_up(connection, code, here.clock.now(), order)


def reserve(here: Workspace, code: str, order: Order, lease: timedelta = LEASE) -> Use:
    """Keep a code for an order for a while."""
    with here.ledger.writing() as connection:
        return coupons.reserve(connection, code, order, here.clock.now(), lease=lease, by=here.by)


def redeem(here: Workspace, code: str, order: Order) -> Use:
    """Use a code on an order."""
    with here.ledger.writing() as connection:
        return coupons.redeem(connection, code, order, here.clock.now(), by=here.by)


def roll_back(
    here: Workspace,
    order_id: str,
    code: str = "",
    refunded: Decimal | None = None,
    refund_id: str = "",
) -> tuple[Use, ...]:
    """Take back what codes did on an order, or the share of a refund."""
    with here.ledger.writing() as connection:
        return coupons.roll_back(
            connection,
            order_id,
            here.clock.now(),
            code=code,
            refunded=refunded,
            refund_id=refund_id,
            by=here.by,
        )


def void(here: Workspace, code: str) -> bool:
    """Take a code back that is out; False where it could not be used any more anyway."""
    with here.ledger.writing() as connection:
        return coupons.void(connection, code, here.clock.now(), by=here.by)


def take_file(here: Workspace, content: bytes) -> Account:
    """Redeem what a file of the shop says."""
    currency = here.settings.value.currency or ""
    return coupons.take_redemptions(
        here.ledger,
        content,
        here.clock.now(),
        currency=currency,
        cost_of=lambda amount: usual_cost(here, amount),
        by=here.by,
    )


def settle_orders(here: Workspace) -> Settled:
    """Redeem the codes that imported orders name, and roll back those of orders that were taken back."""
    return redeem_told(
        here.ledger,
        here.warehouse,
        here.clock.now(),
        currency=here.settings.value.currency or "",
        timezone=here.settings.value.timezone or "",
        rate_days=here.settings.workspace.rate_days,
        cost_of=lambda amount: usual_cost(here, amount),
    )


def refused_orders(here: Workspace, key: str = "") -> tuple[int, list[Named]]:
    """
    Codes on orders that were refused: how many, and the newest of them.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    with here.ledger.reading() as connection:
        if key:
            coupons.campaign_of(connection, key)
        return refused_by_orders(connection, key)


NO_PLAYBOOK, NOT_MEASURED = "measurement.subsidy_no_playbook", "measurement.subsidy_not_measured"


def subsidies(here: Workspace, key: str) -> tuple[list[KeptSubsidy], str | None]:
    """
    What share of a campaign's redeemers would have bought anyway, by playbook; and why nothing is known, if so.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    with here.ledger.reading() as connection:
        coupons.campaign_of(connection, key)
        found = kept_subsidies(connection, key)
        if found:
            return found, None
        return [], NOT_MEASURED if given_by_messages(connection, key) else NO_PLAYBOOK


def expire(here: Workspace) -> int:
    """Let go of codes and reservations whose time is over, a portion at a time; how many."""
    ended = 0
    while True:
        with here.ledger.writing() as connection:
            many = coupons.expire(connection, here.clock.now())
        if not many:
            return ended
        ended += many
