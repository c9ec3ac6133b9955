"""``evergrove segments``: what a person reads and a machine reads; every mistake is a sentence and exit status 2."""

from __future__ import annotations

import csv
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from evergrove.cli.main import cli
from evergrove.cli.segments import VERBS
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.writing import document_of
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Result]

INPUT = 2
CHINESE = re.compile("[\u4e00-\u9fff]")
LOST = "stage = 'churned' and orders >= 2"


@pytest.fixture
def segments(
    decided_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """``evergrove segments`` in a copy of a workspace after two nights; the machine's settings stay out."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "EVERGROVE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(copy_of(decided_workspace, tmp_path / "workspace"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["segments", *arguments])

    return run


def told(result: Result) -> dict[str, Any]:
    """What a machine reads."""
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
def test_a_segment_is_checked_stored_shown_listed_written_and_removed(
    segments: Command, tmp_path: Path
) -> None:
    """The whole way, as a person goes it."""
    checked = told(segments("check", LOST, "--json"))
    assert checked["format"] == "evergrove.segment_check/1"
    assert checked["condition"] == document_of(parse(LOST))
    assert checked["words"]["en"] == "stage is Churned, and orders so far is at least 2"
    assert checked["as_of"] == "2026-07-01"

    defined = segments("define", "lost", LOST, "--note", "call them")
    assert "lost, version 1, counts from the next run on." in defined.stdout
    assert f"{checked['members']} of {checked['customers']} customers, as of 2026-07-01" in defined.stdout
    assert "nothing changed" in segments("define", "lost", f"  {LOST}", "--note", "call them").stdout
    assert "call them" in segments("show", "lost").stdout
    listed = told(segments("list", "--json"))["segments"]
    assert [(each["key"], each["version"], each["text"]) for each in listed] == [("lost", 1, LOST)]

    written = segments("members", "lost", "-o", str(tmp_path / "lost.csv"))
    assert written.exit_code == 0
    with (tmp_path / "lost.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == checked["members"] > 0
    assert list(rows[0]) == ["customer_id", "entered_on", "entry_reason"]

    assert segments("remove", "lost").exit_code == 0
    assert told(segments("list", "--json"))["segments"] == []


@pytest.mark.slow
def test_files_hold_texts_and_json_forms(segments: Command, tmp_path: Path) -> None:
    """Both say the same; what is neither is named as such."""
    (tmp_path / "a.txt").write_text(f"{LOST}\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(document_of(parse(LOST))), encoding="utf-8")
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    (tmp_path / "c.json").write_text(
        json.dumps({"format": "evergrove.segment/9", "where": {}}), encoding="utf-8"
    )

    for name in ("a.txt", "a.json"):
        assert (
            told(segments("define", f"from-{name[2:]}", "--file", str(tmp_path / name), "--json"))["text"]
            == LOST
        )
    for name in ("b.json", "c.json", "d.txt"):
        refused = segments("define", "x", "--file", str(tmp_path / name))
        assert refused.exit_code == INPUT
    assert segments("define", "x").exit_code == INPUT
    assert segments("define", "x", LOST, "--file", str(tmp_path / "a.txt")).exit_code == INPUT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "tire = 'high'"), "1:1: there is no field tire. Did you mean tier"),
        (("check", "tier = 'high'; drop table x"), "1:14: a second statement has no place"),
        (("define", "Bad Key", "orders = 1"), "cannot be the key of a segment"),
        (("define", "a", "in_segment('a')"), "a would ask for itself: a > a."),
        (("define", "a", "in_segment('b')"), "There is no segment b."),
        (("show", "none"), "There is no segment none."),
        (("members", "none"), "There is no segment none."),
        (("remove", "none"), "There is no segment none."),
    ],
)
def test_a_mistake_is_a_sentence(segments: Command, arguments: tuple[str, ...], said: str) -> None:
    """On standard error, with exit status 2, in the reader's language too."""
    refused = segments(*arguments)

    assert refused.exit_code == INPUT
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert CHINESE.search(segments(*arguments, "--lang", "zh-TW").stderr)


@pytest.mark.slow
def test_completion_is_for_people_and_for_editors(segments: Command) -> None:
    """A name, and what it is called in the reader's language."""
    offered = told(segments("complete", "tier = 'hi", "--json"))

    assert offered["format"] == "evergrove.segment_completion/1"
    assert [each["text"] for each in offered["items"]] == ["'high'"]
    assert "距最近下单天数" in segments("complete", "days_since_last", "--lang", "zh-Hans").stdout


def test_every_verb_is_listed_in_words_of_its_own_and_loads() -> None:
    """The list names modules and functions that are there, and says of each verb what its help begins with."""
    for name, (module, function, _says) in VERBS.items():
        verb = getattr(import_module(f"evergrove.cli.{module}"), function)
        assert verb.__doc__, name
    shown = CliRunner().invoke(cli, ["segments", "--help"]).stdout
    assert all(f" {name} " in shown for name in VERBS)
    assert CliRunner().invoke(cli, ["segments", "chekc"]).exit_code == INPUT
