"""Whose yesterday is whose: who is another person than the night before, and who only has news."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evergrove.ingest.facts.persons import know_persons
from evergrove.pipeline.joined import rejoined, under_todays_names
from evergrove.segments import Roster
from evergrove.segments.codes import TRIGGERING, Cause
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evergrove.warehouse import Engine

TODAY = ("A", "B", "C", "D")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine in which four customers stand today."""
    with open_engine(threads=1) as opened:
        opened.create(
            "roster", "select unnest($names) as customer_id, unnest(range(4)) as row", names=list(TODAY)
        )
        yield opened


# Who stood there the night before; who was whom then; who is whom now; who is another person than then.
NIGHTS = [
    ("ABCD", {}, {}, ""),
    ("ABCD", {"E": "A"}, {"E": "A"}, ""),
    ("ABCDE", {}, {"E": "A"}, "A"),  # two who stood there are one
    ("ABCD", {}, {"E": "A"}, ""),  # an id of whom nothing was known brings news, and changes nobody
    ("ACD", {"B": "A"}, {}, "AB"),  # one who stood there is two
    ("BCD", {}, {"B": "A"}, ""),  # only the name is another: a lesser id came in
    ("ABD", {"C": "B"}, {"C": "A", "B": "A"}, "A"),  # two persons, three ids: one
    ("AD", {"B": "A", "C": "A"}, {"C": "B"}, "AB"),  # one person, three ids: two
    ("BCD", {"E": "B"}, {"E": "C"}, "BC"),  # an id went from one to the other
]


def roster() -> Roster:
    """Four buyers."""
    days = np.full(4, np.datetime64("2026-06-30", "D"))
    return Roster(days[0].item(), days, np.zeros(0, dtype=np.bool_))


def stood(engine: Engine, names: str) -> None:
    """These had a tier the night before, whose name was theirs."""
    engine.create(
        "earlier", "select unnest($names) as customer_id, unnest($names) as tier", names=list(names)
    )


@pytest.mark.parametrize(("names", "before", "now", "other"), NIGHTS)
def test_who_is_another_person_than_the_night_before(
    engine: Engine, names: str, before: Mapping[str, str], now: Mapping[str, str], other: str
) -> None:
    """Whoever is exactly one of those who stood there is the same, under whatever name."""
    stood(engine, names)
    found = rejoined(engine, roster(), "earlier", before, now)
    assert (
        "".join(
            name for name, is_other in zip(TODAY, [] if found is None else found, strict=False) if is_other
        )
        == other
    )


@pytest.mark.parametrize(
    ("names", "now", "states"),
    [
        ("ABCD", {}, {"A": "A", "B": "B", "C": "C", "D": "D"}),
        ("ABCDE", {"E": "A"}, {"A": "A", "B": "B", "C": "C", "D": "D"}),  # whose name stayed lends the state
        ("BCDE", {"E": "A", "D": "A"}, {"A": "D", "B": "B", "C": "C"}),  # else the least
        ("BCD", {"B": "A"}, {"A": "B", "C": "C", "D": "D"}),  # a state follows its person to another name
    ],
)
def test_yesterdays_states_follow_their_persons(
    engine: Engine, names: str, now: Mapping[str, str], states: Mapping[str, str]
) -> None:
    """One state a person, whoever it was called then."""
    stood(engine, names)
    know_persons(engine, now)
    under_todays_names(engine, "earlier", "today")
    assert dict(engine.run("select customer_id, tier from today")) == states


def test_a_joining_starts_no_outreach() -> None:
    """It is our knowledge that changed, not the customer."""
    assert Cause.IDENTITY not in TRIGGERING
