"""The tables that a nightly run publishes: scores, tiers and transitions; their columns and their queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.export.coding import coded, registrable
from evergrove.export.customers import COUNT, CUSTOMER_COLUMNS, DAY, customers_query
from evergrove.export.types import Column
from evergrove.segments.codes import (
    ACTIONS,
    AXES,
    CAUSES,
    CODED_COLUMNS,
    DIRECTIONS,
    STAGES,
    TIERS,
    Axis,
    Cause,
    Criterion,
    StageRule,
    TierReason,
)
from evergrove.segments.sentences.templates import STAGE_SENTENCES, TIER_SENTENCES
from evergrove.segments.stages.evidence import OWN_FIELDS, TIER_FIELDS, fields_of
from evergrove.segments.states.roster import BAND, CHECKS, LAST_CHECK, RISEN_ON, SINCE
from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.scoring.scored import Scored
    from evergrove.segments import Segments
    from evergrove.segments.states.transitions import Transitions
    from evergrove.warehouse import Engine

NOT_SCORES = ("tier", "stage", "action")
SCORE_COLUMNS: tuple[Column, ...] = (
    *(column for column in CUSTOMER_COLUMNS if column.name not in NOT_SCORES),
    Column(
        "p_purchase_7d",
        "probability",
        "s.p_purchase_7d",
        "DOUBLE",
        _("Chance of at least one purchase in the next 7 days."),
        "0..1",
    ),
)
"""What a run knows of every customer's past and future; tiers and stages stand in a table of their own."""


def _words(name: str, names: Sequence[str], sentence: str) -> Column:
    return Column(name, "word", coded(f"s.{name}", names), "VARCHAR", sentence)


def _day(name: str, sentence: str) -> Column:
    return Column(name, "date", f"cast(s.{name} as date)", "DATE", sentence, DAY)


def _held(criterion: Criterion) -> tuple[Column, ...]:
    """What the next run must remember of one criterion; empty where the policy does not look at it."""
    name = criterion.name.lower()
    return (
        Column(
            BAND.format(name), "word", "", "VARCHAR", _("Band in force of this criterion, by the tier's key.")
        ),
        Column(
            SINCE.format(name),
            "date",
            "",
            "DATE",
            _("Day of the run that put the customer into this band."),
            DAY,
        ),
        Column(
            CHECKS.format(name),
            "count",
            "",
            "SMALLINT",
            _("Runs in a row, each of another day, that found the band unlikely to be kept."),
            COUNT,
        ),
        Column(LAST_CHECK.format(name), "date", "", "DATE", _("The day of the latest of these runs."), DAY),
    )


TIER_REASONS = tuple(TIER_SENTENCES[reason][0] for reason in TierReason)
STAGE_REASONS = tuple(STAGE_SENTENCES[rule][0] for rule in StageRule)
PLACED_WORDS: dict[str, Sequence[str]] = {
    "tier": tuple(TIERS),
    "stage": tuple(STAGES),
    "action": tuple(ACTIONS),
    "realised_tier": tuple(TIERS),
    "lower_cause": tuple(CAUSES),
    "tier_reason": TIER_REASONS,
    "stage_reason": STAGE_REASONS,
}
"""Columns of ``tiers`` that are kept as codes, and what each code is called."""


def _placed(name: str, sentence: str) -> Column:
    return _words(name, PLACED_WORDS[name], sentence)


TIER_COLUMNS: tuple[Column, ...] = (
    Column(
        "customer_id", "id", "cast(r.customer_id as varchar)", "VARCHAR", _("The customer's id, as text.")
    ),
    _placed("tier", _("Value tier in force: high, potential, medium, low.")),
    _placed("stage", _("Place in the life cycle.")),
    _placed("action", _("Key of the playbook for this customer.")),
    _day("tier_since", _("Day of the run that put the customer into this tier.")),
    _day("stage_since", _("Day of the run that put the customer into this stage.")),
    _placed("realised_tier", _("Tier that the figures of the day say, whatever was before.")),
    Column(
        "lower_checks",
        "count",
        "s.lower_checks",
        "INTEGER",
        _("Runs in a row, each of another day, that found a lower tier than the one in force."),
        COUNT,
    ),
    _day("last_check", _("The day of the latest of these runs; empty without one.")),
    _placed(
        "lower_cause",
        _("Why the figures began to say a lower tier, where it was not the customer's doing."),
    ),
    _day(
        "returned_on",
        _("Day of the order with which a churned customer came back, while it counts as won back."),
    ),
    _placed("tier_reason", _("Code of the rule behind the tier.")),
    _placed("stage_reason", _("Code of the rule behind the stage.")),
    Column(
        "own_tier",
        "word",
        "",
        "VARCHAR",
        _("Tier of the policy's own; empty where tiers are the usual four."),
    ),
    Column(
        RISEN_ON,
        "date",
        "",
        "DATE",
        _("Day of the run in which the tier rose last; empty after a fall."),
        DAY,
    ),
    *(column for criterion in Criterion for column in _held(criterion)),
)
"""Where everybody stands, and all that the next run must remember of it."""

TRANSITION_COLUMNS: tuple[Column, ...] = (
    Column(
        "customer_id", "id", "cast(r.customer_id as varchar)", "VARCHAR", _("The customer's id, as text.")
    ),
    _words("axis", AXES, _("What changed: tier, stage, or own_tier, the tier of the policy's own.")),
    Column("from_", "word", "", "VARCHAR", _("Where the customer stood; empty for none.")),
    Column("to_", "word", "", "VARCHAR", _("Where the customer stands now; empty for none.")),
    _words(
        "cause",
        CAUSES,
        _(
            "Why: initial, backfill, policy, model, identity, consent, rates, evidence, clock; only the last two"
            " start outreach."
        ),
    ),
    Column("evidence", "text", "", "VARCHAR", _("JSON: code of the rule, its numbers, new facts.")),
    Column("as_of", "date", "", "DATE", _("The last day whose orders counted."), DAY),
    Column("run_seq", "count", "", "BIGINT", _("Number of the run."), COUNT),
)
"""Who moved, in which run and why; rows are added and never changed."""


def scores_query(
    engine: Engine,
    scored: Scored,
    segments: Segments,
    *,
    currency: str,
    as_of: date,
    others: int | None = None,
) -> str:
    """
    The query behind the table ``scores``.

    Args:
        engine: Holds customer_summary, known_customers, orders and refunds.
        scored: Of all customers.
        segments: For the RFM scores.
        currency: ISO code or empty.
        as_of: The last day whose orders count.
        others: As for ``customers_query``.
    """
    columns = scored.scores.columns() | segments.columns() | {"p_purchase_7d": scored.p_purchase_7d}
    engine.register("scored", columns)
    return customers_query(
        engine,
        CODED_COLUMNS,
        currency=currency,
        basis=scored.terms.basis,
        models=(scored.model, scored.runner_up),
        observation_end=as_of,
        others=others,
        columns=SCORE_COLUMNS,
    )


def transitions_query(engine: Engine, moves: Transitions) -> str:
    """
    The query behind the rows that one run adds to the table ``transitions``.

    Args:
        engine: Holds the roster that the moves refer to.
        moves: Of one run.
    """
    columns: dict[str, NDArray[Any]] = {
        name: registrable(getattr(moves, name))
        for name in ("row", "axis", "before", "after", "cause", "reason", "facts", "returned_on")
    }
    engine.register("moved", columns | {name: registrable(v) for name, v in moves.evidence.items()})
    sql = {
        "from_": _on_axis("s.before", moves.own_keys[0]),
        "to_": _on_axis("s.after", moves.own_keys[1]),
        "evidence": _evidence(moves),
        "as_of": f"date {literal(moves.as_of.isoformat())}",
        "run_seq": str(moves.run_seq),
    }
    chosen = ", ".join(
        f"cast({sql.get(c.name, c.sql)} as {c.type}) as {identifier(c.name)}" for c in TRANSITION_COLUMNS
    )
    return f"select {chosen} from moved s join roster r on r.row = s.row"


def _on_axis(name: str, own: Sequence[str]) -> str:
    named = {Axis.TIER: TIERS, Axis.STAGE: STAGES, Axis.OWN_TIER: own}
    cases = " ".join(f"when {int(axis)} then {coded(name, names)}" for axis, names in named.items())
    return f"case s.axis {cases} end"


def _evidence(moves: Transitions) -> str:
    """SQL of the evidence: a JSON object; nobody moved in a first run, so that the code alone is given."""
    measured = (TierReason.MEDIAN, TierReason.TOO_SELDOM)  # who is held has not moved
    tiers = {r: (TIER_REASONS[r], TIER_FIELDS if r in measured else ()) for r in TierReason}
    tiers[TierReason.OWN] = (TIER_REASONS[TierReason.OWN], OWN_FIELDS)
    stages = {rule: (STAGE_REASONS[rule], fields_of(STAGE_SENTENCES[rule][1])) for rule in StageRule}
    by_axis = [
        " ".join(f"when {code} then {_object(*said, moves.evidence)}" for code, said in each.items())
        for each in (tiers, stages)
    ]
    known = f"case s.axis when {int(Axis.STAGE)} then case s.reason {by_axis[1]} end else case s.reason {by_axis[0]} end end"
    return f"case when s.cause = {int(Cause.INITIAL)} then {_initial()} else {known} end"


def _initial() -> str:
    code = f"case s.axis when {int(Axis.STAGE)} then {coded('s.reason', STAGE_REASONS)} else {coded('s.reason', TIER_REASONS)} end"
    return f"""'{{"code":"' || {code} || '","params":{{}},"facts":0}}'"""


def _object(code: str, names: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> str:
    """SQL of one JSON object: the code, the numbers that its sentence mentions, the number of new facts."""
    shown = {name: _shown(name) for name in names if name in columns or name == "returned_on"}
    params = ", ".join(f"{literal(name)}: {sql}" for name, sql in shown.items())
    numbers = f"to_json({{{params}}})" if shown else "'{}'"
    return f"""'{{"code":"{code}","params":' || {numbers} || ',"facts":' || s.facts || '}}'"""


def _shown(name: str) -> str:
    if name.endswith("_band"):
        return coded(f"s.{name}", TIERS)
    if name == "returned_on":
        return "cast(cast(s.returned_on as date) as varchar)"
    return coded("s.direction", DIRECTIONS) if name == "direction" else f"s.{name}"
