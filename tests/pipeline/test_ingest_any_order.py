"""Any order and any repetition of imports gives the same facts."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evergrove.core import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

HEADERS = {
    True: "order_id,customer_id,order_date,amount,status,refunded_amount,updated_at",
    False: "order_id,customer_id,order_date,amount,status,refunded_amount",
}
START = datetime(2026, 6, 1)  # noqa: DTZ001 - a test's own days

rows = st.tuples(
    st.sampled_from(["A1", "A2", "A3", ""]),
    st.sampled_from(["ann", "ben"]),
    st.sampled_from(["2026-05-01", "2026-05-02"]),
    st.sampled_from([10, 20, -5]),
    st.sampled_from(["paid", "paid", "cancelled", "refunded", "pending"]),
    st.sampled_from(["", "3"]),
    st.integers(0, 3),
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str]:
    """The text of a file, and when it was exported; several at the same moment are possible."""
    has_updates = draw(st.booleans())
    told = draw(st.lists(rows, min_size=1, max_size=6))
    lines = [
        ",".join([*map(str, row[:6]), *([f"2026-06-{2 + row[6]:02} 10:00"] if has_updates else [])])
        for row in told
    ]
    exported = START + timedelta(days=draw(st.integers(0, 2)))
    return "\n".join([HEADERS[has_updates], *lines, ""]), exported.isoformat()


@st.composite
def two_ways(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[int], list[int]]:
    """Files without a twin, and two orders in which all come in, the second with repetitions."""
    given_files = draw(st.lists(files(), min_size=2, max_size=4, unique_by=lambda file: file[0]))
    places = range(len(given_files))
    once = draw(st.permutations(places))
    again = draw(st.lists(st.sampled_from(places), max_size=2))
    return given_files, list(once), [*draw(st.permutations(places)), *again]


EXAMPLES = 100 if "EVERGROVE_PROVE" in os.environ else 5


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=two_ways())
def test_any_order_and_any_repetition_gives_the_same_facts(
    new_shop: Callable[[str], Any], case: tuple[list[tuple[str, str]], list[int], list[int]]
) -> None:
    """What holds is a function of what was said and when, not of when it came in."""
    given_files, one_way, other_way = case
    found = []
    for way in (one_way, other_way):
        shop = new_shop(f"shop-{next(numbers)}")
        for place in way:
            text, exported = given_files[place]
            try:
                shop.ingest(text, exported)
            except InputError:  # nothing in it can be used, whatever came before
                continue
        found.append(shop.facts() if shop.warehouse.newest() else None)
        shop.ledger.close()

    assert found[0] == found[1]


@pytest.mark.slow
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sights=st.lists(st.tuples(st.integers(0, 6), st.sampled_from([10, 20])), min_size=4, max_size=7))
@example(sights=[(0, 10), (3, 10), (1, 20), (2, 10), (4, 10)])  # the fourth must not stand in for the second
def test_facts_written_anew_say_what_was_known_at_every_import(
    new_shop: Callable[[str], Any], sights: list[tuple[int, int]]
) -> None:
    """Dropping what said nothing new changes no answer, not even where exports came in late."""
    shop = new_shop(f"shop-{next(numbers)}")
    then = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evergrove.ingest.facts.versions.FEW_FILES", 1)
        for nth, (day, amount) in enumerate(sights):
            rows = (f"A1,ann,2026-05-01,{amount},paid", f"B{nth},ben,2026-05-01,1,paid")
            shop.tell(*rows, exported=(START + timedelta(days=day)).isoformat())
            then.append(shop.facts())

    assert [shop.facts(until_seq=seq) for seq in range(1, 1 + len(sights))] == then
    shop.ledger.close()


numbers = count()
