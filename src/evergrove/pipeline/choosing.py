"""Whom to write to after a night: playbooks propose, decisions choose. The same for a run, a dry run and a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.campaigns import due
from evergrove.campaigns.library import versions_in_use
from evergrove.decisions import decide
from evergrove.pipeline.around import context_of
from evergrove.pipeline.conditions import ask_conditions
from evergrove.pipeline.situation import earlier_of, moves_of, situation_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from evergrove.campaigns import Due, Moves, Playbook, Situation
    from evergrove.core import Clock
    from evergrove.decisions import Decided
    from evergrove.pipeline.nights import Night
    from evergrove.warehouse import Engine, Snapshot, Warehouse

NOT_YET = 0
"""Number of a run that is not published yet."""
COMPARING = ("health", "milestone", "anniversary", "schedule", "segment")
"""Kinds of triggers that look at the night before."""


@dataclass(frozen=True)
class Choosing:
    """
    What choosing goes by, beside the night.

    Attributes:
        warehouse: Where the tables of the run before lie.
        playbooks: Those at work.
        before: The run before; None: there was none.
        persons: Customers who stand under another's name, and that name.
        clock: Messages are due from its day on.
        late_days: Orders that were older than that when they came in are history caught up on.
    """

    warehouse: Warehouse
    playbooks: Sequence[Playbook]
    before: Snapshot | None
    persons: Mapping[str, str]
    clock: Clock
    late_days: int


@dataclass(frozen=True, eq=False)
class Looked:
    """
    A night as playbooks look at it.

    Attributes:
        situation: Of all customers.
        moves: Of the night.
        playbooks: Those that can be asked: one whose condition cannot be rests for the night.
        resting: Keys of the others.
    """

    situation: Situation
    moves: Moves
    playbooks: tuple[Playbook, ...]
    resting: tuple[str, ...]


def choose(connection: Connection, engine: Engine, found: Night, choosing: Choosing) -> tuple[Due, Decided]:
    """
    Playbooks propose, decisions choose; nothing is stored.

    Args:
        connection: Of any block.
        engine: Holds the night.
        found: The night.
        choosing: What else there is to go by.
    """
    seen = look(connection, engine, found, choosing)
    to_do = due(
        connection,
        seen.playbooks,
        seen.situation,
        seen.moves,
        found.as_of,
        found.settings.outreach.salt,
        choosing.before.as_of if choosing.before is not None else None,
    )
    shop_zone = found.settings.value.timezone or found.noted.timezone
    decided = decide(
        connection,
        to_do.proposals,
        found.settings.outreach,
        shop_zone=shop_zone,
        run_id=NOT_YET,
        as_of=found.as_of,
        now=choosing.clock.now(),
        context=context_of(connection, engine, found, to_do.proposals, shop_zone),
    )
    return to_do, decided


def look(connection: Connection, engine: Engine, found: Night, choosing: Choosing) -> Looked:
    """A night as playbooks look at it: only what they ask for is looked up."""
    in_use = versions_in_use(connection, choosing.playbooks)
    answers = ask_conditions(
        connection, engine, found, in_use, persons=choosing.persons, now=choosing.clock.now()
    )
    resting = {each.key for each in in_use if answers.unanswered.intersection(each.conditions)}
    compares = any(each.trigger.kind in COMPARING for each in in_use)
    earlier = (
        earlier_of(engine, choosing.warehouse, found, choosing.before, choosing.late_days)
        if compares
        else None
    )
    situation = situation_of(engine, found, in_use, earlier, answers.holding)
    moves = moves_of(engine, found, ours=earlier.ours if earlier is not None else "")
    able = tuple(each for each in choosing.playbooks if each.key not in resting)
    return Looked(situation, moves, able, tuple(sorted(resting)))
