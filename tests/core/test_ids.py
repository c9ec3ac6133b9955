"""Stable names: equal for equal parts, different for any other split of the same characters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from evergrove.core import SetClock, stable_id

PARTS = st.lists(st.text(max_size=6), max_size=4)


@given(PARTS, PARTS)
def test_two_rows_share_a_name_only_if_they_are_the_same_row(one: list[str], other: list[str]) -> None:
    """No split of the same characters into parts meets another split."""
    assert (stable_id("row", *one) == stable_id("row", *other)) == (one == other)


def test_kinds_do_not_share_names() -> None:
    """An enrolment and a message of the same customer are two things."""
    assert stable_id("enrolment", "L2", "C1") != stable_id("outbox", "L2", "C1")


def test_a_set_clock_answers_in_utc() -> None:
    """Whatever zone it was set in."""
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=8)))

    assert SetClock(noon).now() == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert SetClock(noon).now().tzinfo is UTC
