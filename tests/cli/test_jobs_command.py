"""``evergrove jobs`` and ``evergrove worker`` in a new workspace, as people and machines read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evergrove.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace without an order."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = str(tmp_path / "shop")
    done = CliRunner().invoke(cli, ["init", folder, "--key-file", str(tmp_path / "shop.key")])
    assert done.exit_code == 0, done.output
    return folder


def said(shop: str, *words: str, status: int = 0) -> str:
    """What a command prints, on either stream."""
    done = CliRunner().invoke(cli, [*words, "-w", shop])
    assert done.exit_code == status, done.output
    return done.output


def test_a_job_goes_its_way_on_the_command_line(shop: str) -> None:
    """Queued, given up with the error's own sentences, run again, cancelled."""
    assert "There are no jobs." in said(shop, "jobs")
    assert "Job 1 waits for a worker." in said(shop, "jobs", "queue", "night")
    assert "[jobs.already_queued]" in said(shop, "jobs", "queue", "night", status=2)
    assert "[jobs.unknown_kind]" in said(shop, "jobs", "queue", "day", status=2)

    worked = said(shop, "worker", "--drain")
    assert "Job 1: given up. " in worked
    shown = said(shop, "jobs", "show", "1")
    assert "Job 1: Daily run, given up, attempt 1 of 5." in shown
    assert "evergrove ingest" in shown  # the way out that the run itself tells
    assert "1 job was given up and waits for you (first: 1)." in said(shop, "doctor", status=1)
    assert "Job 1 runs again." in said(shop, "jobs", "retry", "1")
    assert "Job 1 is cancelled." in said(shop, "jobs", "cancel", "1")
    assert "[jobs.already_settled]" in said(shop, "jobs", "cancel", "1", status=2)
    assert "[cli.no_job_number]" in said(shop, "jobs", "show", status=2)
    assert "[jobs.unknown]" in said(shop, "jobs", "show", "9", status=2)
    assert "Nothing is due." in said(shop, "worker", "--drain")


def test_machines_read_the_same(shop: str) -> None:
    """One document each, with its format."""
    assert json.loads(said(shop, "jobs", "queue", "tidy", "--json"))["id"] == 1
    assert json.loads(said(shop, "worker", "--drain", "--json"))["attempts"] == 1
    (job,) = json.loads(said(shop, "jobs", "--json"))["jobs"]
    assert (job["kind"], job["state"], job["percent"]) == ("tidy", "done", 100)
    assert job["result"] == {"snapshots": 0, "rejects": 0, "uploads": 0, "jobs": 0, "logins": 0}
    coming = json.loads(said(shop, "jobs", "schedule", "--json"))
    assert coming["format"] == "evergrove.job_schedules/1"
    assert [each["key"] for each in coming["schedules"]] == ["night", "measure"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", ("任务 1：每日运行，已放弃", "每日运行")),
        ("zh-Hant", ("工作 1：每日執行，已放棄", "每日執行")),
    ],
)
def test_jobs_are_told_in_chinese(shop: str, language: str, words: tuple[str, str]) -> None:
    """Kind, state and reason too."""
    said(shop, "jobs", "queue", "night")
    said(shop, "worker", "--drain", "--quiet")
    assert words[0] in said(shop, "jobs", "show", "1", "--lang", language)
    assert words[1] in said(shop, "jobs", "schedule", "--lang", language)
