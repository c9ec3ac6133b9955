"""A policy of what is predicted rules real nights: who rises and falls, why, and the same again in a replay."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from evergrove.core import SetClock
from evergrove.segments import explain_move, read_placement
from evergrove.segments.sentences.own_tiers import tier_words
from evergrove.segments.tiers.adoption import adopt, policy_named
from evergrove.segments.tiers.documents import SETTINGS
from evergrove.text import translator
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace

NIGHT = datetime(2026, 7, 2, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
OWN = """
format = "evergrove.tier_policy/1"
name = "ahead"
combine = "predicted"
[[tiers]]
key = "guest"
like = "low"
[[tiers]]
key = "regular"
like = "low"
names = { en = "Regular", zh-Hans = "熟客", zh-Hant = "熟客" }
[[tiers]]
key = "gold"
like = "high"
names = { en = "Gold", zh-Hans = "金卡", zh-Hant = "金卡" }
[criteria]
clv_12m = [20, 400]
"""
one_database = pytest.mark.parametrize("begun_workspace", ["sqlite"], indirect=True)


def nights(workspace: Workspace, days: tuple[int, ...]) -> list[Any]:
    """Runs after so many days each."""
    assert isinstance(workspace.clock, SetClock)
    outcomes = []
    for after in days:
        workspace.clock.moment = NIGHT + timedelta(days=after)
        outcomes.append(workspace.run())
    return outcomes


def rows(workspace: Workspace, table: str) -> list[dict[str, Any]]:
    """A table of the newest run."""
    run = workspace.warehouse.newest("run")
    assert run is not None
    with open_engine() as engine:
        workspace.warehouse.show(engine, run, table, table)
        found = engine.arrow(f"select * from {table}").to_pylist()
        return [dict(row) for row in found]


def own_moves(workspace: Workspace) -> dict[int, list[dict[str, Any]]]:
    """Moves between own tiers, by the number of the run."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows(workspace, "transitions"):
        if row["axis"] == "own_tier":
            found.setdefault(row["run_seq"], []).append(row)
    return found


@pytest.mark.slow
def test_a_predicted_policy_rules_three_nights_and_their_replay(begun: Workspace, tmp_path: Path) -> None:
    """
    Its first night places everybody anew by our doing; months of silence later, two nights in a row let customers fall.

    Every move says from where to where, why, and by which figure; moves between two tiers that play as the same
    usual one are on the axis of own tiers alone.
    """
    path = tmp_path / "ahead.toml"
    path.write_text(OWN, encoding="utf-8")
    with begun.ledger.writing() as connection:
        adopt(connection, policy_named(str(path)), begun.clock.now())

    first, doubted, fallen = nights(begun, (0, 150, 151))

    assert set(first.own_tiers) == {"guest", "regular", "gold"}
    assert min(first.own_tiers.values()) > 0
    assert (first.is_adopted, first.is_doubted, first.rules.name, first.rules.version) == (
        True,
        True,
        "ahead",
        1,
    )
    moves = own_moves(begun)
    assert {row["cause"] for row in moves[2]} == {"policy"}
    assert {row["from_"] for row in moves[2]} <= {"low", "medium", "potential", "high"}
    assert len(moves[2]) == sum(first.own_tiers.values())
    order = ["guest", "regular", "gold"]
    assert not [row for row in moves.get(3, []) if order.index(row["to_"]) < order.index(row["from_"])]
    assert moves[4]
    assert {row["cause"] for row in moves[4]} <= {
        "clock",
        "model",
    }  # models were fitted anew the night before
    standing = {row["customer_id"]: row["own_tier"] for row in rows(begun, "tiers")}
    assert all(standing[row["customer_id"]] == row["to_"] for row in moves[4])
    assert fallen.flaps["tonight"] == len(moves[4])
    alike = {row["customer_id"] for row in moves[4] if {row["from_"], row["to_"]} == {"guest", "regular"}}
    on_tier = {
        row["customer_id"]
        for row in rows(begun, "transitions")
        if row["axis"] == "tier" and row["run_seq"] == 4
    }
    assert alike
    assert not alike & on_tier
    run = begun.warehouse.newest("run")
    assert run is not None
    assert run.details["flaps"] == fallen.flaps
    words = tier_words(read_placement(run.details["placement"]).policy.rules, "zh-Hans")
    for row in moves[4]:
        said = explain_move(row | {"evidence": json.loads(row["evidence"])}, words).said(
            translator("zh-Hans")
        )
        assert said.startswith(("自定层级：金卡 →", "自定层级：熟客 →")), said
        assert re.search("12 个月", said), said
    with begun.ledger.writing() as connection:
        adopt(connection, policy_named(SETTINGS), begun.clock.now())
    assert all(begun.replay(each.as_of).is_equal for each in (first, doubted, fallen))


@pytest.mark.long
@one_database
def test_back_to_the_settings_everybody_is_moved_by_our_doing(begun: Workspace, tmp_path: Path) -> None:
    """The last rows on the axis of own tiers end at the usual four; after that there are none."""
    path = tmp_path / "ahead.toml"
    path.write_text(OWN, encoding="utf-8")
    with begun.ledger.writing() as connection:
        adopt(connection, policy_named(str(path)), begun.clock.now())
    (ruled,) = nights(begun, (0,))
    with begun.ledger.writing() as connection:
        adopt(connection, None, begun.clock.now())

    back, later = nights(begun, (1, 2))

    moves = own_moves(begun)
    assert {row["cause"] for row in moves[3]} == {"policy"}
    assert {row["from_"] for row in moves[3]} == set(ruled.own_tiers)
    assert {row["to_"] for row in moves[3]} <= {"low", "medium", "potential", "high"}
    assert 4 not in moves
    assert (back.own_tiers, back.is_adopted, later.flaps["axis"]) == ({}, False, "tier")
    assert all(begun.replay(each.as_of).is_equal for each in (back, later))
