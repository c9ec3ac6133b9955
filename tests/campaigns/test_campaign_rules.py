"""Who enters, who leaves, what is due: the rules, without a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from evergrove.campaigns import rules
from evergrove.campaigns.definition import Exits, Playbook
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.campaigns.schedule import windows, windows_document, windows_from
from evergrove.campaigns.types import Progress, Proposal, Reason, Situation, Window
from evergrove.testing.situations import Shopper, moves, situation

SHIPPED = {document["key"]: playbook_of(document) for document in shipped_documents()}
WELCOME, EXPECTED, DRIFTING = SHIPPED["L2"], SHIPPED["T1b"], SHIPPED["L5"]
AS_OF = date(2026, 3, 1)
NONE = moves()


def day(number: int) -> date:
    """So many days after the day of the run's knowledge."""
    return AS_OF + timedelta(days=number)


def entering(playbook: Playbook, seen: Situation, changes: object = NONE) -> list[str]:
    """Ids of those who meet the trigger."""
    rows, _ = rules.entrants(playbook, seen, changes, AS_OF)  # type: ignore[arg-type]
    return [str(customer) for customer in seen.customer_id[rows]]


def proposed(
    playbook: Playbook, shopper: Shopper, next_step: int = 0, on: date = AS_OF, gap: float = float("nan")
) -> list[Proposal]:
    """What is due on a day for somebody who entered on AS_OF."""
    seen = situation([shopper], gap)
    progress = Progress(
        "id", shopper.customer_id, "once", next_step, windows(playbook, seen, 0, AS_OF + timedelta(days=1))
    )
    return list(rules.due_proposals(playbook, progress, seen, 0, on))


def test_who_has_just_bought_is_not_asked_why_he_stays_away() -> None:
    """A churned customer who comes back can count as declining: with the evidence of that very order."""
    seen = situation(
        [
            Shopper("back", stage="decline", last_order=day(-2)),
            Shopper("gone", stage="decline", last_order=day(-DRIFTING.trigger.silent_days)),
        ]
    )

    found = entering(DRIFTING, seen, moves(("back", "decline", "evidence"), ("gone", "decline", "evidence")))

    assert found == ["gone"]


def test_rows_are_found_whatever_their_order() -> None:
    """Ids come sorted from the warehouse; a table in another order gives the same answer."""
    ids = ["b", "a", "d", "é", "c"]
    seen = situation([Shopper(each) for each in ids])
    assert seen.rows_of(["a", "zz", "c", "é", "", "b"]).tolist() == [1, -1, 4, 3, -1, 0]
    assert situation([]).rows_of(["a"]).tolist() == [-1]
    assert seen.rows_of([]).tolist() == []


@pytest.mark.parametrize("cause", ["evidence", "clock", "initial", "backfill", "policy", "model"])
def test_only_evidence_and_clock_start_outreach(cause: str) -> None:
    """A change of the rules, or history caught up on, moves thousands: nobody writes to them for that."""
    seen = situation([Shopper("a", stage="new", orders=1), Shopper("b", stage="decline")])
    changes = moves(("a", "new", cause), ("b", "decline", cause))
    assert entering(WELCOME, seen, changes) == (["a"] if cause == "evidence" else [])
    assert entering(DRIFTING, seen, changes) == (["b"] if cause in {"evidence", "clock"} else [])


def test_only_the_trigger_s_axis_and_place_count() -> None:
    """And customers whom nobody knows any more, or who have left the stage again, do not enter."""
    seen = situation([Shopper("a", stage="decline"), Shopper("b", stage="growth")])
    assert entering(DRIFTING, seen, moves(("a", "decline", "clock"), axis="tier")) == []
    assert entering(DRIFTING, seen, moves(("a", "churned", "clock"))) == []
    assert entering(DRIFTING, seen, moves(("x", "decline", "clock"), ("b", "decline", "clock"))) == []
    assert entering(DRIFTING, seen, moves(("a", "decline", "clock"), ("a", "decline", "clock"))) == ["a"]


@pytest.mark.parametrize(
    ("days", "tier", "enters"),
    [
        ((10, 30, 70), "high", True),
        ((10, 30, 70), "potential", True),
        ((10, 30, 70), "medium", False),
        ((10, 30, 70), "", False),
        ((10, 30, 71), "high", False),  # 61 days between p25 and p75
        ((1, 2, 9), "high", True),  # p50 is the day after the message
        ((1, 1, 9), "high", False),  # p50 is the day of the message: too late to move anything
        (None, "high", False),
    ],
)
def test_an_order_in_sight(days: tuple[int, int, int] | None, tier: str, enters: bool) -> None:  # noqa: FBT001 - the table reads better so
    """The day must be known within 60 days, lie ahead, and the customer be worth a coupon."""
    when = (day(days[0]), day(days[1]), day(days[2])) if days else None
    seen = situation([Shopper("a", tier=tier, next_order=when)])
    assert entering(EXPECTED, seen) == (["a"] if enters else [])


def test_the_welcome_comes_on_days_0_3_7_and_before_the_first_gap_is_over() -> None:
    """Counted from the first day on which anything can leave; the coupon a week before the median gap."""
    seen = situation([Shopper("a", stage="new", orders=1)], first_gap_p50_days=30.5)
    due = [(window.due - day(1)).days for window in windows(WELCOME, seen, 0, day(1))]
    assert due == [0, 3, 7, 23]


@pytest.mark.parametrize(("gap", "due"), [(10.0, 8), (15.0, 8), (16.0, 9), (float("nan"), 8)])
def test_the_welcome_coupon_never_comes_before_day_8(gap: float, due: int) -> None:
    """The question of day 7 goes first, whatever the shop's rhythm."""
    seen = situation([Shopper("a", stage="new", orders=1)], gap)
    assert (windows(WELCOME, seen, 0, day(1))[-1].due - day(1)).days == due


@pytest.mark.parametrize(
    ("days", "due", "until"),
    [
        ((20, 40, 70), 17, 39),
        ((4, 40, 60), 1, 39),
        ((2, 10, 30), 1, 9),
        ((3, 3, 30), 1, 2),
        ((1, 2, 3), 1, 1),
    ],
)
def test_the_coupon_comes_three_days_before_p25(days: tuple[int, int, int], due: int, until: int) -> None:
    """Or at once when that has passed; it may leave until the day before p50 and holds to p75."""
    seen = situation([Shopper("a", next_order=(day(days[0]), day(days[1]), day(days[2])))])
    assert windows(EXPECTED, seen, 0, day(1)) == (Window(day(due), day(until), day(days[2])),)


def test_windows_come_back_from_the_ledger() -> None:
    """As they were written; the format is fixed."""
    steps = (Window(day(1), day(3)), Window(day(4), day(9), day(40)))
    document = windows_document(steps)
    assert windows_from(document) == steps
    assert document == {
        "format": "evergrove.windows/1",
        "steps": [["2026-03-02", "2026-03-04", None], ["2026-03-05", "2026-03-10", "2026-04-10"]],
    }


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (Shopper("a", stage="new", orders=1, last_order=AS_OF), ""),
        (Shopper("a", stage="growth", orders=2, last_order=AS_OF), "campaigns.ordered"),
        (Shopper("a", stage="new", orders=1, last_order=day(1)), "campaigns.ordered"),
        (Shopper("a", stage="churned", orders=1, last_order=AS_OF), "campaigns.left_stage"),
        (Shopper("a", stage="churned", orders=2, last_order=AS_OF), "campaigns.ordered"),
        (Shopper("a", stage="decline", orders=1, last_order=AS_OF), ""),
        (Shopper("b", stage="new"), "campaigns.gone"),
    ],
)
def test_a_new_customer_leaves_with_the_second_order_or_when_churned(now: Shopper, code: str) -> None:
    """An order counts by number or by day: one that replaces a cancelled one is an order too."""
    seen = situation([now])
    codes = rules.exit_codes(
        WELCOME.exits,
        seen,
        seen.rows_of(["a"]),
        np.array([1]),
        np.array([AS_OF], dtype="datetime64[D]"),
    )
    assert codes.tolist() == [code]


def test_decline_ends_when_the_stage_does() -> None:
    """In whichever direction."""
    seen = situation([Shopper(each, stage=each) for each in ("churned", "decline", "growth")])
    before = np.array([None] * 3, dtype="datetime64[D]")
    codes = rules.exit_codes(DRIFTING.exits, seen, np.arange(3), seen.orders, before)
    assert codes.tolist() == ["campaigns.left_stage", "", "campaigns.left_stage"]


def test_without_exits_nobody_leaves_but_those_who_are_gone() -> None:
    """An empty shop has lost them all."""
    seen = situation([Shopper("a", orders=9, last_order=day(0))])
    before = np.array([None, None], dtype="datetime64[D]")
    orders = np.array([1, 1])
    codes = rules.exit_codes(Exits(order=False), seen, seen.rows_of(["a", "b"]), orders, before)
    assert codes.tolist() == ["", "campaigns.gone"]
    empty = situation([])
    codes = rules.exit_codes(Exits(order=False), empty, empty.rows_of(["a", "b"]), orders, before)
    assert codes.tolist() == ["campaigns.gone"] * 2


def test_a_step_is_proposed_from_its_day_on_until_its_last() -> None:
    """Thanks may leave on three mornings; after that it is missed, and said so."""
    new = Shopper("a", stage="new", orders=1)
    for passed in range(3):
        (only,) = proposed(WELCOME, new, on=day(passed))
        assert (only.template, only.due, only.until, only.skip) == (
            "new-thanks",
            day(passed + 1),
            day(3),
            None,
        )
    missed, howto = proposed(WELCOME, new, on=day(3))
    assert (missed.step, missed.over) == (0, True)
    assert missed.skip == Reason("campaigns.too_late", {"until": "2026-03-04"})
    assert (howto.step, howto.over, howto.skip) == (1, False, None)


def test_no_step_is_proposed_before_its_day() -> None:
    """After the thanks, silence until day 3."""
    new = Shopper("a", stage="new", orders=1)
    assert proposed(WELCOME, new, next_step=1, on=day(2)) == []
    assert [each.step for each in proposed(WELCOME, new, next_step=1, on=day(3))] == [1]


def test_after_a_long_pause_all_steps_are_missed_one_by_one() -> None:
    """Nothing that is late is sent, and each has its row."""
    found = proposed(WELCOME, Shopper("a", stage="new"), on=day(365))
    assert [(each.step, each.over) for each in found] == [(0, True), (1, True), (2, True), (3, True)]
    assert found[-1].after is None


@pytest.mark.parametrize(("chance", "held"), [(0.71, True), (0.7, False), (float("nan"), False)])
def test_who_would_buy_anyway_is_not_paid_for_it(chance: float, held: bool) -> None:  # noqa: FBT001 - see above
    """Above 0.7 within the week the coupon is held back, and the reason kept; 0.7 itself is not above."""
    shopper = Shopper("a", next_order=(day(2), day(10), day(20)), p_purchase_7d=chance)
    (only,) = proposed(EXPECTED, shopper)
    wanted = Reason("campaigns.would_buy", {"p": 0.71, "most": 0.7}) if held else None
    assert (only.skip, only.over) == (wanted, False)


def test_an_offer_says_what_it_is_and_until_when() -> None:
    """The welcome coupon holds for 14 days from its message, the expected-order one to p75."""
    (welcome,) = proposed(WELCOME, Shopper("a", stage="new"), next_step=3, on=day(8))
    assert welcome.params == {
        "tier": "medium",
        "stage": "new",
        "orders": 3,
        "coupon": "WELCOME10",
        "coupon_value": 10,
        "valid_until": day(9 + 14).isoformat(),
    }
    (expected,) = proposed(EXPECTED, Shopper("a", next_order=(day(2), day(10), day(20))))
    assert expected.params["valid_until"] == day(20).isoformat()
    (thanks,) = proposed(WELCOME, Shopper("a", stage="new"))
    assert "coupon" not in thanks.params


def test_the_cost_of_a_coupon_is_estimated() -> None:
    """10 % off an order of 250, redeemed by 15 of a hundred: 3.75; not known without an average order."""
    shopper = Shopper("a", next_order=(day(2), day(10), day(20)), average_order=250.0)
    (only,) = proposed(EXPECTED, shopper)
    assert only.coupon_cost == Decimal("3.7500")
    (unknown,) = proposed(EXPECTED, replace(shopper, average_order=float("nan")))
    assert unknown.coupon_cost is None
