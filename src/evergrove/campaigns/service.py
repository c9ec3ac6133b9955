"""What campaigns find to do on a day, and how it is stored once it was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.campaigns import rules
from evergrove.campaigns.entering import entering
from evergrove.campaigns.held import settle_released, store_held
from evergrove.campaigns.library import playbook_in
from evergrove.campaigns.schedule import day
from evergrove.campaigns.store import (
    active_in,
    active_versions,
    store_endings,
    store_entered,
    store_passed,
    store_steps,
    windows_of,
)
from evergrove.campaigns.types import Due, Ending, Progress, Reason
from evergrove.outbox.withdrawing import withdraw

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns.definition import Playbook
    from evergrove.campaigns.types import (
        Active,
        Enrolment,
        HeldEntry,
        Moves,
        Passed,
        Proposal,
        Rows,
        Situation,
    )


def due(
    connection: Connection,
    playbooks: Sequence[Playbook],
    situation: Situation,
    moves: Moves,
    as_of: date,
    salt: str = "",
    known_until: date | None = None,
) -> Due:
    """
    Who enters and leaves the playbooks, and which steps have come due. Nothing is written.

    Exits come first: whoever leaves today is proposed nothing any more. Customers are looked at as arrays
    until it is known whom a playbook concerns.

    Args:
        connection: Of any block.
        playbooks: Those that work, in the version that new customers enter.
        situation: All customers as they stand on ``as_of``.
        moves: Transitions of this run.
        as_of: The last day whose orders are known; what is due leaves on the day after.
        salt: Mixed into the choice among variants.
        known_until: The last day that the run before knew; None: there was none.
    """
    entered: list[Enrolment] = []
    ended: list[Ending] = []
    proposals: list[Proposal] = []
    passed: list[Passed] = []
    held: list[HeldEntry] = []
    released: list[str] = []
    for playbook in playbooks:
        found = entering(connection, playbook, situation, moves, as_of, known_until)
        entered += found.entered
        held += found.held
        released += found.released
        first = first_steps(playbook, found.entered, situation, as_of, salt)
        for version in active_versions(connection, playbook.key):
            lived = playbook_in(connection, playbook.key, version)
            active = active_in(connection, lived)
            rows = situation.rows_of(active.customer_id)
            endings = rules.endings(lived, active, situation, rows)
            ended += endings
            over = {each.enrolment_id for each in endings}
            later = _later_steps(connection, lived, active, rows, over, situation, as_of, salt)
            first = first.and_also(later)
        ended += first.endings
        passed += first.passed
        proposals += first.proposals
    return Due(
        as_of,
        tuple(entered),
        tuple(ended),
        tuple(sorted(proposals, key=_rank)),
        tuple(passed),
        tuple(held),
        tuple(released),
    )


def _rank(proposal: Proposal) -> tuple[int, str, str, str, int]:
    """By priority; the rest makes the order the same on every machine."""
    return (
        proposal.priority,
        proposal.playbook,
        proposal.customer_id,
        proposal.occasion,
        proposal.step,
    )


@dataclass(frozen=True)
class Steps:
    """What some enrolments come to on a day."""

    proposals: tuple[Proposal, ...] = ()
    passed: tuple[Passed, ...] = ()
    endings: tuple[Ending, ...] = ()

    def and_also(self, other: Steps) -> Steps:
        """Both."""
        return Steps(
            self.proposals + other.proposals, self.passed + other.passed, self.endings + other.endings
        )


def first_steps(
    playbook: Playbook, news: Sequence[Enrolment], situation: Situation, as_of: date, salt: str = ""
) -> Steps:
    """What those who have just entered a playbook come to."""
    rows = situation.rows_of([each.customer_id for each in news]).tolist()
    walk = [
        (Progress(each.id, each.customer_id, each.occasion, 0, each.windows, each.entered_on), row)
        for each, row in zip(news, rows, strict=True)
    ]
    return _walked(playbook, walk, situation, as_of, salt)


def _later_steps(
    connection: Connection,
    playbook: Playbook,
    active: Active,
    rows: Rows,
    over: Collection[str],
    situation: Situation,
    as_of: date,
    salt: str,
) -> Steps:
    ready = np.flatnonzero(active.due <= np.datetime64(as_of + timedelta(days=1)))
    going_on = [at for at in ready.tolist() if active.id[at] not in over]
    windows = windows_of(connection, [active.id[at] for at in going_on])
    walk = [
        (
            Progress(
                active.id[at],
                active.customer_id[at],
                active.occasion[at],
                int(active.next_step[at]),
                windows[active.id[at]],
                day(active.entered_on[at]),
            ),
            int(rows[at]),
        )
        for at in going_on
    ]
    return _walked(playbook, walk, situation, as_of, salt)


def _walked(
    playbook: Playbook,
    walk: Sequence[tuple[Progress, int]],
    situation: Situation,
    as_of: date,
    salt: str,
) -> Steps:
    proposals: list[Proposal] = []
    passed: list[Passed] = []
    endings: list[Ending] = []
    for progress, row in walk:
        found = rules.advanced(playbook, progress, situation, row, as_of, salt)
        proposals += found.proposals
        passed += [found.passed] if found.passed else []
        if found.ending is not None:
            who = (progress.enrolment_id, playbook.key, progress.customer_id, progress.occasion)
            endings.append(Ending(*who, found.ending))
    return Steps(tuple(proposals), tuple(passed), tuple(endings))


def store_due(connection: Connection, found: Due, run_id: int, now: datetime) -> int:
    """
    Store who entered and who left; what still waits for those who left is taken back.

    Args:
        connection: Of a ``writing`` block.
        found: By ``due``.
        run_id: Of the run.
        now: When.

    Returns:
        How many waiting messages were taken back.
    """
    store_entered(connection, found.entered, run_id)
    store_held(connection, found.held, run_id)
    settle_released(connection, found, run_id)
    store_passed(connection, found.passed, run_id)
    store_endings(connection, found.endings, found.as_of, run_id)
    left = [(each.playbook, each.customer_id, each.occasion) for each in found.endings]
    return withdraw(connection, left, "campaigns.exited", now)


def store_taken(
    connection: Connection,
    found: Due,
    taken: Sequence[Proposal],
    erased: Collection[str],
    run_id: int,
) -> None:
    """
    Store how far enrolments have come after the decisions.

    Args:
        connection: Of a ``writing`` block.
        found: By ``due``.
        taken: Steps that are used up: sent, virtually sent to a control, or missed. The others are proposed
            again on the next day, as long as their window is open.
        erased: Customers who were erased since they entered: they leave.
        run_id: Of the run.
    """
    store_steps(connection, taken, found.as_of, run_id)
    leaving = {
        each.enrolment_id: Ending(
            each.enrolment_id, each.playbook, each.customer_id, each.occasion, Reason("campaigns.erased")
        )
        for each in found.proposals
        if each.customer_id in erased
    }
    store_endings(connection, tuple(leaving.values()), found.as_of, run_id)
