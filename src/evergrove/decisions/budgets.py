"""
Money budgets: committed at the decision, spent when a message is accepted, released when it never left.

Every message takes its expected cost (contact, and what its coupon is expected to cost) from each budget that it falls
under: that of everything, of its channel, of its playbook. The sums stand beside the entries and are changed by one
conditional update, so that two workers never commit the same money.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, or_, select

from evergrove.decisions.holding import let_go
from evergrove.decisions.money import Budget, Cost, Used, checked_budget
from evergrove.decisions.tables import budget, budget_entry, budget_span
from evergrove.ledger import Amount, insert_new, upsert
from evergrove.outbox import OUTBOX
from evergrove.people.parts import among, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Table

EXHAUSTED = "decisions.budget_exhausted"
SPENT_IN = ("accepted", "delivered", "bounced", "complained", "unknown", "awaiting_staff")
"""States in which money is gone, or may be: an answer that was lost may have cost as much as one that came."""
RELEASED_IN = ("failed", "skipped", "expired")
NOTHING = Decimal(0)

Place = tuple[str, str, str]
"""Scope, period, span."""


def put_budget(connection: Connection, row: Budget, now: datetime) -> None:
    """
    Set a budget, or change it; what was committed under it before counts on.

    Messages that wait for money are looked at again at once.

    Args:
        connection: Of a ``writing`` block.
        row: The budget.
        now: When.

    Raises:
        NotABudget, NotAPeriod, BudgetNegative: There can be no such budget.
    """
    checked_budget(row.scope, row.period, row.amount)
    upsert(connection, budget, [vars(row)], ["scope", "period"])
    let_go(connection, EXHAUSTED, now)


def drop_budget(connection: Connection, scope: str, period: str, now: datetime) -> bool:
    """Take a budget away, so that it stops nothing; False where there is none. Its entries stay as a record."""
    which = (budget.c.scope == scope) & (budget.c.period == period)
    done = connection.execute(budget.delete().where(which)).rowcount == 1
    let_go(connection, EXHAUSTED, now)
    return done


def budgets(connection: Connection) -> tuple[Budget, ...]:
    """Every budget that is set, by scope and period."""
    return tuple(Budget(**row) for row in connection.execute(_BUDGETS).mappings())


_BUDGETS = select(budget).order_by(budget.c.scope, budget.c.period)


def used(connection: Connection, now: datetime) -> tuple[Used, ...]:
    """How every budget stands in the span of the moment, with the spread of its cost and what came free, in the order of ``budgets``."""
    found = standing(connection, budgets(connection), now)
    return tuple(_with_entries(connection, each, now) for each in found)


def standing(connection: Connection, kept: Sequence[Budget], now: datetime) -> tuple[Used, ...]:
    """How some budgets stand in the span of the moment; the spread is left out, which takes longer to sum up."""
    sums = _sums(connection, kept, now)
    nothing = (NOTHING, NOTHING)
    return tuple(Used(each, each.span(now), *sums.get(_place(each, now), nothing)) for each in kept)


def commit(connection: Connection, costs: Sequence[Cost], now: datetime) -> frozenset[str]:
    """
    Take expected costs from every budget that they fall under, in the order given: all of a message's, or none.

    Args:
        connection: Of a ``writing`` block.
        costs: Of messages; what one has committed before stays as it is.
        now: When; says which months count.

    Returns:
        Names of messages for which some budget had not enough left; nothing was taken for them.
    """
    kept = budgets(connection) if costs else ()
    if not kept:
        return frozenset()
    costs = list({each.ref: each for each in costs}.values())
    _locked(connection, {_place(each, now) for each in kept})
    done = _entered(connection, [each.ref for each in costs])
    if _took(connection, kept, costs, done, now):  # the usual case: there is enough for all
        return frozenset()
    return frozenset(each.ref for each in costs if not _took(connection, kept, [each], done, now))


def settled(
    connection: Connection, outbox_ids_by_outcome: Mapping[str, Collection[str]], now: datetime
) -> None:
    """
    Say what became of messages: their money is spent, or comes free again.

    Call it in the transaction that settles them. "accepted", "awaiting_staff", "unknown" and what follows from them
    spend; "failed", "skipped" and "expired" release, also what an answer that was lost had spent. Doing it again
    changes nothing, and who never calls it loses nothing: ``reconcile`` finds the same later.

    Args:
        connection: Of a ``writing`` block.
        outbox_ids_by_outcome: State to names of messages in the outbox; other states change nothing.
        now: When.
    """
    wanted = {
        ref: "release" if state in RELEASED_IN else "spend"
        for state, refs in outbox_ids_by_outcome.items()
        if state in SPENT_IN or state in RELEASED_IN
        for ref in refs
    }
    rows = _entries(connection, wanted)
    if not rows:
        return
    _locked(connection, {(row.scope, row.period, row.span) for row in rows})
    rows = _entries(connection, wanted)  # as they are behind the lock
    kinds: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in rows:
        kinds[row.scope, row.period, row.ref].add(row.kind)
    new: list[dict[str, Any]] = []
    moved: dict[Place, list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
    for row in rows:
        kind, had = wanted[row.ref], kinds[row.scope, row.period, row.ref]
        if row.kind != "commit" or "release" in had or kind in had:
            continue
        new.append({**row._mapping, "kind": kind, "at": now})  # noqa: SLF001 - SQLAlchemy's public name for it
        change = moved[row.scope, row.period, row.span]
        change[1 if "spend" in had else 0] -= row.amount
        change[1] += row.amount if kind == "spend" else NOTHING
    insert_new(connection, budget_entry, new)
    for place, (committed, spent) in sorted(moved.items()):
        connection.execute(
            budget_span.update()
            .where(_at(budget_span, place))
            .values(committed=budget_span.c.committed + committed, spent=budget_span.c.spent + spent)
        )


def reconcile(connection: Connection, now: datetime) -> None:
    """
    Settle every commitment whose message has come to an end without anybody saying so here.

    Args:
        connection: Of a ``writing`` block.
        now: When.
    """
    entry, other = budget_entry, budget_entry.alias()
    later = select(other.c.ref).where(
        other.c.scope == entry.c.scope, other.c.period == entry.c.period, other.c.ref == entry.c.ref
    )
    unsettled = ~later.where(other.c.kind != "commit").exists()
    lost = later.where(other.c.kind == "spend").exists() & ~later.where(other.c.kind == "release").exists()
    query = (
        select(OUTBOX.c.state, OUTBOX.c.id)
        .join(entry, entry.c.ref == OUTBOX.c.id)
        .where(entry.c.kind == "commit")
        .where(
            or_(
                and_(unsettled, OUTBOX.c.state.in_((*SPENT_IN, *RELEASED_IN))),
                and_(lost, OUTBOX.c.state.in_(RELEASED_IN)),
            )
        )
        .distinct()
    )
    found: dict[str, list[str]] = defaultdict(list)
    for state, ref in connection.execute(query):
        found[state].append(ref)
    if found:
        settled(connection, found, now)


def _took(
    connection: Connection,
    kept: Sequence[Budget],
    costs: Sequence[Cost],
    done: Collection[tuple[str, str, str]],
    now: datetime,
) -> bool:
    """Take the costs of some messages from all budgets and enter them; False, and nothing taken, where one refuses."""
    taken: list[tuple[Place, Decimal]] = []
    new: list[dict[str, Any]] = []
    for each in kept:
        place = _place(each, now)
        own = [one for one in costs if each.covers(one) and (*each.key, one.ref) not in done]
        amount = sum((one.amount for one in own), NOTHING)
        if amount and not _added(connection, place, amount, most=each.amount):
            for earlier, given in taken:
                _added(connection, earlier, -given)
            return False
        taken.append((place, amount))
        new += [_entry(place, one, now) for one in own]
    insert_new(connection, budget_entry, new)
    return True


def _entry(place: Place, one: Cost, now: datetime) -> dict[str, Any]:
    scope, period, span = place
    told = {"ref": one.ref, "kind": "commit", "amount": one.amount, "variance": one.variance, "at": now}
    return {"scope": scope, "period": period, "span": span, **told}


def _added(connection: Connection, place: Place, amount: Decimal, *, most: Decimal | None = None) -> bool:
    """Add to what is committed, if no more than the most is used then."""
    row = budget_span.c
    change = budget_span.update().where(_at(budget_span, place)).values(committed=row.committed + amount)
    if most is not None:
        change = change.where(row.committed + row.spent <= literal(most - amount, Amount))
    return connection.execute(change).rowcount == 1


def _locked(connection: Connection, places: Iterable[Place]) -> None:
    """Have the sums there, and in PostgreSQL keep others from them until the commit; always in one order."""
    names = ("scope", "period", "span")
    ordered = sorted(places)
    zero = {"committed": NOTHING, "spent": NOTHING}
    insert_new(connection, budget_span, [{**dict(zip(names, each, strict=True)), **zero} for each in ordered])
    for each in ordered:
        connection.execute(select(budget_span.c.span).where(_at(budget_span, each)).with_for_update())


def _entered(connection: Connection, refs: Collection[str]) -> set[tuple[str, str, str]]:
    """Which messages have an entry already: (scope, period, ref)."""
    return {(row.scope, row.period, row.ref) for row in _entries(connection, refs)}


def _entries(connection: Connection, refs: Collection[str]) -> list[Any]:
    return [row for part in in_parts(refs) for row in connection.execute(_ENTRIES, {"some": part})]


_ENTRIES = select(budget_entry).where(among(budget_entry.c.ref))


def _sums(
    connection: Connection, kept: Sequence[Budget], now: datetime
) -> dict[Place, tuple[Decimal, Decimal]]:
    wanted = {_place(each, now) for each in kept}
    rows = connection.execute(select(budget_span).where(budget_span.c.span.in_({each[2] for each in wanted})))
    found = {(row.scope, row.period, row.span): (row.committed, row.spent) for row in rows}
    return {place: sums for place, sums in found.items() if place in wanted}


def _with_entries(connection: Connection, each: Used, now: datetime) -> Used:
    """The spread of what all commitments of the span will have cost, those released left out; and what was released."""
    entry = budget_entry.c
    query = select(entry.kind, func.sum(entry.variance), func.sum(entry.amount))
    at = _at(budget_entry, _place(each.budget, now))
    rows = connection.execute(query.where(at).group_by(entry.kind))
    found = {kind: (float(spread), Decimal(amount)) for kind, spread, amount in rows}
    committed, released = (found.get(kind, (0.0, NOTHING)) for kind in ("commit", "release"))
    return replace(each, sd=sqrt(max(committed[0] - released[0], 0.0)), released=released[1])


def _place(each: Budget, now: datetime) -> Place:
    return (*each.key, each.span(now))


def _at(table: Table, place: Place) -> ColumnElement[bool]:
    scope, period, span = place
    return and_(table.c.scope == scope, table.c.period == period, table.c.span == span)
