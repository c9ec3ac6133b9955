"""Every figure that ``/metrics`` shows, once: name, kind, labels, and what it says. docs/operations.md shows the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LONG = (0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(frozen=True)
class Family:
    """
    Figures of one name.

    Attributes:
        name: As Prometheus knows it; the unit stands at its end.
        kind: A counter only grows, a gauge is as it is, a histogram counts by size.
        labels: Each takes a few values, all of our own making.
        sentence: What it says.
        told: By which name rooms tell of it through ``core.watching``; empty: it is read from the ledger when asked for.
        buckets: Upper bounds of a histogram, in seconds.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    sentence: str
    told: str = ""
    buckets: tuple[float, ...] = QUICK


FAMILIES: tuple[Family, ...] = (
    Family(
        "evergrove_request_seconds",
        "histogram",
        ("method", "route", "status"),
        "Time to answer, by the route's template; `none` where no route fits.",
        "http.request",
    ),
    Family("evergrove_requests_in_flight", "gauge", (), "Requests that are being answered now."),
    Family(
        "evergrove_sign_ins_refused_total",
        "counter",
        ("reason",),
        "Sign-ins that were refused: `wrong`, or `too_many`.",
        "access.refused",
    ),
    Family(
        "evergrove_events_total",
        "counter",
        ("kind", "outcome"),
        "Events that came in, by what became of them: `new`, `duplicate` or `conflict`.",
        "events.taken",
    ),
    Family("evergrove_events_waiting", "gauge", (), "Events that are stored and in no snapshot yet."),
    Family("evergrove_dirty_customers", "gauge", (), "Customers whose live value is to be computed."),
    Family(
        "evergrove_live_lag_seconds", "gauge", (), "Age of the oldest event that live values do not show yet."
    ),
    Family(
        "evergrove_live_pass_seconds",
        "histogram",
        (),
        "Time of one pass over the customers that something came in of.",
        "live.pass",
    ),
    Family(
        "evergrove_compaction_seconds",
        "histogram",
        (),
        "Time to bring waiting events into a snapshot.",
        "live.compaction",
        LONG,
    ),
    Family(
        "evergrove_jobs",
        "gauge",
        ("kind", "state"),
        "Jobs that wait (`queued`), run, or were given up (`dead`).",
    ),
    Family(
        "evergrove_jobs_waiting_seconds", "gauge", (), "For how long the oldest job that is due has waited."
    ),
    Family(
        "evergrove_job_seconds",
        "histogram",
        ("kind", "state"),
        "Time of one attempt at a job, by how it ended; `lost` where another worker has it.",
        "jobs.attempt",
        LONG,
    ),
    Family(
        "evergrove_outbox",
        "gauge",
        ("state",),
        "Messages that are not settled, and those of which nobody knows.",
    ),
    Family("evergrove_snapshot_age_seconds", "gauge", (), "Time since the newest run was published."),
    Family("evergrove_audit_unsealed", "gauge", (), "Rows of the audit trail that are not chained yet."),
    Family(
        "evergrove_ledger_busy_total",
        "counter",
        ("process",),
        "Writes that waited for the ledger in vain.",
        "ledger.busy",
    ),
    Family(
        "evergrove_slow_statements_total",
        "counter",
        ("store", "process"),
        "Statements that took longer than `slow_ms`; the log says which.",
        "statements.slow",
    ),
    Family(
        "evergrove_process_seen_timestamp_seconds",
        "gauge",
        ("process",),
        "When a process of the kind last told of itself; each tells every 10 seconds.",
    ),
    Family(
        "evergrove_processes_ended_total",
        "counter",
        ("kind",),
        "Children of the service that ended by themselves and were begun again: `worker`, `live`.",
        "processes.ended",
    ),
    Family("evergrove_streams", "gauge", (), "Open streams of jobs' progress."),
)
BY_NAME = {family.name: family for family in FAMILIES}
BY_TOLD = {family.told: family for family in FAMILIES if family.told}
