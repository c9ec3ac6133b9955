"""Which customers are one person: the same answer in whatever order it was told, and undone to the last row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from evergrove.ledger import create_all, open_ledger
from evergrove.people.errors import AlreadyOne, NotMerged, RefusedJoining, TwoPersons
from evergrove.people.identity import (
    Identifier,
    members_of,
    merge,
    newest_word,
    persons_at,
    persons_now,
    settle_persons,
    take_identifiers,
    unmerge,
)
from evergrove.people.identity.joining import judge, persons_of
from evergrove.people.identity.tables import identity
from evergrove.people.identity.types import Link
from evergrove.people.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evergrove.ledger import Ledger

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
SEAL = Seal(b"k" * 32)
CUSTOMERS = ("A", "B", "C", "D", "E", "F")
LINKS = st.builds(
    Link,
    st.sampled_from(CUSTOMERS),
    st.sampled_from(["member_no", "union_id", "external_id", "phone", "email", "device_id"]),
    st.sampled_from(["1", "2", "3"]),
)
TOLD = st.lists(LINKS, max_size=14, unique=True)


@pytest.fixture
def ledger_here(tmp_path: Path) -> Iterator[Ledger]:
    """One ledger for many examples; each cleans up after itself."""
    opened = open_ledger(tmp_path / "own.sqlite", create=True)
    create_all(opened)
    yield opened
    opened.close()


def persons(*links: tuple[str, str, str]) -> dict[str, str]:
    """Customer to person, where the two differ."""
    joined, _held = judge([Link(*each) for each in links])
    return persons_of(joined)


def told(ledger: Ledger, links: Sequence[Link]) -> None:
    """Take these, and look at everything anew."""
    rows = [Identifier(each.customer_id, each.kind, each.value_hash) for each in links]
    with ledger.writing() as connection:
        take_identifiers(connection, SEAL, rows, NOW)
        settle_persons(connection, NOW)


def standing(ledger: Ledger) -> dict[str, str]:
    """Who stands under whose name; the table says what the log says."""
    with ledger.reading() as connection:
        now = persons_now(connection)
        assert now == persons_at(connection)
    return now


def test_a_shared_phone_joins() -> None:
    """The usual case: an app and a till know the same number."""
    assert persons(("APP-7", "phone", "p"), ("TILL-3", "phone", "p")) == {"TILL-3": "APP-7"}


def test_three_identifiers_of_one_person_join_in_a_chain() -> None:
    """The first and the last have nothing in common but the one between them."""
    found = persons(("A", "union_id", "u"), ("B", "union_id", "u"), ("B", "phone", "p"), ("C", "phone", "p"))
    assert found == {"B": "A", "C": "A"}


def test_a_device_alone_never_joins() -> None:
    """It stands in a shop, and is handed on."""
    assert persons(("A", "device_id", "d"), ("B", "device_id", "d")) == {}


def test_two_member_numbers_are_two_persons() -> None:
    """A couple with one phone: nobody is joined, and the reason is kept."""
    links = [
        Link("A", "member_no", "1"),
        Link("B", "member_no", "2"),
        Link("A", "phone", "p"),
        Link("B", "phone", "p"),
    ]
    joined, held = judge(links)
    assert joined == set()
    assert set(held.items()) == {(links[2], "people.two_persons"), (links[3], "people.two_persons")}


def test_a_chain_between_two_members_joins_nobody() -> None:
    """Each step looks harmless; together they would make one of two, and nobody can tell which step lies."""
    assert (
        persons(
            ("A", "member_no", "1"),
            ("A", "phone", "p"),
            ("B", "phone", "p"),
            ("B", "phone", "q"),
            ("C", "phone", "q"),
            ("C", "member_no", "2"),
        )
        == {}
    )


def test_the_stronger_link_holds_where_a_weaker_one_contradicts_it() -> None:
    """The phone joins first; the address, which would bring in another member, is held back."""
    found = persons(
        ("A", "member_no", "1"),
        ("A", "phone", "p"),
        ("B", "phone", "p"),
        ("B", "email", "e"),
        ("C", "email", "e"),
        ("C", "member_no", "2"),
    )
    assert found == {"B": "A"}


@pytest.mark.parametrize(("sharing", "joins"), [(5, True), (6, False)])
def test_a_phone_of_more_than_a_household_joins_nobody(sharing: int, joins: bool) -> None:  # noqa: FBT001 - a table
    """The till's own number stands in every order that the till took."""
    found = persons(*((f"C{at}", "phone", "till") for at in range(sharing)))
    assert bool(found) is joins


def test_the_guard_counts_persons_not_customers() -> None:
    """Eight ids of one member with one phone are one person, not eight."""
    links = [(f"C{at}", kind, "x") for at in range(8) for kind in ("member_no", "phone")]
    assert set(persons(*links).values()) == {"C0"}


@given(TOLD, st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(links: list[Link], random: Any) -> None:
    """A function of the set of links, not of their sequence."""
    shuffled = links.copy()
    random.shuffle(shuffled)
    assert judge(links) == judge(shuffled)


@given(TOLD)
def test_no_person_has_two_values_of_a_kind_of_which_there_is_one(links: list[Link]) -> None:
    """Whatever is shared with whom, two different member numbers of two customers never meet."""
    joined, _held = judge(links)
    person_of = persons_of(joined)
    for kind in ("member_no", "union_id"):
        values: dict[str, set[str]] = {}
        for link in links:
            if link.kind == kind:
                values.setdefault(person_of.get(link.customer_id, link.customer_id), set()).add(
                    link.value_hash
                )
        for person, both in values.items():
            alone = person not in person_of.values()
            assert len(both) == 1 or alone  # one customer may be told with two: then nobody joins it


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TOLD, st.data())
def test_any_order_and_repetition_of_imports_tells_the_same_persons(
    ledger_here: Ledger, links: list[Link], data: st.DataObject
) -> None:
    """In one file, in two in any order, with rows twice: the same persons, and a second time changes nothing."""
    together, _held = judge([Link(c, k, SEAL.hash(k, v)) for c, k, v in links])
    order = data.draw(st.permutations(links))
    cut = data.draw(st.integers(0, len(links)))
    with wiped(ledger_here):
        told(ledger_here, order[:cut])
        told(ledger_here, [*order[cut:], *order[:2]])
        assert standing(ledger_here) == persons_of(together)
        with ledger_here.reading() as connection:
            before = newest_word(connection)
        told(ledger_here, links)
        with ledger_here.reading() as connection:
            assert newest_word(connection) == before


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), TOLD),
        st.tuples(st.just("merge"), st.sampled_from(CUSTOMERS), st.sampled_from(CUSTOMERS)),
        st.tuples(st.just("unmerge"), st.sampled_from(CUSTOMERS)),
    ),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from(CUSTOMERS), st.sampled_from(CUSTOMERS))
def test_a_merge_and_its_undoing_leave_everything_as_it_was(
    ledger_here: Ledger, steps: list[tuple[Any, ...]], one: str, other: str
) -> None:
    """After any history: join two, undo it, and the same persons stand there, over the same identifiers."""
    with wiped(ledger_here):
        for step in steps:
            live(ledger_here, step)
        persons_before, rows_before = standing(ledger_here), stored(ledger_here)
        try:
            with ledger_here.writing() as connection:
                merge(connection, one, other, NOW)
        except RefusedJoining:
            assert standing(ledger_here) == persons_before
            return
        with ledger_here.writing() as connection:
            assert other in members_of(connection, [one])[one]
            unmerge(connection, other, NOW)
        assert standing(ledger_here) == persons_before
        assert stored(ledger_here) == rows_before


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_log_tells_every_earlier_moment(ledger_here: Ledger, steps: list[tuple[Any, ...]]) -> None:
    """What stood after each step is what the log says of its newest row then, whatever came later."""
    with wiped(ledger_here):
        seen = []
        for step in steps:
            live(ledger_here, step)
            with ledger_here.reading() as connection:
                seen.append((newest_word(connection), persons_now(connection)))
        with ledger_here.reading() as connection:
            assert [persons_at(connection, until) for until, _then in seen] == [then for _until, then in seen]


def live(ledger: Ledger, step: tuple[Any, ...]) -> None:
    """One step of a history; what is refused changes nothing."""
    what, names = step[0], step[1:]
    if what == "tell":
        (links,) = names
        told(ledger, links)
        return
    try:
        with ledger.writing() as connection:
            if what == "merge":
                merge(connection, names[0], names[1], NOW)
            else:
                unmerge(connection, names[0], NOW)
    except RefusedJoining:
        pass


def stored(ledger: Ledger) -> set[tuple[str, str, str, bytes]]:
    """Every identifier, to the byte."""
    with ledger.reading() as connection:
        return {
            (row.customer_id, row.kind, row.value_hash, row.sealed)
            for row in connection.execute(select(identity))
        }


class wiped:  # noqa: N801 - reads as what it is used for
    """Every example begins with an empty ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __enter__(self) -> None:
        """Nothing is there yet."""
        self.__exit__()

    def __exit__(self, *_error: object) -> None:
        """Nothing is left."""
        with self._ledger.writing() as connection:
            for table in ("identity", "merge_event", "same_person", "tombstone", "person"):
                connection.exec_driver_sql(f"delete from {table}")


def test_an_undone_merge_can_be_made_again(ledger_here: Ledger) -> None:
    """Any number of times; the log tells each."""
    for _again in range(3):
        with ledger_here.writing() as connection:
            assert merge(connection, "B", "A", NOW) == "A"
        with ledger_here.writing() as connection:
            assert unmerge(connection, "B", NOW) == ("A",)
    assert standing(ledger_here) == {}


def test_who_was_set_apart_stays_apart_whatever_comes_in(ledger_here: Ledger) -> None:
    """A person has looked: no rule joins them again, a person can."""
    told(ledger_here, [Link("A", "phone", "p"), Link("B", "phone", "p")])
    with ledger_here.writing() as connection:
        assert unmerge(connection, "B", NOW) == ("A",)
    told(ledger_here, [Link("A", "email", "e"), Link("B", "email", "e")])
    assert standing(ledger_here) == {}
    with ledger_here.writing() as connection:
        assert merge(connection, "A", "B", NOW) == "A"
    assert standing(ledger_here) == {"B": "A"}


def test_two_members_cannot_be_joined_by_hand_either(ledger_here: Ledger) -> None:
    """Nor can who is one with them; the log does not even say that it was tried."""
    told(
        ledger_here,
        [
            Link("A", "member_no", "1"),
            Link("C", "member_no", "2"),
            Link("B", "phone", "p"),
            Link("C", "phone", "p"),
        ],
    )
    with ledger_here.reading() as connection:
        before = newest_word(connection)
    for other in ("B", "C"):
        with pytest.raises(TwoPersons), ledger_here.writing() as connection:
            merge(connection, "A", other, NOW)
    assert standing(ledger_here) == {"C": "B"}
    with ledger_here.reading() as connection:
        assert newest_word(connection) == before


def test_what_cannot_be_is_said(ledger_here: Ledger) -> None:
    """Joining one with itself, parting who is alone."""
    with pytest.raises(AlreadyOne), ledger_here.writing() as connection:
        merge(connection, "A", "A", NOW)
    with pytest.raises(NotMerged), ledger_here.writing() as connection:
        unmerge(connection, "A", NOW)


def test_a_clock_that_is_set_back_changes_nothing(ledger_here: Ledger) -> None:
    """What counts is the newest row, not the latest moment."""
    moments = (NOW - timedelta(days=at) for at in count())
    with ledger_here.writing() as connection:
        merge(connection, "A", "B", next(moments))
        unmerge(connection, "A", next(moments))
    assert standing(ledger_here) == {}
