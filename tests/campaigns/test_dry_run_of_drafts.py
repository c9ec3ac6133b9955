"""A dry run shows what drafts would do, and none that cannot be started."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from evergrove.campaigns import install_playbooks, pause_playbook
from evergrove.campaigns.library import installed, start_playbook
from evergrove.pipeline.before_run import at_work

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 6, 9, tzinfo=UTC)


def test_locked_playbooks_are_no_part_of_a_dry_run(ledger: Ledger) -> None:
    """Nor what rests; a real run has what was started alone."""
    with ledger.writing() as connection:
        install_playbooks(connection, NOW)
        start_playbook(connection, "L2", NOW)
        start_playbook(connection, "L3", NOW)
        pause_playbook(connection, "L3", NOW)
        locked = {each.playbook.key for each in installed(connection) if each.shown == "locked"}
        shown = {each.key for each in at_work(connection, dry_run=True)}
        works = {each.key for each in at_work(connection)}

    assert locked == {"G1", "G4", "L1", "T3p"}  # as docs/playbooks.md says
    assert shown.isdisjoint({*locked, "L3"})
    assert {"L2", "L4", "T1"} <= shown
    assert works == {"L2"}
