"""From an older version's ledger to this one's: a backup, the steps, a look at the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from evergrove.backup.making import PACKED, back_up
from evergrove.core import EvergroveError, _
from evergrove.ledger import LedgerTooNew, check_ledger, migrate, newest_schema, schema_of
from evergrove.ledger.check import LedgerDamaged
from evergrove.ledger.migration import differences
from evergrove.ledger.schema import SCRIPTS

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from evergrove.backup.making import Made
    from evergrove.ledger import Ledger


class UpgradeUnsound(EvergroveError):
    """The steps were taken, and the ledger is not what it should be."""

    code = "backup.upgrade_unsound"
    message = _("The ledger was upgraded to schema {known}, and is not as it should be: {reason}.")
    hint = _("Restore the backup made just before, with the version that wrote it: {backup}. And tell us.")


@dataclass(frozen=True)
class Plan:
    """
    What an upgrade would do.

    Attributes:
        found: Schema that the ledger has.
        known: Schema that this version needs.
        steps: Number and sentence of each step to take.
        backup: Where the backup would go.
    """

    found: str
    known: str
    steps: tuple[tuple[str, str], ...]
    backup: Path

    @property
    def is_due(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)


def plan_upgrade(folder: Path, ledger: Ledger, now: datetime, to: Path | None = None) -> Plan:
    """
    What an upgrade would do.

    Raises:
        LedgerTooNew: A newer version wrote the ledger.
    """
    with ledger.reading() as connection:
        found = schema_of(connection)
    known = newest_schema()
    if found > known:
        raise LedgerTooNew(found=found, known=known)
    steps = sorted(path.stem.partition("_") for path in SCRIPTS.glob("versions/[0-9]*.py"))
    whole = folder.resolve()
    usual = whole.with_name(f"{whole.name}-schema-{found}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{PACKED}")
    ahead = tuple((number, words.replace("_", " ")) for number, _line, words in steps if number > found)
    return Plan(found, known, ahead, (to or usual).absolute())


def upgrade(folder: Path, ledger: Ledger, plan: Plan, now: datetime) -> Made:
    """
    Save the workspace, bring its ledger up to date, and look at the result. The caller holds the workspace's lock.

    Killed in between, the ledger has its old schema or its new one, and the backup is there.

    Args:
        folder: Of the workspace.
        ledger: Of the workspace.
        plan: With something to do.
        now: The present moment.

    Raises:
        InputError, EvergroveError: The backup could not be made; nothing was changed.
        UpgradeUnsound: The result is not what it should be.
    """
    made = back_up(folder, ledger, plan.backup, now)
    migrate(ledger)
    damage = [each for each in check_ledger(ledger) if isinstance(each, LedgerDamaged)]
    wrong = [str(each.params["reason"]) for each in damage] or [str(each) for each in differences(ledger)]
    if wrong:
        raise UpgradeUnsound(known=plan.known, reason="; ".join(wrong[:3]), backup=str(made.to))
    return made
