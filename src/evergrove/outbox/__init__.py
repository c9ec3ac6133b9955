"""Messages that were decided and what became of each: put in once, taken by one worker, never sent twice."""

from evergrove.outbox.attempts import begin, begin_all, defer, record_receipt, recover, settle
from evergrove.outbox.check import OutboxProblem, check_outbox
from evergrove.outbox.counts import sent_counts, states
from evergrove.outbox.queue import claim, enqueue
from evergrove.outbox.tables import OUTBOX
from evergrove.outbox.types import Arm, Claim, Counts, Learnt, Message, Outcome, Recovered, State

__all__ = [
    "OUTBOX",
    "Arm",
    "Claim",
    "Counts",
    "Learnt",
    "Message",
    "OutboxProblem",
    "Outcome",
    "Recovered",
    "State",
    "begin",
    "begin_all",
    "check_outbox",
    "claim",
    "defer",
    "enqueue",
    "record_receipt",
    "recover",
    "sent_counts",
    "settle",
    "states",
]
