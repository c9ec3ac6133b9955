"""The rows of a day's export: orders placed, and orders of earlier days whose state has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import world
from evergrove.simulation.draws import keyed_uniforms
from evergrove.simulation.purchases import ATTEMPTS, SETTLING_DAYS
from evergrove.simulation.types import Orders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.simulation.book import OrderBook
    from evergrove.simulation.purchases import Purchases
    from evergrove.simulation.types import Flags, Integers

SETTLED_AFTER = SETTLING_DAYS - 1  # age in days from which an order is Completed
CHANGED_AT = 6 * 3600  # second of the day at which orders change their state
UNNUMBERED = -1


@dataclass(frozen=True, eq=False)
class DayOrders(Orders):
    """
    Rows of an export that shows an order again when it has changed.

    Attributes:
        updated_at: When the row last changed, datetime64[s], shape (m,).
    """

    updated_at: NDArray[np.datetime64]


def placed_rows(book: OrderBook, first: date, day: int) -> tuple[Integers, DayOrders]:
    """Orders placed on a day: their rows in the book, and in the export."""
    row = np.flatnonzero((book.now.day == day) & ~book.lost)
    return row, _rows_of(book, row, first, day)


def changed_rows(book: OrderBook, number: Integers, first: date, day: int) -> DayOrders:
    """Orders of earlier days that were settled, cancelled or refunded on this one."""
    age = day - book.now.day
    changed = (book.now.refund > 0) & (age == book.now.refund_delay)
    gone = book.now.cancelled & (age > book.now.refund_delay)
    settled = (age == SETTLED_AFTER) & ~gone
    row = np.flatnonzero((changed | settled) & ~book.lost & (age > 0))
    rows = _rows_of(book, row, first, day)
    return _with(rows, number=number[row], updated_at=np.full(len(row), _moment(first, day, CHANGED_AT)))


def loose_rows(book: OrderBook, first: date, day: int) -> DayOrders:
    """What is paid back on this day in rows of its own for orders of the book."""
    due = (book.now.loose > 0) & (day - book.now.day == book.now.loose_delay) & ~book.lost
    row = np.flatnonzero(due)
    rows = _rows_of(book, row, first, day)
    return _paid_back(rows, book.now.loose[row], _moment(first, day, book.now.second[row]))


def attempt_rows(book: OrderBook, seed: int, first: date, day: int) -> DayOrders:
    """Orders cancelled at once or never paid: as many as orders that would have come anyway lead to."""
    row = np.flatnonzero(book.anyway.day == day)
    row = row[keyed_uniforms(seed, "attempt", row) < ATTEMPTS]
    rows = _rows_of(book, row, first, day)
    never_paid = keyed_uniforms(seed, "never paid", row) < 0.5
    moment = _moment(first, day, book.anyway.second[row] - 600)
    return _with(
        rows,
        amount=book.anyway.amount[row],
        refund=np.zeros(len(row), dtype=np.int64),
        status=np.where(never_paid, world.UNPAID, world.CANCELLED),
        ordered_at=moment,
        updated_at=moment,
    )


def unsettled_history(orders: Orders) -> Orders:
    """The history's orders that are still Paid on its last day, each once."""
    paid = np.flatnonzero(orders.status == world.PAID)
    _numbers, place = np.unique(orders.number[paid], return_index=True)
    row = paid[place]
    return Orders(**{name: values[row] for name, values in vars(orders).items()})


def settled_history(unsettled: Orders, first: date, day: int) -> DayOrders:
    """Those of them that become Completed on a day."""
    age = (np.datetime64(first, "D") + day - unsettled.ordered_at.astype("datetime64[D]")).astype(np.int64)
    rows = {name: values[age == SETTLED_AFTER] for name, values in vars(unsettled).items()}
    number = len(rows["number"])
    rows["status"] = np.full(number, world.COMPLETED)
    return DayOrders(**rows, updated_at=np.full(number, _moment(first, day, CHANGED_AT)))


def late_refunds(bought: Purchases, days: int, first: date) -> DayOrders:
    """What is paid back after the history, in rows of their own, for orders of it."""
    row = np.flatnonzero((bought.day < days) & (bought.loose_day >= days) & (bought.loose_refund > 0))
    moment = _moment(first, bought.loose_day[row], 15 * 3600 + row % 7200)
    empty = np.zeros(len(row), dtype=np.int64)
    rows = DayOrders(
        number=empty + UNNUMBERED,
        customer=bought.customer[row],
        ordered_at=moment,
        amount=empty,
        refund=empty,
        status=empty,
        category=bought.category[row],
        product=empty,
        updated_at=moment,
    )
    return _paid_back(rows, bought.loose_refund[row], moment)


def of_day(rows: DayOrders, first: date, day: int) -> DayOrders:
    """The rows that changed on a day."""
    chosen = rows.updated_at.astype("datetime64[D]") == np.datetime64(first, "D") + day
    return DayOrders(**{name: values[chosen] for name, values in vars(rows).items()})


def as_exported(parts: Sequence[DayOrders], next_number: int) -> tuple[DayOrders, list[Integers]]:
    """
    Put the rows of a day into the order of their moments, and number those that are new.

    Returns:
        The rows, and the numbers of each part's rows.
    """
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    order = np.lexsort((columns["customer"], columns["updated_at"]))
    new = order[columns["number"][order] == UNNUMBERED]
    columns["number"][new] = next_number + np.arange(len(new))
    ends = np.cumsum([len(part) for part in parts])
    numbers = np.split(columns["number"], ends[:-1])
    return DayOrders(**{name: values[order] for name, values in columns.items()}), numbers


def history_rows(orders: Orders) -> DayOrders:
    """The history, each row with the moment of its last change."""
    settled = np.where(orders.status == world.COMPLETED, SETTLED_AFTER, 0)
    changed = orders.ordered_at.astype("datetime64[D]") + settled
    updated_at = np.where(settled > 0, changed + np.timedelta64(CHANGED_AT, "s"), orders.ordered_at)
    return DayOrders(**vars(orders), updated_at=updated_at)


def _rows_of(book: OrderBook, row: Integers, first: date, day: int) -> DayOrders:
    """Orders of the book as they stand on a day."""
    now = book.now
    age = day - now.day[row]
    known = age >= now.refund_delay[row]
    cancelled = now.cancelled[row] & known
    moment = _moment(first, now.day[row], now.second[row])
    return DayOrders(
        number=np.full(len(row), UNNUMBERED, dtype=np.int64),
        customer=now.customer[row],
        ordered_at=moment,
        amount=now.amount[row],
        refund=np.where(known & ~cancelled, now.refund[row], 0),
        status=_status(cancelled, age),
        category=now.category[row],
        product=now.product[row],
        updated_at=moment,
    )


def _status(cancelled: Flags, age: Integers) -> Integers:
    open_or_done = np.where(age >= SETTLED_AFTER, world.COMPLETED, world.PAID)
    return np.where(cancelled, world.CANCELLED, open_or_done)


def _paid_back(rows: DayOrders, amount: Integers, moment: NDArray[np.datetime64]) -> DayOrders:
    """The rows as refunds that name no order."""
    status = np.full(len(rows), world.REFUNDED)
    nothing = np.zeros(len(rows), dtype=np.int64)
    return _with(rows, amount=-amount, refund=nothing, status=status, ordered_at=moment, updated_at=moment)


def _with(rows: DayOrders, **columns: NDArray[np.generic]) -> DayOrders:
    return DayOrders(**{**vars(rows), **columns})


def _moment(first: date, day: Integers | int, second: Integers | int) -> NDArray[np.datetime64]:
    """A second of a day, counted from the shop's first day."""
    seconds = 86_400 * np.asarray(day, dtype=np.int64) + second
    return np.asarray(np.datetime64(first, "s") + seconds.astype("timedelta64[s]"))
