"""What needs attention: who is about to leave, what did not come in, what is old, what is off."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select

from evergrove.core import Sentence, _
from evergrove.ingest import facts_noted
from evergrove.ingest.facts.imports import imports
from evergrove.jobs.tables import JOB
from evergrove.pipeline.run_outcome import STALE_DAYS
from evergrove.reading.columns import CUSTOMERS
from evergrove.reading.filters import ask
from evergrove.scoring.totals import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from evergrove.reading.overview import Summed
    from evergrove.reading.shelf import View
    from evergrove.warehouse import Snapshot

Severity = Literal["act", "note"]
STALE_RUN = timedelta(days=2)
REJECTED = 0.01
"""Share of an import's rows from which rejections are worth a look."""
BRINGS_IN = "inbox"
"""Kind of the jobs that bring files in."""
SEARCHED = 200
"""Newest imports among which the latest two of each table are looked for."""
FIRST = 20
"""Customers who are named."""
LEAVING = _("{customers} {customers:customer|customers} could still stay or leave.")
FAILED = _("{jobs} {jobs:file|files} could not be brought in.")
DEAD = _("{jobs} {jobs:job was|jobs were} given up.")
REJECTS = _(
    "{rejected} of the {read} {read:row|rows} that came in last as {table} {rejected:was|were} rejected."
)
CHANGED = _(
    "The last file of {table} came in another shape than the one before: {gone} {gone:column|columns} gone, {new} new."
)
OLD_ORDERS = _("The newest order is of {last}, {days} {days:day|days} before the run's day.")
OLD_RUN = _("The last run was published {days} {days:day|days} ago.")
WAITING = _(
    "{rows} {rows:row|rows} in other currencies {rows:waits|wait} for an exchange rate and {rows:counts|count} nowhere."
)
DRIFTS = _(
    "Since {since} customers have bought {actual} {actual:time|times}; {low} to {high} were forecast. "
    "The models may need another look."
)


@dataclass(frozen=True)
class Item:
    """
    One thing to look at.

    Attributes:
        kind: What it is.
        severity: Whether somebody has to do something, or only to know.
        sentence: In words.
        leads_to: The route of /v1 that shows more.
        params: Its numbers.
    """

    kind: str
    severity: Severity
    sentence: Sentence
    leads_to: str
    params: Mapping[str, Any] = field(default_factory=dict)


def attention(connection: Connection, summed: Summed, now: datetime) -> list[Item]:
    """
    All items, what has to be done first.

    Args:
        connection: Of the ledger.
        summed: The overview of the newest run.
        now: What time it is.
    """
    run, document = summed.run, summed.document
    found = [
        *_leaving(document),
        *_jobs(connection),
        *_imports(connection),
        *_stale(run, now),
        *_waiting(run),
        *_drift(document),
    ]
    return sorted(found, key=lambda item: item.severity)  # "act" comes before "note"


def look_at_first(view: View, count: int = FIRST) -> list[dict[str, Any]]:
    """Customers of whom most is likely lost and least is decided, as in summary.json; straight from memory."""
    at_risk = "clv_12m / p_alive * (1 - p_alive)"
    gap = "case when frequency > 0 then recency / frequency end"
    sql = (
        "select customer_id, tier, stage, orders, last_order_date, $as_of - last_order_date as silence_days,"
        f" {gap} as usual_gap_days, p_alive, clv_12m / p_alive as value_if_alive, {at_risk} as likely_lost, clv_12m,"
        f" clv_12m_low, clv_12m_high from {CUSTOMERS} where p_alive between $low and $high and clv_12m is not null"
        f" order by {at_risk} desc, customer_id limit {count}"
    )
    low, high = UNSURE
    return ask(view, sql, low=low, high=high, as_of=view.as_of)


def _item(
    kind: str,
    severity: Severity,
    template: str,
    leads_to: str,
    shown: Mapping[str, Any] | None = None,
    **params: Any,
) -> Item:
    """``shown`` takes the place of numbers in the sentence."""
    return Item(
        kind, severity, Sentence(f"reading.{kind}", template, {**params, **(shown or {})}), leads_to, params
    )


def _leaving(document: Mapping[str, Any]) -> Iterator[Item]:
    told = document.get("leaving")
    if told and told["customers"]:
        low, high = told["p_alive"]
        where = f"/v1/customers?where=p_alive%20%3E%3D%20{low}%20and%20p_alive%20%3C%3D%20{high}&sort=clv_12m&order=desc"
        params = {"customers": told["customers"], "likely_lost": told["likely_lost"]}
        yield _item("leaving", "act", LEAVING, where, currency=document["currency"], **params)


def _jobs(connection: Connection) -> Iterator[Item]:
    query = select(JOB.c.kind, func.count()).where(JOB.c.state == "dead").group_by(JOB.c.kind)
    dead = {kind: int(count) for kind, count in connection.execute(query)}
    if failed := dead.pop(BRINGS_IN, 0):
        yield _item("imports_failed", "act", FAILED, "/v1/jobs?state=dead&kind=inbox", jobs=failed)
    if dead:
        yield _item("jobs_dead", "act", DEAD, "/v1/jobs?state=dead", jobs=sum(dead.values()))


def _imports(connection: Connection) -> Iterator[Item]:
    newest = select(imports).order_by(imports.c.seq.desc()).limit(SEARCHED)
    by_table: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(newest):
        by_table.setdefault(row.table_name, []).append(row)
    for table, rows in sorted(by_table.items()):
        last, where = rows[0], f"/v1/imports/{rows[0].seq}"
        read, rejected = last.rows.get("read", 0), last.rows.get("rejected", 0)
        if rejected and rejected >= REJECTED * read:
            yield _item(
                "rows_rejected",
                "act",
                REJECTS,
                f"{where}/rejected",
                table=table,
                read=read,
                rejected=rejected,
            )
        gone, new = _reshaped(last, rows[1:])
        if gone or new:
            yield _item("columns_changed", "note", CHANGED, where, table=table, gone=gone, new=new)


def _reshaped(last: Row[Any], earlier: Sequence[Row[Any]]) -> tuple[int, int]:
    """How many columns are gone and new since the import before of the same preset, or with half of the columns."""
    now = set(last.mapping.get("header") or ())
    for row in earlier if now else ():
        then, preset = set(row.mapping.get("header") or ()), row.mapping.get("preset")
        is_alike = 2 * len(now & then) >= len(now | then)
        if then and (is_alike or (preset and preset == last.mapping.get("preset"))):
            return len(then - now), len(now - then)
    return 0, 0


def _stale(run: Snapshot, now: datetime) -> Iterator[Item]:
    last = facts_noted(run).last_date
    assert run.as_of is not None  # noqa: S101 - runs have a day
    if last is not None and (days := (run.as_of - last).days) > STALE_DAYS:
        yield _item("stale_orders", "act", OLD_ORDERS, "/v1/imports", last=last, days=days)
    if now - run.recorded_at > STALE_RUN:
        yield _item("stale_run", "act", OLD_RUN, "/v1/runs", days=(now - run.recorded_at).days)


def _waiting(run: Snapshot) -> Iterator[Item]:
    rows = sum(int(each["rows"]) for each in run.details.get("waiting", ()))
    if rows:
        yield _item("waiting_for_rates", "act", WAITING, "/v1/imports", rows=rows)


def _drift(document: Mapping[str, Any]) -> Iterator[Item]:
    told = document.get("drift")
    if told and told["is_outside"]:
        numbers = {name: told[name] for name in ("since", "actual", "expected", "low", "high")}
        shown = {"low": round(told["low"]), "high": round(told["high"])}
        yield _item("forecast_drifts", "note", DRIFTS, "/v1/back-tests", shown, **numbers)
