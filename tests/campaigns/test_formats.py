"""Both formats of a playbook's file: the first means the same in the second, and each is held by a file."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from evergrove.campaigns.definition import Cell, Limits, Variant
from evergrove.campaigns.errors import InvalidPlaybook, SharesDoNotAddUp, UnknownEntry, UnusableEntry
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.campaigns.variants import variant_of

FIRST = [each for each in shipped_documents() if each["format"] == "evergrove.playbook/1"]
SECOND: dict[str, Any] = {
    "format": "evergrove.playbook/2",
    "key": "own",
    "version": 2,
    "name": "Everything",
    "goal": "All of it.",
    "note": "A file with every entry.",
    "priority": 7,
    "reentry": "per_key",
    "control": 0.2,
    "needs": ["points"],
    "cell": {"tiers": ["high"], "stages": ["mature"]},
    "limits": {"most_per_day": 100, "budget": "spring"},
    "trigger": {
        "kind": "event",
        "event": "Cart Viewed",
        "key": "cart_id",
        "unless": "Order Completed",
        "within_hours": 4,
        "audience": "tier = 'high'",
    },
    "exits": {"order": True, "tiers": ["low"], "when": "orders >= 5", "event": "Left"},
    "coupon": {"code": "A", "percent": 10, "valid_days": 7, "redemption": 0.1},
    "steps": [
        {"do": "send", "template": "a", "channels": ["wechat", "email"], "only_if": "orders >= 2"},
        {"do": "wait", "wait_for": "App Opened", "valid_days": 5, "otherwise": "exit"},
        {"do": "coupon", "template": "b", "after_days": 1},
        {"do": "coupon", "template": "c", "coupon_campaign": "spring"},
        {"do": "task", "template": "call"},
        {
            "variants": [
                {"name": "x", "template": "d", "share": 0.25},
                {"name": "y", "template": "e", "share": 0.75},
            ]
        },
    ],
}


@pytest.mark.parametrize("document", FIRST, ids=lambda each: each["key"])
def test_what_the_first_format_says_means_the_same_in_the_second(document: dict[str, Any]) -> None:
    """A shop that only changes the first line changes nothing."""
    assert playbook_of(document | {"format": "evergrove.playbook/2"}) == playbook_of(document)


def test_the_second_format_says_all_that_it_says() -> None:
    """Entry by entry."""
    read = playbook_of(SECOND)
    assert (read.cell, read.limits, read.needs) == (
        Cell(("high",), ("mature",)),
        Limits(100, "spring"),
        ("points",),
    )
    assert (read.reentry, read.reentry_days, read.note) == ("per_key", None, "A file with every entry.")
    assert (read.trigger.event, read.trigger.key, read.trigger.unless) == (
        "Cart Viewed",
        "cart_id",
        "Order Completed",
    )
    assert (read.exits.tiers, read.exits.when, read.exits.event) == (("low",), "orders >= 5", "Left")
    assert [step.do for step in read.steps] == ["send", "wait", "send", "send", "task", "send"]
    assert [step.coupon for step in read.steps] == [False, False, True, False, False, False]
    assert [step.coupon_campaign for step in read.steps][3] == "spring"
    assert read.steps[0].channels == ("wechat", "email")
    assert read.steps[0].channel == "wechat"
    assert read.steps[4].channels == ("task",)
    assert read.steps[5].variants == (Variant("x", "d", 0.25), Variant("y", "e", 0.75))
    assert read.conditions == ("tier = 'high'", "orders >= 5", "orders >= 2")
    assert read.events == ("Left", "App Opened")
    assert read.missing == ("points",)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"needs": ["wings"]}, UnusableEntry, "wings"),
        ({"cell": {"tier": ["high"]}}, UnknownEntry, "tier"),
        ({"limits": {"most_per_day": 0}}, UnusableEntry, "most_per_day"),
        ({"trigger": {"kind": "milestone"}}, UnusableEntry, "orders"),
        ({"trigger": {"kind": "milestone", "orders": 3, "spend": 4}}, UnusableEntry, "orders"),
        ({"trigger": {"kind": "health", "below": 101}}, UnusableEntry, "below"),
        ({"trigger": {"kind": "schedule", "every": "week", "weekday": 8}}, UnusableEntry, "weekday"),
        ({"trigger": {"kind": "event", "event": "A", "key": "colour"}}, UnusableEntry, "colour"),
        ({"trigger": {"kind": "tier", "causes": ["clock"]}}, InvalidPlaybook, "enters"),
        ({"trigger": {"kind": "stage", "enters": "new", "causes": ["clock"]}}, UnusableEntry, "per_key"),
        ({"steps": [{"template": "a", "channel": "pigeon"}]}, UnusableEntry, "pigeon"),
        ({"steps": [{"template": "a", "channels": []}]}, UnusableEntry, "channels"),
        ({"steps": [{"do": "wait", "template": "a"}]}, UnknownEntry, "template"),
        ({"steps": [{"do": "sing", "template": "a"}]}, UnusableEntry, "sing"),
        ({"steps": [{"variants": [{"name": "x", "template": "a", "share": 0.5}]}]}, SharesDoNotAddUp, "0.5"),
    ],
)
def test_a_slip_in_the_second_format_is_named(
    changes: dict[str, Any], error: type[InvalidPlaybook], says: str
) -> None:
    """As in the first."""
    with pytest.raises(error, match=says):
        playbook_of(copy.deepcopy(SECOND) | changes, "own.toml")


def test_the_first_format_does_not_take_what_only_the_second_knows() -> None:
    """An older version that read it would have passed over half of what is meant."""
    (document,) = (each for each in FIRST if each["key"] == "L2")
    changes: tuple[dict[str, Any], ...]
    changes = ({"needs": []}, {"cell": {}}, {"reentry": "per_key"}, {"trigger": SECOND["trigger"]})
    for more in changes:
        with pytest.raises(InvalidPlaybook):
            playbook_of(document | more)


def test_variants_are_drawn_by_their_shares_and_stay() -> None:
    """A quarter gets the first; another step draws anew."""
    variants = playbook_of(SECOND).steps[5].variants
    people = [f"C{n}" for n in range(4000)]
    drawn = [variant_of("salt", "own", 5, each, variants).name for each in people]
    assert drawn == [variant_of("salt", "own", 5, each, variants).name for each in people]
    share = drawn.count("x") / len(people)
    assert abs(share - 0.25) < 4 * (0.25 * 0.75 / len(people)) ** 0.5
    other = [variant_of("salt", "own", 4, each, variants).name for each in people]
    agree = sum(a == b for a, b in zip(drawn, other, strict=True)) / len(people)
    assert abs(agree - (0.25**2 + 0.75**2)) < 4 * (0.625 * 0.375 / len(people)) ** 0.5
