"""Playbooks of a workspace: drafts until a person starts them, versions that never change."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.campaigns import (
    due,
    install_playbooks,
    installed,
    pause_playbook,
    start_playbook,
    started_playbooks,
)
from evergrove.campaigns.errors import MissingEntry, NotTheVersion, UnknownPlaybook
from evergrove.campaigns.reading import shipped_documents
from evergrove.campaigns.service import store_due
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.testing.situations import Shopper, moves, situation

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SHIPPED = tuple(document["key"] for document in shipped_documents())


def document(key: str, **changes: Any) -> dict[str, Any]:
    """A shipped playbook's document with some entries changed."""
    (found,) = (each for each in shipped_documents() if each["key"] == key)
    return copy.deepcopy(found) | changes


def test_playbooks_are_drafts_until_a_person_starts_them(ledger: Ledger) -> None:
    """Installing them again says that nothing is new, and stops nothing."""
    with ledger.writing() as connection:
        assert install_playbooks(connection, NOW) == SHIPPED
        assert {each.state for each in installed(connection)} == {"draft"}
        assert started_playbooks(connection) == ()
        assert start_playbook(connection, "L5", LATER) == "draft"
    with ledger.writing() as connection:
        assert install_playbooks(connection, LATER) == ()
        assert start_playbook(connection, "L5", LATER + timedelta(days=1)) == "started"
    with ledger.reading() as connection:
        assert [each.key for each in started_playbooks(connection)] == ["L5"]
        states = {each.playbook.key: (each.state, each.started_at) for each in installed(connection)}
    assert states == {**dict.fromkeys(SHIPPED, ("draft", None)), "L5": ("started", LATER)}


def test_an_unknown_playbook_is_refused_with_those_that_are_there(ledger: Ledger) -> None:
    """A slip of the pen starts nothing."""
    with ledger.writing() as connection:
        with pytest.raises(UnknownPlaybook, match="Installed are: -"):
            start_playbook(connection, "L9", NOW)
        install_playbooks(connection, NOW)
        with pytest.raises(UnknownPlaybook, match=", ".join(sorted(SHIPPED))):
            pause_playbook(connection, "L9", NOW)


def test_a_version_in_use_never_changes(ledger: Ledger) -> None:
    """A changed playbook needs a new version; new customers enter that once somebody has started it."""
    changed = document("L2", priority=99)
    with ledger.writing() as connection:
        install_playbooks(connection, NOW)
        start_playbook(connection, "L2", NOW)
        with pytest.raises(NotTheVersion, match="the version 2"):
            install_playbooks(connection, NOW, [changed])
        assert install_playbooks(connection, LATER, [changed | {"version": 2}]) == ("L2",)
        (old,) = started_playbooks(connection)
        assert start_playbook(connection, "L2", LATER) == "started"
        (welcome,) = started_playbooks(connection)
    assert (old.version, old.priority) == (1, 10)
    assert (welcome.version, welcome.priority) == (2, 99)


def test_one_bad_playbook_among_good_ones_installs_none(ledger: Ledger) -> None:
    """All of a delivery, or nothing."""
    bad = document("L5")
    del bad["goal"]
    with ledger.writing() as connection:
        with pytest.raises(MissingEntry):
            install_playbooks(connection, NOW, [document("L2"), bad])
        assert installed(connection) == ()


def test_who_is_under_way_finishes_the_old_version(shop: Ledger) -> None:
    """Steps taken out of the new version are still taken by those who entered the old one."""
    seen = situation([Shopper("old", stage="new", orders=1), Shopper("late", stage="new", orders=1)])
    as_of = NOW.date() - timedelta(days=1)
    with shop.writing() as connection:
        playbooks = started_playbooks(connection)
        found = due(connection, playbooks, seen, moves(("old", "new", "evidence")), as_of)
        store_due(connection, found, 1, NOW)
        steps = document("L2")["steps"][2:]
        install_playbooks(connection, NOW, [document("L2", version=2, steps=steps)])
        start_playbook(connection, "L2", NOW)
        playbooks = started_playbooks(connection)
        found = due(
            connection, playbooks, seen, moves(("late", "new", "evidence")), as_of + timedelta(days=1)
        )
    assert {each.customer_id: (each.version, each.template) for each in found.proposals} == {
        "old": (1, "new-thanks"),
    }
    assert [(each.customer_id, each.version, len(each.windows)) for each in found.entered] == [("late", 2, 2)]


def test_pausing_takes_back_what_waits(shop: Ledger) -> None:
    """And the draft of a playbook stays one."""

    def message(playbook: str, customer: str) -> Message:
        return Message(
            playbook=playbook,
            version=1,
            customer_id=customer,
            occasion="once",
            step=0,
            channel="email",
            arm="treated",
            template="new-thanks",
            decision_id="d",
            run_id=1,
            not_before=NOW,
            valid_until=LATER,
        )

    with shop.writing() as connection:
        enqueue(connection, [message("L2", "a"), message("L2", "b"), message("L5", "a")], NOW)
        assert pause_playbook(connection, "L2", LATER) == 2
        assert pause_playbook(connection, "L2", LATER) == 0
        assert [each.key for each in started_playbooks(connection)] == ["L5", "T1b"]
        rows = connection.execute(select(OUTBOX.c.playbook, OUTBOX.c.state, OUTBOX.c.reason)).all()
    assert sorted(map(tuple, rows), key=str) == [
        ("L2", "skipped", "campaigns.paused"),
        ("L2", "skipped", "campaigns.paused"),
        ("L5", "queued", None),
    ]


def test_a_draft_is_not_paused(ledger: Ledger) -> None:
    """It does nothing anyway, and would lose the mark that nobody has started it yet."""
    with ledger.writing() as connection:
        install_playbooks(connection, NOW)
        assert pause_playbook(connection, "L2", NOW) == 0
        assert {each.state for each in installed(connection)} == {"draft"}
