"""A back-test is heard by the commands after it: beside the results, by name, and in a workspace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.testing.workspaces import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

    Command = Callable[..., Done]

QUICK = ("--origins", "2", "--window", "13 weeks", "--models", "pareto-nbd,mbg-nbd", "--no-season")
LEAN = ("--no-csv", "--no-intervals", "--no-report")


def summary_of(folder: Path) -> dict[str, Any]:
    """What a command left."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


def altered(path: Path, **live: Any) -> None:
    """Let the file of champions say something else."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for each in document["live"]["purposes"]:
        each["as_good"] = live.get(each["purpose"], [])
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.slow
def test_what_a_back_test_found_is_heard_beside_its_results(
    evergrove: Command, shared: Callable[[str], Path], tmp_path: Path
) -> None:
    """The model is the file's champion, the page says so and leads to the back-test; a named model hears nobody."""
    orders = shared("clv/cdnow_sample.csv")
    assert evergrove("backtest", orders, *QUICK).status == 0
    file = tmp_path / "evergrove-backtest" / "champions.json"
    altered(file, ranking=["mbg-nbd"])

    done = evergrove("value", orders, "--no-csv", "--no-intervals")
    named = evergrove("value", orders, "-o", "named", "--model", "pareto-nbd", *LEAN)

    assert done.status == 0, done.err
    model = summary_of(tmp_path / "evergrove-out")["model"]
    assert (model["name"], model["how"]) == ("mbg-nbd", "champion")
    assert model["champions"]["page"] == "../evergrove-backtest/back-test.html"
    assert {each["used"] for each in model["champions"]["purposes"]} == {"mbg-nbd"}
    page = (tmp_path / "evergrove-out" / "report.html").read_text(encoding="utf-8")
    assert 'href="../evergrove-backtest/back-test.html"' in page
    assert named.status == 0, named.err
    assert summary_of(tmp_path / "named")["model"]["champions"] is None


@pytest.mark.slow
def test_champions_of_another_shop_are_left_aside_or_refused(
    evergrove: Command, orders: Path, tmp_path: Path
) -> None:
    """Those that only lie there with a note, those that were named with the way out; nothing later is heard."""
    assert evergrove("backtest", orders, *QUICK).status == 0
    file = tmp_path / "evergrove-backtest" / "champions.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(document | {"customers": 9000}), encoding="utf-8")

    lying = evergrove("value", orders, *LEAN)
    named = evergrove("value", orders, *LEAN, "-o", "other", "--champions", file)
    none = evergrove("value", orders, *LEAN, "-o", "other", "--champions", orders)
    before = evergrove("value", orders, *LEAN, "-o", "earlier", "--as-of", "2025-06-30")

    assert lying.status == 0, lying.err
    assert "left aside" in lying.err + lying.out
    assert summary_of(tmp_path / "evergrove-out")["model"]["champions"] is None
    assert "scoring.champions_left_aside" in {
        each["code"] for each in summary_of(tmp_path / "evergrove-out")["warnings"]
    }
    assert named.status == none.status == 2
    assert "[scoring.champions_of_another_shop]" in named.err
    assert "[pipeline.no_champions]" in none.err
    assert not (tmp_path / "other").exists()
    assert "knew orders up to" in before.err + before.out


@pytest.mark.slow
@pytest.mark.long
def test_the_runs_of_a_workspace_hear_its_last_back_test(
    evergrove: Command, decided_workspace: Path, tmp_path: Path
) -> None:
    """A run of the same day is no repetition any more: models are fitted anew; the run after it has nothing to do."""
    home = copy_of(decided_workspace, tmp_path / "workspace")
    assert evergrove("backtest", "-w", home, "--origins", "2", "--models", "pareto-nbd,mbg-nbd").status == 0

    first = evergrove("run", "-w", home, "--as-of", "2026-07-01", "--json")
    again = evergrove("run", "-w", home, "--as-of", "2026-07-01", "--json")
    replayed = evergrove("replay", "2026-07-01", "-w", home)
    checked = evergrove("doctor", "-w", home)

    assert first.status == 0, first.err
    assert again.status == 0, again.err
    assert json.loads(first.out)["refit"] is True
    assert json.loads(again.out)["new"] is False
    assert replayed.status == 0, replayed.err + replayed.out
    assert checked.status == 0, checked.err + checked.out


def test_champions_beside_a_model_are_refused(evergrove: Command, orders: Path, tmp_path: Path) -> None:
    """Both say which model speaks; the sentence names the options, and nothing is read or written."""
    done = evergrove("value", orders, "--model", "nbd", "--champions", tmp_path, *LEAN)

    assert done.status == 2
    assert "[pipeline.champions_beside_model]" in done.err
    assert "--model nbd" in done.err
    assert not (tmp_path / "evergrove-out").exists()
