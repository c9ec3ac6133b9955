"""Customers who were found to be one person are measured as one, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.measurement.conftest import MORNING, day, sell

from evergrove.measurement import measure
from evergrove.people.identity import merge, unmerge
from evergrove.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.warehouse import Engine


def measured(engine: Engine, ledger: Ledger) -> Measured:
    """What L2 has earned after four weeks."""
    with ledger.reading() as connection:
        (found,) = (
            each for each in measure(engine, connection, Settings(), day(28)) if each.playbook == "L2"
        )
    return found


@pytest.fixture
def five(assign: Callable[..., None], engine: Engine) -> None:
    """Three treated, the last one a week later, and two control customers; under the person's ids they have bought."""
    later = [day(0), day(0), day(7)]
    assign("L2", "treated", ["t1", "t2", "t3"], probability=0.5, as_of=later)
    assign("L2", "control", ["c1", "c2"], probability=0.5)
    sell(engine, [("t1", day(8), 60.0), ("t2", day(3), 30.0), ("c1", day(5), 40.0)])


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    ("one", "other", "treated", "control"),
    [
        ("t1", "t3", 2, 2),  # both treated: one person, from the first of their days on
        ("c1", "c2", 3, 1),
        ("t3", "c2", 2, 1),  # one of each: neither
        ("t1", "stranger", 3, 2),  # who was never assigned changes nothing
    ],
)
def test_a_person_counts_once_and_in_no_two_arms(
    engine: Engine, ledger: Ledger, one: str, other: str, treated: int, control: int
) -> None:
    """And after the undoing each counts as before."""
    with ledger.writing() as connection:
        merge(connection, one, other, MORNING)
    found = measured(engine, ledger)
    assert (found.people_treated, found.people_control) == (treated, control)
    with ledger.writing() as connection:
        unmerge(connection, one, MORNING)
    found = measured(engine, ledger)
    assert (found.people_treated, found.people_control) == (3, 2)


@pytest.mark.usefixtures("five")
def test_what_any_id_was_assigned_first_counts_for_the_person(engine: Engine, ledger: Ledger) -> None:
    """The second assignment of a person is no new beginning: (60 + 30) over two persons."""
    with ledger.writing() as connection:
        merge(connection, "t3", "t1", MORNING)
    assert measured(engine, ledger).mean_treated == pytest.approx(45.0)
