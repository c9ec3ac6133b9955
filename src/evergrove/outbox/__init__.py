"""Messages that were decided and what became of each: put in once, taken by one worker, never sent twice."""

from evergrove.outbox.attempts import begin, begin_all, defer, record_receipt, recover, settle
from evergrove.outbox.by_hand import (
    NothingToSettle,
    NotRetryable,
    TooLateToRetry,
    UnknownMessage,
    retry,
    settle_by_hand,
)
from evergrove.outbox.channel_tables import CHANNEL_KEY, CHANNEL_TOKEN, DELIVERY_RECEIPT, STAFF_TASK
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
from evergrove.outbox.queue import claim, count_due, enqueue, is_due
from evergrove.outbox.receipts import Report, apply_waiting, take_report
from evergrove.outbox.stopping import NotStopped, Stop, held_back, is_stopped, stopped
from evergrove.outbox.tables import INSTANCE, OUTBOX, STOP
from evergrove.outbox.tokens import Grant, balance, give_back, grant, spend
from evergrove.outbox.types import Arm, Claim, Counts, Learnt, Message, Outcome, Recovered, State

__all__ = [
    "CHANNEL_KEY",
    "CHANNEL_TOKEN",
    "DELIVERY_RECEIPT",
    "INSTANCE",
    "OUTBOX",
    "STAFF_TASK",
    "STOP",
    "Arm",
    "Claim",
    "Counts",
    "Grant",
    "Instance",
    "Learnt",
    "Message",
    "NotPaused",
    "NotRetryable",
    "NotStopped",
    "NothingToSettle",
    "OutboundPaused",
    "OutboxProblem",
    "Outcome",
    "Recovered",
    "Report",
    "State",
    "Stop",
    "TooLateToRetry",
    "UnknownMessage",
    "apply_waiting",
    "balance",
    "begin",
    "begin_all",
    "begin_instance",
    "check_instance",
    "check_outbox",
    "claim",
    "confirm_instance",
    "count_due",
    "defer",
    "enqueue",
    "give_back",
    "grant",
    "held_back",
    "instance_of",
    "is_due",
    "is_stopped",
    "record_receipt",
    "recover",
    "require_outbound",
    "retry",
    "sent_counts",
    "settle",
    "settle_by_hand",
    "spend",
    "states",
    "stopped",
    "take_report",
]
