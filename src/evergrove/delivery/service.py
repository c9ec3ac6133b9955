"""Drain the outbox into a channel: a durable record before each message, and one after it."""

from __future__ import annotations

import os
import socket
from collections import Counter
from typing import TYPE_CHECKING

from evergrove.core.failpoints import failpoint
from evergrove.delivery.breaker import Breaker
from evergrove.delivery.errors import AccountProblem, TemplateProblem
from evergrove.delivery.guards import Hindrance, hindrances
from evergrove.delivery.letter import check_sender, message_id, written
from evergrove.delivery.links.following import with_followed_links
from evergrove.delivery.links.leaving import heed_early
from evergrove.delivery.rules import MOST_ATTEMPTS, retry_at
from evergrove.delivery.types import SendReport
from evergrove.outbox import begin_all, claim, defer, recover, require_outbound, settle
from evergrove.people import address_hash, contact_of, standing_of, suppress
from evergrove.people.errors import SealBroken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.delivery.channels import Channel
    from evergrove.delivery.types import Mail, Receipt
    from evergrove.ledger import Ledger
    from evergrove.outbox import Claim
    from evergrove.people import Seal
    from evergrove.settings import Settings

BATCH = 100

_Begun = tuple["Claim", "Mail"]


def send(
    ledger: Ledger,
    seal: Seal,
    channel: Channel,
    clock: Clock,
    settings: Settings,
    *,
    worker: str = "",
    limit: int | None = None,
) -> SendReport:
    """
    Send what is due, oldest first, until nothing is due or the channel says that nothing can be sent.

    Each message is guarded in the very transaction that says it may leave now. Killed at any point, at most
    the messages that were on the wire are unknown afterwards; they are not sent again by themselves.

    Args:
        ledger: Holds the outbox.
        seal: Opens the addresses.
        channel: Takes the messages.
        clock: Says what is due and which hours are quiet.
        settings: ``mail``: who writes, and how to leave. ``outreach``: caps and quiet hours. ``value``: zone
            and language of those of whom none is known.
        worker: Who sends; default: this machine and process.
        limit: Most messages taken.

    Raises:
        NoSender, NoWayOut: The settings do not say who writes, or how to leave.
        OutboundPaused: The workspace came back from a backup, and nobody has confirmed it.
    """
    with ledger.reading() as connection:
        require_outbound(connection)
    check_sender(settings)
    run = _Run(ledger, seal, channel, clock, settings)
    with ledger.writing() as connection:
        recovered = recover(connection, clock.now())
    run.counts.update(unknown=recovered.unknown, expired=recovered.expired)
    left = limit
    try:
        while run.stopped is None and (left is None or left > 0):
            batch = BATCH if left is None else min(BATCH, left)
            claims = claim(ledger, worker or own_name(), clock.now(), batch)
            if not claims:
                break
            left = None if left is None else left - len(claims)
            run.work_off(claims)
    finally:
        channel.close()
    return run.report(recovered.requeued)


def own_name() -> str:
    """Who this worker is: machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _Run:
    """One run of sending: what it works with, and what it has counted."""

    def __init__(
        self, ledger: Ledger, seal: Seal, channel: Channel, clock: Clock, settings: Settings
    ) -> None:
        self._ledger = ledger
        self._seal = seal
        self._channel = channel
        self._clock = clock
        self._settings = settings
        self._breaker = Breaker()
        self.counts: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.deferred: Counter[str] = Counter()
        self.stopped: AccountProblem | None = None

    def report(self, recovered: int) -> SendReport:
        """What was done."""
        return SendReport(
            accepted=self.counts["accepted"],
            failed=self.counts["failed"],
            unknown=self.counts["unknown"],
            skipped=dict(self.skipped),
            deferred=dict(self.deferred),
            expired=self.counts["expired"],
            recovered=recovered,
            stopped=self.stopped,
        )

    def work_off(self, claims: Sequence[Claim]) -> None:
        """
        Send claimed messages in rounds of as many as the channel takes at once.

        What became of a round is written in the transaction that begins the next: one commit a round instead
        of two a message, and still never more between the two records than is on the wire.
        """
        waiting = list(reversed(claims))
        done: Sequence[tuple[_Begun, Receipt | AccountProblem]] = ()
        try:
            while waiting and self.stopped is None:
                with self._ledger.writing() as connection:
                    for begun, answer in done:
                        self._settle(connection, begun, answer)
                    done = ()
                    round_ = self._begin_round(connection, waiting)
                done = self._deliver(round_)
        finally:
            self._finish(done, waiting)

    def _begin_round(self, connection: Connection, waiting: list[Claim]) -> list[_Begun]:
        """Begin as many messages as the channel takes; those that a guard stops leave their place empty."""
        now, settings = self._clock.now(), self._settings
        round_ = sorted(self._next_round(waiting), key=lambda each: each.message.customer_id)
        named = [(each, message_id(each, settings.mail, self._seal)) for each in round_]
        held = begin_all(connection, named, now)  # what is missing somebody else holds by now, and counts it
        if not held:
            return []
        heed_early(connection, self._seal, [current.id for current in held], now)
        customers, name = [current.message.customer_id for current in held], self._channel.name
        category, least_age = held[0].message.category, settings.outreach.least_age
        standings = standing_of(connection, customers, name, category, now=now, least_age=least_age)
        stops = hindrances(connection, held, standings, settings, now, name)
        begun: list[_Begun] = []
        for current in held:
            customer = current.message.customer_id
            stop = stops.get(customer)
            if stop is None:
                try:
                    contact = contact_of(self._seal, customer, standings[customer])
                    begun.append((current, written(current, contact, self._seal, settings, now)))
                except (TemplateProblem, SealBroken) as problem:  # one that cannot be written stops no other
                    stop = Hindrance(problem.code)
            if stop is not None:
                self._stop(connection, current, stop)
        mails = [(current.message.customer_id, mail) for current, mail in begun]
        followed = with_followed_links(connection, self._seal, settings, mails, now)
        return [(current, mail) for (current, _plain), mail in zip(begun, followed, strict=True)]

    def _next_round(self, waiting: list[Claim]) -> list[Claim]:
        """
        Messages for one round, taken from those that wait: one a customer and all of one category.

        Two to one customer would each count the other as sent.
        """
        taken: dict[str, Claim] = {}
        while waiting and len(taken) < self._channel.width:
            message = waiting[-1].message
            first = next(iter(taken.values()), waiting[-1]).message
            if message.customer_id in taken or message.category != first.category:
                break
            taken[message.customer_id] = waiting.pop()
        return list(taken.values())

    def _stop(self, connection: Connection, current: Claim, stop: Hindrance) -> None:
        if stop.until is not None:
            self._defer(connection, current, stop.until, stop.reason)
        elif settle(connection, current, "skipped", self._clock.now(), reason=stop.reason):
            self.skipped[stop.reason] += 1

    def _deliver(self, begun: Sequence[_Begun]) -> Sequence[tuple[_Begun, Receipt | AccountProblem]]:
        if not begun:
            return ()
        answers = self._channel.deliver([mail for _claim, mail in begun])
        failpoint("delivery.handed_over")
        for answer in answers:
            problem = answer if isinstance(answer, AccountProblem) else self._breaker.problem_after(answer)
            self.stopped = self.stopped or problem
        return list(zip(begun, answers, strict=True))

    def _settle(self, connection: Connection, begun: _Begun, receipt: Receipt | AccountProblem) -> None:
        (current, mail), now = begun, self._clock.now()
        attempts = current.attempts + 1
        if isinstance(receipt, AccountProblem):  # nothing has left: it keeps its place in the queue
            self._defer(connection, current, current.message.not_before, "delivery.handed_back")
            return
        if receipt.suppress is not None:
            hashed = address_hash(self._seal, mail.recipient[0])
            suppress(connection, hashed, receipt.suppress, now, self._channel.name)
        if receipt.state == "later" and attempts < MOST_ATTEMPTS:
            until = retry_at(now, attempts, current.id)
            self._defer(connection, current, until, receipt.reason or "delivery.put_off")
            return
        state = "failed" if receipt.state == "later" else receipt.state
        reason = "delivery.gave_up" if receipt.state == "later" else receipt.reason
        if settle(
            connection,
            current,
            state,
            now,
            reason=reason,
            detail=receipt.detail,
            provider_id=receipt.provider_id,
        ):
            self.counts[state] += 1

    def _defer(self, connection: Connection, current: Claim, until: datetime, reason: str) -> None:
        done = defer(connection, current, until, reason, self._clock.now())
        if done == "expired":
            self.counts["expired"] += 1
        elif done:
            self.deferred[reason] += 1

    def _finish(
        self, done: Sequence[tuple[_Begun, Receipt | AccountProblem]], waiting: Sequence[Claim]
    ) -> None:
        """Write down what became of the last round, and hand back what was not begun."""
        if not done and not waiting:
            return
        with self._ledger.writing() as connection:
            for begun, answer in done:
                self._settle(connection, begun, answer)
            now = self._clock.now()
            for claimed in waiting:
                defer(connection, claimed, claimed.message.not_before, "delivery.handed_back", now)
