"""``evergrove backtest``: a table, a verdict, a folder; of files, or of a workspace."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.scoring.rolling import check_format
from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

    Command = Callable[..., Done]

QUICK = ("--origins", "2", "--window", "13 weeks", "--models", "pareto-nbd,nbd", "--no-season")


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file with its byte order mark."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_file_is_looked_back_on(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """Windows, everybody's measures, a champion for each purpose, the verdict; and all of it in a folder."""
    done = evergrove("backtest", orders, *QUICK)

    assert done.status == 0, done.err
    out = tmp_path / "evergrove-backtest"
    assert {path.name for path in out.iterdir()} == {
        "summary.json",
        "measures.csv",
        "groups.csv",
        "back-test.html",
        "champions.json",
    }
    document: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    check_format(document)
    assert document["currency"] == "CNY"
    assert document["files"] == [
        "back-test.html",
        "champions.json",
        "groups.csv",
        "measures.csv",
        "summary.json",
    ]
    names = [one["name"] for one in document["contenders"]]
    assert names == ["average_rate", "last_period", "past_spend", "recency", "pareto-nbd", "nbd"]
    measures = rows_of(out / "measures.csv")
    assert [row["origin"] for row in measures[:3]] == [*(o["origin"] for o in document["origins"]), "all"]
    assert {row["by"] for row in rows_of(out / "groups.csv")} == {"tier", "cohort", "band", "frequency"}
    told = [row for row in measures if row["contender"] == "pareto-nbd"]
    inside = "".join(f"{float(row['spend_inside']):.1%}\n" for row in told if row["origin"] != "all").split()
    [printed] = [
        line.split()[1:] for line in done.out.split("window by window")[1].splitlines() if "Pareto" in line
    ][:1]
    assert printed == inside
    assert document["verdict"]["says"] in done.out
    assert document["verdict"]["says"].startswith("Judged over 2 windows of 91 days, take ")
    for champion in document["champions"]:
        assert champion["runner_up"] is not None
    assert "Pareto/NBD" in done.out
    assert "purchase days" in done.out


@pytest.mark.slow
def test_a_second_look_back_replaces_the_first_and_nothing_else(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """The folder is ours: written anew; a folder with a stranger's file is left alone."""
    assert evergrove("backtest", orders, *QUICK).status == 0
    again = evergrove("backtest", orders, *QUICK, "--lang", "zh-Hant", "--json")

    printed = json.loads(again.out)
    assert again.status == 0, again.err
    assert printed["format"] == "evergrove.backtest/1"
    assert printed["verdict"]["says"].startswith("按 2 個 91 天的窗口評判")
    assert printed["contenders"][0]["title"] == "迄今的平均頻率"

    (tmp_path / "evergrove-backtest" / "notes.txt").write_text("mine", encoding="utf-8")
    refused = evergrove("backtest", orders, *QUICK)
    assert refused.status == 2
    assert "notes.txt" in refused.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--window", "soon"), "cli.invalid_option"),
        (("--window", "3"), "scoring.no_window"),
        (("--window", "700"), "scoring.no_origin"),
        (("--models", "weibull"), "scoring.unknown_model"),
        (("--origins", "0"), "scoring.no_window"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_way_out(
    evergrove: Command, orders: Path, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    """Status 2, a sentence, a code; nothing is written."""
    done = evergrove("backtest", orders, *arguments)

    assert done.status == 2
    assert f"[{code}]" in done.err
    assert not (tmp_path / "evergrove-backtest").exists()


@pytest.mark.slow
def test_without_a_file_the_workspace_is_looked_back_on(
    evergrove: Command, decided_workspace: Path, tmp_path: Path
) -> None:
    """As of its last run, with what its facts say."""
    home = copy_of(decided_workspace, tmp_path / "workspace")

    done = evergrove("backtest", "-w", home, "--origins", "1", "--models", "nbd", "--json")

    assert done.status == 0, done.err
    printed = json.loads(done.out)
    assert printed["as_of"] == "2026-07-01"
    assert [one["origin"] for one in printed["origins"]] == ["2026-04-02"]
    assert (tmp_path / "evergrove-backtest" / "summary.json").exists()


def test_without_a_file_and_a_workspace_it_says_what_is_missing(evergrove: Command) -> None:
    """No traceback."""
    done = evergrove("backtest")

    assert done.status == 2
    assert "[app.no_workspace]" in done.err


def test_a_learned_model_without_its_extra_says_how_to_get_it(evergrove: Command, tmp_path: Path) -> None:
    """Before anything is read."""
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "sklearn.py").write_text("raise ImportError\n", encoding="utf-8")

    done = evergrove("backtest", tmp_path / "none.csv", "--learned", PYTHONPATH=str(absent))

    assert done.status == 2
    assert "evergrove[ml]" in done.err
