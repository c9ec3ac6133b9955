"""Who entered a segment, who left, when and why, from one night to the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from evergrove.segments.language.catalogue import catalogue
from evergrove.segments.language.evaluating import MEMBERSHIP_SCHEMA, Population
from evergrove.segments.language.membership import (
    EARLIER_MEMBERS,
    KEPT_DAYS,
    Asked,
    find_members,
    form_members,
)
from evergrove.segments.language.parsing import parse
from evergrove.segments.language.store import Definition
from evergrove.segments.language.writing import document_of, text_of
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evergrove.warehouse import Engine

DAY = date(2026, 6, 30)


def definition(key: str, text: str, version: int = 1) -> Definition:
    """A stored segment, without a ledger."""
    condition = parse(text)
    written = text_of(condition), document_of(condition), ""
    return Definition(
        1, key, version, *written, is_removed=False, created_at=datetime(2026, 6, 1, tzinfo=UTC)
    )


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine of this test's own."""
    with open_engine() as opened:
        yield opened


def night(
    engine: Engine,
    day: int,
    members: Mapping[str, str],
    versions: Mapping[str, tuple[int, int]],
    held: tuple[str, ...] = (),
    **since: tuple[str, ...],
) -> list[tuple[Any, ...]]:
    """Form the members of a night, given those before; ``members``: segment to customers, a letter each."""
    rows = [{"segment": key, "customer_id": name} for key, names in members.items() for name in names]
    asked = Asked(
        {key: definition(key, "tier = 'high'", now) for key, (_before, now) in versions.items()},
        {key: before for key, (before, _now) in versions.items() if before},
    )
    found = pa.Table.from_pylist(rows, schema=MEMBERSHIP_SCHEMA), held
    form_members(engine, "formed", found, asked, DAY + timedelta(days=day), **since)
    engine.drop(EARLIER_MEMBERS)
    engine.create(EARLIER_MEMBERS, "select * from formed")
    columns = "segment, customer_id, entered_on, exited_on, entry_reason, exit_reason, version"
    rows_now = engine.run(f"select {columns} from formed")
    return [
        (*row[:2], *(None if each is None else (each - DAY).days for each in row[2:4]), *row[4:])
        for row in rows_now
    ]


def test_every_coming_and_going_is_a_row_with_its_reason(engine: Engine) -> None:
    """New definition, data, changed definition; whoever comes back has a second row."""
    same, new = {"s": (1, 1)}, {"s": (0, 1)}

    assert night(engine, 0, {"s": "AB"}, new) == [
        ("s", "A", 0, None, "definition", None, 1),
        ("s", "B", 0, None, "definition", None, 1),
    ]
    assert night(engine, 1, {"s": "BC"}, same) == [
        ("s", "A", 0, 1, "definition", "data", 1),
        ("s", "B", 0, None, "definition", None, 1),
        ("s", "C", 1, None, "data", None, 1),
    ]
    assert night(engine, 2, {"s": "AB"}, {"s": (1, 2)}) == [
        ("s", "A", 0, 1, "definition", "data", 1),
        ("s", "A", 2, None, "definition", None, 2),
        ("s", "B", 0, None, "definition", None, 2),
        ("s", "C", 1, 2, "data", "definition", 1),
    ]


def test_joined_persons_and_refused_profiling_have_reasons_of_their_own(engine: Engine) -> None:
    """Neither is anything that the customer's orders did."""
    night(engine, 0, {"s": "ABC"}, {"s": (0, 1)})

    found = night(engine, 1, {"s": "AD"}, {"s": (1, 1)}, others=("B", "D"), unprofiled=("C",))

    assert [row[1:] for row in found] == [
        ("A", 0, None, "definition", None, 1),
        ("B", 0, 1, "definition", "identity", 1),
        ("C", 0, 1, "definition", "consent", 1),
        ("D", 1, None, "identity", None, 1),
    ]


def test_who_is_in_a_segment_that_cannot_be_asked_stays(engine: Engine) -> None:
    """A night that holds a segment back moves nobody in or out of it; a removed one is left by all."""
    night(engine, 0, {"s": "AB", "t": "A"}, {"s": (0, 1), "t": (0, 1)})

    found = night(engine, 1, {}, {"s": (1, 1)}, held=("s",))

    assert [(row[0], row[1], row[3], row[5]) for row in found] == [
        ("s", "A", None, None),
        ("s", "B", None, None),
        ("t", "A", 1, "definition"),
    ]


def test_those_who_left_long_ago_are_let_go_of(engine: Engine) -> None:
    """An exit is told for 400 days; whoever is in stays, however long."""
    night(engine, 0, {"s": "AB"}, {"s": (0, 1)})
    night(engine, 1, {"s": "A"}, {"s": (1, 1)})

    assert len(night(engine, KEPT_DAYS, {"s": "A"}, {"s": (1, 1)})) == 2
    assert [row[1] for row in night(engine, KEPT_DAYS + 1, {"s": "A"}, {"s": (1, 1)})] == ["A"]


def test_the_same_night_twice_comes_to_the_same(engine: Engine) -> None:
    """Formed again from the same night before, nothing differs."""
    night(engine, 0, {"s": "AB"}, {"s": (0, 1)})
    engine.create("before", f"select * from {EARLIER_MEMBERS}")

    first = night(engine, 1, {"s": "BC"}, {"s": (1, 1)})
    engine.create(EARLIER_MEMBERS, "select * from before")

    assert night(engine, 1, {"s": "BC"}, {"s": (1, 1)}) == first


def test_segments_are_asked_in_the_order_of_their_needs(engine: Engine) -> None:
    """One that asks for another sees tonight's members; one that no longer reads is held, and who asks for it too."""
    names = ["A", "B", "C"]
    engine.register("scores", pa.table({"customer_id": names, "orders": [1, 2, 3]}))
    broken = definition("broken", "tier = 'high'")
    broken.document["where"]["field"] = "no_longer_there"  # as an older version left it
    known = [
        definition("a", "in_segment('z') and orders < 3"),
        definition("z", "orders > 1"),
        broken,
        definition("c", "in_segment('broken')"),
    ]

    with Population(engine, catalogue(), DAY) as population:
        found, held = find_members(population, Asked({each.key: each for each in known}, {}))

    assert found.to_pydict() == {"segment": ["z", "z", "a"], "customer_id": ["B", "C", "B"]}
    assert held == ("broken", "c")


def test_who_asks_for_a_segment_that_was_held_is_held(engine: Engine) -> None:
    """Also where the night says which took too long, and however many ask for one another."""
    engine.register("scores", pa.table({"customer_id": ["A", "B"], "orders": [1, 2]}))
    texts = {
        "a": "orders > 1",
        "b": "not in_segment('a')",
        "c": "in_segment('b') or orders = 1",
        "d": "orders > 0",
    }
    known = {key: definition(key, text) for key, text in texts.items()}

    with Population(engine, catalogue(), DAY) as population:
        found, held = find_members(population, Asked(known, {}, held=("a",)))

    assert held == ("a", "b", "c")
    assert found.to_pydict() == {"segment": ["d", "d"], "customer_id": ["A", "B"]}


def test_of_whom_nothing_is_computed_nobody_is_a_member(engine: Engine) -> None:
    """Not even of what holds of everybody."""
    engine.register("scores", pa.table({"customer_id": ["A", "B", "C"], "orders": [1, 2, 3]}))
    engine.register("unprofiled", pa.table({"customer_id": ["B"], "reason": ["consent"]}))

    with Population(engine, catalogue(), DAY) as population:
        found = population.members(parse("not (orders > 5)"))

    assert sorted(found["customer_id"].to_pylist()) == ["A", "C"]
