"""Between two runs: what events start, and what they end. Enrolled, decided and enqueued for those customers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sqlalchemy import select

from evergrove.campaigns.conditions import known_words
from evergrove.campaigns.entering import enrolments_of
from evergrove.campaigns.library import started_since, versions_in_use
from evergrove.campaigns.meeting import Met
from evergrove.campaigns.occasions import ToldEvent, looks_back, names_asked, occasions
from evergrove.campaigns.service import first_steps
from evergrove.campaigns.tables import enrolment
from evergrove.campaigns.types import Due, Ending, Reason, Situation
from evergrove.decisions import carry_out, decide
from evergrove.ingest import facts_noted
from evergrove.ingest.events.content import FACT_KINDS
from evergrove.ingest.events.tables import EVENT
from evergrove.people.identity import person_ids
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.nights import HEALTH, SCORES, TIERS
from evergrove.pipeline.segment_asking import find
from evergrove.segments.language.parsing import parse
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.core import Clock
    from evergrove.decisions import CarriedOut
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse

    Standing = Callable[[Connection, Collection[str]], Mapping[str, Mapping[str, Any]]]
    """Columns of ``scores`` of those of some persons of whom something was heard since the run."""

ORDER = "Order Completed"
SPOKEN = {"order": ORDER, "cancel": "Order Cancelled", "refund": "Order Refunded"}
"""Under which names programs tell of facts; everything else stands in the ledger under its own."""
LIMIT_S = 60.0


class Parts(Protocol):
    """What of a workspace is used."""

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102 - as in a workspace
    @property
    def warehouse(self) -> Warehouse: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102


@dataclass(frozen=True)
class Started:
    """
    What events have started and ended.

    Attributes:
        entered: Customers who entered a playbook.
        ended: Who left one because they ordered.
        written: What was stored of the decisions; None where there was nothing to decide.
    """

    entered: int = 0
    ended: int = 0
    written: CarriedOut | None = None


def answer_events(parts: Parts, standing: Standing) -> Started:
    """
    Let events start and end what they are to start and end; the caller holds the workspace's lock.

    Whoever entered for an occasion does not enter for it again: doing this twice does nothing twice.

    Args:
        parts: Of the workspace.
        standing: Where people stand who were heard of since the run.
    """
    run = parts.warehouse.newest("run")
    if run is None or run.as_of is None:
        return Started()
    zone = parts.settings.value.timezone or facts_noted(parts.warehouse.newest()).timezone or "UTC"
    as_of, now = yesterday_in(zone, parts.clock), parts.clock.now()
    with parts.ledger.reading() as connection:
        started = started_since(connection)
        asking = [(each, since) for each, since in started if each.trigger.kind == "event"]
        told = _told(connection, [each for each, _since in asking], now)
        endings = _ordered_since(connection, [each for each, _since in started], run)
        due = _due(connection, parts, run, asking, told, endings, standing, as_of)
        if not (due.entered or due.endings):
            return Started()
        decided = decide(
            connection,
            due.proposals,
            parts.settings.outreach,
            shop_zone=zone,
            run_id=run.id,
            as_of=as_of,
            now=now,
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
    asking: Sequence[tuple[Playbook, datetime | None]],
    told: Sequence[ToldEvent],
    endings: tuple[Ending, ...],
    standing: Standing,
    as_of: date,
) -> Due:
    now, salt = parts.clock.now(), parts.settings.outreach.salt
    begun = {each.key: occasions(each.trigger, told, now, since) for each, since in asking}
    people = sorted({each.customer_id for found in begun.values() for each in found})
    if not people:
        return Due(as_of, endings=endings)
    playbooks = [each for each, _since in asking]
    situation = _situation(connection, parts, run, people, playbooks, standing)
    due = Due(as_of, endings=endings)
    for playbook in playbooks:
        rows = situation.rows_of([each.customer_id for each in begun[playbook.key]])
        keys = np.array([each.key for each in begun[playbook.key]], dtype=object)
        known = rows >= 0
        met = Met(rows[known], np.full(int(known.sum()), "evidence", dtype=object), keys[known])
        news = enrolments_of(connection, playbook, situation, met, as_of)
        steps = first_steps(playbook, news, situation, as_of, salt)
        due = Due(
            as_of,
            due.entered + news,
            due.endings + steps.endings,
            tuple(sorted(due.proposals + steps.proposals, key=lambda each: each.priority)),
            due.passed + steps.passed,
        )
    return due


_COLUMNS: Mapping[str, str] = {
    "orders": "coalesce(cast(s.orders as bigint), 0)",
    "last_order": "coalesce(s.last_order_date - date '1970-01-01', -1)",
    "first_order": "coalesce(s.first_order_date - date '1970-01-01', -1)",
    "p25": "coalesce(s.next_order_p25 - date '1970-01-01', -1)",
    "p50": "coalesce(s.next_order_date - date '1970-01-01', -1)",
    "p75": "coalesce(s.next_order_p75 - date '1970-01-01', -1)",
    "spend": "cast(s.historic_value as double)",
    "average": "cast(s.monetary_value as double)",
    "tier": "coalesce(t.tier, '')",
    "stage": "coalesce(t.stage, '')",
}


def _situation(
    connection: Connection,
    parts: Parts,
    run: Snapshot,
    people: Sequence[str],
    playbooks: Sequence[Playbook],
    standing: Standing,
) -> Situation:
    """Some people as the newest run shows them, or as they stand since."""
    with open_engine(threads=1) as engine:
        parts.warehouse.show(engine, run, SCORES)
        parts.warehouse.show(engine, run, TIERS)
        has_health = parts.warehouse.show(engine, run, HEALTH)
        health = "cast(h.health as double)" if has_health else "cast(null as double)"
        joined = f"left join {HEALTH} h on h.customer_id = s.customer_id" if has_health else ""
        listed = ", ".join(f"{sql} as {name}" for name, sql in _COLUMNS.items())
        rows = engine.arrays(
            f"select s.customer_id, {listed}, {health} as health from {SCORES} s"
            f" left join {TIERS} t on t.customer_id = s.customer_id {joined}"
            " where s.customer_id in (select unnest($people)) order by s.customer_id",
            people=list(people),
        )
    ids = rows["customer_id"].astype(object)
    moved = standing(connection, [str(each) for each in ids])
    for at, name in enumerate(ids):
        _overlay(rows, at, moved.get(str(name), {}))
    many, nowhere = len(ids), np.datetime64("NaT", "D")
    return Situation(
        customer_id=ids,
        tier=rows["tier"].astype(object),
        stage=rows["stage"].astype(object),
        orders=rows["orders"],
        last_order=_days(rows["last_order"]),
        next_order_p25=_days(rows["p25"]),
        next_order_p50=_days(rows["p50"]),
        next_order_p75=_days(rows["p75"]),
        p_purchase_7d=np.full(many, np.nan),
        average_order=np.asarray(rows["average"], dtype=np.float64),
        first_order=_days(rows["first_order"]),
        spend=np.asarray(rows["spend"], dtype=np.float64),
        health=np.asarray(rows["health"], dtype=np.float64),
        holding=_holding(connection, parts, run, ids, playbooks),
        latest_event={name: np.full(many, nowhere) for each in playbooks for name in each.events},
    )


def _overlay(rows: dict[str, Any], at: int, scores: Mapping[str, Any]) -> None:
    """What was heard of one person since the run, in the place of what it published."""
    for name in ("tier", "stage", "orders"):
        if scores.get(name) is not None:
            rows[name][at] = scores[name]
    if scores.get("last_order_date") is not None:
        rows["last_order"][at] = np.datetime64(scores["last_order_date"], "D").astype(np.int64)


def _days(numbers: Any) -> Any:
    found = np.asarray(numbers, dtype=np.int64).astype("datetime64[D]")
    found[np.asarray(numbers) < 0] = np.datetime64("NaT", "D")
    return found


def _holding(
    connection: Connection, parts: Parts, run: Snapshot, ids: Any, playbooks: Sequence[Playbook]
) -> dict[str, Any]:
    """Of whom conditions are true, as the run published them."""
    texts = dict.fromkeys(text for each in playbooks for text in each.conditions)
    words = known_words(connection)
    holding = {}
    for text in texts:
        members = find(parts, parse(text, words), LIMIT_S, run=run).members["customer_id"].to_pylist()
        holding[text] = np.isin(ids.astype(str), np.array(members, dtype=str))
    return holding
