"""Figures: of this process, of others through the ledger, of the workspace when asked; labels of few values."""

from __future__ import annotations

import math
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from evergrove.app import tables  # noqa: F401 - every station's tables
from evergrove.core import SetClock, watching
from evergrove.ingest.events.tables import DIRTY, EVENT
from evergrove.jobs import Order, enqueue
from evergrove.ledger.figures import add_figures, read_figures
from evergrove.server.metrics import FAMILIES, OwnFigures, Sharing, exposed, workspace_figures
from evergrove.server.metrics.own import MOST_SERIES
from evergrove.server.observing import observed
from evergrove.settings import LogSettings

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def shown(own: OwnFigures, ledger: Ledger, now: datetime = NOON) -> dict[str, float]:
    """Series -> value, as whoever scrapes reads them."""
    text = exposed(own, workspace_figures(ledger, now)).decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _space, value in lines}


def test_every_family_is_shown_with_its_sentence(ledger: Ledger) -> None:
    """Also where nothing was counted yet."""
    text = exposed(OwnFigures("serve"), workspace_figures(ledger, NOON)).decode()

    helped = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    assert helped == {family.name: family.sentence for family in FAMILIES}


def test_what_rooms_tell_is_counted(ledger: Ledger, tmp_path: Path) -> None:
    """Through the seam in core, while the process is listened to."""
    with observed(LogSettings(file=str(tmp_path / "log")), "serve") as own:
        watching.took("http.request", 0.02, "GET", "/v1/runs/{run}", "200")
        watching.took("http.request", 0.02, "PWN\n", "", "404")
        watching.counted("events.taken", "order", "new", number=7)
        watching.counted("ledger.busy")
        watching.counted("somebody's own", "label")
    watching.counted("ledger.busy")

    found = shown(own, ledger)

    route = 'method="GET",route="/v1/runs/{run}",status="200"'
    assert found[f"evergrove_request_seconds_count{{{route}}}"] == 1
    assert found[f'evergrove_request_seconds_bucket{{le="0.01",{route}}}'] == 0
    assert found[f'evergrove_request_seconds_bucket{{le="0.025",{route}}}'] == 1
    assert found['evergrove_request_seconds_count{method="other",route="none",status="404"}'] == 1
    assert found['evergrove_events_total{kind="order",outcome="new"}'] == 7
    assert found['evergrove_ledger_busy_total{process="serve"}'] == 1


def test_a_slow_statement_is_counted_and_told_by_its_shape(ledger: Ledger, tmp_path: Path) -> None:
    """Its values are in neither."""
    file = tmp_path / "log"
    with observed(LogSettings(file=str(file), slow_ms=100), "worker") as own:
        watching.ran("warehouse", "select * from scores where customer_id = 'Mei'", 0.2)
        watching.ran("warehouse", "select 1", 0.05)

    assert shown(own, ledger)['evergrove_slow_statements_total{process="worker",store="warehouse"}'] == 1
    told = file.read_text()
    assert "select scores" in told
    assert "Mei" not in told


def test_series_of_a_family_are_bounded() -> None:
    """A slip in a label ends in one series and not in a million."""
    own = OwnFigures("serve")
    for number in range(MOST_SERIES + 100):
        own.count("events.taken", ("order", str(number)), 1)
    own.count("events.taken", ("too few",), 1)

    text = exposed(own, {}).decode()
    assert text.count("evergrove_events_total{") == MOST_SERIES + 1
    assert 'evergrove_events_total{kind="other",outcome="other"} 101.0' in text


def test_processes_that_nobody_scrapes_add_up_in_the_ledger(ledger: Ledger) -> None:
    """Two workers and their successors: counts only grow, a histogram's parts fit together."""
    clock = SetClock(NOON)
    for seconds in (0.5, 5.0, 5.0):  # one after the other, as restarts are
        own = OwnFigures("worker")
        with Sharing(own, ledger, clock, every_s=60):
            own.time("jobs.attempt", ("night", "done"), seconds)
            own.count("ledger.busy", (), 1)
        clock.moment += timedelta(minutes=1)

    found = shown(OwnFigures("serve"), ledger)

    labels = 'kind="night",state="done"'
    assert found[f"evergrove_job_seconds_count{{{labels}}}"] == 3
    assert found[f"evergrove_job_seconds_sum{{{labels}}}"] == 10.5
    buckets = {
        bound: found[f'evergrove_job_seconds_bucket{{kind="night",le="{bound}",state="done"}}']
        for bound in ("0.1", "1.0", "+Inf")
    }
    assert buckets == {"0.1": 0, "1.0": 1, "+Inf": 3}
    assert found['evergrove_ledger_busy_total{process="worker"}'] == 3
    seen = (NOON + timedelta(minutes=2)).timestamp()
    assert found['evergrove_process_seen_timestamp_seconds{process="worker"}'] == seen


def test_figures_are_told_every_few_seconds(ledger: Ledger) -> None:
    """Not only when a process ends."""
    own = OwnFigures("live")
    with ExitStack() as stack:
        sharing = stack.enter_context(Sharing(own, ledger, SetClock(NOON), every_s=60))
        own.time("live.pass", (), 0.02)
        sharing.tell()
        with ledger.reading() as connection:
            assert read_figures(connection)["evergrove_live_pass_seconds_count", "{}"] == 1
        sharing.tell()

    with ledger.reading() as connection:
        assert read_figures(connection)["evergrove_live_pass_seconds_count", "{}"] == 1


def test_added_figures_grow_and_newest_ones_replace(ledger: Ledger) -> None:
    """In either database."""
    with ledger.writing() as connection:
        add_figures(connection, {("a", "{}"): 1.5}, {("b", "{}"): 7.0})
        add_figures(connection, {("a", "{}"): 2.0}, {("b", "{}"): 3.0})
        assert read_figures(connection) == {("a", "{}"): 3.5, ("b", "{}"): 3.0}


def test_the_workspace_is_read_when_somebody_asks(ledger: Ledger) -> None:
    """Jobs by kind and state, events that wait, customers with a mark, how old what is oldest is."""
    with ledger.writing() as connection:
        for _ in range(2):
            enqueue(connection, Order(kind="night", not_before=NOON - timedelta(minutes=3)), NOON)
        for seq, customer in enumerate(("C-1", "C-2", "C-2"), start=1):
            connection.execute(
                EVENT.insert().values(**event(seq, customer, NOON - timedelta(seconds=10 * seq)))
            )
        connection.execute(DIRTY.insert().values(customer_id="C-2", seq=3))

    found = shown(OwnFigures("serve"), ledger)

    assert found['evergrove_jobs{kind="night",state="queued"}'] == 2
    assert found["evergrove_jobs_waiting_seconds"] == 180
    assert found["evergrove_events_waiting"] == 3
    assert found["evergrove_dirty_customers"] == 1
    assert found["evergrove_live_lag_seconds"] == pytest.approx(20)
    assert math.isnan(found["evergrove_snapshot_age_seconds"])


def event(seq: int, customer: str, at: datetime) -> dict[str, object]:
    """A row of an event."""
    return {
        "seq": seq,
        "source": "api",
        "message_id": str(seq),
        "digest": "0" * 64,
        "kind": "order",
        "customer_id": customer,
        "at": at,
        "received_at": at,
        "content": {},
        "state": "waiting",
    }
