"""Messages of one channel, in rounds: guarded and begun in one transaction, handed over, written down in the next."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core.failpoints import failpoint
from evergrove.decisions import settled
from evergrove.delivery.breaker import Breaker
from evergrove.delivery.errors import AccountProblem, MissingValue, TemplateProblem
from evergrove.delivery.guards import Hindrance, hindrances
from evergrove.delivery.letter import message_id, written
from evergrove.delivery.letters import NightValues, letters_of, with_codes
from evergrove.delivery.links.following import with_followed_links
from evergrove.delivery.links.leaving import heed_early
from evergrove.delivery.rules import retry_at
from evergrove.delivery.types import SendReport
from evergrove.delivery.versions import as_before, newest
from evergrove.delivery.writing import outgoing, platform_templates
from evergrove.outbox import OUTBOX, apply_waiting, begin_all, defer, give_back, settle, spend
from evergrove.people import contact_of, standing_of, suppress
from evergrove.people.errors import SealBroken
from evergrove.people.store import address_hash
from evergrove.programs import release_ended
from evergrove.programs.coupons.messages import NEVER_REACHED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from threading import Event

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.delivery.channels import Channel
    from evergrove.delivery.rendering import Letter
    from evergrove.delivery.types import Handed, Receipt
    from evergrove.ledger import Ledger
    from evergrove.outbox import Claim, Outcome
    from evergrove.people import Seal, Standing
    from evergrove.settings import Settings
    from evergrove.warehouse.types import Shelf

NO_TOKEN = "delivery.no_token"  # noqa: S105 - a reason
HANDED_BACK = "delivery.handed_back"
ENDS: Mapping[Handed, Outcome] = {
    "accepted": "accepted",
    "awaiting_staff": "awaiting_staff",
    "failed": "failed",
    "unknown": "unknown",
}
"""What a channel says to what becomes of the message; of all else it is tried again."""


@dataclass(frozen=True)
class _Begun:
    """A message that may leave from now on: as the channel takes it, and the hash of where it goes."""

    claim: Claim
    posted: Any
    address_hash: str


class Rounds:
    """One run of sending over one channel: what it works with, and what it has counted."""

    def __init__(
        self,
        ledger: Ledger,
        seal: Seal,
        channel: Channel,
        clock: Clock,
        settings: Settings,
        stopping: Event,
        warehouse: Shelf | None = None,
    ) -> None:
        self._ledger = ledger
        self._nights = NightValues(warehouse)
        self._seal = seal
        self._channel = channel
        self._clock = clock
        self._settings = settings
        self._stopping = stopping
        self._breaker = Breaker(channel.name)
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._deferred: Counter[str] = Counter()
        self._stopped: AccountProblem | None = None
        self._ended: defaultdict[str, list[str]] = defaultdict(list)

    @property
    def is_over(self) -> bool:
        """Whether no more is to be taken: the channel has stopped, or all are to end."""
        return self._stopped is not None or self._stopping.is_set()

    @property
    def _says_values(self) -> bool:
        """Whether the channel takes letters in words, which may name what nights know."""
        return self._channel.form != "facts"

    def report(self) -> SendReport:
        """What was done."""
        return SendReport(
            accepted=self._counts["accepted"],
            failed=self._counts["failed"],
            unknown=self._counts["unknown"],
            skipped=dict(self._skipped),
            deferred=dict(self._deferred),
            expired=self._counts["expired"],
            awaiting_staff=self._counts["awaiting_staff"],
            stopped=self._stopped,
        )

    def work_off(self, claims: Sequence[Claim]) -> None:
        """
        Send claimed messages in rounds of as many as the channel takes at once.

        What became of a round is written in the transaction that begins the next: one commit a round instead
        of two a message, and still never more between the two records than is on the wire.
        """
        if self._says_values:
            with self._ledger.reading() as connection:
                self._nights.read_ahead(connection, claims)
        waiting = list(reversed(claims))
        done: Sequence[tuple[_Begun, Receipt | AccountProblem]] = ()
        try:
            while waiting and not self.is_over:
                with self._ledger.writing() as connection:
                    for begun, answer in done:
                        self._settle(connection, begun, answer)
                    done = ()
                    round_ = self._begin_round(connection, waiting)
                    self._account(connection)
                done = self._deliver(round_)
        finally:
            self._finish(done, waiting)

    def _begin_round(self, connection: Connection, waiting: list[Claim]) -> list[_Begun]:
        """Begin as many messages as the channel takes; those that a guard stops leave their place empty."""
        now, settings = self._clock.now(), self._settings
        round_ = sorted(self._next_round(waiting), key=lambda each: each.message.customer_id)
        named = [(each, self._name_of(each)) for each in round_]
        own = letters_of(connection, {current.message.template for current in round_})
        versions = newest(round_, own) if self._says_values else {}
        held = begin_all(connection, named, now, versions=versions)  # the others somebody else holds by now
        if not held:
            return []
        heed_early(connection, self._seal, [current.id for current in held], now)
        held = with_codes(connection, held)
        if self._says_values:
            held = self._nights.added(connection, held, own)
        customers, name = [current.message.customer_id for current in held], self._channel.name
        category, least_age = held[0].message.category, settings.outreach.least_age
        standings = standing_of(connection, customers, name, category, now=now, least_age=least_age)
        templates = platform_templates(held, name, own, settings) if self._channel.takes_tokens else {}
        stops = hindrances(connection, held, standings, settings, now, name, templates)
        begun: list[_Begun] = []
        for current in held:
            customer = current.message.customer_id
            stop = stops.get(customer)
            if stop is None:
                try:
                    letters = as_before(connection, current, own)
                    one = self._written(current, standings[customer], letters, now)
                    stop = self._without_token(connection, one, now)
                    begun += [one] if stop is None else []
                except (TemplateProblem, SealBroken) as problem:  # one that cannot be written stops no other
                    lacks = isinstance(problem, MissingValue)
                    stop = Hindrance(problem.code, detail={"value": problem.params["name"]} if lacks else {})
            if stop is not None:
                self._stop(connection, current, stop)
        return self._followed(connection, begun, now)

    def _name_of(self, current: Claim) -> str:
        if self._channel.form == "mail":
            return message_id(current, self._settings.mail, self._seal)
        return current.id

    def _written(
        self, current: Claim, standing: Standing, own: Mapping[str, Letter], now: datetime
    ) -> _Begun:
        contact = contact_of(self._seal, current.message.customer_id, standing)
        if self._channel.form == "mail":
            mail = written(current, contact, self._seal, self._settings, now, own)
            return _Begun(current, mail, address_hash(self._seal, mail.recipient[0]))
        posted = outgoing(current, contact, self._seal, self._settings, now, self._channel, own)
        return _Begun(current, posted, "" if standing.place is None else standing.place[1])

    def _followed(self, connection: Connection, begun: list[_Begun], now: datetime) -> list[_Begun]:
        if self._channel.form != "mail":
            return begun
        mails = [(each.claim.message.customer_id, each.posted) for each in begun]
        followed = with_followed_links(connection, self._seal, self._settings, mails, now)
        pairs = zip(begun, followed, strict=True)
        return [_Begun(each.claim, mail, each.address_hash) for each, mail in pairs]

    def _without_token(self, connection: Connection, one: _Begun, now: datetime) -> Hindrance | None:
        """Spend the token that the message needs, before it may leave; the hindrance where there is none."""
        if not self._channel.takes_tokens:
            return None
        customer, template = one.claim.message.customer_id, one.posted.template_id
        if spend(connection, customer, self._channel.name, template, one.claim.id, now):
            return None
        return Hindrance(NO_TOKEN)

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
            self._defer(connection, current, stop.until, stop.reason, is_attempt=False)
            return
        now, detail = self._clock.now(), getattr(stop, "detail", None) or None
        if not settle(connection, current, "skipped", now, reason=stop.reason, detail=detail):
            return
        if current.may_have_left:  # then it is unknown, whatever stops it now
            self._counts["unknown"] += 1
        else:
            self._skipped[stop.reason] += 1
        self._ended["unknown" if current.may_have_left else "skipped"].append(current.id)

    def _deliver(self, begun: Sequence[_Begun]) -> Sequence[tuple[_Begun, Receipt | AccountProblem]]:
        if not begun:
            return ()
        answers = self._channel.deliver([each.posted for each in begun])
        failpoint("delivery.handed_over")
        for answer in answers:
            problem = answer if isinstance(answer, AccountProblem) else self._breaker.problem_after(answer)
            self._stopped = self._stopped or problem
        return list(zip(begun, answers, strict=True))

    def _settle(self, connection: Connection, begun: _Begun, receipt: Receipt | AccountProblem) -> None:
        current, now = begun.claim, self._clock.now()
        if isinstance(receipt, AccountProblem):  # nothing has left: it keeps its place in the queue
            self._defer(connection, current, current.message.not_before, HANDED_BACK, is_attempt=False)
            return
        if receipt.suppress is not None and begun.address_hash:
            suppress(connection, begun.address_hash, receipt.suppress, now, self._channel.name)
        end = ENDS.get(receipt.state)
        if end is None:
            self._put_off(connection, current, receipt, now)
        else:
            self._end(connection, current, receipt, end, now)

    def _put_off(self, connection: Connection, current: Claim, receipt: Receipt, now: datetime) -> None:
        """Try again later, or give up: what may have arrived meanwhile is unknown then, and not failed."""
        patience, attempts = self._channel.patience, current.attempts + 1
        may_have_left = receipt.state == "again"
        if attempts < patience.attempts:
            until = retry_at(now, attempts, current.id, patience, receipt.wait_s)
            reason = receipt.reason or "delivery.put_off"
            self._defer(connection, current, until, reason, may_have_left=may_have_left)
            return
        in_doubt = may_have_left or current.may_have_left
        state: Outcome = "unknown" if in_doubt else "failed"
        if settle(connection, current, state, now, reason="delivery.gave_up", detail=receipt.detail):
            self._counts[state] += 1
            self._ended[state].append(current.id)
        if not in_doubt:
            give_back(connection, [current.id])

    def _end(
        self, connection: Connection, current: Claim, receipt: Receipt, end: Outcome, now: datetime
    ) -> None:
        named = receipt.provider_id
        done = settle(
            connection,
            current,
            end,
            now,
            reason=receipt.reason,
            detail=receipt.detail,
            provider_id=named,
        )
        if not done:
            return
        self._counts[end] += 1
        self._ended[end].append(current.id)
        if end == "failed" and receipt.reason != NO_TOKEN:
            give_back(connection, [current.id])
        if named is not None and self._channel.form != "mail":
            apply_waiting(connection, self._channel.name, named, current.id, now)

    def _defer(
        self,
        connection: Connection,
        current: Claim,
        until: datetime,
        reason: str,
        *,
        may_have_left: bool = False,
        is_attempt: bool = True,
    ) -> None:
        done = defer(
            connection,
            current,
            until,
            reason,
            self._clock.now(),
            may_have_left=may_have_left,
            is_attempt=is_attempt,
        )
        if self._channel.takes_tokens and not may_have_left:
            give_back(connection, [current.id])
        if isinstance(done, str):
            self._counts[done] += 1
            self._ended[done].append(current.id)
        elif done:
            self._deferred[reason] += 1

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
            self._account(connection)
            for claimed in waiting:
                defer(connection, claimed, claimed.message.not_before, HANDED_BACK, now)

    def _account(self, connection: Connection) -> None:
        """Budgets learn in the same transaction what became of messages, and codes that reached nobody come back."""
        now = self._clock.now()
        settled(connection, self._ended, now)
        unread = [ref for end in NEVER_REACHED for ref in self._ended.get(end, ())]
        if unread:
            release_ended(connection, now, OUTBOX.c.id.in_(unread))
        self._ended.clear()
