"""
The documents on workspaces are walked: each command is run as shown, and prints what is shown.

Where weeks go by in a document, ``make test`` has walked far enough; ``make prove`` lives them, and reads on.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from evergrove.app import open_workspace
from evergrove.app.demo import SinkPost
from evergrove.app.weeks import Life
from evergrove.campaigns import playbook_of
from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.simulation import LivingOptions, LivingShop
from evergrove.simulation.sink import MailSink, mail_sink

if TYPE_CHECKING:
    from collections.abc import Iterator

PROVING = "EVERGROVE_PROVE" in os.environ
DOCS = Path(__file__).resolve().parents[2] / "docs"
HOME = "/home/you"
"""Stands in the documents for the folder that one works in."""
CUT = "...\n"
"""Stands in the documents for the beginning of a long output."""
ZONE = ZoneInfo("Asia/Shanghai")
PARTS = re.compile(
    r"^<!-- (?P<setting>clock|days|file): (?P<what>[^\n]+) -->$"
    r"|^```(?P<language>console|text|toml)\n(?P<body>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass
class Walk:
    """A person with the simulated shop's files, at a moment that the document sets in its comments."""

    folder: Path
    sink: MailSink
    shop: LivingShop = field(
        default_factory=lambda: LivingShop(LivingOptions(customers=3_000, days=28, as_of=date(2026, 6, 30)))
    )
    clock: SetClock = field(default_factory=lambda: SetClock(datetime(2026, 7, 1, 7, tzinfo=ZONE)))
    printed: str = ""
    seen: int = 0
    file: str = ""

    def part(self, kind: str, text: str) -> str | None:
        """Do what a part of the document says; for output, what was really printed."""
        match kind:
            case "clock":
                self.clock.moment = datetime.fromisoformat(text).replace(tzinfo=ZONE)
            case "days":
                self.live(date.fromisoformat(text))
            case "file":
                self.file = text
            case "toml" if self.file:
                (self.folder / self.file).write_text(self._here(text), encoding="utf-8")
                self.file = ""
            case "console":
                self.printed = "".join(self.run(line) for line in text.splitlines())
            case "text":
                return self.printed
        return None

    def run(self, line: str) -> str:
        """What one command prints."""
        words = line.removeprefix("$ ").split()
        if words[0] != "evergrove":
            return ""
        done = CliRunner().invoke(cli, words[1:])
        assert done.exit_code == 0, f"{line}: {done.output}{done.stderr}"
        return done.stdout.replace(str(self.folder), HOME)

    def live(self, until: date) -> None:
        """Days pass as the first one did."""
        with open_workspace(self.folder / "shop", self.clock) as workspace:
            post = SinkPost(self.sink, workspace.settings.mail, self.seen)
            life = Life(workspace, self.shop, self.clock, self.folder / "export")
            day = self.shop.first_day + timedelta(days=1)
            while day <= until:
                life.day(day, post)
                day += timedelta(days=1)

    def _here(self, text: str) -> str:
        return text.replace(HOME, str(self.folder))


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """The shop's files lie in export/; mail goes to a receiver on this machine."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EVERGROVE_OUTREACH_SALT", "the quickstart's own")
    monkeypatch.chdir(tmp_path)
    with mail_sink() as sink:
        here = Walk(tmp_path, sink)
        for name, value in {"HOST": sink.host, "PORT": sink.port, "SECURITY": "none", "USER": ""}.items():
            monkeypatch.setenv(f"EVERGROVE_MAIL_{name}", str(value))
        for module in ("workspace", "creation"):
            monkeypatch.setattr(f"evergrove.app.{module}.SystemClock", lambda: here.clock)
        (tmp_path / "export").mkdir()
        here.shop.write_history(tmp_path / "export" / "history.csv")
        here.shop.write_customers(tmp_path / "export" / "customers.csv")
        first = here.shop.first_day
        here.shop.write_day(first, tmp_path / "export" / f"{first}.csv")
        here.shop.write_customers(
            tmp_path / "export" / f"{first}-customers.csv", since=first - timedelta(days=1), until=first
        )
        yield here


def parts_of(document: Path) -> list[tuple[str, str]]:
    """Settings of the clock, commands, outputs and files, in their order."""
    found = PARTS.finditer(document.read_text(encoding="utf-8"))
    return [(m["setting"] or m["language"], m["what"] or m["body"]) for m in found]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quickstart-workspace.md", "playbooks.md", "jobs.md"])
def test_a_document_prints_what_its_commands_print(walk: Walk, name: str) -> None:
    """From an export to a measured effect; figures are those of the simulated shop."""
    for kind, text in parts_of(DOCS / name):
        if kind == "days" and not PROVING:
            break
        printed = walk.part(kind, text)
        if printed is not None and text.startswith(CUT):
            assert printed.endswith(text.removeprefix(CUT))
        else:
            assert printed is None or printed == text


def test_the_playbook_in_the_document_can_be_used() -> None:
    """It reads as a playbook."""
    own = next(body for kind, body in parts_of(DOCS / "playbooks.md") if kind == "toml")

    assert playbook_of(tomllib.loads(own)).key == "H1"
