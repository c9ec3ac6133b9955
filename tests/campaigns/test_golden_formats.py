"""What playbooks store is read back as it was written, release after release; what a later one writes is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evergrove.campaigns.definition import (
    FORMATS,
    Cell,
    Coupon,
    Exits,
    Limits,
    Playbook,
    Step,
    Trigger,
    Variant,
)
from evergrove.campaigns.errors import UnknownPlaybookFormat, UnknownStored
from evergrove.campaigns.library import install_playbooks
from evergrove.campaigns.reading import playbook_of
from evergrove.campaigns.schedule import windows_document, windows_from
from evergrove.campaigns.starting import newest_trial
from evergrove.campaigns.tables import playbook_trial
from evergrove.campaigns.types import Window

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 6, 9, tzinfo=UTC)
FIRST = Playbook(
    key="first",
    version=3,
    name="Everything of the first format",
    goal="All of it.",
    priority=12,
    reentry_days=90,
    trigger=Trigger("stage", "decline", ("evidence", "clock"), silent_days=7),
    exits=Exits(order=False, into=("churned",), stays_in=("decline", "growth")),
    steps=(
        Step("decline-question", after_days=1, valid_days=5),
        Step("decline-offer", timing="first_gap", after_days=8, lead_days=7, coupon=True, most_likely=0.7),
        Step("new-howto", timing="next_order", lead_days=3),
    ),
    coupon=Coupon("BACK5", 5, 21, 0.15),
    control=0.25,
)
SECOND = Playbook(
    key="second",
    version=2,
    name="Everything of the second format",
    goal="All of it.",
    priority=7,
    reentry_days=None,
    trigger=Trigger(
        "event",
        causes=("evidence",),
        audience="tier = 'high'",
        event="Cart Viewed",
        key="cart_id",
        unless="Order Completed",
        within_hours=4,
    ),
    exits=Exits(
        order=True,
        into=("churned",),
        stays_in=("mature", "growth"),
        tiers=("low",),
        when="orders >= 5",
        event="Left",
    ),
    steps=(
        Step("a", "wechat", after_days=1, valid_days=3, channels=("wechat", "email"), only_if="orders >= 2"),
        Step("", after_days=2, valid_days=5, do="wait", wait_for="App Opened", otherwise="exit"),
        Step("b", after_days=1, coupon=True, most_likely=0.7),
        Step("c", timing="next_order", lead_days=3, coupon_campaign="spring"),
        Step("call", "task", do="task", channels=("task",)),
        Step("d", variants=(Variant("x", "d", 0.25), Variant("y", "e", 0.75))),
    ),
    coupon=Coupon("A", 10, 7, 0.1),
    control=0.2,
    reentry="per_key",
    cell=Cell(("high",), ("mature",)),
    needs=("points",),
    limits=Limits(100, "spring"),
    note="A file with every entry.",
)
WINDOWS = (
    Window(date(2026, 3, 1), date(2026, 3, 7)),
    Window(date(2026, 3, 20), date(2026, 4, 2), date(2026, 4, 20)),
)


def golden(name: str) -> dict[str, Any]:
    """A document as a release wrote it; never changed."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_every_format_that_is_read_has_its_golden_file() -> None:
    """The newest and the one before it; none more, none less."""
    kept = {golden(path.stem)["format"] for path in GOLDEN.glob("playbook_*.json")}

    assert kept == set(FORMATS)


@pytest.mark.parametrize(("name", "playbook"), [("playbook_1", FIRST), ("playbook_2", SECOND)])
def test_a_playbook_is_read_as_it_was_meant(name: str, playbook: Playbook) -> None:
    """Every entry that its format has, and those that it has not with what they meant then."""
    assert playbook_of(golden(name)) == playbook


def test_windows_are_read_and_written_as_ever() -> None:
    """Days of steps that were fixed when a customer entered."""
    assert windows_from(golden("windows_1")) == WINDOWS
    assert windows_document(WINDOWS) == golden("windows_1")


def with_trial(ledger: Ledger, document: dict[str, Any]) -> None:
    """Keep a playbook, and what some release wrote of its trial."""
    row = {"key": "first", "version": 3, "people": 1, "tried_at": NOW, "tried_by": "cli"}
    with ledger.writing() as connection:
        install_playbooks(connection, NOW, [golden("playbook_1")])
        connection.execute(playbook_trial.insert().values(**row, document=document))


def test_a_trial_is_read_as_it_was_kept(ledger: Ledger) -> None:
    """With all its figures."""
    with_trial(ledger, golden("trial_1"))

    with ledger.reading() as connection:
        found = newest_trial(connection, "first")
    assert found is not None
    assert (found.people, found.document) == (1, golden("trial_1"))


@pytest.mark.parametrize("told", ["evergrove.playbook/3", "evergrove.playbook/0", "evergrove.letter/1", None])
def test_a_playbook_of_another_format_is_refused(told: str | None) -> None:
    """With its code, what it is, and the way out."""
    with pytest.raises(UnknownPlaybookFormat) as refused:
        playbook_of(golden("playbook_2") | {"format": told})

    assert refused.value.code == "campaigns.unknown_format"
    assert str(told) in str(refused.value)
    assert all(known in str(refused.value) for known in FORMATS)
    assert "Its first line must be" in str(refused.value)


def test_what_a_later_release_stored_is_refused(ledger: Ledger) -> None:
    """Windows and trials: half understood they would send on the wrong day."""
    with pytest.raises(UnknownStored, match="windows/2") as refused:
        windows_from(golden("windows_1") | {"format": "evergrove.windows/2"})
    assert refused.value.code == "campaigns.unknown_stored"
    assert "Install the version of Evergrove that wrote it" in str(refused.value)

    with_trial(ledger, golden("trial_1") | {"format": "evergrove.trial/2"})
    with ledger.reading() as connection, pytest.raises(UnknownStored, match="trial/2"):
        newest_trial(connection, "first")
