"""Are the coupons sound? Counters against the rows that they count, and what no code may ever be."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, not_, select

from evergrove.core import EvergroveWarning, _
from evergrove.people.identity import persons_now
from evergrove.programs.coupons.holding import BY_TIME
from evergrove.programs.coupons.tables import (
    coupon,
    coupon_campaign,
    coupon_event,
    coupon_given,
    coupon_stock,
    coupon_use,
)
from evergrove.programs.coupons.types import LIVE, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Row

OWN_STATES = ("reserved", "redeemed")
"""States of a code that follow from its uses."""


class CouponsMiscounted(EvergroveWarning):
    """Campaigns whose counts are not those of their codes and uses."""

    code = "programs.miscounted"
    message = _(
        "{count} coupon {count:campaign counts|campaigns count} other codes or uses than there are (first: {example}: {name} is {said}, and {found} are there)."
    )
    hint = _(
        "Limits hold by these counts: pause the campaigns, restore the newest backup, and find out who changed the ledger by hand."
    )


class CouponMoneyMiscounted(EvergroveWarning):
    """Campaigns whose money is not that of their codes and uses."""

    code = "programs.money_miscounted"
    message = _(
        "{count} coupon {count:campaign has|campaigns have} other sums in their budget than their codes and uses come to (first: {example}: {name} is {said}, and they come to {found})."
    )
    hint = _(
        "Budgets hold by these sums: pause the campaigns, restore the newest backup, and find out who changed the ledger by hand."
    )


class CodeOfTwoPeople(EvergroveWarning):
    """Codes of one person that were given to another as well."""

    code = "programs.code_of_two_people"
    message = _("{count} {count:code was|codes were} given to two people (first: {example}).")
    hint = _("Whoever is first uses it: take the code back, and give each of them another one.")


class CodeUsedTwice(EvergroveWarning):
    """Codes of one use that stand on several orders."""

    code = "programs.code_used_twice"
    message = _("{count} {count:code stands|codes stand} on two orders at once (first: {example}).")
    hint = _("The ledger lets none do so: find out who changed it by hand, and roll one of the orders back.")


class CodeStateWrong(EvergroveWarning):
    """Codes whose state is not what their uses say."""

    code = "programs.code_state_wrong"
    message = _(
        "{count} {count:code says|codes say} that an order has them, and none does, or the other way round (first: {example})."
    )
    hint = _("Restore the newest backup, and find out who changed the ledger by hand.")


class StockTorn(EvergroveWarning):
    """Codes of the shop's own that were given out to nobody."""

    code = "programs.stock_torn"
    message = _(
        "{count} {count:code of a stock says|codes of stocks say} that they were given out, and there is no such coupon (first: {example})."
    )
    hint = _("Nobody has them, and nobody gets them: restore the newest backup, or bring others.")


def check_coupons(connection: Connection) -> list[EvergroveWarning]:
    """
    Look for what must never be of coupons.

    Args:
        connection: Of any block.

    Returns:
        Findings, the gravest first; nothing where all is well.
    """
    return [
        *_twice(connection),
        *_two_people(connection),
        *_wrong_states(connection),
        *_miscounted(connection),
        *_torn(connection),
    ]


def _by_campaign(connection: Connection, query: Any) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in connection.execute(query)}


def _miscounted(connection: Connection) -> Iterator[EvergroveWarning]:
    """Counters beside what they count; sums beside what they add up."""
    use = coupon_use.c

    def many(state: str) -> ColumnElement[Any]:
        return func.sum(case((use.state == state, 1), else_=0))

    def money(state: str, amount: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.sum(case((use.state == state, amount), else_=0), type_=use.cost.type)

    uses = _by_campaign(
        connection,
        select(
            use.campaign,
            many("reserved"),
            many("redeemed"),
            money("reserved", use.cost),
            money("redeemed", use.cost - use.returned),
        ).group_by(use.campaign),
    )
    given = coupon_given.c
    expected = _by_campaign(
        connection,
        select(given.campaign, func.sum(given.expected, type_=given.expected.type)).group_by(given.campaign),
    )
    issued = _issued(connection)
    counts, sums = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for row in connection.execute(select(coupon_campaign).order_by(coupon_campaign.c.key)):
        reserved, redeemed, held, spent = uses.get(row.key, (0, 0, ZERO, ZERO))
        least, most = issued.get(row.key, (0, 0))
        found = {"reserved": (row.reserved, reserved), "redeemed": (row.redeemed, redeemed)}
        found["issued"] = (row.issued, min(max(row.issued, least), most))
        money_of = {"held": (row.held, held), "spent": (row.spent, spent)}
        money_of["expected"] = (row.expected, expected.get(row.key, (ZERO,))[0])
        counts += _first_apart(row, found)
        sums += _first_apart(row, money_of)
    for kind, wrong in ((CouponsMiscounted, counts), (CouponMoneyMiscounted, sums)):
        if wrong:
            key, name, said, there = wrong[0]
            yield kind(count=len(wrong), example=key, name=name, said=str(said), found=str(there))


def _first_apart(row: Row[Any], found: dict[str, tuple[Any, Any]]) -> list[tuple[Any, ...]]:
    apart = [(row.key, name, said, there) for name, (said, there) in found.items() if said != there]
    return apart[:1]


def _issued(connection: Connection) -> dict[str, tuple[int, int]]:
    """
    How many codes may have been given out, at least and at most.

    Codes of somebody's own count but for those that came back because nobody had them; a code of everybody counts as
    often as it was given, but for those who had it already.
    """
    newer = coupon_event.alias("newer")
    own = coupon.c
    last = (
        select(func.max(newer.c.id))
        .where(newer.c.coupon_id == coupon_event.c.coupon_id, newer.c.kind == "void")
        .correlate(coupon_event)
        .scalar_subquery()
    )
    came_back = (
        select(coupon_event.c.id)
        .where(coupon_event.c.coupon_id == own.id, coupon_event.c.id == last, coupon_event.c.by == BY_TIME)
        .correlate(coupon)
        .exists()
    )
    counts = and_(~own.is_shared, not_(and_(own.state == "void", came_back)))
    mine = select(own.campaign, func.sum(case((counts, 1), else_=0))).group_by(own.campaign)
    shared = (
        select(coupon_given.c.campaign, func.count())
        .join(coupon, coupon.c.id == coupon_given.c.coupon_id)
        .where(coupon.c.is_shared)
        .group_by(coupon_given.c.campaign)
    )
    of_all = _by_campaign(connection, shared)
    return {
        key: (least, least + of_all.get(key, (0,))[0])
        for key, (least,) in _by_campaign(connection, mine).items()
    }


def _two_people(connection: Connection) -> Iterator[EvergroveWarning]:
    """Among those who were given a code; who was joined since is one."""
    given = coupon_given.c
    lasting = given.released_at.is_(None) & given.customer_id.is_not(None)
    several = (
        select(given.coupon_id)
        .join(coupon, coupon.c.id == given.coupon_id)
        .where(lasting, ~coupon.c.is_shared)
        .group_by(given.coupon_id)
        .having(func.count(func.distinct(given.customer_id)) > 1)
    )
    query = select(given.coupon_id, given.customer_id).where(lasting, given.coupon_id.in_(several))
    owners, persons = defaultdict[str, set[str]](set), persons_now(connection)
    for name, customer in connection.execute(query):
        owners[name].add(persons.get(customer, customer))
    wrong = sorted(name for name, people in owners.items() if len(people) > 1)
    if wrong:
        yield CodeOfTwoPeople(count=len(wrong), example=wrong[0])


def _twice(connection: Connection) -> Iterator[EvergroveWarning]:
    use = coupon_use.c
    several = (
        select(use.coupon_id)
        .join(coupon, coupon.c.id == use.coupon_id)
        .where(use.state.in_(LIVE), ~coupon.c.is_shared)
        .group_by(use.coupon_id)
        .having(func.count() > 1)
        .subquery()
    )
    yield from _found(connection, CodeUsedTwice, select(func.count(), func.min(several.c.coupon_id)))


def _wrong_states(connection: Connection) -> Iterator[EvergroveWarning]:
    def used(state: str) -> ColumnElement[bool]:
        return exists().where(coupon_use.c.coupon_id == coupon.c.id, coupon_use.c.state == state)

    wrong = not_(used("redeemed")) & (coupon.c.state == "redeemed")
    wrong |= not_(used("reserved")) & (coupon.c.state == "reserved")
    wrong |= coupon.c.state.not_in(OWN_STATES) & (used("redeemed") | used("reserved"))
    query = select(func.count(), func.min(coupon.c.id)).where(~coupon.c.is_shared, wrong)
    yield from _found(connection, CodeStateWrong, query)


def _torn(connection: Connection) -> Iterator[EvergroveWarning]:
    stock = coupon_stock.c
    there = exists().where(coupon.c.id == stock.coupon_id, coupon.c.code == stock.code)
    query = select(func.count(), func.min(stock.coupon_id)).where(stock.coupon_id.is_not(None), not_(there))
    yield from _found(connection, StockTorn, query)


def _found(connection: Connection, kind: type[EvergroveWarning], query: Any) -> Iterator[EvergroveWarning]:
    count, example = connection.execute(query).one()
    if count:
        yield kind(count=count, example=example)
