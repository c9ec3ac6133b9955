"""A playbook tried on the past: it says what the run of the same night then does, and without it nothing starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from evergrove.app import open_workspace, playbooks
from evergrove.app.playbooks import require_trial, try_file, waiting
from evergrove.app.weeks import READ
from evergrove.campaigns.errors import NothingToApprove, NotTried, OwnApproval, PlaybookLocked
from evergrove.campaigns.tables import enrolment
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.jobs.types import OF_A_PERSON
from evergrove.testing.workspaces import copy_of, rows_of, silent, write_orders, write_people

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

DAY = date(2026, 7, 1)
NEXT_NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
NEW = [f"N{n:02}" for n in range(12)]
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def a_night_later(here: Workspace, folder: Path) -> None:
    """Twelve new customers, of whom one said no and one was never asked."""
    consents = dict.fromkeys(NEW, "yes") | {NEW[0]: "no", NEW[1]: ""}
    here.ingest([write_orders(folder / "day.csv", DAY, dict.fromkeys(NEW, 150.0))], READ)
    here.ingest_customers([write_people(folder / "people.csv", consents)], READ)


def decided(here: Workspace) -> dict[tuple[str, int], tuple[str, str]]:
    """What was decided of L2's steps: outcome and code."""
    with here.ledger.reading() as connection:
        rows = connection.execute(
            select(decision).where(decision.c.playbook == "L2", decision.c.as_of == DAY)
        )
        return {
            (row.customer_id, row.step): (row.outcome, "" if row.outcome == "control" else row.reason or "")
            for row in rows
        }


@one_database
def test_a_trial_says_what_the_run_of_that_night_does(begun_folder: Path, tmp_path: Path) -> None:
    """Customer by customer, with the guards of today; in one shop it ran, in its copy it was tried."""
    other = copy_of(begun_folder, tmp_path / "copy")
    with open_workspace(begun_folder, SetClock(NEXT_NIGHT)) as ran:
        a_night_later(ran, tmp_path)
        ran.run(DAY)
        really = decided(ran)
    with open_workspace(other, SetClock(NEXT_NIGHT)) as tried_in:
        tried_in.pause("L2")
        a_night_later(tried_in, tmp_path)
        tried_in.run(DAY)
        but = ("playbook_trial", "audit")
        before = {name: rows for name, rows in rows_of(tried_in.ledger).items() if not name.startswith(but)}
        tried = tried_in.try_playbook("L2", DAY, DAY)
        after = {name: rows for name, rows in rows_of(tried_in.ledger).items() if not name.startswith(but)}

    assert len(really) == len(NEW)
    assert {(row.customer_id, row.step): (row.outcome, row.reason) for row in tried.rows} == really
    assert after == before
    assert tried.nights == 1
    assert tried.entered.total() == len(NEW)
    assert tried.people == sum(outcome == "send" for outcome, _reason in really.values())
    assert tried.cost == tried.people * Decimal("0.01")


@one_database
def test_figures_of_a_trial_add_up_and_are_kept(begun: Workspace) -> None:
    """Over all weeks; a window without nights counts as tried, and says that there were none."""
    tried = begun.try_playbook("L5")
    told = require_trial(begun, "L5").document
    assert tried.nights == told["nights"] == 1
    for name in ("messages", "controls", "entered"):
        assert told[name] == sum(week[name] for week in told["weeks"])
    nothing = begun.try_playbook("L5", date(2020, 1, 1), date(2020, 1, 31))
    assert (nothing.nights, nothing.people, nothing.rows) == (0, 0, [])


@one_database
def test_what_was_never_tried_does_not_start_and_what_is_locked_never(begun: Workspace) -> None:
    """A version that was at work before goes on; a newer one is another."""
    with pytest.raises(NotTried, match="evergrove playbook try L3"):
        begun.start("L3")
    with pytest.raises(PlaybookLocked, match="leads"):
        begun.start("L1")
    begun.pause("L2")
    assert begun.start("L2") == "started"
    begun.try_playbook("L3")
    assert begun.start("L3") == "started"


@one_database
def test_the_playbook_of_a_file_is_tried_without_being_installed(begun: Workspace, tmp_path: Path) -> None:
    """Nothing is kept of it."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'format = "evergrove.playbook/2"\nkey = "M"\nversion = 1\nname = "M"\ngoal = "M"\npriority = 3\n'
        'reentry = 30\n[trigger]\nkind = "schedule"\nevery = "days"\ndays = 1\n'
        'audience = "tier = \'high\' and orders >= 2"\n[exits]\norder = false\n[[steps]]\ntemplate = "new-thanks"\n',
        encoding="utf-8",
    )
    before = rows_of(begun.ledger)
    tried = try_file(begun, file, None, None, silent)
    newest = begun.warehouse.newest("run")
    assert newest is not None
    assert tried.entered.total() == len({row.customer_id for row in tried.rows}) > 0
    assert rows_of(begun.ledger) == before


@one_database
def test_a_large_playbook_waits_for_somebody_else(begun: Workspace) -> None:
    """Neither its author nor whoever asked can agree; an edit afterwards drops what was agreed to."""
    outreach = replace(begun.settings.outreach, approve_above=1)
    one = replace(begun, by=f"{OF_A_PERSON}1", settings=replace(begun.settings, outreach=outreach))
    two = replace(one, by=f"{OF_A_PERSON}2")
    everybody = {
        "format": "evergrove.playbook/2", "key": "M", "version": 1, "name": "M", "goal": "M", "priority": 3,
        "reentry": 30, "trigger": {"kind": "schedule", "every": "days", "days": 1}, "exits": {"order": False},
        "steps": [{"template": "new-thanks"}],
    }  # fmt: skip

    def shown() -> str:
        return next(each.shown for each in one.playbooks() if each.playbook.key == "M")

    playbooks.add(one, everybody)
    with pytest.raises(NothingToApprove):
        two.approve("M")
    assert one.try_playbook("M").people > 1
    assert (one.start("M"), shown()) == ("waiting", "waiting")
    with pytest.raises(OwnApproval):
        one.approve("M")
    two.approve("M")
    assert shown() == "started"
    playbooks.add(two, everybody | {"version": 2, "priority": 4})
    one.try_playbook("M")
    assert one.start("M") == "waiting"
    with pytest.raises(OwnApproval):
        two.approve("M")  # wrote this version


@one_database
def test_what_we_changed_starts_nothing_until_somebody_says_so(begun: Workspace) -> None:
    """A changed policy moves customers into the best tier: they are counted, and a part of them is let in."""
    begun.try_playbook("T1")
    begun.start("T1")
    tiers = begun.settings.tiers
    assert isinstance(begun.clock, SetClock)
    begun.clock.moment = NEXT_NIGHT
    parts = ("spend", "frequency", "average_order")
    easier = {f"high_{each}": getattr(tiers, f"potential_{each}") for each in parts}
    changed = replace(begun, settings=replace(begun.settings, tiers=replace(tiers, **easier)))
    changed.run(DAY)

    batches = waiting(changed, "T1")
    many = sum(each.customers for each in batches)
    assert {each.cause for each in batches} == {"policy"}
    assert many > 3
    assert entries(changed, "T1") == 0
    assert changed.release("T1", 3) == 3
    begun.clock.moment = datetime(2026, 7, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    changed.run(date(2026, 7, 2))
    assert entries(changed, "T1") == 3
    assert sum(each.customers for each in waiting(changed, "T1")) == many - 3


def entries(here: Workspace, key: str) -> int:
    """Who has entered a playbook."""
    with here.ledger.reading() as connection:
        query = select(func.count()).select_from(enrolment).where(enrolment.c.playbook == key)
        return int(connection.execute(query).scalar_one())
