"""Open matters of customers: a complaint, a bad answer, goods on the way back. While one is open, marketing waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import bindparam, select

from evergrove.core import InputError, _, stable_id
from evergrove.decisions.holding import let_go
from evergrove.decisions.tables import CASE_KINDS, outreach_case
from evergrove.ledger import insert_new
from evergrove.people.identity import members_of
from evergrove.people.parts import among, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

CaseKind = Literal["complaint", "detractor", "return"]
OPEN_CASE = "decisions.open_case"
USUAL_DAYS: Mapping[str, int] = {"complaint": 30, "detractor": 30, "return": 45}
"""After so many days a case that nobody closes holds nothing back any more."""
MOST_DAYS = 366


class UnknownKindOfCase(InputError):
    """There is no such kind of case."""

    code = "decisions.unknown_kind_of_case"
    message = _("{kind} is no kind of case.")
    hint = _("Cases are: {known}.")


class UnknownCase(InputError):
    """There is no such case."""

    code = "decisions.unknown_case"
    message = _("There is no case {case}.")
    hint = _("Cases of a customer are listed under their id: ask for those first.")


@dataclass(frozen=True)
class Case:
    """
    One matter with one customer.

    Attributes:
        id: Its name.
        customer_id: With whom.
        kind: "complaint", "detractor" (answered that they would not recommend the shop) or "return".
        source: Who told of it, such as "tickets", "surveys", "user:3".
        opened_at: When it began.
        until: From then on it holds nothing back.
        closed_at: When it ended; None: it has not.
        closed_by: Who said so.
    """

    id: str
    customer_id: str
    kind: str
    source: str
    opened_at: datetime
    until: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it holds marketing back at a moment."""
        return self.closed_at is None and now < self.until


def open_case(
    connection: Connection,
    customer_id: str,
    kind: CaseKind,
    source: str,
    opened_at: datetime,
    *,
    ref: str = "",
    until: datetime | None = None,
) -> str:
    """
    Open a case: nothing of marketing leaves to the person from this transaction's commit on.

    Doing it again for the same matter changes nothing, not even when it has been closed since.

    Args:
        connection: Of a ``writing`` block.
        customer_id: With whom; holds for everybody who is one person with them.
        kind: Of what kind.
        source: Who tells of it.
        opened_at: When it began.
        ref: The source's own name for the matter, such as a ticket's number; empty: the moment names it.
        until: When it ends by itself; None: after ``USUAL_DAYS``.

    Returns:
        The name of the case.

    Raises:
        UnknownKindOfCase: There is no such kind.
    """
    if kind not in CASE_KINDS:
        raise UnknownKindOfCase(kind=str(kind)[:40], known=", ".join(CASE_KINDS))
    name = stable_id("case", customer_id, kind, source, ref or opened_at.isoformat())
    row = {
        "id": name,
        "customer_id": customer_id,
        "kind": kind,
        "source": source,
        "opened_at": opened_at,
        "until": until or opened_at + timedelta(days=USUAL_DAYS[kind]),
        "closed_at": None,
        "closed_by": None,
    }
    insert_new(connection, outreach_case, [row])
    return name


def close_case(connection: Connection, case_id: str, by: str, now: datetime) -> Case:
    """
    Close a case; messages that wait for it are looked at again at once.

    Args:
        connection: Of a ``writing`` block.
        case_id: Which.
        by: Who says so.
        now: When.

    Returns:
        The case as it is now; one that was closed before keeps its end.

    Raises:
        UnknownCase: There is no such case.
    """
    row = outreach_case.c
    change = outreach_case.update().where(row.id == case_id, row.closed_at.is_(None))
    connection.execute(change.values(closed_at=now, closed_by=by))
    found = connection.execute(select(outreach_case).where(row.id == case_id)).mappings().first()
    if found is None:
        raise UnknownCase(case=case_id[:40])
    case = Case(**found)
    let_go(connection, OPEN_CASE, now, members_of(connection, [case.customer_id])[case.customer_id])
    return case


def open_cases(
    connection: Connection, customers: Collection[str], now: datetime
) -> dict[str, tuple[Case, ...]]:
    """
    The cases that hold marketing to each customer back, of anybody who is one person with them; the longest first.

    Args:
        connection: Of any block.
        customers: Whose; who has no open case is not in the answer.
        now: At which moment.
    """
    members = members_of(connection, customers)
    held = defaultdict[str, list[Case]](list)
    for part in in_parts({each for group in members.values() for each in group}):
        for case in connection.execute(_HOLDING, {"some": part, "now": now}).mappings():
            held[case["customer_id"]].append(Case(**case))
    return {
        customer: tuple(sorted(found, key=lambda each: (each.until, each.id), reverse=True))
        for customer, group in members.items()
        if (found := [case for each in group for case in held.get(each, ())])
    }


_ROW = outreach_case.c
_HOLDING = select(outreach_case).where(
    _ROW.closed_at.is_(None), _ROW.until > bindparam("now", type_=_ROW.until.type), among(_ROW.customer_id)
)


def opened_by(playbook: str) -> str:
    """The source of cases that a playbook has opened; its own letters are what the case asks for."""
    return f"playbook:{playbook}"


def holding(cases: Sequence[Case], playbook: str) -> Case | None:
    """The case that holds a message of a playbook back longest; one that the playbook itself opened does not."""
    return next((each for each in cases if not playbook or each.source != opened_by(playbook)), None)


def cases_of(connection: Connection, customer_id: str) -> tuple[Case, ...]:
    """Every case with a person, the newest first; closed ones as well."""
    group = members_of(connection, [customer_id])[customer_id]
    return _cases(connection, outreach_case.c.customer_id.in_(group))


def open_now(connection: Connection, now: datetime, limit: int) -> tuple[Case, ...]:
    """Cases that hold marketing back at a moment, the newest first."""
    row = outreach_case.c
    return _cases(connection, row.closed_at.is_(None) & (row.until > now), limit)


def _cases(connection: Connection, which: ColumnElement[bool], limit: int | None = None) -> tuple[Case, ...]:
    query = select(outreach_case).where(which).order_by(outreach_case.c.opened_at.desc(), outreach_case.c.id)
    return tuple(Case(**each) for each in connection.execute(query.limit(limit)).mappings())


def heed_tickets(
    connection: Connection, tickets: Sequence[tuple[str, str, datetime, datetime | None]], now: datetime
) -> int:
    """
    Take cases over from the shop's tickets: open what is open there, close what was closed there.

    Args:
        connection: Of a ``writing`` block.
        tickets: (customer, ticket, opened, closed or None) of tickets that are open, or were closed of late.
        now: When.

    Returns:
        How many cases are open because of them.
    """
    still_open = 0
    for customer, ticket, opened_at, closed_at in tickets:
        name = stable_id("case", customer, "complaint", TICKETS, ticket)
        if closed_at is None:
            open_case(connection, customer, "complaint", TICKETS, opened_at, ref=ticket)
            still_open += 1
        elif _is_known(connection, name):
            close_case(connection, name, TICKETS, min(closed_at, now))
    return still_open


TICKETS = "tickets"


def _is_known(connection: Connection, name: str) -> bool:
    return (
        connection.execute(select(outreach_case.c.id).where(outreach_case.c.id == name)).first() is not None
    )
