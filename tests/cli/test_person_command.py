"""``evergrove person``: masked unless asked otherwise, refused in words, erased only when it is meant."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from evergrove.cli.main import cli
from evergrove.core import SetClock
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

NOON = datetime(2026, 7, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
REFUSED, INPUT = 3, 2
PEOPLE = """customer_id,name,email,phone,member_no
N00,Ada Lovelace,,+8613800138000,
N01,,,+8613800138000,
N02,,,,M-2
N03,,,,M-3
"""
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def person(decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``evergrove person`` in a workspace in which N00 and N01 are one person, and N02 and N03 never can be."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("evergrove.app.workspace.SystemClock", lambda: SetClock(NOON))
    monkeypatch.chdir(tmp_path)
    copy_of(decided_workspace, tmp_path / "shop")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, ["person", *map(str, arguments), "-w", "shop"])

    done = CliRunner().invoke(cli, ["ingest", "people.csv", "--as", "customers", "-w", "shop"])
    assert done.exit_code == 0, done.output
    return invoke


def test_what_is_known_is_shown_masked(person: Command) -> None:
    """Two persons can be told apart, nobody can be called; ids, reasons and scores stand in full."""
    done = person("show", "N01")
    assert done.exit_code == 0
    assert "One person, 2 ids: N00, N01." in done.output
    assert ("Ad…", "13800138000" in done.output, "Lovelace" in done.output) == ("Ad…", False, False)
    assert "+86…00" in done.output
    assert "n…@mail.example" in done.output
    assert "They were told with the same identifier." in done.output
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC +N0[01] +marketing +email +granted", done.output)
    assert "clv_12m" in done.output


def test_personal_data_are_shown_when_asked_for(person: Command) -> None:
    """In words and to machines; without the option the document is masked too."""
    assert "+8613800138000" in person("show", "N00", "--reveal").output
    for arguments, holds in (((), False), (("--reveal",), True)):
        document = json.loads(person("show", "N00", "--json", *arguments).output)
        assert (document["format"], document["customer_ids"]) == ("evergrove.person/1", ["N00", "N01"])
        assert ("13800138000" in json.dumps(document), "Lovelace" in json.dumps(document)) == (holds, holds)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("show", "NOBODY"), INPUT, "pipeline.unknown_person"),
        (("merge", "N00"), INPUT, "cli.no_other"),
        (("merge", "N00", "N01"), REFUSED, "people.already_one"),
        (("merge", "N02", "N03"), REFUSED, "people.are_two"),
        (("unmerge", "N02"), REFUSED, "people.not_merged"),
        (("erase", "NOBODY"), INPUT, "pipeline.unknown_person"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh-Hans", "zh-Hant"])
def test_what_cannot_be_is_refused_in_words(
    person: Command, arguments: tuple[str, ...], status: int, code: str, lang: str
) -> None:
    """With the code for those who search, in the reader's language."""
    done = person(*arguments, "--lang", lang)
    assert (done.exit_code, code in done.output) == (status, True)
    assert bool(CHINESE.search(done.output)) is (lang != "en")


def test_two_ids_are_joined_and_taken_apart(person: Command) -> None:
    """What is joined by hand is undone first; then the person is taken from what the rules have joined."""
    merged = json.loads(person("merge", "N04", "N01", "--json").output)
    assert merged == {
        "format": "evergrove.person_merged/1",
        "customer_ids": ["N01", "N04"],
        "person_id": "N00",
    }
    assert json.loads(person("unmerge", "N01", "--json").output)["others"] == ["N04"]
    assert json.loads(person("unmerge", "N01", "--json").output)["others"] == ["N00"]
    assert "N01 is joined with nobody." in person("show", "N01").output


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant"])
def test_every_verb_speaks_chinese(person: Command, lang: str, tmp_path: Path) -> None:
    """No English sentence is left in what a reader of Chinese is told."""
    for arguments in (
        ("show", "N00"),
        ("merge", "N04", "N00"),
        ("unmerge", "N04"),
        ("export", "N00", "--out", tmp_path / f"copy-{lang}"),
        ("erase", "N00"),
        ("erase", "N00", "--yes"),
        ("show", "N00"),
    ):
        done = person(*arguments, "--lang", lang)
        assert done.exit_code == 0, done.output
        first = done.output.strip().splitlines()[0]
        assert CHINESE.search(first), first


def test_an_id_as_a_files_name_never_leads_out_of_the_folder(person: Command, tmp_path: Path) -> None:
    """Hostile case 35: the copy is named after the id, whatever that is."""
    people = tmp_path / "odd.csv"
    people.write_text("customer_id,name\n../../x,Eve\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["ingest", str(people), "--as", "customers", "-w", "shop"])
    assert done.exit_code == 0, done.output
    done = person("export", "../../x")
    assert done.exit_code == 0, done.output
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("person-")] == ["person-______x"]


def test_erasing_says_beforehand_what_will_be_gone(person: Command) -> None:
    """Without --yes nothing happens; with it, it is done once."""
    before = json.loads(person("erase", "N01", "--json").output)
    assert (before["done"], before["customer_ids"]) == (False, ["N00", "N01"])
    assert "+86…00" in person("show", "N01").output
    done = json.loads(person("erase", "N01", "--yes", "--json").output)
    assert (done["done"], done["is_new"], done["customer_ids"]) == (True, True, ["N00", "N01"])
    assert json.loads(person("erase", "N01", "--yes", "--json").output)["is_new"] is False
    assert "The person was erased" in person("show", "N00").output
