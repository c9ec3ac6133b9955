"""Commands about channels, tasks and single messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.app.creation import create_workspace
from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.outbox import Message, begin_all, claim, enqueue, settle
from evergrove.outbox.tasks import open_task
from evergrove.testing.workspaces import BEFORE, CHOSEN

if TYPE_CHECKING:
    from pathlib import Path

SENT = Message(
    playbook="T4h",
    version=1,
    customer_id="C1",
    occasion="o",
    step=1,
    channel="task",
    arm="treated",
    template="new-thanks",
    decision_id="d",
    run_id=1,
    not_before=BEFORE,
    valid_until=BEFORE.replace(year=2099),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a message that waits for staff, and one of which nobody knows."""
    clock, folder = SetClock(BEFORE), tmp_path / "workspace"
    create_workspace(folder, chosen=CHOSEN, key_file=tmp_path / "keys" / "key", clock=clock)
    with open_workspace(folder, clock) as here:
        for step, state in ((1, "awaiting_staff"), (2, "unknown")):
            with here.ledger.writing() as connection:
                sent = Message(**{**vars(SENT), "step": step})
                enqueue(connection, [sent], BEFORE)
            (held,) = claim(here.ledger, "test", BEFORE)
            with here.ledger.writing() as connection:
                begin_all(connection, [(held, None)], BEFORE)
                settle(connection, held, state, BEFORE, reason="outbox.lease_over")  # type: ignore[arg-type]
                if state == "awaiting_staff":
                    open_task(connection, "call_back", "C1", BEFORE, BEFORE, outbox_id=held.id)
    return folder


def run(folder: Path, *words: str, status: int = 0) -> Any:
    """A command's document."""
    done = CliRunner().invoke(cli, [*words, "--json", "-w", str(folder)])
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def test_a_task_is_listed_done_and_gone(folder: Path) -> None:
    """Its outcome is the message's."""
    (waiting,) = run(folder, "task", "list")["tasks"]
    assert run(folder, "task", "done", waiting["id"], "--outcome", "reached")["outcome"] == "reached"
    assert run(folder, "task", "list")["tasks"] == []
    run(folder, "task", "done", waiting["id"], "--outcome", "reached", status=2)
    run(folder, "task", "done", status=2)
    delivered = run(folder, "outbox", "list", "--state", "delivered")["messages"]
    assert [each["id"] for each in delivered] == [waiting["outbox_id"]]


def test_what_nobody_knows_is_settled_by_hand_and_leaves_again_only_when_asked(folder: Path) -> None:
    """It did not leave: failed; then once more, as an act of its own."""
    (lost,) = run(folder, "outbox", "list")["messages"]
    run(folder, "outbox", "retry", lost["id"], status=2)
    assert run(folder, "outbox", "not-left", lost["id"])["state"] == "failed"
    assert run(folder, "outbox", "retry", lost["id"])["state"] == "queued"
    run(folder, "outbox", "list", "--state", "nonsense", status=2)


def test_channels_say_whether_they_were_tried(folder: Path) -> None:
    """A profile that nobody has tried says no; an empty section is no fault."""
    with (folder / "evergrove.toml").open("a", encoding="utf-8") as file:
        file.write('\n[line]\nprofile = "line"\nsecret_file = "/nowhere"\n')
    found = {each["name"]: each for each in run(folder, "channel", "list")["channels"]}

    assert (found["line"]["ready"], found["line"]["verified"]) == (False, False)
    assert found["line"]["code"] == "delivery.no_channel_secret"
    assert (found["task"]["ready"], found["sms"]["wanted"]) == (True, False)
    shown = CliRunner().invoke(cli, ["channel", "list", "-w", str(folder)])
    assert shown.exit_code == 0
    assert "/nowhere" in shown.output.replace("\n", "")


def test_doctor_names_channels_by_which_nothing_leaves(folder: Path) -> None:
    """A channel without its secret, and messages for one that nobody has set up; neither is damage."""
    with (folder / "evergrove.toml").open("a", encoding="utf-8") as file:
        file.write('\n[line]\nprofile = "line"\nsecret_file = "/nowhere"\n')
    with open_workspace(folder, SetClock(BEFORE)) as here:
        with here.ledger.writing() as connection:
            sms = Message(**{**vars(SENT), "step": 3, "channel": "sms"})
            enqueue(connection, [sms], BEFORE)
        found = {each.code: str(each) for each in here.doctor() if each.code.startswith("app.")}

    assert "line" in found["app.channel_unusable"]
    assert "/nowhere" in found["app.channel_unusable"]
    assert "sms" in found["app.nobody_sends"]
