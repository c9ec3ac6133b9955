"""What workspace commands say in tables and reasons: ordered, headed, without holes."""

from __future__ import annotations

from datetime import datetime
from string import Formatter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from evergrove.campaigns.reading import shipped_documents
from evergrove.campaigns.words import REASON_WORDS as CAMPAIGNS
from evergrove.cli.main import cli
from evergrove.cli.reasons import counted
from evergrove.cli.terminal import Terminal
from evergrove.core import SetClock
from evergrove.decisions.words import REASON_WORDS as DECISIONS
from evergrove.delivery import REASONS as DELIVERY
from evergrove.people import REASONS as PEOPLE
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

INPUT = 2


@pytest.fixture
def shop(decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``evergrove`` in a workspace, at noon of the day after its last run."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    noon = datetime(2026, 7, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(noon))
    home = copy_of(decided_workspace, tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, [*map(str, words), "-w", str(home)])


@pytest.mark.parametrize("code", sorted({**CAMPAIGNS, **DECISIONS, **DELIVERY, **PEOPLE}))
def test_a_reason_of_several_customers_names_no_single_one(code: str) -> None:
    """A day or a chance differs from customer to customer; a sentence for all of them has no hole to fill."""
    sentence = counted(code)

    assert sentence != code
    assert not [name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name is not None]


def test_a_reason_of_another_version_stands_for_itself() -> None:
    """A newer version may have stored it."""
    assert counted("station.of_tomorrow") == "station.of_tomorrow"


def test_a_headed_table_keeps_amounts_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    """The header takes part in the widths; ids and words stand to the left."""
    rows = [("C1", "¥5.00"), ("C20", "¥12.50")]

    Terminal("en").table("Costs", rows, ("customer", "cost"))

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["", "Costs", "  customer    cost", "  C1         ¥5.00", "  C20       ¥12.50"]


def test_tiers_stand_from_high_to_low(shop: Command) -> None:
    """And stages in the order of a life."""
    printed = shop("run", "--dry-run").stdout

    order = ("High value", "Potential", "Medium value", "Low value", "Prospect", "New", "Growing", "Mature")
    places = [printed.index(f"\n  {name} ") for name in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "--as-of", "2026-07-02"), "pipeline.day_not_over"),
        (("measure", "--as-of", "2026-07-02"), "pipeline.not_there_yet"),
        (("export", "tiers", "-o", "nowhere/t.csv"), "pipeline.no_such_folder"),
        (("playbook", "add", "nowhere.toml"), "campaigns.unreadable"),
        (("playbook", "add"), "cli.no_key"),
    ],
)
def test_what_cannot_be_is_refused(shop: Command, words: tuple[str, ...], code: str) -> None:
    """With its code, as input."""
    done = shop(*words)

    assert done.exit_code == INPUT
    assert f"[{code}]" in done.stderr


def test_a_playbook_of_ones_own_is_added_as_a_draft(shop: Command, tmp_path: Path) -> None:
    """Adding it again changes nothing."""
    document = dict(shipped_documents()[0], key="X9")
    lines = [f'{name} = "{document[name]}"' for name in ("format", "key", "name", "goal")]
    lines += [
        'reentry = "once"',
        "version = 1",
        "priority = 5",
        '[trigger]\nkind = "stage"\nenters = "new"\ncauses = ["evidence"]',
    ]
    lines += ['[[steps]]\ntemplate = "new-thanks"']
    (tmp_path / "own.toml").write_text("\n".join(lines), encoding="utf-8")

    added, again = shop("playbook", "add", "own.toml"), shop("playbook", "add", "own.toml")

    assert (added.exit_code, again.exit_code) == (0, 0), added.stderr
    assert "nothing changed" in again.stdout
    assert any(line.split()[:2] == ["X9", "draft"] for line in shop("playbook", "list").stdout.splitlines())


def test_files_before_a_refused_one_are_said_to_be_in(shop: Command, tmp_path: Path) -> None:
    """The second file does not exist; the first one is in, and the person knows."""
    (tmp_path / "more.csv").write_text(
        "order_id,customer_id,paid_at,total,currency\nZ1,C000001,2026-07-01 09:00:00,50.00,CNY\n",
        encoding="utf-8",
    )

    done = shop("ingest", "more.csv", "nowhere.csv")

    assert done.exit_code == INPUT
    assert "more.csv: 1 row read = 1 good" in done.stdout
    assert "[ingest.file_missing]" in done.stderr
