"""A night of measuring in a whole workspace: beliefs are kept, and a playbook that loses money rests, with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

import pytest
from sqlalchemy import select

from evergrove.app import measuring
from evergrove.audit.tables import AUDIT
from evergrove.campaigns import assignment, start_playbook
from evergrove.core import stable_id
from evergrove.decisions.effects import read, treatment_effect
from evergrove.ingest import show_facts
from evergrove.ledger import insert_new
from evergrove.measurement.experiments import Reading
from evergrove.measurement.keeping import stops
from evergrove.measurement.kept_experiments import kept_counted
from evergrove.measurement.rules import window_needed
from evergrove.measurement.tables import experiment_count
from evergrove.measurement.words import STOPPED_EARLY, said
from evergrove.outbox import OUTBOX
from evergrove.pipeline import experiments as counting
from evergrove.text import Formats
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from datetime import date

    from evergrove.app import Workspace
    from evergrove.measurement.experiments import Judged


def assign_losers(here: Workspace) -> date:
    """Have those who bought lately be L2's control, and the others its treated, at a great cost: it loses money."""
    seen, last = here.warehouse.newest(), here.warehouse.newest("run")
    assert seen is not None
    assert last is not None
    assert last.as_of is not None
    with open_engine() as engine:
        show_facts(engine, here.warehouse, seen)
        gap = engine.value(statement("evergrove.measurement", "purchase_gap"), as_of=last.as_of)
        days = window_needed(gap)
        assert days is not None
        since = last.as_of - timedelta(days=days)
        rows = engine.run(
            "select customer_id, max(order_date) > $since and max(order_date) <= $until from orders group by customer_id",
            since=since,
            until=last.as_of,
        )
    buyers = sorted(name for name, bought in rows if bought)
    others = sorted(name for name, bought in rows if not bought)
    number = min(len(buyers), len(others))
    assert number >= 50
    with here.ledger.writing() as connection:
        connection.execute(assignment.delete().where(assignment.c.layer_key == "L2"))
        insert_new(
            connection,
            assignment,
            [
                {
                    "id": stable_id("assignment", "L2", name),
                    "layer": "playbook",
                    "layer_key": "L2",
                    "customer_id": name,
                    "arm": arm,
                    "probability": 0.5,
                    "salt": "s",
                    "tier": "medium",
                    "stage": "new",
                    "assigned_at": here.clock.now(),
                    "run_id": last.id,
                    "as_of": since,
                }
                for arm, names in (("control", buyers), ("treated", others))
                for name in names[:number]
            ],
        )
        insert_new(connection, OUTBOX, [_dear(name, since) for name in others[:number]])
    return last.as_of


def _dear(name: str, day: date) -> dict[str, object]:
    """A message that has left and cost a fortune, so that few people are enough to be sure."""
    left = datetime.combine(day, time(12), UTC)
    return {
        "id": stable_id("dear", name),
        "playbook": "L2",
        "version": 1,
        "customer_id": name,
        "occasion": "dear",
        "step": 0,
        "channel": "email",
        "arm": "treated",
        "category": "marketing",
        "template": "new-thanks",
        "params": {},
        "cost": Decimal(20000),
        "decision_id": "d",
        "run_id": 1,
        "state": "accepted",
        "not_before": left,
        "valid_until": left + timedelta(days=3),
        "queued_at": left,
        "token": 0,
        "attempts": 1,
        "attempting_at": left,
    }


@pytest.mark.slow
def test_a_playbook_that_loses_money_rests_with_its_reason_and_an_audit_row(begun: Workspace) -> None:
    """Found by the night, said on its page; the figures say that they are biased since."""
    day = assign_losers(begun)

    (found,) = [each for each in begun.measure() if each.playbook == "L2"]

    states = {each.playbook.key: each.state for each in begun.playbooks()}
    assert states["L2"] == "paused"
    assert found.stopped_early == day
    formats = Formats("en", "CNY")
    assert formats.say(STOPPED_EARLY) in said(found.as_json(), "", formats).notes
    stop = measuring.stopped(begun)["L2"]
    assert (stop.as_of, stop.reason) == (day, "measurement.loses_money")
    assert stop.params["profit"] < stop.params["high"] < 0.0
    with begun.ledger.reading() as connection:
        query = select(AUDIT.c.who, AUDIT.c.what).where(AUDIT.c.act == "campaigns.stopped_itself")
        assert [tuple(row) for row in connection.execute(query)] == [("measure", "playbook:L2")]
        beliefs = read(connection)
    (own,) = [each for each in beliefs if (each.playbook, each.tier) == ("L2", "medium")]
    assert own.mean < 0.0
    assert own.interval()[1] < 0.0
    assert {each.playbook for each in beliefs} <= set(states)
    assert len({each.playbook for each in beliefs}) > 10
    assert {each.as_of for each in beliefs} == {day}


@pytest.mark.slow
def test_started_again_it_begins_anew(begun: Workspace) -> None:
    """A person may see it otherwise: the same people do not stop it a second time."""
    day = assign_losers(begun)
    begun.measure()
    with begun.ledger.writing() as connection:
        start_playbook(connection, "L2", begun.clock.now())

    begun.measure()

    assert {each.playbook.key: each.state for each in begun.playbooks()}["L2"] == "started"
    with begun.ledger.reading() as connection:
        assert stops(connection)["L2"].as_of == day


@pytest.mark.slow
def test_nothing_stops_by_itself_where_the_settings_say_so_or_a_past_day_is_measured(
    begun: Workspace,
) -> None:
    """Measuring is all that is done then; beliefs of a day are replaced and not doubled."""
    day = assign_losers(begun)
    outreach = replace(begun.settings.outreach, self_stop="off")
    watched = replace(begun, settings=replace(begun.settings, outreach=outreach))

    watched.measure()
    watched.measure()
    begun.measure(day - timedelta(days=1))

    assert {each.playbook.key: each.state for each in begun.playbooks()}["L2"] == "started"
    assert measuring.stopped(begun) == {}
    with begun.ledger.reading() as connection:
        rows = connection.execute(
            select(treatment_effect.c.playbook).where(treatment_effect.c.as_of == day)
        ).all()
        assert len(rows) == len(read(connection, day))


@pytest.mark.slow
def test_experiments_are_read_as_the_night_has_counted_them(
    begun: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both ways the same as counted now, at the cap that was fixed that night; and no order is looked at."""
    day = assign_losers(begun)
    begun.measure()
    with monkeypatch.context() as patched:
        patched.setattr(counting, "count_experiments", None)
        kept = {reading: measuring.experiments(begun, reading) for reading in get_args(Reading)}
    with begun.ledger.writing() as connection:
        connection.execute(experiment_count.delete())

    for reading, read_back in kept.items():
        counted = measuring.experiments(begun, reading)

        (item,) = [each for each in read_back.items if each.trial.playbook == "L2"]
        assert item.trial.stopped_early == day
        for one, other in zip(read_back.items, counted.items, strict=True):
            assert _plain(one) == _plain(other)
            for ours, theirs in zip(one.compared, other.compared, strict=True):
                assert ours.harms == theirs.harms
                expected = pytest.approx((theirs.effect, theirs.low, theirs.high))
                assert (ours.effect, ours.low, ours.high) == expected


@pytest.mark.slow
def test_experiments_are_counted_anew_where_margin_or_run_have_changed(begun: Workspace) -> None:
    """What was counted before says nothing of them any more."""
    assign_losers(begun)
    begun.measure()
    last = begun.warehouse.newest("run")
    assert last is not None
    with begun.ledger.reading() as connection:
        assert kept_counted(connection, last.id, begun.settings.value.margin) is not None
        assert kept_counted(connection, last.id, 0.123) is None
        assert kept_counted(connection, last.id + 1, begun.settings.value.margin) is None


def _plain(each: Judged) -> tuple[object, ...]:
    """What is counted in whole people and days."""
    trial = each.trial
    arms = [(arm.name, arm.planned, arm.people, arm.whole.n, arm.harmed) for arm in trial.arms]
    return trial.kind, trial.playbook, trial.first_assigned, arms, each.needed, each.days_left, trial.srm_p
