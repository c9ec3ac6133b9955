"""Messages that were decided and what became of each: put in once, taken by one worker, never sent twice."""

from evergrove.outbox.attempts import begin, begin_all, defer, record_receipt, recover, settle
from evergrove.outbox.check import OutboxProblem, check_outbox
from evergrove.outbox.counts import sent_counts, states
from evergrove.outbox.instance import (
    Instance,
    NotPaused,
    OutboundPaused,
    begin_instance,
    check_instance,
    confirm_instance,
    instance_of,
    require_outbound,
)
from evergrove.outbox.queue import claim, enqueue
from evergrove.outbox.stopping import NotStopped, Stop, held_back, is_stopped, stopped
from evergrove.outbox.tables import INSTANCE, OUTBOX
from evergrove.outbox.types import Arm, Claim, Counts, Learnt, Message, Outcome, Recovered, State

__all__ = [
    "INSTANCE",
    "OUTBOX",
    "Arm",
    "Claim",
    "Counts",
    "Instance",
    "Learnt",
    "Message",
    "NotPaused",
    "NotStopped",
    "OutboundPaused",
    "OutboxProblem",
    "Outcome",
    "Recovered",
    "State",
    "Stop",
    "begin",
    "begin_all",
    "begin_instance",
    "check_instance",
    "check_outbox",
    "claim",
    "confirm_instance",
    "defer",
    "enqueue",
    "held_back",
    "instance_of",
    "is_stopped",
    "record_receipt",
    "recover",
    "require_outbound",
    "sent_counts",
    "settle",
    "states",
    "stopped",
]
