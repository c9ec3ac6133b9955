"""The living shop: a history, then day after day of orders from customers who answer messages."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation.answers import Answers, Batch
from evergrove.simulation.book import OrderBook
from evergrove.simulation.cast import draw_cast
from evergrove.simulation.contacts import write_contacts
from evergrove.simulation.day_export import write_rows
from evergrove.simulation.day_rows import (
    UNNUMBERED,
    DayOrders,
    as_exported,
    attempt_rows,
    changed_rows,
    history_rows,
    late_refunds,
    loose_rows,
    of_day,
    placed_rows,
    settled_history,
    unsettled_history,
)
from evergrove.simulation.effects import Sent, TrueEffect, summed_effects
from evergrove.simulation.living_types import DayIsOver, Delivery, LivingOptions, NoSuchDay, UnknownRecipient
from evergrove.simulation.shop import as_shop
from evergrove.simulation.types import FUTURE_DAYS, Shop
from evergrove.simulation.world import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from evergrove.models.types import Floats


class LivingShop:
    """
    A shop that goes on day by day.

    Each day: deliver its messages with ``receive``, then take its orders with ``orders_of`` or
    ``write_day``. What comes without messages is drawn beforehand; how a message ends depends on the seed,
    the customer, the playbook and the step alone. See ``response`` for what messages do, and for why
    ``truth`` is what a measurement of them is to be compared with.

    Attributes:
        options: As chosen.
    """

    def __init__(self, options: LivingOptions | None = None) -> None:
        """Draw the shop."""
        self.options = options or LivingOptions()
        of_shop = self.options.shop
        self._first, self._days = of_shop.first_day, of_shop.days
        self._cast = draw_cast(of_shop, self.options.days)
        self._book = OrderBook(self._cast.coming, span=self._days + FUTURE_DAYS)
        self._answers = Answers(
            self._book, self._cast.lives, self._cast.traits, self.options.responses, of_shop.seed
        )
        drawn = self._cast.drawn
        self._unsettled = unsettled_history(drawn.orders)
        self._late = late_refunds(drawn.bought, self._days, self._first)
        self._number = np.full(len(self._cast.coming), UNNUMBERED, dtype=np.int64)
        self._next_number = int(drawn.orders.number.max(initial=-1)) + 1
        self._exported: list[DayOrders] = []  # of the days that are over
        self._sent: list[Sent] = []
        self._received: Counter[tuple[int, str, int]] = Counter()

    @property
    def first_day(self) -> date:
        """The first day after the history."""
        return self.options.as_of + timedelta(days=1)

    @property
    def last_day(self) -> date:
        """The last day that the shop lives."""
        return self.options.as_of + timedelta(days=self.options.days)

    @cached_property
    def shop(self) -> Shop:
        """The shop at the end of its history, as ``simulate_shop`` gives it; its future has no messages."""
        return as_shop(self.options.shop, self._cast.drawn)

    def write_history(self, path: Path, currency: str = CURRENCY) -> None:
        """
        Write the order export up to as_of as CSV: the columns of ``write_orders``, and updated_at.

        Args:
            path: Of the file.
            currency: In which the shop sells; the amounts stay.
        """
        write_rows(history_rows(self._cast.drawn.orders), self._cast.people, path, currency)

    def write_customers(self, path: Path, since: date | None = None, until: date | None = None) -> None:
        """
        Write a customers file as CSV: customer, email, name, language, timezone, consent.

        Args:
            path: Of the file.
            since: Leave out who bought on this day or before; None leaves out nobody.
            until: Leave out who has not bought by this day; None means as_of.
        """
        came = self._cast.lives.first_day
        after = self._index(since) if since else -1
        who = np.flatnonzero((came > after) & (came <= self._index(until or self.options.as_of)))
        write_contacts(who, self._cast.people, self._cast.contacts, path)

    def receive(self, day: date, deliveries: Sequence[Delivery]) -> None:
        """
        Let messages reach customers, who answer from this day on.

        Raises:
            DayIsOver: The day's orders were handed out already.
            NoSuchDay: The shop does not live on this day.
            UnknownRecipient: Somebody is not in the shop.
        """
        index = self._living(day)
        if index < self._days + len(self._exported):
            raise DayIsOver(day=day)
        for batch in self._batches(deliveries):
            self._sent.append(self._answers.receive(batch, index))

    def orders_of(self, day: date) -> DayOrders:
        """
        The rows of a day's export: its orders, and those of earlier days that have changed.

        Raises:
            NoSuchDay: The shop does not live on this day.
        """
        index = self._living(day) - self._days
        while len(self._exported) <= index:
            self._exported.append(self._export(self._days + len(self._exported)))
        return self._exported[index]

    def write_day(self, day: date, path: Path) -> None:
        """
        Write the rows of ``orders_of`` as CSV.

        Raises:
            NoSuchDay: The shop does not live on this day.
        """
        write_rows(self.orders_of(day), self._cast.people, path)

    def truth(
        self,
        playbook: str | None,
        treated: Mapping[str, date],
        until: date,
        *,
        margin: float = 1.0,
        control: Mapping[str, date] | None = None,
    ) -> TrueEffect:
        """
        What a playbook was to be expected to change per customer assigned to it.

        Args:
            playbook: Key; None for all playbooks together.
            treated: Customers assigned to be treated, with the day of it; what is measured begins with the
                day after.
            until: Last day measured.
            margin: Share of net revenue that counts.
            control: Customers assigned to be left alone, with the day of it: tells what the playbook changed
                in the messages of others.

        Raises:
            UnknownRecipient: Somebody is not in the shop.
        """
        own, others, messages = self._effects(playbook, treated, until)
        elsewhere = 0.0
        if control:
            _own, unmoved, _messages = self._effects(playbook, control, until)
            elsewhere = float(others.mean() - unmoved.mean()) if len(others) else 0.0
        return TrueEffect(
            playbook=playbook,
            people=len(own),
            messages=messages,
            effect=margin * ((float(own.mean()) if len(own) else 0.0) + elsewhere),
            elsewhere=margin * elsewhere,
            harmed=float((own < 0).mean()) if len(own) else 0.0,
        )

    def _effects(
        self, playbook: str | None, assigned: Mapping[str, date], until: date
    ) -> tuple[Floats, Floats, int]:
        """Expected changes of each assigned customer, by the playbook's messages and by others."""
        last = self._index(until)
        who = np.array([self._person(name) for name in assigned], dtype=np.int64)
        since = np.full(len(self._cast.people), last + 1, dtype=np.int64)
        since[who] = [self._index(day) for day in assigned.values()]
        own, others, messages = summed_effects(self._sent, self._cast.coming, since, last, playbook)
        return own[who], others[who], messages

    def _export(self, day: int) -> DayOrders:
        """Close a day."""
        grown = len(self._book.now) - len(self._number)
        self._number = np.append(self._number, np.full(grown, UNNUMBERED, dtype=np.int64))
        placed, rows = placed_rows(self._book, self._first, day)
        exported, numbers = as_exported(
            (
                rows,
                changed_rows(self._book, self._number, self._first, day),
                loose_rows(self._book, self._first, day),
                attempt_rows(self._book, self.options.seed, self._first, day),
                settled_history(self._unsettled, self._first, day),
                of_day(self._late, self._first, day),
            ),
            self._next_number,
        )
        self._number[placed] = numbers[0]
        self._next_number = max(self._next_number, int(exported.number.max(initial=-1)) + 1)
        return exported

    def _batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """Deliveries as arrays; a customer's second message of a day meets what the first has done."""
        rounds: list[list[tuple[int, Delivery, int]]] = []
        today: Counter[int] = Counter()
        for delivery in deliveries:  # a day's messages, parsed one by one
            who = self._person(delivery.customer)
            key = (who, delivery.playbook, delivery.step)
            if today[who] == len(rounds):
                rounds.append([])
            rounds[today[who]].append((who, delivery, self._received[key]))
            today[who] += 1
            self._received[key] += 1
        return [self._batch(messages) for messages in rounds]

    def _batch(self, messages: Sequence[tuple[int, Delivery, int]]) -> Batch:
        coupons = [delivery.coupon for _who, delivery, _nth in messages]
        return Batch(
            customer=np.array([who for who, _delivery, _nth in messages], dtype=np.int64),
            playbook=np.array([delivery.playbook for _who, delivery, _nth in messages]),
            step=np.array([delivery.step for _who, delivery, _nth in messages], dtype=np.int64),
            nth=np.array([nth for _who, _delivery, nth in messages], dtype=np.int64),
            percent=np.array([coupon.percent if coupon else 0.0 for coupon in coupons]),
            last_day=np.array(
                [self._index(coupon.valid_until) if coupon else 0 for coupon in coupons], dtype=np.int64
            ),
        )

    def _person(self, name: str) -> int:
        """The row in ``People`` of an id or address."""
        digits = name.partition("@")[0][1:]
        if name[:1] not in "Cc" or not digits.isdecimal() or int(digits) >= len(self._cast.people):
            raise UnknownRecipient(recipient=name)
        return int(digits)

    def _index(self, day: date) -> int:
        """Days since the shop's first one."""
        return (day - self._first).days

    def _living(self, day: date) -> int:
        if not self.first_day <= day <= self.last_day:
            raise NoSuchDay(day=day, first=self.first_day, last=self.last_day)
        return self._index(day)
