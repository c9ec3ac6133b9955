"""Fifty at once: one code, the last place of a limit, the last money of a budget, one person; killed at any point."""

from __future__ import annotations

import os
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tests.programs.conftest import NOON, order

from evergrove.core import EvergroveError
from evergrove.ledger import LedgerBusy, open_ledger
from evergrove.programs.coupons import figures, issue, issue_all, redeem, reserve, roll_back
from evergrove.programs.coupons.tables import coupon_event, coupon_use
from evergrove.testing.kill import kill_points
from evergrove.testing.processes import forked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.programs.coupons import Campaign

AT_ONCE = 50
PROVING = "EVERGROVE_PROVE" in os.environ
PAIRS = 26 if PROVING else 1
"""Of codes in the sweep: five acts each."""
DONE = "done"


def given(ledger: Ledger, count: int = 1) -> list[str]:
    """Codes of as many customers."""
    with ledger.writing() as connection:
        asked = [(f"C-{n}", f"m-{n}") for n in range(count)]
        found = issue(connection, "welcome", asked, NOON)
        return [found[ref].code for _customer, ref in asked]


def together(acts: Sequence[Callable[[], Any]]) -> Counter[str]:
    """How acts ended that began at one moment, in threads of their own: ``done``, or the error's code."""
    barrier, ends = threading.Barrier(len(acts)), list[str]()

    def one(act: Callable[[], Any]) -> None:
        barrier.wait()
        while True:
            try:
                use = act()
                ends.append(DONE if use.is_new else "known")
            except LedgerBusy:  # more threads than connections: the caller would ask again, too
                continue
            except EvergroveError as error:
                ends.append(error.code)
            return

    threads = [threading.Thread(target=one, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(ends)


def spending(ledger: Ledger, code: str, asked: Any) -> Callable[[], Any]:
    """Redeem a code in a transaction of its own."""

    def act() -> Any:
        with ledger.writing() as connection:
            return redeem(connection, code, asked, NOON)

    return act


def told(ledger: Ledger) -> Any:
    """Figures."""
    with ledger.reading() as connection:
        return figures(connection, "welcome", NOON)


def test_case_51_fifty_redeem_one_code_and_one_succeeds(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """Of 50 orders one gets it; the others are told that it is used."""
    put()
    (code,) = given(ledger)
    ends = together([spending(ledger, code, order(f"A-{n}", customer="C-0")) for n in range(AT_ONCE)])

    assert ends == {DONE: 1, "programs.already_redeemed": AT_ONCE - 1}
    assert (told(ledger).redeemed, told(ledger).spent) == (1, 30)


def test_fifty_times_the_same_order_is_one_redemption(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """A till that asks again and again, from all its threads."""
    put()
    (code,) = given(ledger)
    ends = together([spending(ledger, code, order(customer="C-0"))] * AT_ONCE)

    assert ends == {DONE: 1, "known": AT_ONCE - 1}
    assert (told(ledger).redeemed, told(ledger).spent) == (1, 30)


def test_case_51_the_last_places_of_a_limit(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """50 codes, three places."""
    put(limit_total=3)
    codes = given(ledger, AT_ONCE)
    ends = together(
        [spending(ledger, code, order(f"A-{n}", customer=f"C-{n}")) for n, code in enumerate(codes)]
    )

    assert ends == {DONE: 3, "programs.limit_reached": AT_ONCE - 3}
    assert (told(ledger).redeemed, told(ledger).spent) == (3, 90)


def test_the_last_money_of_a_budget(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """50 codes of 30 each, and money for two and two thirds."""
    put(budget=80, redemption=0)
    codes = given(ledger, AT_ONCE)
    ends = together(
        [spending(ledger, code, order(f"A-{n}", customer=f"C-{n}")) for n, code in enumerate(codes)]
    )

    assert ends == {DONE: 2, "programs.budget_spent": AT_ONCE - 2}
    assert told(ledger).spent == 60


def test_one_person_with_one_code_of_everybody(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """50 baskets of one person; once each."""
    put(code="SUMMER10", prefix=None, limit_per_person=1)
    ends = together([spending(ledger, "SUMMER10", order(f"A-{n}", customer="C-1")) for n in range(AT_ONCE)])

    assert ends == {DONE: 1, "programs.person_limit_reached": AT_ONCE - 1}


def test_two_campaigns_and_one_order_do_not_wait_in_a_ring(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Codes of two campaigns of one group on the same few orders, from both ends: one code an order."""
    put(code="ONE1", prefix=None)
    put(key="second", code="TWO2", prefix=None)
    acts = [
        spending(ledger, code, order(f"A-{n}", customer=f"C-{n}"))
        for n in range(10)
        for code in (("ONE1", "TWO2") if n % 2 else ("TWO2", "ONE1"))
    ]
    assert together(acts) == {DONE: 10, "programs.not_together": 10}


def test_the_last_code_is_given_once(ledger: Ledger, put: Callable[..., Campaign]) -> None:
    """20 who ask at once, three codes."""
    put(limit_issued=3)
    won: list[int] = []

    def ask(number: int) -> Any:
        with ledger.writing() as connection:
            found = issue_all(connection, "welcome", [(f"C-{number}", f"m-{number}")], NOON)
        won.append(len(found.issued))
        return next(iter(found.issued.values()), order_like)

    together([partial(ask, number) for number in range(20)])
    assert (sum(won), told(ledger).issued) == (3, 3)


class order_like:  # noqa: N801 - stands for an act that gave nothing
    """Nothing new."""

    is_new = False


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_processes_count_together(ledger: Ledger, put: Callable[..., Campaign], tmp_path: Path) -> None:
    """Five processes, ten orders each, one code: one order in all."""
    put()
    (code,) = given(ledger)

    def work(name: int) -> None:
        mine = open_ledger(ledger.where)
        ends = together(
            [spending(mine, code, order(f"A-{name}-{n}", customer="C-0")) for n in range(AT_ONCE // 5)]
        )
        (tmp_path / str(name)).write_text(str(ends[DONE]))
        mine.close()

    children = [forked(partial(work, name)) for name in range(5)]
    assert [child.was_killed() for child in children] == [False] * 5
    assert sum(int(path.read_text()) for path in tmp_path.iterdir() if path.name.isdecimal()) == 1
    assert told(ledger).redeemed == 1


def consistent(ledger: Ledger) -> None:
    """Counts, uses and events say the same."""
    now = told(ledger)
    with ledger.reading() as connection:
        row = coupon_use.c
        sums = select(row.state, func.count(), func.sum(row.cost), func.sum(row.returned)).group_by(row.state)
        uses = {state: (count, cost - back) for state, count, cost, back in connection.execute(sums)}
        kinds = select(coupon_event.c.kind, func.count()).group_by(coupon_event.c.kind)
        events = dict(map(tuple, connection.execute(kinds)))
    none = (0, 0)
    assert (now.redeemed, now.spent) == uses.get("redeemed", none)
    assert (now.reserved, now.held) == uses.get("reserved", none)
    assert events.get("redeem", 0) == sum(uses.get(state, none)[0] for state in ("redeemed", "rolled_back"))
    assert events.get("roll_back", 0) == uses.get("rolled_back", none)[0]
    assert now.codes.get("redeemed", 0) == now.redeemed
    assert now.codes.get("reserved", 0) == now.reserved


@pytest.mark.slow
@pytest.mark.usefixtures("kill_sweep")
def test_killed_at_any_point_an_act_is_whole_or_not_at_all(
    ledger: Ledger, put: Callable[..., Campaign]
) -> None:
    """Reserved, redeemed, refunded, rolled back and used again: after each kill all counts agree, and it goes on."""
    put(limit_total=2 * PAIRS, budget=60 * PAIRS, redemption=0)
    codes = given(ledger, 2 * PAIRS)

    def acts_of(pair: int) -> list[Callable[[Any], Any]]:
        first, second = codes[2 * pair : 2 * pair + 2]
        one, other = f"C-{2 * pair}", f"C-{2 * pair + 1}"
        named = [f"A-{pair}-{n}" for n in (1, 2, 3)]
        return [
            lambda connection: reserve(connection, first, order(named[0], customer=one), NOON),
            lambda connection: redeem(connection, first, order(named[0], customer=one), NOON),
            lambda connection: redeem(connection, second, order(named[1], customer=other), NOON),
            lambda connection: roll_back(connection, named[0], NOON),
            lambda connection: redeem(connection, first, order(named[2], customer=one), NOON),
        ]

    def work() -> None:
        mine = open_ledger(ledger.where)
        for act in (each for pair in range(PAIRS) for each in acts_of(pair)):
            with mine.writing() as connection:
                try:
                    act(connection)
                except EvergroveError as error:
                    assert error.code == "programs.order_rolled_back"  # noqa: PT017 - of a run before the kill
        mine.close()

    kills = kill_points(work, partial(consistent, ledger), 1 if PROVING else 3)

    print(f"kills: redeem {kills}")  # noqa: T201 - the figure for the record
    assert kills >= (10 * PAIRS if PROVING else 3)  # two at each commit, more in acts that are not yet done
    end = told(ledger)
    assert (end.redeemed, end.spent, end.rolled_back) == (2 * PAIRS, 60 * PAIRS, PAIRS)
