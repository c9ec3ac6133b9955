"""A shop with playbooks at work, persons, and a day of it to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

import evergrove.campaigns.tables
import evergrove.decisions.tables
import evergrove.outbox.tables
import evergrove.people.tables  # noqa: F401 - registers them in the ledger
from evergrove.campaigns import Due, due, install_playbooks, start_playbook, started_playbooks
from evergrove.campaigns.reading import shipped_documents
from evergrove.decisions import Decided, carry_out, decide
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import OutreachSettings
from evergrove.testing.situations import SetMoves, Shopper, moves, situation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.ledger import Ledger

EIGHT = frozenset({"L2", "L3", "L4", "L4n", "L4nd", "L4nq", "L5", "T1b"})
NOBODY_UNTREATED = OutreachSettings(global_control=0.0, playbook_control=0.0, salt="tests")


@dataclass
class Shop:
    """A ledger, and the verbs of one night."""

    ledger: Ledger
    seal: Seal
    settings: OutreachSettings = NOBODY_UNTREATED
    zone: str = "Asia/Shanghai"
    start: date = date(2026, 3, 1)
    runs: list[int] = field(default_factory=list)

    def day(self, number: int) -> date:
        """So many days after the first run's knowledge."""
        return self.start + timedelta(days=number)

    def night(self, number: int) -> datetime:
        """When the run of a day takes place: at one in the morning after it, in Shanghai."""
        return datetime.combine(self.day(number), time(17), UTC)

    def people(self, *rows: PersonRow) -> None:
        """Store persons."""
        with self.ledger.writing() as connection:
            store_people(connection, self.seal, rows, self.night(-1))

    def willing(self, *customers: str, zone: str | None = None) -> None:
        """Store persons who agreed to be written to."""
        self.people(
            *(PersonRow(each, f"{each}@example.com", each, "en", zone, "granted") for each in customers)
        )

    def run(
        self,
        number: int,
        shoppers: Sequence[Shopper],
        changes: SetMoves | None = None,
        *,
        dry: bool = False,
        now: datetime | None = None,
    ) -> tuple[Due, Decided]:
        """One night: find, decide, and carry out unless it is a dry run."""
        moment, as_of = now or self.night(number), self.day(number)
        with self.ledger.writing() as connection:
            playbooks = started_playbooks(connection)
            found = due(connection, playbooks, situation(shoppers), changes or moves(), as_of)
            decided = decide(
                connection,
                found.proposals,
                self.settings,
                shop_zone=self.zone,
                run_id=len(self.runs),
                as_of=as_of,
                now=moment,
            )
            if not dry:
                carry_out(connection, found, decided, run_id=len(self.runs), now=moment)
        self.runs.append(number)
        return found, decided


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path) -> Shop:
    """Eight playbooks are started, nobody is kept untreated."""
    key_file = tmp_path / "master.json"
    new_master_key(key_file)
    opened = Shop(ledger, open_seal(ledger, key_file))
    with ledger.writing() as connection:
        working = [each for each in shipped_documents() if each["key"] in EIGHT]
        for key in install_playbooks(connection, opened.night(-1), working):
            start_playbook(connection, key, opened.night(-1))
    return opened
