"""Noting acts in their own transaction, sealing what was noted, and reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, text, update

from evergrove.audit.rules import chained, check_row
from evergrove.audit.tables import AUDIT
from evergrove.audit.types import AuditRow, Head
from evergrove.core.failpoints import failpoint
from evergrove.ledger import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

ONE_SEALER = 0x45764155
"""Key of the lock that keeps two sealers of one PostgreSQL ledger apart; SQLite has one writer anyway."""
CHUNK = 500
"""Rows sealed in one transaction: some ten milliseconds."""
_row = AUDIT.c
_SEAL = (
    update(AUDIT)
    .where(_row.id == bindparam("of"), _row.seq.is_(None))
    .values(seq=bindparam("place"), hash=bindparam("seal"))
)


def note(
    connection: Connection,
    act: str,
    who: str,
    what: str,
    params: Mapping[str, Any] | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """
    Write down an act in the transaction in which it is done: both are kept, or neither.

    Args:
        connection: Of the act's ``writing`` block.
        act: What was done, a code such as "people.erased".
        who: By whom: "user:<id>", "key:<id>", "job:<id>", or a face, such as "cli".
        what: To what: "playbook:L2", "settings:tiers"; of names from outside: ``subject("customer", id)``.
        params: Numbers, codes and keys. Names, addresses and free text are refused.
        at: When; the database's clock, if not given.

    Raises:
        ValueError: Something in it could be personal.
    """
    params = dict(params or {})
    check_row(act, who, what, params)
    moment = at or database_now(connection)
    row = {"at": moment, "act": act, "who": who, "what": what, "params": params}
    connection.execute(insert(AUDIT), [row])


def seal(ledger: Ledger) -> Head:
    """
    Chain what was noted since the last time; to be called each minute, by any number of processes.

    Rows get their places here and not where they are written: a transaction that commits late comes behind what was
    sealed before, and leaves no gap. Killed in between, the next call goes on.

    Returns:
        The head of the chain.
    """
    while True:
        with ledger.writing() as connection:
            head, count = _seal_some(connection)
        failpoint("audit.sealed")
        if count < CHUNK:
            return head


def _seal_some(connection: Connection) -> tuple[Head, int]:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ONE_SEALER)))
    head = head_of(connection)
    unsealed = select(AUDIT).where(_row.seq.is_(None)).order_by(_row.id).limit(CHUNK)
    seals = []
    for row in _rows(connection.execute(unsealed).mappings().all()):
        head = Head(head.seq + 1, chained(head.hash, head.seq + 1, row))
        seals.append({"of": row.id, "place": head.seq, "seal": head.hash})
    if seals:
        connection.execute(_SEAL, seals)
    return head, len(seals)


def head_of(connection: Connection) -> Head:
    """The last sealed row; (0, zeros) before the first."""
    last = select(_row.seq, _row.hash).where(_row.seq.is_not(None)).order_by(_row.seq.desc()).limit(1)
    found = connection.execute(last).one_or_none()
    return Head(*found) if found else Head()


def _rows(found: Iterable[Mapping[Any, Any]]) -> Iterator[AuditRow]:
    for row in found:
        yield AuditRow(**{name: row[name] for name in AuditRow.__dataclass_fields__})


def entries(
    connection: Connection,
    limit: int = 50,
    *,
    act: str = "",
    who: str = "",
    what: str = "",
    before: int | None = None,
) -> list[AuditRow]:
    """
    The newest rows, newest first.

    Args:
        connection: Of any block.
        limit: Most rows.
        act: Only of this act, or of a station where it ends with a full stop: "people.".
        who: Only by these.
        what: Only of this.
        before: Only rows of lower ids: the last one of the page before.
    """
    query = select(AUDIT).order_by(_row.id.desc()).limit(limit)
    if act:
        query = query.where(
            _row.act.startswith(act, autoescape=True) if act.endswith(".") else _row.act == act
        )
    if who:
        query = query.where(_row.who == who)
    if what:
        query = query.where(_row.what == what)
    if before is not None:
        query = query.where(_row.id < before)
    return list(_rows(connection.execute(query).mappings().all()))


_GUARDS = {
    "sqlite": "select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'",
    "postgresql": (
        "select tgname from pg_trigger where tgrelid = 'audit'::regclass and not tgisinternal and tgenabled <> 'D'"
    ),
}


def guards(connection: Connection) -> Sequence[str]:
    """The triggers that keep rows from being changed, as far as they are there and at work."""
    return connection.execute(text(_GUARDS[connection.dialect.name])).scalars().all()
