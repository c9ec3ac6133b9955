"""Entering, staying and leaving over the days, in the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import func, select

from evergrove.campaigns import (
    Due,
    Situation,
    due,
    enrolment,
    install_playbooks,
    installed,
    start_playbook,
    started_playbooks,
)
from evergrove.campaigns.reading import shipped_documents
from evergrove.campaigns.service import store_due, store_taken
from evergrove.testing.situations import SetMoves, Shopper, moves, situation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.ledger import Ledger

AS_OF = date(2026, 3, 1)


def day(number: int) -> date:
    """So many days after the first run's knowledge."""
    return AS_OF + timedelta(days=number)


def run(
    shop: Ledger, on: date, shoppers: Sequence[Shopper], changes: SetMoves | None = None, *, take: bool = True
) -> Due:
    """One day: everything proposed is taken, as if all were sent."""
    now = datetime.combine(on + timedelta(days=1), time(1), UTC)
    with shop.writing() as connection:
        found = due(connection, started_playbooks(connection), situation(shoppers), changes or moves(), on)
        store_due(connection, found, 1, now)
        taken = [each for each in found.proposals if take or each.over]
        store_taken(connection, found, taken, (), 1)
    return found


def steps(found: Due) -> list[tuple[str, str, int]]:
    """What was proposed: playbook, customer, step."""
    return [(each.playbook, each.customer_id, each.step) for each in found.proposals]


def states(shop: Ledger) -> dict[str, tuple[str, str | None]]:
    """Customer -> state and reason of the newest enrolment."""
    with shop.reading() as connection:
        rows = connection.execute(select(enrolment).order_by(enrolment.c.entered_on)).mappings()
        return {row["customer_id"]: (row["state"], row["reason"]) for row in rows}


def test_the_welcome_runs_its_course_once_in_a_life(shop: Ledger) -> None:
    """Days 0, 3, 7 and 8; entering the stage again, after a refund say, starts nothing."""
    new = [Shopper("a", stage="new", orders=1, last_order=AS_OF)]
    entry = moves(("a", "new", "evidence"))
    sent = []
    for number in range(12):
        found = run(shop, day(number), new, entry if number == 0 else None)
        sent += [(number, each.step) for each in found.proposals]
    assert sent == [(0, 0), (3, 1), (7, 2), (8, 3)]
    assert states(shop) == {"a": ("finished", None)}
    assert steps(run(shop, day(100), new, entry)) == []


def test_the_second_order_ends_the_welcome_before_its_next_step(shop: Ledger) -> None:
    """On the very day on which the step would be due."""
    run(shop, day(0), [Shopper("a", stage="new", orders=1)], moves(("a", "new", "evidence")))
    found = run(shop, day(3), [Shopper("a", stage="growth", orders=2, last_order=day(3))])
    assert found.proposals == ()
    assert [(each.customer_id, each.reason.code) for each in found.endings] == [("a", "campaigns.ordered")]
    assert states(shop) == {"a": ("exited", "campaigns.ordered")}
    assert run(shop, day(4), [Shopper("a", stage="growth", orders=2, last_order=day(3))]).endings == ()


def test_decline_is_asked_again_after_90_days_and_not_before(shop: Ledger) -> None:
    """Counted from the entry, whether or not it ended early."""
    gone = [Shopper("a", stage="decline", last_order=day(-90))]
    fell = moves(("a", "decline", "clock"))
    assert steps(run(shop, day(0), gone, fell)) == [("L5", "a", 0)]
    bought = [Shopper("a", stage="won_back", orders=4, last_order=day(5))]
    assert run(shop, day(5), bought).endings[0].reason.code == "campaigns.ordered"
    back = [Shopper("a", stage="decline", orders=4, last_order=day(5))]
    assert steps(run(shop, day(89), back, fell)) == []
    assert steps(run(shop, day(90), back, fell)) == [("L5", "a", 0)]


def test_one_enrolment_at_a_time(shop: Ledger) -> None:
    """A trigger met again while the customer is in the playbook is absorbed."""
    seen = [Shopper("a", tier="high", next_order=(day(20), day(40), day(60)), last_order=day(-9))]
    assert len(run(shop, day(0), seen).entered) == 1
    assert [run(shop, day(number), seen).entered for number in range(1, 16)] == [()] * 15


def test_who_is_still_in_it_does_not_enter_again_however_short_the_wait(shop: Ledger) -> None:
    """A playbook longer than its own re-entry time does not run twice side by side."""
    (document,) = (each for each in shipped_documents() if each["key"] == "L5")
    with shop.writing() as connection:
        install_playbooks(
            connection, datetime(2026, 3, 1, tzinfo=UTC), [{**document, "version": 2, "reentry": 5}]
        )
        start_playbook(connection, "L5", datetime(2026, 3, 1, tzinfo=UTC))
    fell, gone = moves(("a", "decline", "clock")), [Shopper("a", stage="decline")]
    entries = [number for number in range(24) if run(shop, day(number), gone, fell).entered]
    assert entries == [0, 15]


def test_the_predicted_day_is_kept_as_it_was_at_the_entry(shop: Ledger) -> None:
    """The forecast recedes by a day every day; the coupon leaves all the same, 3 days before the first p25."""
    sent = []
    for number in range(30):
        ahead = (day(number + 20), day(number + 40), day(number + 60))
        found = run(shop, day(number), [Shopper("a", tier="high", next_order=ahead, last_order=day(-9))])
        sent += [(each.due, each.params["valid_until"]) for each in found.proposals]
    assert sent == [(day(17), day(60).isoformat())]


def test_a_step_that_was_not_taken_comes_again_until_its_window_closes(shop: Ledger) -> None:
    """Then it is missed, and the next one has its turn."""
    new = [Shopper("a", stage="new", orders=1, last_order=AS_OF)]
    found = [
        run(shop, day(number), new, moves(("a", "new", "evidence")) if number == 0 else None, take=False)
        for number in range(4)
    ]
    assert [[(each.step, each.over) for each in one.proposals] for one in found] == [
        [(0, False)],
        [(0, False)],
        [(0, False)],
        [(0, True), (1, False)],
    ]


def test_the_same_day_twice_finds_nothing_new(shop: Ledger) -> None:
    """Enrolments are named by what they are: a second storing of the same finding changes nothing."""
    shoppers = [Shopper(each, stage="new", orders=1) for each in "abc"]
    entry = moves(*((each, "new", "evidence") for each in "abc"))
    first = run(shop, day(0), shoppers, entry)
    assert len(first.entered) == 3
    second = run(shop, day(0), shoppers, entry)
    assert (second.entered, second.endings, second.proposals) == ((), (), ())
    with shop.writing() as connection:
        store_due(connection, first, 1, datetime(2026, 3, 2, tzinfo=UTC))
        assert connection.execute(select(func.count()).select_from(enrolment)).scalar_one() == 3
        (welcome,) = (each for each in installed(connection) if each.playbook.key == "L2")
    assert welcome.enrolled == {"active": 3}


def test_customers_who_vanish_leave(shop: Ledger) -> None:
    """All their orders were cancelled, say."""
    run(shop, day(0), [Shopper("a", stage="new", orders=1)], moves(("a", "new", "evidence")))
    run(shop, day(1), [Shopper("b")])
    assert states(shop) == {"a": ("exited", "campaigns.gone")}


@pytest.mark.slow
def test_a_million_customers_cost_no_loop(shop: Ledger) -> None:
    """Only candidates become Python objects: none of them here, so memory and time are those of arrays."""
    n = 1_000_000
    ids = np.array([f"C{i:07d}" for i in range(n)], dtype=object)
    names = np.array(["growth", "decline"], dtype=object)
    none = np.full(n, "NaT", dtype="datetime64[D]")
    seen = Situation(
        customer_id=ids,
        tier=np.full(n, "low", dtype=object),
        stage=names[np.arange(n) % 2],
        orders=np.ones(n, dtype=np.int64),
        last_order=none,
        next_order_p25=none,
        next_order_p50=none,
        next_order_p75=none,
        p_purchase_7d=np.zeros(n),
        average_order=np.zeros(n),
    )
    fell = moves(*((f"C{i:07d}", "decline", "clock") for i in range(1, 4000, 2)))
    with shop.reading() as connection:
        found = due(connection, started_playbooks(connection), seen, fell, AS_OF)
    assert len(found.entered) == len(found.proposals) == 2000


def test_days_without_a_run_leave_the_steps_of_those_days_behind(shop: Ledger) -> None:
    """Twelve days later three steps are too late and the last one leaves; none of them comes again."""
    new = [Shopper("a", stage="new", orders=1, last_order=AS_OF)]
    run(shop, day(0), new, moves(("a", "new", "evidence")), take=False)

    late = run(shop, day(12), new)

    assert [(each.step, each.over) for each in late.proposals] == [
        (0, True),
        (1, True),
        (2, True),
        (3, False),
    ]
    assert states(shop) == {"a": ("finished", None)}
    assert run(shop, day(13), new).proposals == ()
