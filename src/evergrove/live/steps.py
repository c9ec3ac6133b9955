"""The steps of live value: take marks, look at what they mean by one consistent view, work it out, write it together."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveError, watching
from evergrove.ingest.events.content import order_content
from evergrove.ledger.errors import LedgerBusy, LedgerFailed
from evergrove.live.following import follow
from evergrove.live.ground import newest_ids
from evergrove.live.lease import LiveElsewhere
from evergrove.live.store import (
    drop_marks,
    marks_of,
    set_back,
    take_marks,
    waiting_events,
    write_states,
)
from evergrove.live.triggers import hand_to_nobody, triggering
from evergrove.live.types import Passed
from evergrove.live.working import Asked, gather, work_out
from evergrove.people.profiling import unprofiled_among
from evergrove.warehouse import FileGone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.core import Clock
    from evergrove.ledger import Ledger
    from evergrove.live.ground import Base
    from evergrove.live.triggers import HandOver
    from evergrove.live.types import Worked

    Told = Callable[[Connection, Collection[str]], list[dict[str, Any]]]

MOST = 200
"""Marks of one pass: what many of them cost is shared, and nobody waits for more than these."""
NOT_THEIR_FAULT = (LedgerBusy, LedgerFailed, LiveElsewhere, FileGone)
"""Errors that are nobody's in particular: the pass is done again as it is."""
UNFORESEEN = "live.unforeseen"
REHEARSAL = "rehearsal"
"""Id of the order that is made up, and seen by nobody."""


class Steps:
    """
    Passes over a ledger, one after the other.

    Args:
        base: What passes stand on.
        ledger: Marks and events, and where rows go; fenced, where several processes may write.
        clock: What time it is.
        least_age: As for ``people.unprofiled``.
        hand_over: Who hears of moves that may start outreach.
    """

    def __init__(
        self,
        base: Base,
        ledger: Ledger,
        clock: Clock,
        *,
        least_age: int = 0,
        hand_over: HandOver = hand_to_nobody,
    ) -> None:
        self._base = base
        self._ledger = ledger
        self._clock = clock
        self._least_age = least_age
        self._hand_over = hand_over

    def once(self, most: int = MOST) -> Passed:
        """
        One pass.

        Args:
            most: Marks that are taken.

        Raises:
            LedgerBusy, LedgerFailed, LiveElsewhere, FileGone: Nothing was changed; the marks stay.
        """
        begun = perf_counter()
        with self._ledger.reading() as connection:
            marks = take_marks(connection, self._clock.now(), most)
        found = self._answered(marks)
        return Passed(**{**vars(found), "seconds": perf_counter() - begun})

    def rehearse(self) -> None:
        """
        Go through a pass over one customer, as if an order had come in, and write nothing.

        What is slow the first time (modules, statements, a first look into each file) is over before anybody waits:
        half a second to two of a processor, against a tenth for a pass.
        """
        try:
            self._worked((), partial(_rehearsed, self._clock.now()))
        except Exception as error:  # noqa: BLE001 - it is a pass like any other: those after it tell what is wrong
            watching.said("live rehearsal failed", level="warning", code=_code_of(error))

    def follow(self) -> bool:
        """Bring marks and rows up to what was published, and said of who is who; see ``following``."""
        return follow(self._base, self._ledger)

    def _answered(self, customers: Collection[str]) -> Passed:
        """Answer the marks of some customers; of several, one who cannot be worked out is found by halves."""
        if not customers:
            return Passed()
        try:
            return self._pass(customers)
        except NOT_THEIR_FAULT:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, an event is never refused for it
            listed = sorted(customers)
            if len(listed) == 1:
                return self._left_for_later(listed[0], error)
            middle = len(listed) // 2
            return _together(self._answered(listed[:middle]), self._answered(listed[middle:]))

    def _left_for_later(self, customer: str, error: Exception) -> Passed:
        with self._ledger.writing() as connection:
            set_back(
                connection, [customer], _code_of(error), {"error": type(error).__name__}, self._clock.now()
            )
        return Passed(set_back=1)

    def _pass(self, customers: Collection[str]) -> Passed:
        found = self._worked(customers, waiting_events)
        return Passed() if found is None else self._written(*found)

    def _worked(self, customers: Collection[str], told: Told) -> tuple[Worked, Asked] | None:
        """Where customers stand, nobody meaning the companion; None before the first run."""
        now = self._clock.now()
        with ExitStack() as held:
            with self._ledger.reading() as connection:
                ground = self._base.follow(connection)
                if ground is None:
                    return None
                engine = held.enter_context(self._base.bench())
                looked_at, waiting = customers or {ground.companion}, partial(told, connection)
                window, names = gather(engine, self._base, ground, looked_at, waiting, now)
                marks = marks_of(connection, names)
                off = unprofiled_among(connection, names, now, least_age=self._least_age)
            asked = Asked(ground, names, marks, off, ground.today(self._clock))
            return work_out(engine, window, asked, now), asked

    def _written(self, worked: Worked, asked: Asked) -> Passed:
        """Transaction 2: rows, moves and marks together; not where a run was published meanwhile."""
        now = self._clock.now()
        with self._ledger.writing() as connection:
            if newest_ids(connection)[1] != asked.ground.run.id:
                return Passed(is_overtaken=True)
            marked = marks_of(connection, asked.marks)  # none is left of who was forgotten meanwhile
            rows = [row for row in worked.rows if not row.marks or row.marks.keys() & marked.keys()]
            moves = write_states(connection, worked.names, rows, worked.moves, now)
            self._hand_over(connection, triggering(moves))
            drop_marks(connection, asked.marks)
        return Passed(len(asked.marks), len(rows), len(moves))


def _rehearsed(now: datetime, _connection: Connection, customers: Collection[str]) -> list[dict[str, Any]]:
    """An order that nobody has placed, by columns of a waiting event."""
    placed = {"kind": "order", "at": now, "content": order_content(REHEARSAL, Decimal(1))}
    return [{"seq": nth, "customer_id": name, **placed} for nth, name in enumerate(sorted(customers)[:1], 1)]


def _code_of(error: Exception) -> str:
    """Of foreign errors only the kind is told: their texts may hold anything."""
    return error.code if isinstance(error, EvergroveError) else UNFORESEEN


def _together(one: Passed, other: Passed) -> Passed:
    return Passed(
        one.marks + other.marks,
        one.rows + other.rows,
        one.moves + other.moves,
        one.set_back + other.set_back,
        0.0,
        one.is_overtaken or other.is_overtaken,
    )
