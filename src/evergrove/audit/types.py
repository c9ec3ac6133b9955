"""A row of the audit trail, the head of its chain, and what is wrong with either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, EvergroveWarning, InputError, _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOTHING_BEFORE = "0" * 64
"""What the first row is chained to."""


@dataclass(frozen=True)
class AuditRow:
    """
    One act.

    Attributes:
        id: In the order of writing.
        at: When.
        act: A code, such as "people.erased".
        who: Kind and id, or a face such as "cli".
        what: Kind and id.
        params: Numbers, codes and keys.
        seq: Place in the chain; None until sealed.
        hash: Of the row before and of this one; None until sealed.
    """

    id: int
    at: datetime
    act: str
    who: str
    what: str
    params: Mapping[str, Any]
    seq: int | None = None
    hash: str | None = None


@dataclass(frozen=True)
class Head:
    """The last row of the chain: whoever knows its hash knows that nothing up to it was changed."""

    seq: int = 0
    hash: str = NOTHING_BEFORE


@dataclass(frozen=True)
class Verdict:
    """
    What a walk along the chain has found.

    Attributes:
        head: Up to which row the chain holds.
        waiting: Rows that no sealer has been at yet.
        broken: The first row that is wrong, and how; None where all is well.
    """

    head: Head
    waiting: int
    broken: AuditBroken | None = None


class AuditBroken(EvergroveWarning):
    """The audit trail is not what was written; ``seq`` says from which row on."""

    code = "audit.broken"

    @property
    def seq(self) -> int:
        """The first broken row."""
        return int(str(self.params["seq"]))


class AuditRowMissing(AuditBroken):
    """The chain has a gap."""

    code = "audit.row_missing"
    message = _("Row {seq} of the audit trail is missing.")
    hint = _(
        "Somebody deleted it past Evergrove. Keep this ledger; the newest backup that has the row shows it."
    )


class AuditRowChanged(AuditBroken):
    """A row does not say what it said when it was sealed, or stands in another's place."""

    code = "audit.row_changed"
    message = _("Row {seq} of the audit trail is not what was sealed (its id: {id}).")
    hint = _("Somebody changed it past Evergrove. Keep this ledger, and compare the row with a backup.")


class AuditTailCut(AuditBroken):
    """The chain ends before an exported head."""

    code = "audit.tail_cut"
    message = _("The audit trail ends before row {seq}; the exported head says that {known} were sealed.")
    hint = _(
        "The last rows were cut off, or an older backup was restored: a backup from after the export shows them."
    )


class AuditRewritten(AuditBroken):
    """The chain holds in itself and is another than the one whose head was exported."""

    code = "audit.rewritten"
    message = _("Row {seq} of the audit trail is sealed with another hash than the exported head has.")
    hint = _(
        "It, or a row before it, was written anew together with all that follow. Compare the rows with a backup."
    )


class AuditUnguarded(EvergroveWarning):
    """The database would let rows of the audit trail be changed."""

    code = "audit.unguarded"
    message = _("The database no longer refuses changes of the audit trail: {missing} missing.")
    hint = _("Somebody removed the triggers. evergrove audit verify tells whether rows were changed since.")


class AuditBehind(EvergroveWarning):
    """Rows wait for a seal for longer than they should."""

    code = "audit.behind"
    message = _("{count} {count:row|rows} of the audit trail {count:waits|wait} for a seal since {since}.")
    hint = _("Until then a change of them would not be seen. evergrove audit head seals them now.")


class HeadUnreadable(InputError):
    """The file holds no head of an audit trail, or another workspace's."""

    code = "audit.head_unreadable"
    message = _("{file} cannot be read as the head of this workspace's audit trail: {reason}.")
    hint = _("Name the file that evergrove audit head has written.")


class HeadNotContinued(EvergroveError):
    """An exported head would be replaced by one that does not follow from it."""

    code = "audit.head_not_continued"
    message = _("{file} holds a head that this audit trail does not continue; it was not overwritten.")
    hint = _(
        "Rows were changed or cut off, or an older backup was restored. evergrove audit verify says more; --replace overwrites it."
    )
