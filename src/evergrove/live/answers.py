"""From a night's arrays to live rows and moves: the columns that a run publishes, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.export import scores_query, tiers_of
from evergrove.export.states import SCORE_COLUMNS, STAGE_REASONS, TIER_REASONS
from evergrove.live.types import LiveMove, LiveRow, Reason
from evergrove.segments.codes import AXES, CAUSES, DIRECTIONS, NO_CODE, TIERS, Axis, StageRule, TierReason
from evergrove.segments.sentences.templates import STAGE_SENTENCES
from evergrove.segments.stages.evidence import (
    OWN_FIELDS,
    TIER_FIELDS,
    fields_of,
    stage_evidence,
    tier_evidence,
)
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from evergrove.live.ground import Ground
    from evergrove.pipeline.nightly import Stood, Valued
    from evergrove.scoring import Scored
    from evergrove.warehouse import Engine

ROSTER = "select row, customer_id from roster order by row"


@dataclass(frozen=True, eq=False)
class Answers:
    """A night over a few customers, and who of them is asked about."""

    ground: Ground
    valued: Valued
    stood: Stood
    scored: Scored
    wanted: Collection[str]
    marks: Mapping[str, Mapping[str, int]]


def rows_and_moves(
    engine: Engine, answers: Answers, now: datetime
) -> tuple[tuple[LiveRow, ...], tuple[LiveMove, ...]]:
    """
    Live rows of the persons who are asked about, and how they moved since the run.

    Args:
        engine: As the night left it.
        answers: What it came to.
        now: When.
    """
    roster = {str(name): int(row) for row, name in engine.run(ROSTER) if name in answers.wanted}
    rows = np.array(sorted(roster.values()), dtype=np.int64)
    why = _reasons(answers, rows)
    placed = dict(zip(rows.tolist(), tiers_of(answers.stood.states, rows), strict=True))
    scores = _scores(engine, answers)
    made = tuple(
        _row(answers, name, scores.get(name, {}), {"customer_id": name, **placed[row]}, why[row], now)
        for name, row in roster.items()
    )
    return made, tuple(_moves(answers, {row: name for name, row in roster.items()}, why))


def _scores(engine: Engine, answers: Answers) -> dict[str, dict[str, Any]]:
    """What a run would publish of their past and future: by customer, column by column."""
    stood, known = answers.stood, answers.valued.known
    query = scores_query(
        engine,
        answers.scored,
        stood.segments,
        currency=known.settings.value.currency,
        as_of=known.as_of,
        others=len(stood.roster) - stood.roster.buyers,
    )
    names = tuple(column.name for column in SCORE_COLUMNS if column.name not in answers.ground.waits)
    found = engine.run(f"select {', '.join(map(identifier, names))} from ({query})")
    return {str(row[0]): dict(zip(names, row, strict=True)) for row in found}


def _row(
    answers: Answers,
    name: str,
    scores: Mapping[str, Any],
    tiers: Mapping[str, Any],
    why: Mapping[str, Reason],
    now: datetime,
) -> LiveRow:
    marks = answers.marks.get(name, {})
    return LiveRow(
        customer_id=name,
        run_id=answers.ground.run.id,
        snapshot_id=answers.ground.seen.id,
        as_of=answers.valued.known.as_of,
        seq=max(marks.values(), default=0),
        computed_at=now,
        scores=scores,
        tiers=tiers,
        reasons=why,
        marks=marks,
    )


def _reasons(answers: Answers, rows: NDArray[Any]) -> dict[int, dict[str, Reason]]:
    """Why the tier, and why the stage, of some rows of the roster; one without a reason is left out."""
    segments, states, n = answers.stood.segments, answers.stood.states, answers.stood.roster.buyers
    bought = rows[rows < n]
    of_tier = tier_evidence(segments, bought)
    rules = np.maximum(states.stage_reason[bought], 0)
    of_stage = stage_evidence(segments, bought, rules, answers.valued.known.policy.stages)
    returned = states.returned_on[bought]
    found: dict[int, dict[str, Reason]] = {}
    for row in rows.tolist():
        at = int(np.searchsorted(bought, row)) if row < n else None
        tier, stage = int(states.tier_reason[row]), int(states.stage_reason[row])
        found[row] = {}
        if tier != NO_CODE:
            found[row]["tier"] = Reason(TIER_REASONS[tier], _params(_tier_fields(tier), of_tier, at))
        if stage != NO_CODE:
            params = _params(fields_of(STAGE_SENTENCES[StageRule(stage)][1]), of_stage, at)
            if at is not None and not np.isnat(returned[at]):
                params["returned_on"] = str(returned[at])
            found[row]["stage"] = Reason(STAGE_REASONS[stage], params)
    return found


def _tier_fields(reason: int) -> tuple[str, ...]:
    if reason == TierReason.OWN:
        return OWN_FIELDS
    return () if reason == TierReason.NONE else TIER_FIELDS


def _params(names: Collection[str], columns: Mapping[str, NDArray[Any]], at: int | None) -> dict[str, Any]:
    """The numbers that a sentence mentions, as JSON knows them."""
    if at is None:
        return {}
    return {name: _said(name, columns[name][at]) for name in names if name in columns}


def _said(name: str, value: Any) -> Any:
    if name == "direction":
        return _named(DIRECTIONS, value)
    if name.endswith("_band"):
        return _named(TIERS, value)
    number = value.item() if isinstance(value, np.generic) else value
    return number if not isinstance(number, float) or np.isfinite(number) else None


def _named(names: Collection[str], code: Any) -> str | None:
    return list(names)[int(code)] if int(code) >= 0 else None


def _moves(
    answers: Answers, names: Mapping[int, str], why: Mapping[int, Mapping[str, Reason]]
) -> Iterator[LiveMove]:
    """Moves since the run, of those who are asked about."""
    moves = answers.stood.moves
    before, after = moves.named
    for at, row in enumerate(moves.row.tolist()):
        if row not in names:
            continue
        axis = Axis(int(moves.axis[at]))
        reason = why[row].get("stage" if axis == Axis.STAGE else "tier")
        evidence = {} if reason is None else {"code": reason.code, "params": dict(reason.params)}
        yield LiveMove(
            names[row],
            AXES[axis],
            str(before[at]) or None,
            str(after[at]) or None,
            CAUSES[int(moves.cause[at])],
            {**evidence, "facts": int(moves.facts[at])},
        )
