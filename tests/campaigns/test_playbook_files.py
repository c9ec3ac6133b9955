"""The playbooks that come with Evergrove, and what a shop's own ones may say."""

from __future__ import annotations

import copy
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.campaigns.definition import Exits, Step
from evergrove.campaigns.errors import (
    CouponMissing,
    InvalidPlaybook,
    MissingEntry,
    UnknownEntry,
    UnknownPlaybookFormat,
    UnreadablePlaybook,
    UnusableEntry,
)
from evergrove.campaigns.reading import playbook_of, read_document, shipped_documents
from evergrove.campaigns.words import PLAYBOOK_TEXTS

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = {document["key"]: playbook_of(document) for document in shipped_documents()}

OWN = """
format = "evergrove.playbook/1"
key = "mine"
version = 3
name = "Say hello"
goal = "An order."
priority = 5
reentry = 30
control = 0.2
[trigger]
kind = "tier"
enters = "high"
causes = ["evidence", "clock"]
[[steps]]
template = "hello"
"""


def own(**changes: Any) -> dict[str, Any]:
    """A good playbook with some entries changed; None takes one away."""
    document = copy.deepcopy(tomllib.loads(OWN)) | changes
    return {name: value for name, value in document.items() if value is not None}


def test_the_first_three_playbooks_come_along() -> None:
    """New customers, the expected order, and decline."""
    welcome, drifting, expected = SHIPPED["L2"], SHIPPED["L5"], SHIPPED["T1b"]
    assert [step.template for step in welcome.steps] == [
        "new-thanks",
        "new-howto",
        "new-question",
        "new-coupon",
    ]
    assert [step.after_days for step in welcome.steps] == [0, 3, 7, 8]
    assert welcome.reentry_days is None
    assert welcome.trigger.causes == ("evidence",)
    assert [step.after_days for step in drifting.steps] == [0, 14]
    assert drifting.reentry_days == 90
    assert drifting.trigger.causes == ("evidence", "clock")
    assert drifting.exits == Exits(order=True, stays_in=("decline",))
    assert (expected.steps[0].lead_days, expected.steps[0].most_likely) == (3, 0.7)
    assert expected.trigger.tiers == ("high", "potential")
    assert (expected.trigger.widest_days, expected.reentry_days) == (60, 60)


def test_the_seventeen_are_there_and_what_waits_for_a_station_is_locked() -> None:
    """Engagement f names them; those for answers, rises and falls, milestones and points are files of their own."""
    seventeen = [
        "T1",
        "T1b",
        "T2",
        "T3",
        "T4",
        "T4h",
        "L1",
        "L2",
        "L3",
        "L4",
        "L4n",
        "L5",
        "L6",
        "G1",
        "G2",
        "G3",
        "G4",
    ]
    assert SHIPPED.keys() == {*seventeen, "L4nq", "L4nd", "L4a", "L4m", "T3p", "G3d", "E1"}
    missing = {key: each.missing for key, each in SHIPPED.items() if each.missing}
    assert missing == {"L1": ("leads",), "T3p": ("points",), "G1": ("lookalikes",), "G4": ("reports",)}


def test_growth_the_peak_and_answers_have_playbooks() -> None:
    """Engagement f: L3, L4 with the question each 180 days, and L4n by what was answered; each a draft of its own."""
    grown, peak = SHIPPED["L3"], SHIPPED["L4"]
    assert (grown.trigger.enters, peak.trigger.enters) == ("growth", "mature")
    assert grown.coupon is None
    assert peak.coupon is None
    asked = [step.after_days for step in peak.steps if step.template == "mature-question"]
    assert asked == [14, 14 + 180]
    answers = {key: SHIPPED[key].trigger for key in ("L4n", "L4nq", "L4nd")}
    assert {key: (each.kind, each.enters) for key, each in answers.items()} == {
        "L4n": ("nps", "promoter"),
        "L4nq": ("nps", "passive"),
        "L4nd": ("nps", "detractor"),
    }
    assert SHIPPED["L4nd"].control == 0.0
    assert SHIPPED["L4nd"].priority == min(each.priority for each in SHIPPED.values())
    assert len({each.priority for each in SHIPPED.values()}) == len(SHIPPED)


def test_their_texts_have_translations() -> None:
    """A text that stands only in TOML would stay English on every page."""
    assert {text for each in SHIPPED.values() for text in (each.name, each.goal)} == set(PLAYBOOK_TEXTS)


def test_a_shops_own_playbook_is_read() -> None:
    """With the usual values where nothing is said."""
    read = playbook_of(own())
    assert read.steps == (Step("hello"),)
    assert (read.version, read.control, read.reentry_days, read.exits) == (3, 0.2, 30, Exits())


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"key": None}, MissingEntry, "key"),
        ({"trigger": None}, MissingEntry, "trigger"),
        ({"steps": None}, MissingEntry, "steps"),
        ({"pirority": 5}, UnknownEntry, "pirority"),
        ({"steps": [{"template": "hello", "day": 3}]}, UnknownEntry, "day"),
        ({"steps": []}, UnusableEntry, "steps"),
        ({"steps": [{"template": "hello", "valid_days": 0}]}, UnusableEntry, "valid_days"),
        ({"steps": [{"template": "hello", "channel": "pigeon"}]}, UnusableEntry, "pigeon"),
        ({"steps": [{"template": "hello", "coupon": True}]}, CouponMissing, "hello"),
        ({"trigger": {"kind": "stage", "enters": "hihg", "causes": ["clock"]}}, UnusableEntry, "hihg"),
        ({"trigger": {"kind": "stage", "enters": "new", "causes": ["policy"]}}, UnusableEntry, "policy"),
        ({"trigger": {"kind": "stage", "enters": "new", "causes": []}}, UnusableEntry, "causes"),
        ({"trigger": "new"}, UnusableEntry, "trigger"),
        ({"trigger": {"kind": "nps", "enters": "fan"}}, UnusableEntry, "promoter"),
        ({"trigger": {"kind": "nps", "enters": "passive", "causes": ["clock"]}}, UnknownEntry, "causes"),
        ({"trigger": {"kind": "nps", "enters": "passive"}, "reentry": 6}, UnusableEntry, "7-"),
        ({"exits": {"order": 1}}, UnusableEntry, "order"),
        ({"reentry": "never"}, UnusableEntry, "reentry"),
        ({"control": 0.9}, UnusableEntry, "control"),
        ({"version": True}, UnusableEntry, "version"),
        ({"name": ""}, UnusableEntry, "name"),
    ],
)
def test_a_slip_is_named(changes: dict[str, Any], error: type[InvalidPlaybook], says: str) -> None:
    """Nothing unknown is let through, and nothing is put right silently."""
    with pytest.raises(error, match=says):
        playbook_of(own(**changes), "mine.toml")


@pytest.mark.parametrize("found", [None, "evergrove.playbook/3", 1])
def test_another_format_is_refused(found: object) -> None:
    """A newer version may mean other things by the same words."""
    with pytest.raises(UnknownPlaybookFormat, match=r"evergrove\.playbook/1"):
        playbook_of(own(format=found))


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    """As is one that is not there."""
    path = tmp_path / "mine.toml"
    with pytest.raises(UnreadablePlaybook, match="no such file"):
        read_document(path)
    path.write_text("key = ", encoding="utf-8")
    with pytest.raises(UnreadablePlaybook, match=r"mine\.toml"):
        read_document(path)
    path.write_text(OWN, encoding="utf-8")
    assert read_document(path) == own()
