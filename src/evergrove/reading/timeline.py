"""What happened with one person, the newest first: bought, gave back, moved, did, wrote, was written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from evergrove.ingest.events.tables import EVENT
from evergrove.live.reading import rows as live_rows
from evergrove.live.tables import MOVE
from evergrove.outbox.tables import OUTBOX
from evergrove.people.identity import members_of, person_ids
from evergrove.reading.moves import MovesAsked, moves_page
from evergrove.reading.orders import bought_of, facts_of
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from evergrove.reading.orders import Theirs
    from evergrove.reading.shelf import View

Kind = Literal["order", "refund", "move", "event", "ticket", "answer", "message"]
MOST = 1_000
"""Of each kind but orders, the newest."""
TABLES: Mapping[str, tuple[Kind, str, tuple[str, ...]]] = {
    "events": ("event", "happened_at", ("event_id", "kind", "channel", "product_id", "category")),
    "tickets": ("ticket", "opened_at", ("ticket_id", "topic", "status", "channel", "order_id")),
    "surveys": ("answer", "answered_at", ("response_id", "kind", "score", "channel", "order_id")),
}
"""Tables beside orders: what a row is, when it was, its name, and what of it is told; nobody's words."""
LEFT = ("accepted", "awaiting_staff", "delivered", "bounced", "complained")
"""States of messages that went out; what waits, was held back or kept for comparison is not told here."""
HEARD = ("order", "refund", "cancel", "track", "page", "screen")
"""Kinds of events that are told before they are in the facts."""


@dataclass(frozen=True)
class Entry:
    """
    One thing.

    Attributes:
        kind: What.
        on: The day, by the shop's zone.
        at: The moment; None where only the day is known.
        name: By which entries of a moment are told apart, and ordered.
        told: What there is to say; nothing personal.
    """

    kind: Kind
    on: date
    at: datetime | None
    name: str
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, str, str]:
        """By what entries are ordered, the newest last."""
        moment = "" if self.at is None else self.at.isoformat()
        return self.on.isoformat(), moment, self.kind, self.name


def timeline_of(view: View, customer_id: str) -> Sequence[Entry]:
    """
    Everything with one person, the newest first.

    Args:
        view: Of the run.
        customer_id: Any id of the person.
    """
    zone = view.parts.settings.value.zone
    with view.parts.ledger.reading() as connection:
        members = members_of(connection, [customer_id])[customer_id]
        person = person_ids(connection, [customer_id])[customer_id]
        found = [*_messages(connection, members, zone), *_heard(connection, members, zone)]
        live = live_rows(connection, [customer_id]).get(person)
        found += (
            [] if live is None or live.run_id > view.run.id else _live_moves(connection, person, live.run_id)
        )
    for row in moves_page(view, MovesAsked(MOST, customer_id=person)).rows:
        found.append(_move(row, str(row["run_seq"])))
    with facts_of(view.parts, customer_id) as told:
        found += [] if told is None else [*_bought(view, told), *_beside(view, told, zone)]
    return sorted(found, key=lambda each: each.place, reverse=True)


def _move(row: Mapping[str, Any], name: str) -> Entry:
    return Entry("move", row["as_of"], None, f"{row['axis']}/{name}", {"move": dict(row)})


def _live_moves(connection: Connection, person: str, run_id: int) -> Iterator[Entry]:
    row = MOVE.c
    query = select(MOVE).where(row.customer_id == person, row.run_id == run_id).order_by(row.id.desc())
    for each in connection.execute(query.limit(MOST)).mappings():
        yield _move({**each, "run_seq": None}, f"live/{each['id']:012d}")


def _bought(view: View, told: Theirs) -> Iterator[Entry]:
    bought = bought_of(view.parts, told)
    for kind, day, rows in (
        ("order", "order_date", bought.orders),
        ("refund", "refund_date", bought.refunds),
    ):
        for nth, row in enumerate(reversed(rows)):
            said = {"order_id": row["order_id"], "amount": row["amount"], "currency": bought.currency}
            named: Kind = "order" if kind == "order" else "refund"
            yield Entry(named, row[day], None, f"{row['order_id'] or ''}/{nth:06d}", said)


def _beside(view: View, told: Theirs, zone: ZoneInfo) -> Iterator[Entry]:
    """Rows of tables beside orders: of several versions of one the newest."""
    listed = ", ".join(map(literal, told.members))
    for table, (kind, when, columns) in TABLES.items():
        name = f"told_{table}"
        if not view.parts.warehouse.show(told.engine, told.seen, table, name):
            continue
        chosen = ", ".join(map(identifier, columns))
        rows = told.engine.arrow(
            f"select {chosen}, {when} as moment from {identifier(name)} where customer_id in ({listed})"
            " qualify row_number() over (partition by row_key order by version_at desc, import_seq) = 1"
            f" order by {when} desc limit {MOST}"
        )
        for row in rows.to_pylist():
            moment = row.pop("moment")
            if moment is not None:
                yield _at(kind, moment, zone, str(row.pop(columns[0]) or ""), row)


def _heard(connection: Connection, members: Sequence[str], zone: ZoneInfo) -> Iterator[Entry]:
    """What programs told and no import has taken yet."""
    row = EVENT.c
    query = select(row.seq, row.kind, row.at, row.content).where(
        row.state == "waiting", row.customer_id.in_(members), row.kind.in_(HEARD)
    )
    for each in connection.execute(query.order_by(row.seq.desc()).limit(MOST)):
        content = each.content
        kind: Kind = "order" if each.kind == "order" else "refund" if each.kind == "refund" else "event"
        said = {name: content.get(name) for name in ("order_id", "amount", "currency", "channel")}
        said["kind"] = each.kind if each.kind == "cancel" else content.get("name")
        yield _at(kind, each.at, zone, f"heard/{each.seq:012d}", {**said, "is_waiting": True})


def _messages(connection: Connection, members: Sequence[str], zone: ZoneInfo) -> Iterator[Entry]:
    row = OUTBOX.c
    query = select(row.id, row.playbook, row.channel, row.state, row.settled_at, row.queued_at).where(
        row.customer_id.in_(members), row.state.in_(LEFT)
    )
    for each in connection.execute(query.order_by(row.queued_at.desc()).limit(MOST)):
        said = {"playbook": each.playbook, "channel": each.channel, "state": each.state}
        yield _at("message", each.settled_at or each.queued_at, zone, each.id, said)


def _at(kind: Kind, moment: Any, zone: ZoneInfo, name: str, said: Mapping[str, Any]) -> Entry:
    """An entry of a moment; a day without a time is one."""
    if not isinstance(moment, datetime):
        return Entry(kind, moment, None, name, said)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Entry(kind, aware.astimezone(zone).date(), aware.astimezone(UTC), name, said)
