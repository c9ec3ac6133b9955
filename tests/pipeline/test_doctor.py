"""Doctor finds each thing that must never be, when it is done by hand, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from evergrove.app import open_workspace
from evergrove.campaigns import assignment
from evergrove.core import SetClock
from evergrove.decisions import decision
from evergrove.outbox import OUTBOX
from evergrove.people.tables import person
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.app import Workspace

NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def workspace(decided_workspace: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it to damage."""
    with open_workspace(copy_of(decided_workspace, tmp_path / "workspace"), SetClock(NIGHT)) as opened:
        yield opened


def codes(workspace: Workspace, *, deep: bool = False) -> list[str]:
    """What doctor finds, but for this machine's own SQLite."""
    found = [each.code for each in workspace.doctor(deep=deep)]
    return [code for code in found if code != "ledger.unsafe_sqlite"]


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
        (no_reason, "outbox.without_reason"),
    ],
)
def test_each_rule_finds_its_damage(workspace: Workspace, damage: object, code: str) -> None:
    """And no other rule takes it for its own."""
    assert callable(damage)
    with workspace.ledger.writing() as connection:
        damage(connection)

    assert codes(workspace) == [code]


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
