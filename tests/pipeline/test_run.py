"""The daily run: which day, whom it writes to, once, and all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.app import create_workspace, open_workspace
from evergrove.app.weeks import READ
from evergrove.campaigns.tables import playbook
from evergrove.core import SetClock
from evergrove.decisions import carry_out, decision
from evergrove.outbox import OUTBOX
from evergrove.pipeline import run as run_module
from evergrove.pipeline.before_run import RunsGoForward, yesterday_in
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.types import NoOrdersYet
from evergrove.testing.workspaces import rows_of, write_orders, write_people

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

LAST, DAY = date(2026, 6, 30), date(2026, 7, 1)
NEXT_NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
NEW = [f"N{n:02}" for n in range(12)]
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def clock_of(workspace: Workspace) -> SetClock:
    """The clock that the fixture has set."""
    assert isinstance(workspace.clock, SetClock)
    return workspace.clock


@pytest.fixture
def shop(begun: Workspace, tmp_path: Path) -> Workspace:
    """The workspace a night later: twelve new customers, of whom one said no and one was never asked."""
    consents = dict.fromkeys(NEW, "yes") | {NEW[0]: "no", NEW[1]: ""}
    clock_of(begun).moment = NEXT_NIGHT
    begun.ingest([write_orders(tmp_path / "day.csv", DAY, dict.fromkeys(NEW, 150.0))], READ)
    begun.ingest_customers([write_people(tmp_path / "people.csv", consents)], READ)
    return begun


def rows(workspace: Workspace, *columns: Any) -> list[Any]:
    """Rows of the ledger."""
    with workspace.ledger.reading() as connection:
        return list(connection.execute(select(*columns)))


def welcomes(workspace: Workspace) -> dict[str, tuple[str, str | None]]:
    """Of each new customer what was decided about the first message."""
    found = rows(workspace, decision)
    return {row.customer_id: (row.outcome, row.reason) for row in found if row.playbook == "L2"}


@pytest.mark.parametrize("verb", ["run", "dry run", "measure"])
def test_without_orders_there_is_nothing_to_run(tmp_path: Path, verb: str) -> None:
    """Says what comes first."""
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key")
    with open_workspace(tmp_path / "shop") as workspace:
        verbs = {"run": workspace.run, "dry run": lambda: workspace.run(dry_run=True)}
        with pytest.raises(NoOrdersYet, match="evergrove ingest"):
            verbs.get(verb, workspace.measure)()


def test_with_orders_and_no_run_there_is_nothing_to_measure_yet(tmp_path: Path) -> None:
    """Orders are in, so the way out is a run, not another import."""
    create_workspace(tmp_path / "shop", chosen={}, key_file=tmp_path / "key")
    orders = write_orders(tmp_path / "orders.csv", date(2026, 6, 1), {"A": 10.0})
    with open_workspace(tmp_path / "shop") as workspace:
        workspace.ingest([orders], READ)
        with pytest.raises(NothingPublished, match="evergrove run"):
            workspace.measure()


@one_database
def test_a_run_never_goes_back(begun: Workspace) -> None:
    """An earlier day than the last run's is refused, named beside it; nothing changes."""
    before = rows_of(begun.ledger)

    with pytest.raises(RunsGoForward, match=r"2026-06-30.*2026-06-29.*evergrove replay"):
        begun.run(date(2026, 6, 29))

    assert rows_of(begun.ledger) == before


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-07-01T15:59", "Asia/Shanghai", "2026-06-30"),
        ("2026-07-01T16:00", "Asia/Shanghai", "2026-07-01"),
        ("2026-07-01T16:00", "", "2026-06-30"),
        ("2026-03-08T07:59", "America/Los_Angeles", "2026-03-06"),
        ("2026-03-08T08:00", "America/Los_Angeles", "2026-03-07"),
        ("2026-03-09T06:59", "America/Los_Angeles", "2026-03-07"),
        ("2026-03-09T07:00", "America/Los_Angeles", "2026-03-08"),
    ],
)
def test_yesterday_is_the_shops_own(moment: str, zone: str, day: str) -> None:
    """A day ends at midnight in the shop, also on the day when clocks go forward, which has 23 hours."""
    clock = SetClock(datetime.fromisoformat(moment).replace(tzinfo=UTC))

    assert yesterday_in(zone, clock) == date.fromisoformat(day)


@one_database
def test_a_run_is_as_of_yesterday_where_nothing_is_said(shop: Workspace) -> None:
    """Half past midnight in Shanghai, while it is the day before in Greenwich."""
    clock_of(shop).moment = datetime(2026, 7, 1, 16, 30, tzinfo=UTC)

    assert shop.run(dry_run=True).as_of == DAY


def test_new_customers_are_welcomed_or_kept_as_controls(shop: Workspace) -> None:
    """Everybody who may be written to has a decision and an arm; who may not has the reason."""
    outcome = shop.run()

    said = welcomes(shop)
    assert said.keys() == set(NEW)
    assert said[NEW[0]] == ("blocked", "people.consent_denied")
    assert said[NEW[1]] == ("blocked", "people.consent_unknown")
    assert {said[name] for name in NEW[2:]} == {("send", None), ("control", "campaigns.control")}
    treated = {name for name in NEW if said[name][0] == "send"}
    waiting = {row.customer_id: row.state for row in rows(shop, OUTBOX) if row.playbook == "L2"}
    assert {name for name, state in waiting.items() if state == "queued"} == treated
    assert outcome.written is not None
    assert outcome.written.queued >= len(treated)


@one_database
def test_a_dry_run_says_what_the_run_then_does(shop: Workspace) -> None:
    """The same decisions for the same people; until then nothing is stored or published."""
    before, files = rows_of(shop.ledger), sorted(shop.folder.rglob("*"))

    dry = shop.run(dry_run=True)

    assert rows_of(shop.ledger) == before
    assert sorted(shop.folder.rglob("*")) == files
    assert (dry.snapshot_id, dry.written) == (None, None)
    done = shop.run()
    assert dry.decisions == done.decisions
    assert (dry.tiers, dry.stages, dry.moves) == (done.tiers, done.stages, done.moves)
    assert dry.decided is not None
    planned = {(each.customer_id, each.playbook) for each in dry.decided.actions if each.arm == "treated"}
    queued = {(row.customer_id, row.playbook) for row in rows(shop, OUTBOX) if row.state == "queued"}
    assert planned == queued


@one_database
def test_a_draft_does_nothing_but_shows_in_a_dry_run(shop: Workspace) -> None:
    """That is how one looks before starting; a paused one does not show."""
    with shop.ledger.writing() as connection:
        connection.execute(playbook.update().where(playbook.c.key == "L2").values(state="draft"))
    shop.pause("L5")

    dry, done = shop.run(dry_run=True), shop.run()

    assert {key for key, _outcome, _reason in dry.decisions} >= {"L2"}
    assert "L5" not in {key for key, _outcome, _reason in dry.decisions}
    assert {key for key, _outcome, _reason in done.decisions}.isdisjoint({"L2", "L5"})
    assert welcomes(shop) == {}


def test_what_comes_in_late_is_decided_beside_what_was(shop: Workspace, tmp_path: Path) -> None:
    """A second run of the same day adds the newcomers and repeats nothing."""
    shop.run()
    before = {row.id: row for row in rows(shop, decision)}
    messages = {row.id: row for row in rows(shop, OUTBOX)}
    late = [f"M{n}" for n in range(3)]
    shop.ingest([write_orders(tmp_path / "late.csv", DAY, dict.fromkeys(late, 90.0))], READ)
    shop.ingest_customers([write_people(tmp_path / "late-people.csv", dict.fromkeys(late, "yes"))], READ)

    again = shop.run()

    assert again.is_new
    after = {row.id: row for row in rows(shop, decision)}
    assert {name: after[name] for name in before} == before
    assert {row.customer_id for name, row in after.items() if name not in before} == set(late)
    kept = {row.id: row for row in rows(shop, OUTBOX)}
    assert {name: kept[name] for name in messages} == messages
    assert not shop.run().is_new


@one_database
@pytest.mark.parametrize(
    ("section", "changed"),
    [
        ("value", {"margin": 0.4}),
        ("tiers", {"bounds": "fixed", "medium_spend": 100.0}),
        ("stages", {"won_back_days": 60}),
        ("outreach", {"per_week": 1}),
    ],
)
def test_new_settings_are_a_reason_to_run_again(
    shop: Workspace, section: str, changed: dict[str, Any]
) -> None:
    """On the same day, once; nothing is decided twice."""
    shop.run()
    before = rows(shop, decision)
    settings = replace(shop.settings, **{section: replace(getattr(shop.settings, section), **changed)})
    after = replace(shop, settings=settings)

    assert (after.run().is_new, after.run().is_new) == (True, False)
    assert rows(shop, decision) == before


@one_database
def test_a_playbook_that_is_started_is_a_reason_to_run_again(shop: Workspace) -> None:
    """On the same day, once; who moved in an earlier run of it has been passed over, and stays so."""
    shop.pause("L2")
    shop.run()
    shop.start("L2")

    assert (shop.run().is_new, shop.run().is_new) == (True, False)
    assert welcomes(shop) == {}


def test_a_playbook_paused_while_the_night_was_computed_does_nothing(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody pauses it between the choice and the storing: nobody of it is written to, the others are."""
    noted = run_module._noted

    def meanwhile(*arguments: Any) -> Any:
        shop.pause("L2")
        return noted(*arguments)

    monkeypatch.setattr(run_module, "_noted", meanwhile)

    outcome = shop.run()

    assert outcome.snapshot_id is not None
    assert welcomes(shop) == {}
    assert [row for row in rows(shop, OUTBOX) if row.playbook == "L2"] == []
    assert "L2" not in {key for key, _outcome, _reason in outcome.decisions}


@one_database
def test_a_playbook_started_while_the_night_was_computed_works_at_once(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who are new tonight are not new tomorrow."""
    shop.pause("L2")
    noted = run_module._noted

    def meanwhile(*arguments: Any) -> Any:
        shop.start("L2")
        return noted(*arguments)

    monkeypatch.setattr(run_module, "_noted", meanwhile)

    shop.run()

    assert welcomes(shop).keys() == set(NEW)


def test_a_run_that_fails_at_its_last_step_leaves_nothing(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither scores nor decisions nor messages; the next attempt does what the first would have done."""
    before, seen = rows_of(shop.ledger), shop.warehouse.newest()

    def breaks(*arguments: Any, **named: Any) -> Any:
        carry_out(*arguments, **named)
        raise RuntimeError("the power has gone")

    monkeypatch.setattr(run_module, "carry_out", breaks)
    with pytest.raises(RuntimeError, match="power"):
        shop.run()

    assert rows_of(shop.ledger) == before
    assert shop.warehouse.newest() == seen
    monkeypatch.undo()
    assert shop.run().is_new
    assert welcomes(shop).keys() == set(NEW)


@one_database
def test_a_quiet_day_is_a_day_too(begun: Workspace) -> None:
    """Nobody has bought: everybody is a day older, and the run is published."""
    clock_of(begun).moment = NEXT_NIGHT

    outcome = begun.run()

    assert (outcome.as_of, outcome.is_new, outcome.is_refit) == (DAY, True, False)
    assert {cause for _axis, _from, _to, cause in outcome.moves} <= {"clock"}


def measured_by(workspace: Workspace) -> dict[str, Any]:
    """The limits by which the newest run placed customers: measured of the shop, not settings."""
    newest = workspace.warehouse.newest("run")
    assert newest is not None
    return {name: newest.details["placement"][name] for name in ("bounds", "cuts")}


@one_database
def test_limits_are_measured_with_a_fit_and_kept_until_the_next(begun: Workspace, tmp_path: Path) -> None:
    """Orders of one day change the shop's rhythm a little; nobody else moves for it before the models are fitted."""
    first = measured_by(begun)
    regular = [f"C{n:06d}" for n in range(40)]
    for nth, is_refit in ((1, False), (2, True)):
        day = DAY + timedelta(days=nth - 1)
        orders = write_orders(tmp_path / f"{nth}.csv", day, dict.fromkeys(regular, 1e4))
        clock_of(begun).moment = NEXT_NIGHT + timedelta(days=nth - 1)
        begun.ingest([orders], READ)
        settings = replace(begun.settings, workspace=replace(begun.settings.workspace, refit_days=3 - nth))

        assert replace(begun, settings=settings).run().is_refit is is_refit
        assert (measured_by(begun) != first) is is_refit


@one_database
def test_limits_are_measured_anew_under_new_settings(begun: Workspace, tmp_path: Path) -> None:
    """The rhythm is that of the day on which a person changed the policy."""
    first = measured_by(begun)
    clock_of(begun).moment = NEXT_NIGHT
    regular = dict.fromkeys([f"C{n:06d}" for n in range(40)], 80.0)
    begun.ingest([write_orders(tmp_path / "day.csv", DAY, regular)], READ)
    settings = replace(begun.settings, tiers=replace(begun.settings.tiers, dwell_days=20))

    outcome = replace(begun, settings=settings).run()

    assert not outcome.is_refit
    assert measured_by(begun) != first


@one_database
@pytest.mark.parametrize(("quiet", "codes"), [(30, []), (31, ["pipeline.old_orders"])])
def test_orders_that_end_long_ago_are_said(shop: Workspace, quiet: int, codes: list[str]) -> None:
    """An old export run as of yesterday would call nearly everybody churned without a word."""
    clock_of(shop).moment = NEXT_NIGHT + timedelta(days=quiet)

    outcome = shop.run()

    assert outcome.as_of == DAY + timedelta(days=quiet)
    assert [warning.code for warning in outcome.warnings] == codes
