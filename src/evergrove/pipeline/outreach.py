"""Between two runs: what events and moves start, and what they end. Enrolled, decided and enqueued for those only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from evergrove.campaigns.entering import Entering, enrolments_of, entering_by_moves
from evergrove.campaigns.library import started_since, versions_in_use
from evergrove.campaigns.meeting import Met
from evergrove.campaigns.occasions import ToldEvent, looks_back, names_asked, occasions
from evergrove.campaigns.service import first_steps
from evergrove.campaigns.tables import enrolment
from evergrove.campaigns.types import Due, Ending, Reason
from evergrove.decisions import Context, carry_out, decide
from evergrove.ingest import facts_noted
from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.tables import EVENT
from evergrove.people.identity import person_ids
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.moved_since import as_arrays
from evergrove.pipeline.situation_now import situation_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook, Situation
    from evergrove.campaigns.occasions import Occasion
    from evergrove.decisions import CarriedOut
    from evergrove.pipeline.moved_since import Move, News
    from evergrove.pipeline.situation_now import Parts
    from evergrove.warehouse import Snapshot

ORDER = "Order Completed"
SPOKEN = {"order": ORDER, "cancel": "Order Cancelled", "refund": "Order Refunded"}
"""Under which names programs tell of facts; everything else stands in the ledger under its own."""
MOVED, BY_MOVES = "evidence", ("stage", "tier")
"""Moves between two runs that begin something, and the kinds of triggers that they meet; the rest is the night's."""


@dataclass(frozen=True)
class Started:
    """
    What events and moves have started and ended.

    Attributes:
        entered: Customers who entered a playbook.
        ended: Who left one because they ordered.
        written: What was stored of the decisions; None where there was nothing to decide.
    """

    entered: int = 0
    ended: int = 0
    written: CarriedOut | None = None


def answer_events(parts: Parts, news: News) -> Started:
    """
    Let events, and moves since the last run, start and end what they are to; the caller holds the workspace's lock.

    Whoever entered for an occasion does not enter for it again: doing this twice does nothing twice, and neither does the
    run that meets the same move.

    Args:
        parts: Of the workspace.
        news: What was heard since the run.
    """
    run = parts.warehouse.newest("run")
    if run is None or run.as_of is None:
        return Started()
    zone = parts.settings.value.timezone or facts_noted(parts.warehouse.newest()).timezone or "UTC"
    as_of, now = yesterday_in(zone, parts.clock), parts.clock.now()
    with parts.ledger.reading() as connection:
        started = started_since(connection)
        endings = _ordered_since(connection, [each for each, _since in started], run)
        due = _due(connection, parts, run, started, endings, news, as_of)
        if not (due.entered or due.endings or due.held):
            return Started()
        decided = decide(
            connection,
            due.proposals,
            parts.settings.outreach,
            shop_zone=zone,
            run_id=run.id,
            as_of=as_of,
            now=now,
            context=Context(discount_rate=parts.settings.value.discount_rate),
        )
    with parts.ledger.writing() as connection:
        written = carry_out(connection, due, decided, run_id=run.id, now=now)
    return Started(len(due.entered), len(due.endings), written)


def _told(connection: Connection, playbooks: Sequence[Playbook], now: datetime) -> list[ToldEvent]:
    """Events that triggers look at, of the days that they look back."""
    names = names_asked(each.trigger for each in playbooks)
    if not names:
        return []
    oldest = now - max(looks_back(each.trigger) for each in playbooks)
    row = EVENT.c
    query = select(row.customer_id, row.kind, row.content, row.at, row.received_at).where(
        row.at > oldest, row.state != "refused"
    )
    rows = [(each, SPOKEN.get(each.kind, each.content.get("name", ""))) for each in connection.execute(query)]
    rows = [(each, name) for each, name in rows if name in names]
    persons = person_ids(connection, {each.customer_id for each, _name in rows})
    return [
        ToldEvent(persons[each.customer_id], name, each.at, each.received_at, each.content)
        for each, name in rows
    ]


def _ordered_since(
    connection: Connection, playbooks: Sequence[Playbook], run: Snapshot
) -> tuple[Ending, ...]:
    """Who is in a playbook that an order ends, and has ordered since the run."""
    row, entry = EVENT.c, enrolment.c
    is_news = (row.state == "waiting") | (
        (row.state == "taken") & (row.import_seq > run.details["import_seq"])
    )
    query = select(row.customer_id, row.content, row.at).where(is_news, row.kind == FACT_KINDS[0])
    orders = [each for each in connection.execute(query) if not each.content.get("is_amendment")]
    if not orders:
        return ()
    persons = person_ids(connection, {each.customer_id for each in orders})
    latest: dict[str, datetime] = {}
    for each in orders:
        person = persons[each.customer_id]
        latest[person] = max(latest.get(person, each.at), each.at)
    ends = {(each.key, each.version) for each in versions_in_use(connection, playbooks) if each.exits.order}
    active = select(
        entry.id, entry.playbook, entry.version, entry.customer_id, entry.occasion, entry.entered_on
    )
    found = connection.execute(active.where(entry.state == "active", entry.customer_id.in_(sorted(latest))))
    return tuple(
        Ending(each.id, each.playbook, each.customer_id, each.occasion, Reason("campaigns.ordered"))
        for each in found
        if (each.playbook, each.version) in ends and latest[each.customer_id].date() > each.entered_on
    )


def _due(
    connection: Connection,
    parts: Parts,
    run: Snapshot,
    started: Sequence[tuple[Playbook, datetime | None]],
    endings: tuple[Ending, ...],
    news: News,
    as_of: date,
) -> Due:
    due, salt = Due(as_of, endings=endings), parts.settings.outreach.salt
    begun = _begun(connection, started, parts.clock.now())
    by_moves = [each for each, _since in started if each.trigger.kind in BY_MOVES]
    moved = [each for each in news.moves(connection, run.id) if each.cause == MOVED] if by_moves else []
    people = sorted(
        {each.customer_id for _playbook, found in begun for each in found} | {m.customer_id for m in moved}
    )
    if not people:
        return due
    playbooks = [*(each for each, _found in begun), *by_moves]
    situation = situation_now(connection, parts, run, people, playbooks, news)
    met = [(one, _of_events(connection, one, found, situation, as_of)) for one, found in begun]
    met += [(one, _of_moves(connection, one, moved, situation, as_of, run)) for one in by_moves]
    for playbook, found in met:
        steps = first_steps(playbook, found.entered, situation, as_of, salt)
        due = replace(
            due,
            entered=due.entered + found.entered,
            endings=due.endings + steps.endings,
            proposals=due.proposals + steps.proposals,
            passed=due.passed + steps.passed,
            held=due.held + found.held,
        )
    return replace(due, proposals=tuple(sorted(due.proposals, key=lambda each: each.priority)))


def _begun(
    connection: Connection, started: Sequence[tuple[Playbook, datetime | None]], now: datetime
) -> list[tuple[Playbook, tuple[Occasion, ...]]]:
    """Occasions that events have begun, by playbook."""
    asking = [(each, since) for each, since in started if each.trigger.kind == "event"]
    told = _told(connection, [each for each, _since in asking], now)
    return [(each, occasions(each.trigger, told, now, since)) for each, since in asking]


def _of_events(
    connection: Connection, playbook: Playbook, found: Sequence[Occasion], situation: Situation, as_of: date
) -> Entering:
    rows = situation.rows_of([each.customer_id for each in found])
    keys = np.array([each.key for each in found], dtype=object)
    known = rows >= 0
    met = Met(rows[known], np.full(int(known.sum()), "evidence", dtype=object), keys[known])
    return enrolments_of(connection, playbook, situation, met, as_of)


def _of_moves(
    connection: Connection,
    playbook: Playbook,
    moved: Sequence[Move],
    situation: Situation,
    as_of: date,
    run: Snapshot,
) -> Entering:
    days = {each.customer_id: each.on for each in moved if each.axis == playbook.trigger.kind}
    known_until = run.as_of or as_of
    entered = entering_by_moves(connection, playbook, situation, as_arrays(moved), days, as_of, known_until)
    return Entering(entered, (), ())
