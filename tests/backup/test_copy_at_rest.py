"""A copy that came back from a backup: nothing leaves it, nobody is signed in, its trail goes on and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import BEGUN

from evergrove import access
from evergrove.access import Attempt, HashCost, Passwords
from evergrove.access.errors import LinkUnusable, SignInNeeded, UnknownKey
from evergrove.app import access as people
from evergrove.app import backups, jobs, open_workspace, trail
from evergrove.audit import entries, read_head
from evergrove.backup import Where
from evergrove.core import SetClock
from evergrove.outbox import OutboundPaused, instance_of
from evergrove.testing.door import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace
    from evergrove.audit import AuditRow

CHEAP = HashCost(passes=1, memory_kib=8, lanes=1)


def acts(here: Workspace, act: str) -> list[AuditRow]:
    """Rows of an act, newest first."""
    with here.ledger.reading() as connection:
        return entries(connection, 100, act=act)


def test_nothing_leaves_a_copy_before_a_person_says_so(shop: Path, tmp_path: Path) -> None:
    """Neither by hand nor as a job, which is done and not given up; doctor tells, and resuming is noted."""
    saved = backups.back_up_workspace(shop, tmp_path / "saved.tar")[0].to
    done = backups.restore_workspace(saved, Where(tmp_path / "back", ledger="sqlite"))

    with open_workspace(tmp_path / "back", SetClock(BEGUN)) as back:
        with pytest.raises(OutboundPaused):
            back.send()
        assert "outbox.restored" in {each.code for each in back.doctor()}
        confirmed = replace(back, by="user:u1").resume()
        assert confirmed.id == done.instance
        assert "outbox.restored" not in {each.code for each in back.doctor()}
        (row,) = acts(back, "workspace.resumed")
        assert (row.who, row.what) == ("user:u1", f"instance:{done.instance}")
    with open_workspace(shop, SetClock(BEGUN)) as here, here.ledger.reading() as connection:
        assert instance_of(connection) is None


def test_what_ended_since_the_backup_opens_nothing_in_the_copy(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """Log-ins, links, known devices and keys: which of them ended since nobody could tell. Passwords still hold."""
    passwords, clock = Passwords(CHEAP), SetClock(BEGUN)
    with open_workspace(shop_in_sqlite, clock) as here:
        link = people.invite(here, "ada@shop.example", "admin")[1]
        signed = access.enter(here.ledger, passwords, link.token, PASSWORD, clock)
        key = people.create_key(here, signed.account_id, "till", ["events.write"], 30)
        invited = people.invite(here, "bob@shop.example", "viewer")[1]
    saved = backups.back_up_workspace(shop_in_sqlite, tmp_path / "saved.tar")[0].to

    done = backups.restore_workspace(saved, Where(tmp_path / "back"))

    assert done.keys == 1
    with open_workspace(tmp_path / "back", clock) as back:
        with pytest.raises(SignInNeeded):
            access.actor_of_login(back.ledger, signed.secret, clock)
        with pytest.raises(UnknownKey):
            access.actor_of_key(back.ledger, key.text, clock)
        with pytest.raises(LinkUnusable):
            access.enter(back.ledger, passwords, invited.token, PASSWORD, clock)
        attempt = Attempt("ada@shop.example", PASSWORD, "203.0.113.7", device=signed.device)
        again = access.sign_in(back.ledger, back.seal, passwords, attempt, clock)
        assert again.device != signed.device
    passwords.close()


def test_the_copys_trail_goes_on_and_names_what_it_lacks(shop_in_sqlite: Path, tmp_path: Path) -> None:
    """The head that was kept stays as evidence; the copy keeps its own beside it, and both can be compared."""
    saved = backups.back_up_workspace(shop_in_sqlite, tmp_path / "saved.tar")[0].to
    with open_workspace(shop_in_sqlite, SetClock(BEGUN)) as here:
        former, kept = trail.export_head(here)
        before = kept.read_bytes()

    backups.restore_workspace(saved, Where(tmp_path / "back"))

    with open_workspace(tmp_path / "back", SetClock(BEGUN)) as back:
        (row,) = acts(back, "backup.restored")
        assert (row.params["lost_head_seq"], row.params["lost_head_hash"]) == (former.seq, former.hash)
        assert trail.keep_head(back) == ()
        assert trail.head_file(back) != kept
        assert trail.verify(back)[0].broken is None
        assert trail.verify(back, kept)[0].broken is not None
        assert [each.code for each in back.doctor() if each.code.startswith("audit.")] == []
    assert kept.read_bytes() == before


def test_backups_and_what_people_do_with_jobs_are_noted(shop: Path, tmp_path: Path) -> None:
    """By whom, of which, and in the act's transaction where there is one."""
    backups.back_up_workspace(shop, tmp_path / "saved.tar", by="job:7")
    with open_workspace(shop, SetClock(BEGUN)) as opened:
        here = replace(opened, by="key:evg_1")
        number = jobs.queue_job(here, "tidy")
        assert jobs.cancel_job(here, number) == "cancelled"
        jobs.retry_job(here, number)
        found = [(row.act, row.who) for row in reversed(acts(here, "jobs."))]
        assert found == [
            ("jobs.queued", "key:evg_1"),
            ("jobs.cancelled", "key:evg_1"),
            ("jobs.retried", "key:evg_1"),
        ]
        (made,) = acts(here, "backup.made")
        assert (made.who, made.params["encrypted"]) == ("job:7", False)


def test_the_head_is_kept_each_day_in_the_folder_that_the_settings_name(
    shop_in_sqlite: Path, tmp_path: Path
) -> None:
    """Today's file grows with the trail; yesterday's is never touched again; what cannot be written is told."""
    folder, clock = tmp_path / "elsewhere", SetClock(BEGUN)
    folder.mkdir()
    with (shop_in_sqlite / "evergrove.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'\n[audit]\nhead_folder = "{folder}"\n')
    with open_workspace(shop_in_sqlite, clock) as here:
        assert trail.tend(here) == ()
        (first,) = folder.iterdir()
        assert first.name.startswith(here.id[:8])
        assert first.name.endswith("-2026-06-30.audit_head")
        then = first.read_bytes()
        jobs.queue_job(here, "tidy")
        assert trail.tend(here) == ()
        assert first.read_bytes() == then
        clock.moment += timedelta(days=1)
        trail.tend(here)
        newest = max(folder.iterdir())
        assert newest.name.endswith("2026-07-01.audit_head")
        assert read_head(newest, here.id).seq > read_head(first, here.id).seq
        assert trail.verify(here, first)[0].broken is None
        newest.write_text("not a head")
        (told,) = trail.keep_head(here)
        assert told.code == "app.head_not_kept"
