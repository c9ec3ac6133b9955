"""Moves and flaps of a period, counted in SQL as by hand, over any histories."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergrove.segments.states.flaps import FLAP_DAYS, Flaps, axis_of, flaps_between
from evergrove.segments.tiers.adoption import policy_named
from evergrove.segments.tiers.assign import USUAL
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.warehouse import Engine

START = date(2026, 1, 1)
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("axis", pa.string()),
        ("from_", pa.string()),
        ("to_", pa.string()),
        ("cause", pa.string()),
        ("as_of", pa.date32()),
        ("run_seq", pa.int64()),
    ]
)
EVERY = 7
"""On each day that this divides, another policy places customers anew."""
Standing = list[tuple[int, str | None]]
"""Days since the start, and the tier from then on; None: none."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One for all examples."""
    with open_engine(threads=1) as opened:
        yield opened


def counted(engine: Engine, customers: list[Standing], after: int, until: int) -> Flaps:
    """By the statement, from the rows that such lives leave."""
    rows = []
    for who, life in enumerate(customers):
        before: str | None = None
        for day, tier in life:
            as_of = START + timedelta(days=day)
            cause = "evidence" if day % EVERY else "policy"
            rows.append((str(who), "tier", before, tier, cause, as_of, day))
            rows.append((str(who), "stage", "new", "growth", cause, as_of, day))
            before = tier
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    engine.register("given_moves", table)
    engine.create("transitions", "select * from given_moves")
    return flaps_between(engine, START + timedelta(days=after), START + timedelta(days=until))


def by_hand(life: Standing, after: int, until: int) -> tuple[int, int]:
    """The same for one customer: each move looks back at the one before it."""
    moves = [
        (day, then, now)
        for (_day, then), (day, now) in itertools.pairwise(life)
        if then is not None and now is not None and then != now and day <= until
    ]
    flaps = 0
    for (moved, left_behind, _to), (day, _from, to) in itertools.pairwise(moves):
        flaps += day > after and day % EVERY > 0 and to == left_behind and day - moved <= FLAP_DAYS
    return sum(day > after and day % EVERY > 0 for day, _from, _to in moves), flaps


lives = st.lists(
    st.tuples(st.integers(1, 100), st.sampled_from(["low", "medium", "high", None])), max_size=12
).map(
    lambda steps: [(sum(gap for gap, _tier in steps[: k + 1]), tier) for k, (_gap, tier) in enumerate(steps)]
)


@settings(max_examples=25)
@given(st.lists(lives, min_size=1, max_size=4), st.integers(0, 300), st.integers(1, 400))
def test_moves_and_flaps_are_those_counted_by_hand(
    engine: Engine, customers: list[Standing], after: int, length: int
) -> None:
    """Whatever the lives, and whatever the period; moves on other axes count nothing."""
    found = counted(engine, customers, after, after + length)

    expected = [by_hand(life, after, after + length) for life in customers]
    assert (found.moves, found.flaps) == tuple(map(sum, zip(*expected, strict=True)))
    assert found.rate == (found.flaps / found.moves if found.moves else None)


@pytest.mark.parametrize(
    ("life", "flaps"),
    [
        pytest.param([(0, "low"), (10, "high"), (100, "low")], 1, id="back on the 90th day"),
        pytest.param([(0, "low"), (10, "high"), (101, "low")], 0, id="back a day later"),
        pytest.param([(0, "low"), (10, "high"), (20, "medium")], 0, id="on to a third tier"),
        pytest.param([(0, "low"), (10, "high"), (20, "low"), (30, "high")], 2, id="there and back again"),
        pytest.param([(0, None), (10, "high"), (20, None)], 0, id="placed, and not measured any more"),
        pytest.param([(0, "low"), (10, "high"), (21, "low")], 0, id="placed back by another policy"),
        pytest.param(
            [(0, "low"), (14, "high"), (20, "low")], 1, id="back from where another policy had placed"
        ),
    ],
)
def test_a_flap_is_a_return_within_ninety_days(engine: Engine, life: Standing, flaps: int) -> None:
    """To the tier that the move before had left."""
    assert counted(engine, [life], 0, 400).flaps == flaps


def test_another_policy_moves_nobody(engine: Engine) -> None:
    """Everybody gets a row when a policy's tiers take the place of others, and nobody did anything."""
    assert counted(engine, [[(0, "low"), (7, "guest")], [(0, "low"), (8, "high")]], 0, 400).moves == 1


def test_tiers_of_ones_own_move_on_an_axis_of_their_own() -> None:
    """The usual four, under whatever bounds, on the other."""
    three = policy_named("three_tiers")
    assert three is not None
    assert (axis_of(USUAL), axis_of(three)) == ("tier", "own_tier")
