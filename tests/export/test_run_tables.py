"""The tables of a nightly run: declared columns, every kind of evidence, and the sentences made of it."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.export import (
    CUSTOMER_COLUMNS,
    SCORE_COLUMNS,
    TIER_COLUMNS,
    TRANSITION_COLUMNS,
    tiers_of,
    tiers_query,
    transitions_query,
)
from evergrove.segments import (
    Axis,
    Cause,
    Roster,
    Stage,
    StageRule,
    States,
    Tier,
    Transitions,
    explain_held,
    explain_move,
    policy_of,
    states_before,
)
from evergrove.segments.codes import NO_CODE, Direction, TierReason
from evergrove.segments.stages.rules import STAGE_OF
from evergrove.segments.tiers.hysteresis import NEVER
from evergrove.settings import Settings
from evergrove.text import Language, translator
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evergrove.export import Column
    from evergrove.warehouse import Engine

TODAY = date(2026, 6, 30)
LANGUAGES: tuple[Language, ...] = ("en", "zh-Hans", "zh-Hant")
RULES = len(StageRule)
NUMBERS: dict[str, Any] = {
    "active_days": 180,
    "chance": 0.0421,
    "cut": 0.184,
    "silence": 95,
    "limit": 90.25,
    "stretch": 1.3,
    "recent": 1,
    "previous": 5,
    "known_days": 120,
    "window": 180,
    "certainty": 0.913,
    "gap": 69.5,
    "returned_gap": 212.0,
    "won_back_days": 90,
    "orders": 7,
    "mature_orders": 6,
    "direction": int(Direction.STEADY),
    "spend": 1234.5,
    "spend_band": int(Tier.MEDIUM),
    "frequency": 3.0,
    "frequency_band": int(Tier.POTENTIAL),
    "average_order": 411.5,
    "average_order_band": int(Tier.POTENTIAL),
}


def codes(values: Any) -> NDArray[np.int8]:
    """As stations hand them on."""
    return np.array(list(values), dtype=np.int8)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """One customer for each rule."""
    with open_engine() as opened:
        opened.register("row_numbers", {"row": np.arange(RULES, dtype=np.int32)})
        opened.create(
            "roster", "select 'C' || lpad(cast(row as varchar), 2, '0') as customer_id, row from row_numbers"
        )
        yield opened


def states() -> States:
    """A customer in every stage by every rule, with and without what may be missing."""
    days = np.full(RULES, np.datetime64(TODAY))
    sometimes = np.where(np.arange(RULES) % 2, days, NEVER)
    return States(
        as_of=TODAY,
        tier=codes(k % 5 - 1 for k in range(RULES)),
        stage=codes(STAGE_OF),
        action=codes(k % 12 - 1 for k in range(RULES)),
        tier_since=days,
        stage_since=days - 3,
        realised_tier=codes(k % 4 for k in range(RULES)),
        lower_checks=np.arange(RULES, dtype=np.int16),
        last_check=sometimes,
        lower_cause=codes(k % 7 - 1 for k in range(RULES)),
        returned_on=sometimes,
        tier_reason=codes(k % 5 for k in range(RULES)),
        stage_reason=codes(StageRule),
    )


def moves(axis: Axis, reasons: Any, cause: Cause = Cause.CLOCK) -> Transitions:
    """A move into each of some states."""
    reason = codes(reasons)
    n = len(reason)
    after = codes(STAGE_OF)[reason] if axis == Axis.STAGE else codes(k % 4 for k in range(n))
    return Transitions(
        as_of=TODAY,
        run_seq=12,
        row=np.arange(n, dtype=np.int32),
        axis=np.full(n, axis, dtype=np.int8),
        before=np.where(np.arange(n) == 0, np.int8(NO_CODE), np.int8(1)),
        after=after,
        cause=np.full(n, cause, dtype=np.int8),
        reason=reason,
        facts=np.full(n, 2, dtype=np.int32),
        returned_on=np.full(n, np.datetime64("2026-05-17")),
        evidence={} if cause == Cause.INITIAL else {k: np.full(n, v) for k, v in NUMBERS.items()},
    )


def rows(engine: Engine, query: str, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """What a query gives, by name, in the order of customers."""
    names = [column.name for column in columns]
    found = engine.run(f"select {', '.join(names)} from ({query}) order by customer_id")
    return [dict(zip(names, row, strict=True)) for row in found]


def test_scores_are_the_customers_table_without_states() -> None:
    """Tiers and stages stand in a table of their own, and one chance comes on top."""
    names = [column.name for column in SCORE_COLUMNS]

    assert {c.name for c in CUSTOMER_COLUMNS} - set(names) == {"tier", "stage", "action"}
    assert set(names) - {c.name for c in CUSTOMER_COLUMNS} == {"p_purchase_7d"}


def test_the_tables_have_the_columns_that_are_declared(engine: Engine) -> None:
    """Names, order and types; each with a sentence."""
    for query, columns in (
        (tiers_query(engine, states()), TIER_COLUMNS),
        (transitions_query(engine, moves(Axis.STAGE, StageRule)), TRANSITION_COLUMNS),
    ):
        described = [(name, kind) for name, kind, *_rest in engine.run(f"describe {query}")]
        assert described == [(column.name, column.type) for column in columns]
        assert all(column.sentence.endswith(".") for column in columns)


def test_published_states_come_back_as_they_were(engine: Engine) -> None:
    """All that the next run needs; reasons are for readers only."""
    before = states()
    engine.create("tiers", tiers_query(engine, before))
    roster = Roster(TODAY, np.full(RULES, NEVER), np.zeros(0, dtype=np.bool_))

    after = states_before(engine, "tiers", roster, TODAY)

    for name in vars(before):
        if name in {"as_of", "segments", "tier_reason", "stage_reason", "held", "own", "rules", "risen_on"}:
            continue
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name), err_msg=name)
        assert getattr(after, name).dtype == getattr(before, name).dtype, name
    assert after.seen.all()


def test_rows_of_a_few_say_what_the_table_of_everybody_says(engine: Engine) -> None:
    """Words, days and counts, NULLs among them; in the order in which they are asked for."""
    everybody = {row["customer_id"]: row for row in rows(engine, tiers_query(engine, states()), TIER_COLUMNS)}
    roster: dict[int, str] = dict(engine.run("select row, customer_id from roster"))

    asked = np.array([*reversed(roster)], dtype=np.int64)
    found = tiers_of(states(), asked)

    assert [
        {"customer_id": roster[row], **each} for row, each in zip(asked.tolist(), found, strict=True)
    ] == [everybody[roster[row]] for row in asked.tolist()]
    assert tiers_of(states(), asked[:1]) == found[:1]


def test_who_was_not_there_before_has_no_state(engine: Engine) -> None:
    """And who is there no more has no row."""
    engine.create("tiers", f"{tiers_query(engine, states())} where r.row > 0")
    engine.run(f"delete from roster where row = {RULES - 1}")
    roster = Roster(TODAY, np.full(RULES - 1, NEVER), np.zeros(0, dtype=np.bool_))

    found = states_before(engine, "tiers", roster, TODAY)

    assert found.seen.tolist() == [False] + [True] * (RULES - 2)
    assert (found.tier[0], found.stage[0], found.lower_checks[0]) == (NO_CODE, NO_CODE, 0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("axis", list(Axis))
def test_every_move_can_be_told(engine: Engine, axis: Axis, language: Language) -> None:
    """Its evidence is JSON with what its sentence needs; no field stays open, no number is missing."""
    reasons = [*StageRule] if axis == Axis.STAGE else [*TierReason]
    published = rows(engine, transitions_query(engine, moves(axis, reasons)), TRANSITION_COLUMNS)

    assert len({row["evidence"] for row in published}) == len(reasons)
    for row in published:
        evidence = json.loads(row["evidence"])
        assert evidence["facts"] == 2
        said = explain_move(row | {"evidence": evidence}).said(translator(language))
        assert not re.search(r"[{}]|\bnan\b|None", said), said
        assert language == "en" or re.search("[\u4e00-\u9fff]", said)


def test_a_move_says_where_from_where_to_and_why(engine: Engine) -> None:
    """With the numbers of the rule, as people read them."""
    published = rows(engine, transitions_query(engine, moves(Axis.STAGE, StageRule)), TRANSITION_COLUMNS)
    by_rule = {json.loads(row["evidence"])["code"]: row for row in published}
    chance = by_rule["segments.stage_churned_chance"]
    back = by_rule["segments.stage_won_back_ordered"]

    assert json.loads(chance["evidence"])["params"] == {"active_days": 180, "chance": 0.0421, "cut": 0.184}
    assert str(explain_move(chance | {"evidence": json.loads(chance["evidence"])})) == (
        "Stage: New → Churned (time passed). The chance of an order within 180 days is 4.2%, below the cut of 18.4%."
    )
    assert str(explain_move(back | {"evidence": json.loads(back["evidence"])})).endswith(
        "Ordered on 2026-05-17, after having counted as churned; for 90 days from then this customer is won back."
    )
    assert (chance["as_of"], chance["run_seq"], chance["cause"]) == (TODAY, 12, "clock")


def test_a_first_run_tells_the_rule_without_numbers(engine: Engine) -> None:
    """Nobody has moved yet: where everybody stands, and by which rule."""
    first = moves(Axis.STAGE, StageRule, Cause.INITIAL)
    published = rows(engine, transitions_query(engine, first), TRANSITION_COLUMNS)

    growth = next(row for row in published if row["to_"] == "growth")
    assert json.loads(growth["evidence"]) == {"code": "segments.stage_growth", "params": {}, "facts": 0}
    assert str(explain_move(growth | {"evidence": json.loads(growth["evidence"])})) == (
        "Stage: New → Growing (placed for the first time)."
    )


def test_a_tier_that_is_held_says_so() -> None:
    """Both ways of waiting; a tier that is simply measured needs no excuse."""
    policy = policy_of(Settings())
    state = {"realised_tier": "low", "lower_checks": 1, "tier_since": date(2026, 6, 1)}

    def said(code: str) -> str | None:
        sentence = explain_held(state | {"tier_reason": f"segments.{code}"}, policy)
        return None if sentence is None else str(sentence)

    assert said("tier_held_checks") == (
        "Held: the figures have said Low value for 1 night; a tier falls after 2 checks, 60 days apart."
    )
    assert said("tier_held_dwell") == (
        "Held: the figures say Low value, but a tier falls no sooner than 30 days after it was reached (2026-06-01)."
    )
    assert said("tier_measured") is None


def test_stages_and_tiers_are_named_as_elsewhere(engine: Engine) -> None:
    """The same words as in customers.parquet."""
    found = rows(engine, tiers_query(engine, states()), TIER_COLUMNS)

    assert {row["stage"] for row in found} == {stage.name.lower() for stage in Stage}
    assert {row["tier"] for row in found} == {None, "low", "medium", "potential", "high"}
