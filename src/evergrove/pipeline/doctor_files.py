"""What doctor asks of a workspace's files and surroundings: backups, room, what lies about, what is due, the clock."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from evergrove.core import EvergroveWarning, InUse, Term, _, sole_owner
from evergrove.core.confinement import lacking
from evergrove.ledger import database_now
from evergrove.pipeline.doctor_versions import versions
from evergrove.warehouse.generations import moment_of
from evergrove.warehouse.records import named_files
from evergrove.warehouse.tables import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

BACKUP_NOTE, LOCK, INBOX = "last_backup.json", "workspace.lock", "inbox"
BACKUP_DAYS = 7
LEAST_FREE_SHARE, MB = 0.05, 2**20
STUCK = timedelta(days=1)
OVERDUE = timedelta(days=3)
"""Files are swept a day after they were let go of, by the next night: three days mean that no night came."""
SKEW = timedelta(minutes=5)


class NeverBackedUp(EvergroveWarning):
    """No backup is known."""

    code = "pipeline.never_backed_up"
    message = _("No backup of this workspace is known.")
    hint = _("evergrove backup makes one; the key to personal data is not in it and needs a copy of its own.")


class BackupOverdue(EvergroveWarning):
    """The backups have stopped, or the newest one is gone."""

    code = "pipeline.backup_overdue"
    message = _("The newest backup, {to}, is {days} {days:day|days} old.")
    hint = _("Make one now with evergrove backup, and find out why none came since.")


class BackupGone(EvergroveWarning):
    """The newest backup is not where it was put."""

    code = "pipeline.backup_gone"
    message = _("The newest backup is no longer at {to}, or has another size.")
    hint = _("If it was moved to a safe place, all is well; else make a new one with evergrove backup.")


class DiskNearlyFull(EvergroveWarning):
    """Little room is left."""

    code = "pipeline.disk_nearly_full"
    message = _("Of the disk under {folder}, {free} MB are free, less than {share}%.")
    hint = _(
        "Free some space before the next import or night: a full disk stops them, though it loses nothing."
    )


class AtWork(EvergroveWarning):
    """The lock is held."""

    code = "pipeline.at_work"
    message = _("Another evergrove command is at work in {folder}.")
    hint = _(
        "What it is writing may look unfinished here. The lock goes with its process, however that ends."
    )


class UnnamedFiles(EvergroveWarning):
    """Files that no snapshot names."""

    code = "pipeline.unnamed_files"
    message = _(
        "{count} {count:file|files} of the warehouse ({size} MB) belong to no snapshot (first: {example})."
    )
    hint = _(
        "evergrove run deletes its own a day later; what it did not write, it leaves: look at that yourself."
    )


class RetentionDue(EvergroveWarning):
    """What should have been let go of is still there."""

    code = "pipeline.retention_due"
    message = _(
        "{count} {count:snapshot was|snapshots were} let go of and not deleted (the oldest on {day})."
    )
    hint = _("evergrove run deletes them: let it run every night.")


class InboxStuck(EvergroveWarning):
    """Files wait that nothing takes in."""

    code = "pipeline.inbox_stuck"
    message = _("{count} {count:file has|files have} waited in the inbox for over a day (first: {example}).")
    hint = _("Bring them in with evergrove ingest, which says what is wrong.")


class ClockSkewed(EvergroveWarning):
    """Two clocks disagree, or time went back."""

    code = "pipeline.clock_skewed"
    message = _("This machine's clock is {minutes} {minutes:minute|minutes} away from {other}.")
    hint = _("Set it by a time server: days, quiet hours and leases go by it.")


class NotConfined(EvergroveWarning):
    """Readers of foreign files are free to do more here than elsewhere."""

    code = "pipeline.not_confined"
    message = _("This system does not hold readers of files from the inbox to everything: {lacking}.")
    hint = _(
        "Files are read by a process of their own all the same. Take files from those only whom you trust."
    )


LACKING = {
    "limits": Term(_("no limits of memory, time and output")),
    "network": Term(_("no filter that keeps them from the network and from other programs")),
}


def surroundings(folder: Path, ledger: Ledger, now: datetime) -> Iterator[EvergroveWarning]:
    """
    What is wrong around a workspace, or should be known.

    Args:
        folder: Of the workspace.
        ledger: Of the workspace.
        now: The present moment by the workspace's clock.
    """
    yield from _disk(folder)
    yield from versions()
    yield from (NotConfined(lacking=LACKING[each]) for each in lacking())
    with ledger.reading() as connection:
        yield from _clock(connection, now)
        yield from _left_over(folder, connection, now)
    yield from _inbox(folder, now)
    yield from _backup(folder, now)
    try:
        with sole_owner(folder / LOCK):
            pass
    except InUse:
        yield AtWork(folder=str(folder))


def surroundings_at_a_glance(folder: Path, ledger: Ledger, now: datetime) -> Iterator[EvergroveWarning]:
    """What of it is seen at once, whatever the size of the workspace."""
    yield from _disk(folder)
    yield from versions()
    with ledger.reading() as connection:
        yield from _clock(connection, now)


def _disk(folder: Path) -> Iterator[EvergroveWarning]:
    disk = shutil.disk_usage(folder)
    if disk.free < disk.total * LEAST_FREE_SHARE:
        yield DiskNearlyFull(
            folder=str(folder), free=disk.free // MB, share=f"{LEAST_FREE_SHARE:.0%}".rstrip("%")
        )


def _clock(connection: Connection, now: datetime) -> Iterator[EvergroveWarning]:
    """By PostgreSQL's clock, which is another machine's; and by what was recorded, which cannot lie ahead."""
    if connection.dialect.name == "postgresql":
        away = abs(database_now(connection) - datetime.now(UTC))
        if away > SKEW:
            yield ClockSkewed(minutes=away // timedelta(minutes=1), other=Term(_("the ledger's")))
    recorded = connection.execute(select(func.max(snapshot.c.recorded_at))).scalar()
    if recorded is not None and recorded > now + SKEW:
        yield ClockSkewed(
            minutes=(recorded - now) // timedelta(minutes=1), other=Term(_("the newest snapshot's"))
        )


def _left_over(folder: Path, connection: Connection, now: datetime) -> Iterator[EvergroveWarning]:
    named, limit = named_files(connection), now - OVERDUE
    warehouse = folder / "warehouse"
    found = [
        path
        for path in sorted(warehouse.glob("*/*"))
        if path.relative_to(warehouse).as_posix() not in named
        and ((begun := moment_of(path.name)) is None or begun < limit)
    ]
    if found:
        size = sum(path.lstat().st_size for path in found) // MB
        yield UnnamedFiles(count=len(found), size=size, example=found[0].relative_to(warehouse).as_posix())
    gone = select(func.count(), func.min(snapshot.c.retired_at)).where(snapshot.c.retired_at < limit)
    count, oldest = connection.execute(gone).one()
    if count:
        yield RetentionDue(count=count, day=oldest.date())


def _inbox(folder: Path, now: datetime) -> Iterator[EvergroveWarning]:
    """Files that lie in it directly; a name that begins with a dot is still being copied, or nobody's."""
    limit = (now - STUCK).timestamp()
    inbox = folder / INBOX
    waiting = [
        path for path in sorted(inbox.glob("[!.]*")) if path.is_file() and path.stat().st_mtime < limit
    ]
    if waiting:
        yield InboxStuck(count=len(waiting), example=waiting[0].name)


def _backup(folder: Path, now: datetime) -> Iterator[EvergroveWarning]:
    try:
        said = json.loads((folder / BACKUP_NOTE).read_text(encoding="utf-8"))
        made, to, size = datetime.fromisoformat(said["at"]), Path(str(said["to"])), int(said["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        yield NeverBackedUp()
        return
    days = (now - made).days
    if not to.exists() or (to.is_file() and to.stat().st_size != size):
        yield BackupGone(to=str(to))
    if days > BACKUP_DAYS:
        yield BackupOverdue(to=str(to), days=days)
