"""What a workspace lets go of: results that are older than anybody asks for, and rejected rows after a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from evergrove import access
from evergrove.ingest.events.forgetting import expire_events
from evergrove.jobs import forget_settled
from evergrove.people import expire_proofs
from evergrove.pipeline.inbox import expire_uploads
from evergrove.pipeline.rejects import expire_rejects

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings
    from evergrove.warehouse import Swept, Warehouse


class Kept(Protocol):
    """What of a workspace grows old."""

    @property
    def folder(self) -> Path:
        """Where the workspace lies."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        ...

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse."""
        ...

    @property
    def settings(self) -> Settings:
        """Its settings."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...


@dataclass(frozen=True)
class Tidied:
    """
    What was let go of.

    Attributes:
        rejects: Files of rejected rows that were deleted.
        snapshots: Snapshots that nobody finds any more; their files go a day later.
        swept: Files of the warehouse that were deleted.
        uploads: Files of the inbox that were taken or refused long ago, and deleted.
        proofs: What proved consents that ended long ago.
        jobs: Jobs that ended long ago.
        logins: Log-ins, links and devices that are over, answers under an Idempotency-Key that are given again no longer,
            and counters of attempts that are full again.
        events: Events that were taken or refused long ago.
    """

    rejects: int
    snapshots: int
    swept: Swept
    uploads: int = 0
    proofs: int = 0
    jobs: int = 0
    logins: int = 0
    events: int = 0


def tidy(parts: Kept) -> Tidied:
    """
    Let go of what is kept no longer. The caller holds the workspace's lock; doing it again does no more.

    Rejected rows are kept for 30 days, and so are files of the inbox that were taken or refused. Runs are kept for ``keep_days``, and can be replayed; of what was let go
    of, files are deleted a day later, when nobody can still be reading them. Proofs of consents are kept as long
    as these hold, and for ``proof_days`` after. Jobs that ended are forgotten after 90 days, but for those that were
    given up and wait for a person; events that were taken or refused likewise.
    """
    rejects = expire_rejects(parts.folder, parts.clock.now())
    uploads = expire_uploads(parts.folder, parts.clock.now())
    with parts.ledger.writing() as connection:
        keep = timedelta(days=parts.settings.workspace.keep_days)
        snapshots = parts.warehouse.retire_older(connection, keep)
        proofs = expire_proofs(connection, parts.clock.now(), parts.settings.workspace.proof_days)
        jobs = forget_settled(connection, parts.clock.now())
        logins = access.forget(connection, parts.clock.now())
    events = expire_events(parts.ledger, parts.clock.now())
    return Tidied(rejects, snapshots, parts.warehouse.sweep(), uploads, proofs, jobs, logins, events)
