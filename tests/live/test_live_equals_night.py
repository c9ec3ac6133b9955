"""Batch equals live: whatever came in, in whichever order, a live row says what a whole night says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.live.conftest import NOW, Seen, differing, name_of, opened, said

if TYPE_CHECKING:
    from pathlib import Path

FRESH = 4
"""Customers of whom nothing is known before."""


@dataclass(frozen=True)
class Told:
    """One thing that comes in."""

    kind: str
    customer: str
    order: str
    amount: int | None
    at: datetime
    refund_id: str


@dataclass(frozen=True)
class Joined:
    """Two customers become one person, or are taken apart again."""

    one: str
    other: str
    apart: bool


PASS, COMPACT = "pass", "compact"


def customers() -> st.SearchStrategy[str]:
    """A few who are known, and a few who are not."""
    return st.sampled_from([*map(name_of, (3, 7, 11, 20, 33)), *(f"new{n}" for n in range(FRESH))])


@st.composite
def events(draw: st.DrawFn) -> Told:
    """An order, a refund before or after its order, or a cancellation; late, today, or a year ago."""
    kind = draw(st.sampled_from(["order", "order", "order", "refund", "cancel"]))
    customer = draw(customers())
    number = draw(st.integers(1, 3))
    back = draw(st.sampled_from([0, 1, 2, 3, 40, 400]))
    at = NOW - timedelta(days=back, minutes=draw(st.integers(0, 600)))
    amount = None if kind == "cancel" else draw(st.integers(0, 600))
    refund_id = f"{customer}-r{draw(st.integers(1, 2))}" if kind == "refund" else ""
    return Told(kind, customer, f"{customer}-e{number}", amount, at, refund_id)


@st.composite
def histories(draw: st.DrawFn) -> list[Told | Joined | str]:
    """Events in any order, some told twice, with passes, joinings and compactions in between."""
    joined = st.builds(Joined, customers(), customers(), st.booleans())
    between = st.sampled_from([PASS, COMPACT])
    steps = draw(st.lists(st.one_of(events(), events(), events(), between, joined), min_size=1, max_size=12))
    again = draw(st.lists(st.sampled_from(steps), max_size=2))
    return [*steps, *again]


def live_through(seen: Seen, steps: list[Told | Joined | str]) -> set[str]:
    """Do these things to a shop, then catch up; who was told of."""
    touched = set()
    with seen.passes() as passes:
        for step in steps:
            if isinstance(step, Told):
                touched.add(step.customer)
                seen.tell(
                    step.kind, step.customer, step.order, step.amount, at=step.at, refund_id=step.refund_id
                )
            elif isinstance(step, Joined):
                seen.join(step.one, step.other, apart=step.apart)
            elif step == PASS:
                passes.once()
            else:
                seen.compact()
        seen.follow(passes)
        while seen.marks():
            done = passes.once()
            assert not done.set_back
    return touched


def check(run_before: Path, folder: Path, steps: list[Told | Joined | str]) -> None:
    """Every row of somebody who was told of says what the whole night says."""
    with opened(run_before, folder) as seen:
        touched = live_through(seen, steps)
        whole, live = seen.whole_night(), seen.live(*touched)
        persons = {seen.person(name) for name in touched}
        assert live.keys() == persons & whole.keys()
        found = {name: differing(said(row), whole[name]) for name, row in live.items()}
        assert not any(found.values()), found


@pytest.mark.slow
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=histories())
def test_a_live_row_says_what_a_whole_night_says(
    run_before: Path, tmp_path: Path, steps: list[Told | Joined | str]
) -> None:
    """After any history of events, joinings, passes and compactions."""
    check(run_before, tmp_path, steps)


@pytest.mark.slow
@pytest.mark.long
@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=histories())
def test_a_live_row_says_what_a_whole_night_says_at_length(
    run_before: Path, tmp_path: Path, steps: list[Told | Joined | str]
) -> None:
    """The same, of many more histories."""
    check(run_before, tmp_path, steps)
