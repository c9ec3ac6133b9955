"""
The place where moves between two runs are handed on as they are written.

Playbooks do not listen here: they look at the moves that are stored (``moved``) under the lock of a run, so that a pass
waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evergrove.live.types import LiveMove
from evergrove.segments.codes import CAUSES, TRIGGERING

if TYPE_CHECKING:
    from sqlalchemy import Connection

HandOver = Callable[["Connection", Sequence[LiveMove]], None]
"""
Hears of moves in the transaction that writes them: both happen, or neither. The next run meets the same moves again, so
that whoever enqueues by them names the row by what it says, as playbooks do.
"""
MAY_START = frozenset(CAUSES[cause] for cause in TRIGGERING)


def triggering(moves: Sequence[LiveMove]) -> tuple[LiveMove, ...]:
    """Moves by evidence or by the clock: what we changed ourselves, or caught up on, starts nothing."""
    return tuple(move for move in moves if move.cause in MAY_START)


def hand_to_nobody(_connection: Connection, _moves: Sequence[LiveMove]) -> None:
    """Whoever wants to know of moves reads them where they are stored."""
