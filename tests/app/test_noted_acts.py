"""What people do in a workspace stands in the audit trail, by whom, and nothing of it is personal."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.app.trail import note_settings
from evergrove.app.weeks import READ
from evergrove.audit import entries, verify
from evergrove.core import InputError
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import define, remove
from evergrove.segments.tiers.adoption import adopt, policy_named
from evergrove.testing.workspaces import write_orders, write_people

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app import Workspace


def acts(workspace: Workspace) -> list[tuple[str, str, str]]:
    """The trail, oldest first."""
    with workspace.ledger.reading() as connection:
        return [(row.act, row.who, row.what) for row in reversed(entries(connection, 1000))]


def test_acts_are_noted_in_their_transaction(begun: Workspace) -> None:
    """Each once, by whoever is at work; what changes nothing, or is refused, leaves no row."""
    here, before = replace(begun, by="user:u7"), acts(begun)
    now = here.clock.now()
    key = next(one.playbook.key for one in here.playbooks() if one.state == "started")

    here.pause(key)
    here.start(key)
    with contextlib.suppress(InputError):
        here.start("no such playbook")
    here.merge("X-1", "X-2")
    here.unmerge("X-2")
    for _twice in range(2):
        here.erase("ada@mail.example")
        with here.ledger.writing() as connection:
            adopt(connection, policy_named("three_tiers"), now, by=here.by)
            define(connection, "big", parse("tier = 'high'"), now, by=here.by)
    with here.ledger.writing() as connection:
        remove(connection, "big", now, by=here.by)

    found = acts(begun)[len(before) :]
    assert {who for _act, who, _what in found} == {"user:u7"}
    assert [(act, what) for act, _who, what in found if act != "people.erased"] == [
        ("campaigns.paused", f"playbook:{key}"),
        ("campaigns.started", f"playbook:{key}"),
        ("people.merged", "customer:X-1"),
        ("people.merged", "customer:X-2"),
        ("people.unmerged", "customer:X-2"),
        ("segments.policy_adopted", "tier_policy:three_tiers"),
        ("segments.defined", "segment:big"),
        ("segments.removed", "segment:big"),
    ]
    (erased,) = (what for act, _who, what in found if act == "people.erased")
    assert "ada" not in erased


def test_a_night_seals_what_was_noted(begun: Workspace) -> None:
    """Playbooks were started before the first night: its end has sealed that."""
    with begun.ledger.reading() as connection:
        found = verify(connection)
    assert found.broken is None
    assert any(act == "campaigns.started" for act, _who, _what in acts(begun))


def test_imports_are_noted_once_and_by_whom(begun: Workspace, tmp_path: Path) -> None:
    """Orders, tables beside them and persons; a file that is in already leaves no row, and none has its name."""
    here, before = replace(begun, by="job:7"), acts(begun)
    day = here.clock.now().date()
    orders = write_orders(tmp_path / "orders of ada.csv", day, {"NEW": 10.0})
    people = write_people(tmp_path / "people of ada.csv", {"NEW": "yes"})

    for _twice in range(2):
        here.ingest([orders], READ)
        here.ingest_customers([people], READ)

    found = acts(begun)[len(before) :]
    assert [(act, who) for act, who, _what in found] == [("ingest.imported", "job:7")] * 2
    assert len({what for _act, _who, what in found}) == 2
    with begun.ledger.reading() as connection:
        assert "ada" not in repr(entries(connection, 2)).lower()


def test_a_change_of_the_settings_is_noted_by_its_section(begun: Workspace) -> None:
    """Once, without the values: there are passwords in addresses of databases."""

    def noted(here: Workspace) -> list[list[str]]:
        note_settings(here)
        with here.ledger.reading() as connection:
            rows = entries(connection, 10, act="settings.changed")
        return [list(row.params["changed"]) for row in reversed(rows)]

    before = noted(begun)
    assert before[0] == []
    settings = begun.settings
    other = replace(settings, mail=replace(settings.mail, sender="ada.lovelace@shop.example", port=25))
    changed = replace(begun, settings=other)

    assert noted(changed) == [*before, ["mail"]]
    assert noted(changed) == [*before, ["mail"]]
    assert noted(begun) == [*before, ["mail"], ["mail"]]
    with begun.ledger.reading() as connection:
        assert "lovelace" not in repr(entries(connection, 10))
