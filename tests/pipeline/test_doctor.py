"""Doctor finds each thing that must never be, when it is done by hand, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import open_workspace
from evergrove.campaigns import assignment
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.outbox import OUTBOX
from evergrove.people import record_consent
from evergrove.people.identity import merge
from evergrove.people.tables import consent_event, person
from evergrove.pipeline.rejects import rejects_path
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from evergrove.app import Workspace

NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def workspace(decided_workspace: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it to damage."""
    with open_workspace(copy_of(decided_workspace, tmp_path / "workspace"), SetClock(NIGHT)) as opened:
        yield opened


def codes(workspace: Workspace, *, deep: bool = False) -> list[str]:
    """What doctor finds, but for this machine's own SQLite, and for backups, which have a test of their own."""
    found = [each.code for each in workspace.doctor(deep=deep)]
    return [
        code
        for code in found
        if code not in {"ledger.unsafe_sqlite", "pipeline.never_backed_up", "pipeline.not_confined"}
    ]


def test_a_sound_workspace(workspace: Workspace) -> None:
    """There is something to look at, and nothing to find."""
    with workspace.ledger.reading() as connection:
        arms = {row.arm for row in connection.execute(OUTBOX.select())}

    assert arms == {"treated", "control"}
    assert codes(workspace, deep=True) == []


def undecided(connection: Connection) -> None:
    """A message is put into the outbox by hand."""
    connection.execute(
        OUTBOX.update().where(OUTBOX.c.customer_id == _one(connection)).values(decision_id="x")
    )


def decided_otherwise(connection: Connection) -> None:
    """The decision behind a message said that nothing leaves."""
    own = decision.c.customer_id == _one(connection)
    blocked = {"outcome": "blocked", "arm": None}
    connection.execute(decision.update().where(own).values(**blocked))


def other_arm(connection: Connection) -> None:
    """An assignment is turned round afterwards."""
    own = assignment.c.customer_id == _one(connection)
    connection.execute(assignment.update().where(own, assignment.c.layer == "playbook").values(arm="control"))


def global_control(connection: Connection) -> None:
    """Somebody who was to receive nothing at all is written to."""
    own = assignment.c.customer_id == _one(connection)
    connection.execute(assignment.update().where(own, assignment.c.layer == "global").values(arm="control"))


def unassigned(connection: Connection) -> None:
    """An assignment is deleted."""
    own = assignment.c.customer_id == _one(connection)
    connection.execute(assignment.delete().where(own, assignment.c.layer == "playbook"))


def too_early(connection: Connection) -> None:
    """A message was there before its customer had an arm."""
    own = assignment.c.customer_id == _one(connection)
    later = NIGHT + timedelta(seconds=1)
    connection.execute(assignment.update().where(own).values(assigned_at=later))


def of_no_run(connection: Connection) -> None:
    """A message names a run that published nothing."""
    connection.execute(OUTBOX.update().where(OUTBOX.c.customer_id == _one(connection)).values(run_id=999))


def of_facts(connection: Connection) -> None:
    """A message names an import, which decides nothing."""
    connection.execute(OUTBOX.update().where(OUTBOX.c.customer_id == _one(connection)).values(run_id=1))


def erased(connection: Connection) -> None:
    """A customer was erased, and the message still waits."""
    own = person.c.customer_id == _one(connection)
    connection.execute(person.update().where(own).values(status="erased"))


def no_reason(connection: Connection) -> None:
    """A message was not sent, and nobody can say why."""
    connection.execute(OUTBOX.update().where(OUTBOX.c.arm == "control").values(reason=None))


def without_consent(connection: Connection) -> None:
    """Somebody who had said no was written to."""
    row = OUTBOX.c.customer_id == _one(connection)
    said = {"customer_id": _one(connection), "purpose": "marketing", "channel": "email", "source": "form"}
    connection.execute(consent_event.insert(), [{**said, "status": "revoked", "recorded_at": NIGHT}])
    left = {"state": "accepted", "attempts": 1, "attempting_at": NIGHT, "settled_at": NIGHT}
    connection.execute(OUTBOX.update().where(row).values(**left))


def joined_with_a_no(connection: Connection, joined: int = -2, said: int = -1) -> None:
    """Another id of the person had said no before the message left; minutes from that moment."""
    one, minute = _one(connection), timedelta(minutes=1)
    merge(connection, one, "TILL", NIGHT + joined * minute)
    record_consent(connection, "TILL", "revoked", "form", NIGHT + said * minute)
    left = {"state": "accepted", "attempts": 1, "attempting_at": NIGHT, "settled_at": NIGHT}
    connection.execute(OUTBOX.update().where(OUTBOX.c.customer_id == one).values(**left))


def _one(connection: Connection) -> str:
    waiting = OUTBOX.select().where(OUTBOX.c.state == "queued").order_by(OUTBOX.c.id)
    row = connection.execute(waiting).first()
    assert row is not None
    return str(row.customer_id)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (undecided, "pipeline.not_decided"),
        (decided_otherwise, "pipeline.not_decided"),
        (other_arm, "pipeline.not_assigned"),
        (global_control, "pipeline.not_assigned"),
        (unassigned, "pipeline.not_assigned"),
        (too_early, "pipeline.written_too_early"),
        (of_no_run, "pipeline.run_not_published"),
        (of_facts, "pipeline.run_not_published"),
        (erased, "pipeline.erased_waiting"),
        (without_consent, "pipeline.written_without_consent"),
        (joined_with_a_no, "pipeline.written_without_consent"),
        (no_reason, "outbox.without_reason"),
    ],
)
def test_each_rule_finds_its_damage(workspace: Workspace, damage: object, code: str) -> None:
    """And no other rule takes it for its own."""
    assert callable(damage)
    with workspace.ledger.writing() as connection:
        damage(connection)

    assert codes(workspace) == [code]


@pytest.mark.parametrize(("joined", "said"), [(-2, 1), (1, -1)], ids=["said later", "joined later"])
def test_what_nobody_could_know_when_a_message_left_is_no_damage(
    workspace: Workspace, joined: int, said: int
) -> None:
    """The other id's no came after the message, or nobody knew yet that it was the same person's."""
    with workspace.ledger.writing() as connection:
        joined_with_a_no(connection, joined, said)

    assert codes(workspace) == []


def scores_file(workspace: Workspace) -> Path:
    """The file of the scores that readers see."""
    newest = workspace.warehouse.newest()
    assert newest is not None
    return workspace.folder / "warehouse" / newest.tables["scores"].files[-1].path


def test_a_flipped_bit_is_found_by_reading_everything(workspace: Workspace) -> None:
    """Its size tells nothing; its bytes do."""
    path = scores_file(workspace)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)

    assert codes(workspace) == []
    assert codes(workspace, deep=True) == ["warehouse.damaged_file"]


def test_an_older_nights_file_is_read_too(workspace: Workspace) -> None:
    """A replay, and a backup, need every file that is kept."""
    newest, oldest = workspace.warehouse.newest(), workspace.warehouse.snapshots("run")[0]
    assert newest is not None
    path = workspace.folder / "warehouse" / oldest.tables["scores"].files[-1].path
    assert path != scores_file(workspace)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)

    assert codes(workspace) == []
    assert codes(workspace, deep=True) == ["warehouse.damaged_file"]


@pytest.mark.parametrize(
    ("damage", "code"), [("gone", "warehouse.missing_file"), ("cut", "warehouse.damaged_file")]
)
def test_a_file_that_is_gone_or_cut_is_found_at_once(workspace: Workspace, damage: str, code: str) -> None:
    """Without reading it."""
    path = scores_file(workspace)
    if damage == "gone":
        path.unlink()
    else:
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1])

    assert codes(workspace) == [code]


def test_a_damaged_ledger_is_the_first_and_only_finding(workspace: Workspace) -> None:
    """What it says cannot be relied upon."""
    workspace.ledger.close()
    path = workspace.folder / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 8192] = bytes(len(content) - 16384)
    path.write_bytes(content)

    assert codes(workspace) == ["ledger.damaged"]


@pytest.mark.parametrize("name", ["ledger.sqlite", "evergrove.toml", "key"])
def test_what_others_may_read_is_found(workspace: Workspace, name: str) -> None:
    """In a folder that they may pass through; in a closed one the file's own rights do not matter."""
    key = Path(workspace.settings.workspace.key_file)
    path = key if name == "key" else workspace.folder / name
    rights, around = path.stat().st_mode, path.parent.stat().st_mode
    try:
        path.parent.chmod(0o755)
        assert codes(workspace) == []
        path.chmod(0o640)
        assert codes(workspace) == ["pipeline.open_to_others"]
        path.parent.chmod(0o700)
        assert codes(workspace) == []
    finally:  # the key is every test's
        path.chmod(rights)
        path.parent.chmod(around)


def test_rejected_rows_that_should_be_gone_are_found(workspace: Workspace) -> None:
    """Nothing has run for a month."""
    path = rejects_path(workspace.folder, NIGHT - timedelta(days=31), 1, "a" * 64)
    path.parent.mkdir(exist_ok=True)
    path.touch()

    assert codes(workspace) == ["pipeline.rejects_overdue"]
