"""Drain the outbox into channels: a durable record before each message, and one after it."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from threading import Event, Lock
from typing import TYPE_CHECKING

from evergrove.delivery.letter import check_sender
from evergrove.delivery.pacing import PROVIDER_RATE, Pacing, Waiting
from evergrove.delivery.rounds import Rounds
from evergrove.delivery.types import SendReport
from evergrove.outbox import OUTBOX, claim, recover, require_outbound
from evergrove.outbox.tasks import expire_tasks
from evergrove.programs import release_ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.core import Clock
    from evergrove.delivery.channels import Channel
    from evergrove.ledger import Ledger
    from evergrove.outbox import Recovered
    from evergrove.people import Seal
    from evergrove.settings import Settings
    from evergrove.warehouse.types import Shelf

BATCH = 100


def send(
    ledger: Ledger,
    seal: Seal,
    channel: Channel,
    clock: Clock,
    settings: Settings,
    *,
    worker: str = "",
    limit: int | None = None,
    warehouse: Shelf | None = None,
    waiting: Waiting | None = None,
) -> SendReport:
    """
    ``send_over`` one channel.

    Raises:
        NoSender, NoWayOut: The settings do not say who writes, or how to leave.
        OutboundPaused: The workspace came back from a backup, and nobody has confirmed it.
    """
    own = (ledger, seal, [channel], clock, settings)
    return send_over(*own, worker=worker, limit=limit, warehouse=warehouse, waiting=waiting)


def send_over(
    ledger: Ledger,
    seal: Seal,
    channels: Sequence[Channel],
    clock: Clock,
    settings: Settings,
    *,
    worker: str = "",
    limit: int | None = None,
    warehouse: Shelf | None = None,
    waiting: Waiting | None = None,
) -> SendReport:
    """
    Send what is due, oldest first, until nothing is due or the channel says that nothing can be sent.

    Where a provider takes messages no faster, the run waits for it. Each message is guarded in the very transaction that says it may leave now. Killed at any point, at most
    the messages that were on the wire are unknown afterwards; they are not sent again by themselves.

    Each channel takes its own messages, in a thread of its own where there are several: one that is slow, or that stops,
    holds up no other.

    Args:
        ledger: Holds the outbox.
        seal: Opens the addresses.
        channels: Take the messages; they are closed in the end.
        clock: Says what is due and which hours are quiet.
        settings: ``mail``: who writes, and how to leave. ``outreach``: caps and quiet hours. ``value``: zone
            and language of those of whom none is known.
        worker: Who sends; default: this machine and process.
        limit: Most messages taken, of all channels together.
        warehouse: Holds what nights know of customers, for letters that name it; None: nothing is known.
        waiting: How long a run waits for providers; default: as the settings say, and as often as it takes.

    Raises:
        NoSender, NoWayOut: A mail is to be written, and the settings do not say who writes, or how to leave.
        OutboundPaused: The workspace came back from a backup, and nobody has confirmed it.
    """
    with ledger.reading() as connection:
        require_outbound(connection)
    if any(each.form == "mail" for each in channels):
        check_sender(settings)
    with ledger.writing() as connection:
        recovered = recover(connection, clock.now())
        expire_tasks(connection, clock.now())
        if recovered.expired:
            release_ended(connection, clock.now(), OUTBOX.c.state == "expired")
    left, stopping = _Left(limit), Event()
    patience = waiting or Waiting(settings.outreach.longest_wait_s)

    def drained(channel: Channel) -> SendReport:
        rounds = Rounds(ledger, seal, channel, clock, settings, stopping, warehouse)
        pacing = Pacing(ledger, channel, clock, settings.outreach, patience, stopping)
        return _drained(rounds, pacing, worker or own_name(), left)

    if len(channels) == 1:
        return _together([drained(channels[0])], channels, recovered)
    with ThreadPoolExecutor(max(len(channels), 1), thread_name_prefix="evergrove-send") as threads:
        working = [threads.submit(drained, channel) for channel in channels]
        try:
            for each in as_completed(working):
                each.result()  # whichever breaks first is heard at once, also while another waits
        except BaseException:  # the others hand back what they have not begun, and then it is raised
            stopping.set()
            raise
    reports = [each.result() for each in working]
    return _together(reports, channels, recovered)


def own_name() -> str:
    """Who this worker is: machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _Left:
    """How many messages may still be taken, by all channels together."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit
        self._lock = Lock()

    @property
    def is_used_up(self) -> bool:
        """Whether none is left."""
        with self._lock:
            return self._left == 0

    def take(self, most: int) -> int:
        """So many may be claimed now."""
        with self._lock:
            if self._left is None:
                return most
            taken = min(most, self._left)
            self._left -= taken
            return taken

    def give_back(self, count: int) -> None:
        """So many were not there to be claimed."""
        with self._lock:
            if self._left is not None:
                self._left += count


def _drained(rounds: Rounds, pacing: Pacing, worker: str, left: _Left) -> SendReport:
    """Work off what is due on one channel."""
    ledger, clock, channel = pacing.ledger, pacing.clock, pacing.channel
    try:
        while not rounds.is_over and not pacing.waiting.is_over() and not left.is_used_up:
            batch = left.take(pacing.room(BATCH))  # taken after the wait, so that other channels find theirs
            claims = claim(ledger, worker, clock.now(), batch, channel=channel.name) if batch else []
            left.give_back(batch - len(claims))
            if not claims:
                break
            rounds.work_off(claims)
    finally:
        channel.close()
    return _paced(rounds.report(), pacing)


def _paced(report: SendReport, pacing: Pacing) -> SendReport:
    """What was put off for the provider's pace has left since, unless the run was broken off or has left it behind."""
    if report.stopped is not None:
        return report
    deferred = {reason: count for reason, count in report.deferred.items() if reason != PROVIDER_RATE}
    if pacing.behind:
        deferred[PROVIDER_RATE] = pacing.behind
    return replace(report, deferred=deferred, next_at=pacing.next_at)


def _together(reports: Sequence[SendReport], channels: Sequence[Channel], recovered: Recovered) -> SendReport:
    """What all channels did, and what was cleared up before."""

    def summed(name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for report in reports:
            for reason, count in getattr(report, name).items():
                found[reason] = found.get(reason, 0) + count
        return found

    return SendReport(
        accepted=sum(each.accepted for each in reports),
        failed=sum(each.failed for each in reports),
        unknown=sum(each.unknown for each in reports) + recovered.unknown,
        skipped=summed("skipped"),
        deferred=summed("deferred"),
        expired=sum(each.expired for each in reports) + recovered.expired,
        recovered=recovered.requeued,
        awaiting_staff=sum(each.awaiting_staff for each in reports),
        next_at=min((each.next_at for each in reports if each.next_at is not None), default=None),
        stopped=next((each.stopped for each in reports if each.stopped is not None), None),
        channels={}
        if len(reports) == 1
        else {channel.name: report for channel, report in zip(channels, reports, strict=True)},
    )
