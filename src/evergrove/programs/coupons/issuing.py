"""Codes given out: each once, unique, and never more than limits and budget hold."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.core import stable_id
from evergrove.ledger import insert_new
from evergrove.people.identity import members_of
from evergrove.people.parts import in_parts
from evergrove.programs.coupons.campaigns import campaign_of
from evergrove.programs.coupons.codes import LETTERS, drawn_code, shown_code
from evergrove.programs.coupons.holding import BY_TIME, add, hold, no_longer_expected, noted
from evergrove.programs.coupons.rules import check_name, end_of, expected_cost
from evergrove.programs.coupons.stock import back_to_stock, give_from_stock, stocked_id, waiting_codes
from evergrove.programs.coupons.tables import coupon, coupon_event, coupon_given, coupon_use
from evergrove.programs.coupons.types import LIVE, OPEN, ZERO, Issue, Issued

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection, Row

    from evergrove.programs.coupons.types import Terms

Asked = tuple[str | None, str]
"""A customer, None for nobody yet; and what the code is for."""


def issue(
    connection: Connection, campaign_key: str, asked: Sequence[tuple[str, str]], now: datetime
) -> dict[str, Issued]:
    """
    Give codes to customers; a ref that was given one before gets the same.

    Args:
        connection: Of a ``writing`` block; it is part of the caller's transaction.
        campaign_key: Of the campaign.
        asked: Customer and ref each; a ref is unique in the workspace, such as the id of a message.
        now: The present moment.

    Returns:
        By ref. Refs that are not in it got no code: the campaign rests or is over, its limits or its budget are
        reached, or the person has used it as often as one may; ``issue_all`` tells which.

    Raises:
        UnknownCampaign: There is none of that key.
    """
    return dict(issue_all(connection, campaign_key, asked, now).issued)


def issue_all(
    connection: Connection,
    campaign_key: str,
    asked: Sequence[Asked],
    now: datetime,
    *,
    by: str = BY_TIME,
    below: Callable[[int], int] = secrets.randbelow,
    times_before: int = 0,
) -> Issue:
    """
    As ``issue``, with the reasons of those who got none.

    Args:
        connection: Of a ``writing`` block.
        campaign_key: Of the campaign.
        asked: Customer and ref each; None: for nobody yet.
        now: The present moment.
        by: Who does it.
        below: Draws numbers for codes.
        times_before: How many codes the refs had before that were taken back; see ``issue_again``.

    Raises:
        UnknownCampaign: There is none of that key.
        InvalidName: A ref or a customer's id cannot be one.
    """
    for customer, ref in asked:
        check_name("ref", ref)
        if customer is not None:
            check_name("customer_id", customer)
    campaign_of(connection, campaign_key)
    row = hold(connection, (), [campaign_key], now)[campaign_key]
    terms = campaign_of(connection, campaign_key).terms  # as it is under the lock
    issued, refused = _given_before(connection, [ref for _customer, ref in asked])
    wanted = {ref: customer for customer, ref in asked if ref not in issued and ref not in refused}
    over = terms.valid_until is not None and terms.valid_until <= now
    if row.state == "paused" or over:
        why = "programs.issue_paused" if row.state == "paused" else "programs.issue_over"
        return Issue(issued, refused | dict.fromkeys(wanted, why))
    plan = _planned(connection, row, terms, wanted, now, times_before)
    _stored(connection, row, terms, plan, wanted, now, by=by, below=below)
    new, _none = _given_before(connection, list(plan.of), is_new=True)
    return Issue(issued | new, refused | plan.refused)


@dataclass
class _Plan:
    """
    Which code each ref is to get.

    Attributes:
        of: Id of the coupon, by ref.
        new: Refs whose coupon is to be drawn, or taken from the stock.
        refused: Why others get none.
        costs: What the code of each new ref is expected to cost.
        stocked: Of the shop's own codes: the row of each new ref's.
    """

    of: dict[str, str] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    costs: dict[str, Decimal] = field(default_factory=dict)
    stocked: dict[str, Row[Any]] = field(default_factory=dict)


@dataclass
class _Person:
    """What somebody has of a campaign: uses that count, and codes that are open."""

    uses: int = 0
    open: list[str] = field(default_factory=list)


def _planned(
    connection: Connection,
    row: Row[Any],
    terms: Terms,
    wanted: Mapping[str, str | None],
    now: datetime,
    times_before: int,
) -> _Plan:
    nth = (times_before,) if times_before else ()
    plan, each_costs = _Plan(), expected_cost(terms)
    stock = deque(waiting_codes(connection, terms.key, now, len(wanted))) if terms.stock else None
    room = None if row.limit_issued is None else row.limit_issued - row.issued
    left = None if row.budget is None else row.budget - row.spent - row.held - row.expected
    customers = [customer for customer in wanted.values() if customer is not None]
    persons = _persons(connection, row, customers, now) if row.limit_per_person is not None else {}
    shared = stable_id("coupon", terms.key, "shared", terms.code)
    for ref, customer in wanted.items():
        person = persons.get(customer) if customer is not None else None
        if person is not None and person.uses >= row.limit_per_person:
            plan.refused[ref] = "programs.issue_person"
            continue
        if person is not None and person.uses + len(person.open) >= row.limit_per_person:
            plan.of[ref] = person.open[-1]
            continue
        if room is not None and room < 1:
            plan.refused[ref] = "programs.issue_limit"
            continue
        if stock is not None:
            if not stock:
                plan.refused[ref] = "programs.issue_stock"
                continue
            each_costs = expected_cost(terms, stock[0].value)
        if left is not None and left < each_costs:
            plan.refused[ref] = "programs.issue_budget"
            continue
        room, left = None if room is None else room - 1, None if left is None else left - each_costs
        plan.of[ref] = shared if terms.is_shared else stable_id("coupon", terms.key, ref, *nth)
        if stock is not None:
            plan.stocked[ref] = stock.popleft()
            plan.of[ref] = stocked_id(plan.stocked[ref].code)
        plan.new.append(ref)
        plan.costs[ref] = each_costs
        if person is not None:
            person.open.append(plan.of[ref])
    return plan


def _persons(
    connection: Connection, row: Row[Any], customers: Collection[str], now: datetime
) -> dict[str, _Person]:
    """What each customer's person has of a campaign; one object a person."""
    members = members_of(connection, customers)
    by_person: dict[tuple[str, ...], _Person] = {}
    found = {customer: by_person.setdefault(group, _Person()) for customer, group in members.items()}
    everybody = {each: by_person[group] for group in by_person for each in group}
    for part in in_parts(everybody):
        live = (coupon_use.c.campaign == row.key) & coupon_use.c.state.in_(LIVE)
        for customer in connection.execute(
            select(coupon_use.c.customer_id).where(live & coupon_use.c.customer_id.in_(part))
        ).scalars():
            everybody[customer].uses += 1
        lasts = coupon.c.valid_until.is_(None) | (coupon.c.valid_until > now)
        given = (coupon_given.c.campaign == row.key) & coupon_given.c.released_at.is_(None)
        held = (
            select(coupon_given.c.customer_id, coupon.c.id)
            .join_from(coupon_given, coupon, coupon.c.id == coupon_given.c.coupon_id)
            .where(given & coupon_given.c.customer_id.in_(part) & lasts & coupon.c.state.in_(OPEN))
            .order_by(coupon_given.c.given_at, coupon_given.c.ref)
        )
        for customer, name in connection.execute(held):
            codes = everybody[customer].open
            if name not in codes:
                codes.append(name)
    return found


def _stored(
    connection: Connection,
    row: Row[Any],
    terms: Terms,
    plan: _Plan,
    wanted: Mapping[str, str | None],
    now: datetime,
    *,
    by: str,
    below: Callable[[int], int],
) -> None:
    if terms.stock:
        taken = {plan.of[ref]: (wanted[ref], row) for ref, row in plan.stocked.items()}
        give_from_stock(connection, terms, taken, now)
    elif not terms.is_shared:
        _drawn(connection, terms, {plan.of[ref]: wanted[ref] for ref in plan.new}, now, below)
    given = [
        {
            "ref": ref,
            "coupon_id": name,
            "campaign": row.key,
            "customer_id": wanted[ref],
            "expected": plan.costs.get(ref, ZERO),
            "given_at": now,
        }
        for ref, name in plan.of.items()
    ]
    insert_new(connection, coupon_given, given)
    told = {"kind": "issue", "times": 1, "by": by, "amount": None, "at": now}
    insert_new(connection, coupon_event, [told | {"coupon_id": n, "ref": r} for r, n in plan.of.items()])
    add(connection, row.key, issued=len(plan.new), expected=sum(plan.costs.values(), ZERO))


def _drawn(
    connection: Connection,
    terms: Terms,
    wanted: Mapping[str, str | None],
    now: datetime,
    below: Callable[[int], int],
) -> None:
    """Draw codes until each coupon has one that no other has."""
    left = dict(wanted)
    values = {
        "campaign": terms.key,
        "version": terms.version,
        "is_shared": False,
        "state": "issued",
        "issued_at": now,
        "valid_from": terms.valid_from,
        "valid_until": end_of(terms, now),
    }
    while left:
        rows = [
            values | {"id": name, "customer_id": customer, "code": drawn_code(terms.prefix, below)}
            for name, customer in left.items()
        ]
        if insert_new(connection, coupon, rows) == len(rows):
            return
        for part in in_parts(
            list(left)
        ):  # a code was drawn twice: once in some 10^14 nights of a million codes
            for name in connection.execute(select(coupon.c.id).where(coupon.c.id.in_(part))).scalars():
                del left[name]


def _given_before(
    connection: Connection, refs: Collection[str], *, is_new: bool = False
) -> tuple[dict[str, Issued], dict[str, str]]:
    """What refs were given, and those whose code was released."""
    issued, refused = dict[str, Issued](), dict[str, str]()
    for part in in_parts(refs):
        query = (
            select(
                coupon, coupon_given.c.ref, coupon_given.c.released_at, coupon_given.c.customer_id.label("to")
            )
            .join_from(coupon_given, coupon, coupon.c.id == coupon_given.c.coupon_id)
            .where(coupon_given.c.ref.in_(part))
        )
        for row in connection.execute(query):
            if row.released_at is not None:
                refused[row.ref] = "programs.issue_released"
            else:
                code = written(row)
                issued[row.ref] = Issued(row.ref, row.id, code, row.to, row.valid_until, is_new)
    return issued, refused


def written(row: Row[Any]) -> str:
    """A code as people are shown it; one of the shop's own as the shop writes it."""
    if row.spelling is not None:
        return str(row.spelling)
    if row.is_shared:
        return str(row.code)
    return shown_code(row.code, row.code[: len(row.code) - LETTERS])


def codes_for(connection: Connection, refs: Collection[str]) -> dict[str, str]:
    """The code that each ref was given, as people are shown it; refs without one are not in it."""
    issued, _released = _given_before(connection, refs)
    return {ref: each.code for ref, each in issued.items()}


def release_issued(connection: Connection, refs: Collection[str], now: datetime, *, by: str = BY_TIME) -> int:
    """
    Take codes back that never reached anybody, as their messages ended without being sent.

    A code that another message carries as well, or that was used all the same, stays as it is.

    Returns:
        How many refs were released; those that were before, or had none, change nothing.
    """
    keys: dict[str, list[str]] = {}
    for part in in_parts(refs):
        unreleased = coupon_given.c.ref.in_(part) & coupon_given.c.released_at.is_(None)
        for ref, key in connection.execute(
            select(coupon_given.c.ref, coupon_given.c.campaign).where(unreleased)
        ):
            keys.setdefault(key, []).append(ref)
    hold(connection, (), list(keys), now)
    return sum(_released(connection, key, ref, now, by) for key in sorted(keys) for ref in sorted(keys[key]))


def _released(connection: Connection, key: str, ref: str, now: datetime, by: str) -> int:
    row = coupon_given.c
    mine = (row.ref == ref) & row.released_at.is_(None)
    name = connection.execute(select(row.coupon_id).where(mine)).scalar()
    if name is None:
        return 0
    no_longer_expected(connection, key, mine)
    connection.execute(coupon_given.update().where(mine).values(released_at=now))
    others = select(row.ref).where((row.coupon_id == name) & row.released_at.is_(None)).limit(1)
    if connection.execute(others).first() is None:
        unused = (coupon.c.id == name) & ~coupon.c.is_shared & (coupon.c.state == "issued")
        if connection.execute(coupon.update().where(unused).values(state="void")).rowcount:
            is_stocked = back_to_stock(connection, name)
            noted(connection, name, "void", ref if is_stocked else "", now, by)
            add(connection, key, issued=-1)
    return 1
