"""Files that people ask for: made by a job with its owner's rights of then, theirs alone, fetched once by a link."""

from __future__ import annotations

import csv
import json
import stat
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from tests.conftest import BEGUN

from evergrove import access, audit
from evergrove.access.errors import RightMissing
from evergrove.app import exports, open_workspace
from evergrove.app import jobs as workspace_jobs
from evergrove.app.live import setting_of
from evergrove.core import SetClock
from evergrove.export.requested import ExportRequest, TooManyExports, UnknownExport, found, listed
from evergrove.export.requested.tables import EXPORT, EXPORT_LINK
from evergrove.export.requested.types import LinkSpent, NoCondition, NotMadeYet, UnknownColumn
from evergrove.jobs import cancel, retry, show
from evergrove.people import contacts
from evergrove.people.tables import person
from evergrove.pipeline import requested
from evergrove.pipeline.export import NoSuchTable
from evergrove.segments.language.errors import InvalidSegment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evergrove.access import Actor, Role
    from evergrove.app import Workspace
    from evergrove.export.requested import Export
    from evergrove.jobs import Job

FAST = access.Passwords(access.HashCost(passes=1, memory_kib=8, lanes=1), threads=1)


@pytest.fixture
def here(begun_folder: Path) -> Iterator[Workspace]:
    """A workspace whose first night is done."""
    with open_workspace(begun_folder, SetClock(BEGUN)) as workspace:
        yield workspace


@pytest.fixture
def somebody(here: Workspace) -> Callable[..., Actor]:
    """A new account that may sign in, with a role."""

    def enter(email: str, role: Role = "marketer", *, sees_personal: bool = False) -> Actor:
        now, operator = here.clock.now(), access.operator()
        with here.ledger.writing() as connection:
            link = access.invite(
                connection, here.seal, operator, email, role, now,
                lasts=timedelta(days=1), sees_personal=sees_personal,
            )  # fmt: skip
        entered = access.enter(here.ledger, FAST, link.token, "long enough to be a good one", here.clock)
        return access.actor_of_login(here.ledger, entered.secret, here.clock)

    return enter


def done(here: Workspace, export: Export) -> Job:
    """Its job, after a worker had time for it."""
    told = workspace_jobs.Listener(lambda _: None, lambda _: None, lambda _hold, _ending: None)
    workspace_jobs.do_jobs(here, Event(), told, drain=True)
    with here.ledger.reading() as connection:
        return show(connection, export.job)


def file_of(here: Workspace, actor: Actor, export: Export) -> Path:
    """The file, through a new link."""
    token, _until = exports.link_to(here, actor, export.id)
    return exports.opened_by(here, actor, token)[1]


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of a file of any format."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".xlsx":
        header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        return [dict(zip(map(str, header), row, strict=True)) for row in rows]
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "jsonl"])
def test_customers_of_a_condition_come_in_every_format(here: Workspace, somebody: Any, ending: Any) -> None:
    """The same customers in the same order, the columns that were named, and nobody else's to read."""
    actor = somebody("a@team.example")
    columns = ("customer_id", "tier", "clv_12m", "last_order_date", "historic_value")
    asked = exports.ask_export(
        here, actor, ExportRequest(format=ending, condition="tier in ('high', 'potential')", columns=columns)
    )

    job = done(here, asked)

    path = file_of(here, actor, asked)
    rows = rows_of(path)
    told = {"rows": len(rows), "bytes": path.stat().st_size, "is_unmasked": False}
    assert (job.state, job.result) == ("done", told)
    assert rows
    assert tuple(rows[0]) == columns
    assert {row["tier"] for row in rows} <= {"high", "potential"}
    ids = [str(row["customer_id"]).strip() for row in rows]
    assert ids == sorted(ids)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_published_table_is_written_as_it_is(here: Workspace, somebody: Any) -> None:
    """As ``evergrove export`` writes it; or the columns that were named, in its order."""
    actor = somebody("a@team.example")
    by_hand = here.folder / "tiers.csv"
    count = here.export("tiers", by_hand)

    whole = exports.ask_export(here, actor, ExportRequest(table="tiers"))
    some = exports.ask_export(here, actor, ExportRequest(table="tiers", columns=("stage", "tier")))
    assert (done(here, whole).result or {})["rows"] == count

    assert file_of(here, actor, whole).read_bytes() == by_hand.read_bytes()
    expected = [{"stage": row["stage"], "tier": row["tier"]} for row in rows_of(by_hand)]
    assert rows_of(file_of(here, actor, some)) == expected


def test_names_and_addresses_are_masked_for_whom_they_are_not(here: Workspace, somebody: Any) -> None:
    """A marketer sees the ends of them, an administrator all: case 13. Filtering by them is no field at all."""
    request = ExportRequest(columns=("customer_id", "email", "name"))
    masked = exports.ask_export(here, marketer := somebody("m@team.example"), request)
    shown = exports.ask_export(here, admin := somebody("b@team.example", "admin"), request)
    done(here, masked)

    seen = {row["customer_id"].strip(): row for row in rows_of(file_of(here, admin, shown))}
    hidden = {row["customer_id"].strip(): row for row in rows_of(file_of(here, marketer, masked))}
    with here.ledger.reading() as connection:
        known = contacts(connection, here.seal, list(seen))
    assert {name: row["email"] or None for name, row in seen.items()} == {
        name: known[name].email if name in known else None for name in seen
    }
    assert {name for name, row in hidden.items() if row["email"]} == {
        name for name in known if known[name].email
    }
    assert all("…" in row["email"] for row in hidden.values() if row["email"])
    assert not [row for row in hidden.values() if row["name"] and "…" not in row["name"]]
    with pytest.raises(InvalidSegment):
        exports.ask_export(here, marketer, ExportRequest(condition="email = 'mei@shop.example'"))


def test_a_right_that_is_withdrawn_before_the_job_runs_stops_it(here: Workspace, somebody: Any) -> None:
    """Case 16: the job is given up, and says why; no file is made."""
    actor = somebody("a@team.example")
    asked = exports.ask_export(here, actor, ExportRequest())
    with here.ledger.writing() as connection:
        now = here.clock.now()
        access.set_role(connection, access.operator(), actor.account_id, "viewer", now, sees_personal=False)

    job = done(here, asked)

    assert (job.state, job.reason) == ("dead", "access.right_missing")
    with pytest.raises(NotMadeYet):
        exports.link_to(here, actor, asked.id)


def test_an_export_through_a_key_ends_with_the_key(here: Workspace, somebody: Any) -> None:
    """The key's scopes bound it then too; one that was revoked makes nothing."""
    owner = somebody("a@team.example")
    with here.ledger.writing() as connection:
        made = access.create_key(
            connection, owner, owner.account_id, "till", ["exports.write", "customers.read"],
            here.clock.now(), timedelta(days=9),
        )  # fmt: skip
    actor = access.actor_of_key(here.ledger, made.text, here.clock)
    first = exports.ask_export(here, actor, ExportRequest())
    assert done(here, first).state == "done"

    second = exports.ask_export(here, actor, ExportRequest())
    with here.ledger.writing() as connection:
        access.revoke_key(connection, access.operator(), made.prefix, here.clock.now())

    assert done(here, second).reason == "access.sign_in_needed"


def test_a_file_with_addresses_is_for_those_who_may_read_them_now(here: Workspace, somebody: Any) -> None:
    """A key of the same account that reads no addresses does not get it, nor does its owner without the right."""
    actor = somebody("a@team.example", sees_personal=True)
    asked = exports.ask_export(here, actor, ExportRequest(columns=("customer_id", "email")))
    done(here, asked)
    token, _until = exports.link_to(here, actor, asked.id)

    narrow = replace(actor, rights=frozenset({"exports.write", "customers.read"}))
    writes_only = replace(actor, rights=frozenset({"exports.write", "personal.read"}))
    for each in (narrow, writes_only):
        with pytest.raises(RightMissing):
            exports.link_to(here, each, asked.id)
        with pytest.raises(RightMissing):
            exports.opened_by(here, each, token)
    assert "@" in file_of(here, actor, asked).read_text(encoding="utf-8")


def test_masked_files_are_for_everybody_who_may_export(here: Workspace, somebody: Any) -> None:
    """What was masked when it was made gives nothing away."""
    actor = somebody("b@team.example")
    asked = exports.ask_export(here, actor, ExportRequest(columns=("customer_id", "email")))
    done(here, asked)
    assert file_of(here, actor, asked).exists()


def test_a_link_opens_once_for_its_owner_and_for_fifteen_minutes(here: Workspace, somebody: Any) -> None:
    """Case 44: 128 random bits, kept as a hash."""
    actor, other = somebody("a@team.example"), somebody("b@team.example")
    asked = exports.ask_export(here, actor, ExportRequest())
    done(here, asked)

    token, until = exports.link_to(here, actor, asked.id)
    late, _until = exports.link_to(here, actor, asked.id)
    assert until - here.clock.now() == timedelta(minutes=15)
    assert len(token) == 22  # 128 bits, six a character
    with pytest.raises(LinkSpent):
        exports.opened_by(here, other, token)
    assert exports.opened_by(here, actor, token)[0].id == asked.id
    with pytest.raises(LinkSpent):
        exports.opened_by(here, actor, token)
    with pytest.raises(UnknownExport):
        exports.link_to(here, other, asked.id)
    assert isinstance(here.clock, SetClock)
    here.clock.moment += timedelta(minutes=15)
    with pytest.raises(LinkSpent):
        exports.opened_by(here, actor, late)
    with here.ledger.reading() as connection:
        stored = connection.execute(EXPORT_LINK.select()).mappings().all()
    assert not [row for row in stored if token in str(row) or late in str(row)]


def test_a_file_is_deleted_after_a_day(here: Workspace, somebody: Any) -> None:
    """And what no export knows of, too; the export is still listed."""
    actor = somebody("a@team.example")
    asked = exports.ask_export(here, actor, ExportRequest())
    done(here, asked)
    path = file_of(here, actor, asked)
    stray = path.with_name("stray.csv")
    stray.write_text("left behind")
    assert isinstance(here.clock, SetClock)

    here.clock.moment += timedelta(hours=23)
    assert exports.remove_expired(here) == 1
    assert (path.exists(), stray.exists()) == (True, False)
    here.clock.moment += timedelta(hours=1)
    with pytest.raises(NotMadeYet):
        exports.link_to(here, actor, asked.id)
    assert exports.remove_expired(here) == 1

    assert not path.exists()
    with here.ledger.reading() as connection:
        (kept,) = listed(connection, actor.account_id)
    assert kept.removed_at == here.clock.now()


def test_the_live_process_deletes_files_in_the_minute_in_which_their_day_is_over(
    here: Workspace, somebody: Any
) -> None:
    """Case 44: nobody has to export or tidy for it."""
    actor = somebody("a@team.example")
    asked = exports.ask_export(here, actor, ExportRequest())
    done(here, asked)
    path = file_of(here, actor, asked)
    assert isinstance(here.clock, SetClock)

    here.clock.moment += timedelta(hours=24)
    setting_of(here).chores["exports"]()

    assert not path.exists()


def test_nobody_has_more_than_three_waiting(here: Workspace, somebody: Any) -> None:
    """Case 75: the fourth is refused, somebody else's is not."""
    actor = somebody("a@team.example")
    for _ in range(3):
        exports.ask_export(here, actor, ExportRequest())
    with pytest.raises(TooManyExports):
        exports.ask_export(here, actor, ExportRequest())

    assert exports.ask_export(here, somebody("b@team.example"), ExportRequest()).job


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ExportRequest(table="people"), NoSuchTable),
        (ExportRequest(table="tiers", condition="tier = 'high'"), NoCondition),
        (ExportRequest(columns=("customer_id", "password")), UnknownColumn),
        (ExportRequest(condition="1=1) OR (1=1"), InvalidSegment),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_is_queued(
    here: Workspace, somebody: Any, request_: ExportRequest, error: type[Exception]
) -> None:
    """With the way out; no job is left behind."""
    actor = somebody("a@team.example")
    with pytest.raises(error):
        exports.ask_export(here, actor, request_)

    with here.ledger.reading() as connection:
        assert listed(connection, actor.account_id) == []


def test_every_step_of_an_export_is_in_the_trail(here: Workspace, somebody: Any) -> None:
    """Reading personal data in bulk is an audited act (case 73); what is noted names columns, never persons."""
    actor = somebody("a@team.example", "admin")
    asked = exports.ask_export(here, actor, ExportRequest(columns=("customer_id", "email")))
    done(here, asked)
    file_of(here, actor, asked)

    with here.ledger.reading() as connection:
        rows = audit.entries(connection, act="exports.")
        export = found(connection, asked.id, actor.account_id)
    assert [row.act for row in rows] == ["exports.fetched", "exports.made", "exports.asked"]
    assert rows[1].params["personal"] == ["email"]
    assert rows[1].params["rows"] == export.rows
    assert {row.who for row in rows} == {f"user:{actor.account_id}"}


def test_an_erasure_leaves_no_file_in_which_somebody_may_stand(here: Workspace, somebody: Any) -> None:
    """Case 60: files go, and conditions, which may name somebody; the export stays as a row."""
    actor = somebody("a@team.example", "admin", sees_personal=True)
    with here.ledger.reading() as connection:
        known = contacts(connection, here.seal, _customers(here))
    customer = next(name for name in known if known[name].email)
    wanted = ExportRequest(columns=("customer_id", "email"), condition=f"customer_id = '{customer}'")
    asked = exports.ask_export(here, actor, wanted)
    waits = exports.ask_export(here, actor, wanted)
    with here.ledger.writing() as connection:
        cancel(connection, waits.job, here.clock.now())
    done(here, asked)
    path = file_of(here, actor, asked)

    here.erase(customer)

    assert not path.exists()
    with here.ledger.reading() as connection:
        rows = connection.execute(EXPORT.select()).mappings().all()
    assert customer not in str(rows)
    with here.ledger.writing() as connection:
        retry(connection, waits.job, here.clock.now())
    assert done(here, waits).reason == "export.unknown"  # and not a file of everybody


def test_a_file_that_was_made_while_somebody_was_erased_is_made_again(
    here: Workspace, somebody: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the erasure is kept nowhere."""
    actor = somebody("a@team.example", "admin")
    asked = exports.ask_export(here, actor, ExportRequest(columns=("customer_id", "email")))
    write, erased = requested.write_requested, list[str]()

    def slow(*args: Any) -> int:
        rows = write(*args)
        if not erased:
            erased.append(_customers(here)[0])
            here.erase(erased[0])
        return rows

    monkeypatch.setattr(exports, "write_requested", slow)
    assert done(here, asked).reason == "export.person_gone"
    assert list((here.folder / "exports").iterdir()) == []
    assert isinstance(here.clock, SetClock)
    here.clock.moment += timedelta(minutes=1)
    assert done(here, asked).state == "done"
    assert f"{erased[0]},\n" in file_of(here, actor, asked).read_text()  # without an address


def _customers(here: Workspace) -> list[str]:
    with here.ledger.reading() as connection:
        return list(connection.execute(select(person.c.customer_id).limit(50)).scalars())
