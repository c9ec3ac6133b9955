"""The whole loop: a small shop lives eight days with a workspace, in each database."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from evergrove.app.weeks import READ
from evergrove.campaigns import assignment
from evergrove.decisions import decision
from evergrove.ledger import UnsafeSqlite
from evergrove.outbox import OUTBOX
from evergrove.people import erase, suppress
from evergrove.people.store import address_hash
from evergrove.pipeline.doctor_files import NeverBackedUp
from evergrove.pipeline.nights import TRANSITIONS
from evergrove.pipeline.replay import replay_runs
from evergrove.simulation import LivingOptions
from evergrove.testing.workspaces import CHOSEN, MemoryPost, living, rows_of, silent
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.app.weeks import Life

pytestmark = pytest.mark.slow

OPTIONS = LivingOptions(customers=700, seed=11, days=8)
CHOSEN_HERE = {
    **CHOSEN,
    "workspace": {"refit_days": "3"},
    "outreach": {**CHOSEN.get("outreach", {}), "rotate_months": "0", "low_tier_share": "1.0"},
}
"""Models are fitted anew within the eight days: a night scores with old ones, another with new ones."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Lived(NamedTuple):
    """What a shop has lived through; who was erased or suppressed, and how many mails had come by then."""

    life: Life
    post: MemoryPost
    stopped: dict[str, int]

    @property
    def workspace(self) -> Workspace:
        """Of the shop."""
        return self.life.workspace

    def rows(self, *columns: Any) -> list[Any]:
        """Rows of the ledger."""
        with self.workspace.ledger.reading() as connection:
            return list(connection.execute(select(*columns)))

    def mailed(self) -> list[tuple[str, Any]]:
        """Customer and mail, in the order of arrival; the customer by the address that it went to."""
        return [(mail.recipient[0].partition("@")[0].upper(), mail) for mail in self.post.channel.mails]

    def customers_file(self) -> dict[str, dict[str, str]]:
        """Customer to row, from the files that the shop has exported."""
        found: dict[str, dict[str, str]] = {}
        for file in self.life.files.glob("*customers.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                found |= {row["customer"]: row for row in csv.DictReader(stream)}
        return found


def live(life: Life) -> Lived:
    """Eight days; before the post goes one of those who wait for it is erased, and one suppressed."""
    lived = Lived(life, MemoryPost(), {})
    life.begin(silent)
    for day in life.days:
        _stop_two(lived)
        life.day(day, lived.post)
    return lived


def _stop_two(lived: Lived) -> None:
    waiting = lived.rows(OUTBOX.c.customer_id, OUTBOX.c.state)
    names = sorted({row.customer_id for row in waiting if row.state == "queued"} - lived.stopped.keys())[:2]
    lived.stopped.update(dict.fromkeys(names, len(lived.post.channel.mails)))
    seal, now = lived.workspace.seal, lived.life.clock.now()
    with lived.workspace.ledger.writing() as connection:
        for name, is_erased in zip(names, (True, False), strict=False):
            if is_erased:
                erase(connection, name, now)
            else:
                suppress(connection, address_hash(seal, f"{name}@mail.example"), "people.bounced", now)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """The shop after eight days, once in each database; tests leave it as it is."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("module_postgres_url")
    with living(tmp_path_factory.mktemp("loop"), OPTIONS, ledger=url, chosen=CHOSEN_HERE) as life:
        yield live(life)


def test_nobody_is_written_to_who_may_not_be(lived: Lived) -> None:
    """What arrived, beside what the customers file says: consent, address; nobody erased, suppressed, control."""
    customers, mailed = lived.customers_file(), lived.mailed()
    controls = {
        (row.layer_key, row.customer_id)
        for row in lived.rows(assignment.c.layer_key, assignment.c.customer_id, assignment.c.arm)
        if row.arm == "control"
    }
    playbook_of = {row.id: row.playbook for row in lived.rows(OUTBOX.c.id, OUTBOX.c.playbook)}

    assert len(mailed) > 20
    assert {customers[name]["consent"] for name, _mail in mailed} == {"yes"}
    assert all(mail.recipient[0] == customers[name]["email"] for name, mail in mailed)
    assert len(lived.stopped) > 8
    for nth, (name, mail) in enumerate(mailed):
        assert nth < lived.stopped.get(name, len(mailed))
        assert controls.isdisjoint({("global", name), (playbook_of[mail.outbox_id], name)})


def test_the_shops_refusals_were_put_to_the_test(lived: Lived) -> None:
    """Each reason for not writing has stopped somebody: otherwise the test above says nothing."""
    reasons = Counter(row.reason for row in lived.rows(decision.c.reason))
    at_the_wire = Counter(row.reason for row in lived.rows(OUTBOX.c.reason, OUTBOX.c.state))

    assert reasons["campaigns.control"] > 0
    assert reasons["people.consent_denied"] > 0
    assert reasons["people.consent_unknown"] > 0
    assert at_the_wire["people.erased"] > 0
    assert at_the_wire["people.bounced"] > 0


def test_every_message_leaves_once(lived: Lived) -> None:
    """One mail an accepted row, one accepted row a mail; nothing is unknown, nothing is lost on the way."""
    came = Counter(mail.outbox_id for _name, mail in lived.mailed())
    rows = lived.rows(OUTBOX.c.id, OUTBOX.c.state, OUTBOX.c.valid_until)
    now = lived.life.clock.now()

    assert set(came.values()) == {1}
    assert set(came) == {row.id for row in rows if row.state == "accepted"}
    assert {row.state for row in rows} <= {"accepted", "queued", "skipped", "expired"}
    assert all(row.valid_until > now for row in rows if row.state == "queued")


def test_nobody_gets_more_than_the_caps(lived: Lived) -> None:
    """One a day, three in seven days, at an hour that is not quiet where the customer lives."""
    zones = {name: row["timezone"] for name, row in lived.customers_file().items()}
    times = defaultdict(list)
    for name, mail in lived.mailed():
        times[name].append(mail.sent_at)
        assert 9 <= mail.sent_at.astimezone(ZoneInfo(zones[name] or "Asia/Shanghai")).hour < 21
    assert max(map(len, times.values())) > 1
    for moments in times.values():
        days = [moment.astimezone(SHANGHAI).date() for moment in moments]
        assert len(set(days)) == len(days)
        assert all(sum(0 <= (later - day).days < 7 for later in days) <= 3 for day in days)


def test_everybody_is_placed_once_and_then_moves_for_a_reason(lived: Lived) -> None:
    """Initial in the first night; afterwards what customers did or left undone, and models on days of a fit."""
    runs = lived.workspace.warehouse.snapshots("run")
    fitted = [run.details["model_run"] for run in runs]
    refits = {nth + 1 for nth in range(1, len(runs)) if fitted[nth] != fitted[nth - 1]}
    with open_engine(threads=1) as engine:
        assert lived.workspace.warehouse.show(engine, runs[-1], TRANSITIONS)
        moves = engine.run(f"select run_seq, cause, customer_id, axis from {TRANSITIONS}")
    causes = defaultdict(set)
    for run_seq, cause, _customer, _axis in moves:
        causes[run_seq].add(cause)

    assert refits == {4, 7}
    assert causes.pop(1) == {"initial"}
    assert {cause for found in causes.values() for cause in found} == {"evidence", "clock", "model"}
    assert {run_seq for run_seq, found in causes.items() if "model" in found} <= refits
    assert max(Counter((run_seq, who, axis) for run_seq, _cause, who, axis in moves).values()) == 1


def test_doing_it_again_does_nothing_twice(lived: Lived) -> None:
    """The night again, every file again, the post again, a dry run: not a byte of the ledger changes."""
    workspace, files = lived.workspace, sorted(lived.life.files.glob("*.csv"))
    before, kept = rows_of(workspace.ledger), sorted(workspace.folder.rglob("*"))
    customers = [file for file in files if "customers" in file.name]
    orders = [file for file in files if file not in customers]

    assert not workspace.run(lived.life.days[-1]).is_new
    again = workspace.ingest([file for file in orders if len(file.read_text("utf-8").splitlines()) > 1], READ)
    taken = workspace.ingest_customers(
        [f for f in customers if len(f.read_text("utf-8").splitlines()) > 1], READ
    )
    dry = workspace.run(lived.life.days[-1], dry_run=True)
    sent = workspace.send(channel=lived.post.channel)

    assert not any(file.is_new for file in again.files)
    assert not any(one.is_new for one in taken)
    assert dry.snapshot_id is None
    assert (sent.accepted, sent.failed, sent.unknown, sent.expired) == (0, 0, 0, 0)
    assert rows_of(workspace.ledger) == before
    assert sorted(workspace.folder.rglob("*")) == kept


def test_every_night_comes_out_the_same_when_computed_again(lived: Lived) -> None:
    """As known then: what came in afterwards is as if it had never been."""
    workspace = lived.workspace

    replays = list(replay_runs(workspace.ledger, workspace.warehouse, workspace.settings, silent))

    first = lived.life.shop.options.as_of
    assert [each.as_of for each in replays] == [first + timedelta(days=n) for n in range(9)]
    assert [each.as_of for each in replays if not each.is_equal] == []
    assert len({str(each.published) for each in replays}) == 9


def test_doctor_finds_nothing(lived: Lived) -> None:
    """After all that; the SQLite of this machine is not the workspace's doing, and nobody has made a backup."""
    found = lived.workspace.doctor(deep=True)

    assert [each for each in found if not isinstance(each, UnsafeSqlite | NeverBackedUp)] == []


def test_what_it_earned_is_measured_against_controls(lived: Lived) -> None:
    """As assigned, for the programme and each playbook at work."""
    arms = Counter((row.layer_key, row.arm) for row in lived.rows(assignment.c.layer_key, assignment.c.arm))

    with_rows = {each.playbook: each for each in lived.workspace.measure()}

    assert with_rows.keys() == {key for key, _arm in arms}
    assert "global" in with_rows


@pytest.mark.long
def test_the_same_seed_lives_the_same_life(tmp_path: Path, postgres_url: str) -> None:
    """Decisions, arms and messages of three days are the same in another workspace, on another database."""
    told = []
    options = replace(OPTIONS, days=3)
    for name, url in (("one", ""), ("other", postgres_url)):
        with living(tmp_path / name, options, ledger=url, chosen=CHOSEN_HERE) as life:
            post = MemoryPost()
            life.begin(silent)
            for day in life.days:
                life.day(day, post)
            rows = rows_of(life.workspace.ledger)
            told.append({table: rows[table] for table in ("decision", "assignment", "enrolment")})
            told[-1]["mails"] = [(mail.outbox_id, mail.rendered.text) for mail in post.channel.mails]

    assert told[0] == told[1]
    assert len(told[0]["decision"]) > 5
