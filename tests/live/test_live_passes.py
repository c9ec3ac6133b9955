"""One pass: what came in is answered, together with its mark; the answer is that of a whole night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.conftest import differing, said

if TYPE_CHECKING:
    from tests.live.conftest import Seen


def test_an_order_is_answered_as_a_whole_night_would(seen: Seen) -> None:
    """The row of who ordered says what a night over everybody says, column by column."""
    seen.tell("order", "c003", "e1", 350)

    done = seen.catch_up()

    assert (done.marks, done.rows) == (1, 1)
    assert seen.marks() == {}
    (row,) = seen.live("c003").values()
    assert row.as_of.isoformat() == "2026-06-30"
    assert differing(said(row), seen.whole_night()["c003"]) == {}
