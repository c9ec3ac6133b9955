"""Where everybody stands tonight, given the night before, and who moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.customers import facts_since
from evergrove.pipeline.corrected import corrections
from evergrove.pipeline.joined import rejoined, under_todays_names
from evergrove.pipeline.nights import EARLIER, TIERS
from evergrove.segments import (
    Ruled,
    heard,
    place,
    read_placement,
    states_before,
    transitions_between,
    would_have,
)
from evergrove.segments.warning.hearing import Hearing
from evergrove.segments.warning.service import read_learned

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.pipeline.nights import Known, Yesterday
    from evergrove.scoring import Scored
    from evergrove.segments import Roster, Segments, States, Transitions
    from evergrove.segments.types import Bools
    from evergrove.warehouse import Engine
    from evergrove.warehouse.types import Shelf

RENAMED = "earlier_persons"


def moved(
    engine: Engine,
    warehouse: Shelf,
    known: Known,
    base: CustomerBase,
    told: tuple[str, ...],
    roster: Roster,
    segments: Segments,
    scored: Scored,
) -> tuple[States, Transitions]:
    """
    Where everybody stands, and who moved since the night before.

    Args:
        engine: Holds the facts of the night and ``roster``.
        warehouse: Where the tiers of the night before lie.
        known: What the night goes by.
        base: The customers' summary.
        told: Tables beside orders that hold rows.
        roster: Everybody, buyers first.
        segments: Of tonight's figures alone.
        scored: Scores and the models behind them.
    """
    if known.yesterday is None:
        states = place(segments, roster, known.policy)
        return states, transitions_between(None, states, known.policy, run_seq=known.run_seq)
    if known.earlier is not None:
        warehouse.show(engine, known.earlier, TIERS, EARLIER)
    is_other = rejoined(engine, roster, EARLIER, known.yesterday.persons, known.persons)
    learned = known.yesterday.warnings
    hearing = None if learned is None else Hearing(told, read_learned(learned))
    ruled = Ruled(read_placement(known.yesterday.placement), known.yesterday.models, hearing)
    return _since(engine, known, known.yesterday, ruled, base, roster, segments, scored, is_other)


def _since(
    engine: Engine,
    known: Known,
    yesterday: Yesterday,
    ruled: Ruled,
    base: CustomerBase,
    roster: Roster,
    segments: Segments,
    scored: Scored,
    is_other: Bools | None,
) -> tuple[States, Transitions]:
    """States and moves of any night but the first."""
    policy, settings = known.policy, known.settings
    under_todays_names(engine, EARLIER, RENAMED)
    earlier = states_before(engine, RENAMED, roster, yesterday.as_of, ruled.placement.policy.rules)
    corrected = corrections(engine, roster, RENAMED, is_other)
    facts_since(
        engine,
        after_seq=yesterday.import_seq,
        previous_day=yesterday.as_of,
        as_of=base.observation_end,
        until_seq=known.until_seq,
    )
    news, late = heard(engine, roster), settings.workspace.late_days
    would = would_have(
        engine, base, roster, earlier, before=ruled, policy=policy, scored=scored, value=settings.value
    )
    since: dict[str, Any] = {"news": news, "late_days": late, "would": would, "corrected": corrected}
    states = place(segments, roster, policy, earlier, **since)
    moves = transitions_between(earlier, states, policy, **since, run_seq=known.run_seq)
    return states, moves
