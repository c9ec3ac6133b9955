"""Token buckets: so many at once, one more every so often, and no clock that is set back opens or blocks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.access import Buckets
from evergrove.access.errors import TooManyAttempts
from evergrove.access.limits import REMEMBERED, Bucket, Limit, household, take, take_all

if TYPE_CHECKING:
    from evergrove.testing.door import Door


@given(
    capacity=st.integers(1, 9),
    refill_s=st.sampled_from([0.5, 1.0, 7.0]),
    waits=st.lists(st.floats(-50, 50), max_size=60),
)
def test_never_more_than_capacity_and_refill_allow(
    capacity: int, refill_s: float, waits: list[float]
) -> None:
    """Whatever the clock does: taken <= capacity + time that passed forwards / refill."""
    limit, bucket, now, forwards, taken = Limit(capacity, refill_s), None, 1000.0, 0.0, 0
    for wait in waits:
        now, forwards = now + wait, forwards + max(0.0, wait)
        bucket, wait_s = take(limit, bucket, now)
        taken += not wait_s
        assert wait_s <= refill_s
        assert 0 <= bucket.tokens <= capacity
    assert taken <= capacity + forwards / refill_s + 1e-9


def test_whoever_waits_as_told_gets_one() -> None:
    """The seconds of Retry-After are enough."""
    limit, bucket = Limit(1, 180.0), Bucket(0.25, 0.0)
    _bucket, wait_s = take(limit, bucket, 10.0)
    assert take(limit, bucket, 10.0 + wait_s)[1] == 0.0


def test_requests_are_counted_in_memory_by_a_clock_that_only_goes_on() -> None:
    """Two at once, then one a second, for each name by itself."""
    now = [0.0]
    buckets = Buckets(Limit(2, 1.0), lambda: now[0])
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(TooManyAttempts, match="1 second"):
        buckets.take("a")
    buckets.take("b")
    now[0] = 1.0
    buckets.take("a")


def test_the_memory_for_buckets_has_a_bound() -> None:
    """Whoever invents names does not fill the machine; the oldest name goes first."""
    buckets = Buckets(Limit(1, 1e9), lambda: 0.0)
    for name in range(REMEMBERED + 5):
        buckets.take(str(name))
    assert len(buckets._buckets) == REMEMBERED
    with pytest.raises(TooManyAttempts):
        buckets.take(str(REMEMBERED + 4))


def test_all_are_taken_or_none(door: Door) -> None:
    """A refused attempt costs its other counters nothing."""
    narrow, wide = Limit(1, 60.0), Limit(2, 60.0)

    def attempt(*names: str) -> float:
        with door.ledger.writing() as connection:
            limits = {name * 64: narrow if name == "a" else wide for name in names}
            return take_all(connection, limits, door.clock.now())

    assert attempt("a", "b") == 0
    assert [attempt("a", "b") for _ in range(3)] == [60.0] * 3
    assert (attempt("b"), attempt("b")) == (0, 60.0)


def test_a_clock_set_back_neither_opens_nor_blocks(door: Door) -> None:
    """An hour back: nothing is refilled, and the wait is no longer than it was."""
    limits = {"a" * 64: Limit(1, 60.0)}

    def attempt() -> float:
        with door.ledger.writing() as connection:
            return take_all(connection, limits, door.clock.now())

    assert attempt() == 0
    door.later(hours=-1)
    assert attempt() == 60.0
    door.later(seconds=60)
    assert attempt() == 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("not an address", "another one", True),
    ],
)
def test_one_household_is_one_sender(one: str, other: str, is_same: bool) -> None:  # noqa: FBT001 - a column of the table above
    """Of IPv6 the first 64 bits; what cannot be read does not escape the count."""
    assert (household(one) == household(other)) == is_same
