"""Money budgets: nothing is committed twice, nothing beyond the amount, and everything is settled in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isclose, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from evergrove.decisions.budgets import budgets, commit, drop_budget, put_budget, reconcile, settled, used
from evergrove.decisions.money import (
    Budget,
    BudgetNegative,
    Cost,
    NotABudget,
    NotAPeriod,
    Used,
    coupon_variance,
)
from evergrove.decisions.tables import budget_entry, budget_span
from evergrove.ledger import create_all, open_ledger
from evergrove.outbox import OUTBOX, Message, enqueue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from evergrove.ledger import Ledger

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
ALL = Budget("everything", "total", Decimal(10), "CNY", "Asia/Shanghai", "test", NOW)


@pytest.fixture
def money(ledger: Ledger) -> Ledger:
    """A ledger with its tables."""
    return ledger


def cost(name: str, amount: object = 1, channel: str = "email", playbook: str = "L2", **more: Any) -> Cost:
    """What a message takes."""
    return Cost(name, channel, playbook, Decimal(str(amount)), **more)


def stands(connection: Connection, now: datetime = NOW) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Committed and spent of each budget."""
    return {each.budget.key: (each.committed, each.spent) for each in used(connection, now)}


def test_money_is_committed_then_spent_or_released(money: Ledger) -> None:
    """Each once, whatever is said again; an answer that was lost has cost, until it is known that it has not."""
    names = ["accepted", "failed", "unknown", "expired", "staff"]
    with money.writing() as connection:
        put_budget(connection, ALL, NOW)
        assert commit(connection, [cost(each) for each in names], NOW) == frozenset()
        assert commit(connection, [cost(each) for each in names], NOW) == frozenset()
        assert stands(connection) == {ALL.key: (Decimal(5), Decimal(0))}
        told = {
            "accepted": ["accepted"],
            "failed": ["failed"],
            "unknown": ["unknown"],
            "expired": ["expired"],
        }
        for _again in range(2):
            settled(connection, {**told, "awaiting_staff": ["staff"], "queued": ["accepted"]}, NOW)
            assert stands(connection) == {ALL.key: (Decimal(0), Decimal(3))}
        settled(connection, {"failed": ["unknown"]}, NOW)
        settled(connection, {"delivered": ["accepted"], "accepted": ["unknown"]}, NOW)
        assert stands(connection) == {ALL.key: (Decimal(0), Decimal(2))}


def test_a_message_takes_from_all_its_budgets_or_from_none(money: Ledger) -> None:
    """The playbook's is empty: nothing is taken from the one of everything either; others go on."""
    own = replace(ALL, scope="playbook:L2", amount=Decimal(2))
    by_text = replace(ALL, scope="channel:sms", period="month", amount=Decimal(1))
    named = replace(ALL, scope="budget:spring", amount=Decimal(1))
    with money.writing() as connection:
        for each in (ALL, own, by_text, named):
            put_budget(connection, each, NOW)
        asked = [
            cost("1"),
            cost("2"),
            cost("3"),
            cost("4", playbook="L5"),
            cost("5", channel="sms", playbook="L5"),
            cost("6", channel="sms", playbook="L5"),
            cost("7", playbook="L6", budget="spring"),
            cost("8", playbook="L6", budget="spring"),
        ]
        assert commit(connection, asked, NOW) == {"3", "6", "8"}
        assert {key[0]: sums[0] for key, sums in stands(connection).items()} == {
            "everything": 5,
            "playbook:L2": 2,
            "channel:sms": 1,
            "budget:spring": 1,
        }


def test_a_month_s_budget_is_anew_in_the_next_month_of_its_zone(money: Ledger) -> None:
    """Midnight of 1 April in Shanghai is 16:00 of 31 March in UTC."""
    monthly = replace(ALL, period="month", amount=Decimal(1))
    before, after = datetime(2026, 3, 31, 15, 59, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert (monthly.span(before), monthly.span(after)) == ("2026-03", "2026-04")
    assert monthly.span_ends(before) == after
    with money.writing() as connection:
        put_budget(connection, monthly, NOW)
        assert commit(connection, [cost("1"), cost("2")], before) == {"2"}
        assert commit(connection, [cost("2")], after) == frozenset()
        settled(connection, {"accepted": ["1"]}, after)  # committed in March, spent of March's money
        assert stands(connection, before) == {monthly.key: (Decimal(0), Decimal(1))}
        assert stands(connection, after) == {monthly.key: (Decimal(1), Decimal(0))}


def test_of_a_budget_made_smaller_nothing_more_is_given_and_of_a_larger_one_the_rest(money: Ledger) -> None:
    """What is used stays used; nothing below nothing is left."""
    with money.writing() as connection:
        put_budget(connection, ALL, NOW)
        commit(connection, [cost("1", 6)], NOW)
        put_budget(connection, replace(ALL, amount=Decimal(5)), NOW)
        (now,) = used(connection, NOW)
        assert (now.left, now.expected) == (Decimal(0), Decimal(6))
        assert commit(connection, [cost("2", "0.0001")], NOW) == {"2"}
        put_budget(connection, replace(ALL, amount=Decimal(7)), NOW)
        assert commit(connection, [cost("2")], NOW) == frozenset()
        assert drop_budget(connection, "everything", "total", NOW)
        assert not drop_budget(connection, "everything", "total", NOW)
        assert budgets(connection) == ()
        assert commit(connection, [cost("3", 99)], NOW) == frozenset()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "customer:1"}, NotABudget),
        ({"scope": "playbook:"}, NotABudget),
        ({"period": "week"}, NotAPeriod),
        ({"amount": Decimal(-1)}, BudgetNegative),
        ({"amount": Decimal("NaN")}, BudgetNegative),
    ],
)
def test_what_can_be_no_budget_is_refused(
    money: Ledger, changed: dict[str, Any], error: type[Exception]
) -> None:
    """And nothing is kept of it."""
    with money.writing() as connection:
        with pytest.raises(error):
            put_budget(connection, replace(ALL, **changed), NOW)
        assert budgets(connection) == ()


def test_twenty_who_commit_at_the_same_time_never_exceed_a_budget(money: Ledger) -> None:
    """Each wants two messages at 0.7: of 10 there are 14 to have, and no budget's sums differ from its entries."""
    with money.writing() as connection:
        put_budget(connection, ALL, NOW)
        put_budget(connection, replace(ALL, scope="channel:email", amount=Decimal(9)), NOW)

    def work(worker: int) -> int:
        with money.writing() as connection:
            asked = [cost(f"{worker}-{k}", "0.7") for k in range(2)]
            return 2 - len(commit(connection, asked, NOW))

    with ThreadPoolExecutor(10) as threads:
        had = sum(threads.map(work, range(20)))
    assert had == 12  # 9 / 0.7
    with money.reading() as connection:
        assert stands(connection)["everything", "total"] == (Decimal("8.4"), Decimal(0))
        check_sums(connection)


def check_sums(connection: Connection) -> None:
    """The sums beside the entries are those of the entries, and no more than the amounts."""
    amounts = {each.key: each.amount for each in budgets(connection)}
    entries = connection.execute(select(budget_entry)).all()
    for row in connection.execute(select(budget_span)):
        place = (row.scope, row.period, row.span)
        of_kind = {
            kind: sum(
                (e.amount for e in entries if (e.scope, e.period, e.span) == place and e.kind == kind),
                Decimal(0),
            )
            for kind in ("commit", "release")
        }
        used_up = of_kind["commit"] - of_kind["release"]
        assert row.committed + row.spent == used_up
        assert used_up <= amounts[row.scope, row.period]


MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="o",
    step=0,
    channel="email",
    arm="treated",
    template="t",
    decision_id="d",
    run_id=1,
    not_before=NOW,
    valid_until=NOW + timedelta(days=2),
)


def test_what_nobody_settled_is_found_by_its_message(money: Ledger) -> None:
    """Messages that were taken back, came too late or were lost with their worker: looking again changes nothing."""
    ends = ("skipped", "expired", "unknown", "accepted", "queued")
    messages = [replace(MESSAGE, customer_id=each) for each in ends]
    with money.writing() as connection:
        put_budget(connection, ALL, NOW)
        enqueue(connection, messages, NOW)
        commit(connection, [cost(each.id) for each in messages], NOW)
        for end in ends:
            connection.execute(OUTBOX.update().where(OUTBOX.c.customer_id == end).values(state=end))
        for _again in range(2):
            reconcile(connection, NOW)
            assert stands(connection) == {ALL.key: (Decimal(1), Decimal(2))}
        lost = OUTBOX.update().where(OUTBOX.c.customer_id == "unknown").values(state="failed")
        connection.execute(lost)  # the provider's log says that it never left
        reconcile(connection, NOW)
        assert stands(connection) == {ALL.key: (Decimal(1), Decimal(1))}


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["commit", "accepted", "failed", "unknown", "skipped", "delivered"]),
            st.lists(st.integers(0, 9), min_size=1, max_size=4),
        ),
        max_size=25,
    )
)
def test_in_any_order_of_events_no_budget_is_exceeded_and_every_sum_is_right(
    tmp_path_factory: pytest.TempPathFactory, events: Sequence[tuple[str, list[int]]]
) -> None:
    """Commitments, ends, ends told twice or before anything was committed."""
    path: Path = tmp_path_factory.mktemp("budgets") / "ledger.sqlite"
    ledger = open_ledger(path, create=True)
    create_all(ledger)
    with ledger.writing() as connection:
        put_budget(connection, replace(ALL, amount=Decimal(3)), NOW)
        put_budget(connection, replace(ALL, scope="playbook:P1", amount=Decimal(1)), NOW)
        for kind, numbers in events:
            if kind == "commit":
                commit(connection, [cost(f"m{n}", "0.8", playbook=f"P{n % 2}") for n in numbers], NOW)
            else:
                settled(connection, {kind: [f"m{n}" for n in numbers]}, NOW)
            check_sums(connection)
    ledger.close()


def test_the_spread_of_coupons_is_that_of_the_binomial(money: Ledger) -> None:
    """400 coupons of 20, one in ten redeemed: 800 expected, 5 % of 20,000 drawn outcomes lie above the 95 % point."""
    expected = Decimal(2)
    variance = coupon_variance(expected, 0.1)
    assert isclose(variance, 0.1 * 0.9 * 20**2)
    with money.writing() as connection:
        put_budget(connection, replace(ALL, amount=Decimal(820)), NOW)
        costs = [cost(f"{k}", expected, variance=variance) for k in range(400)]
        assert commit(connection, costs, NOW) == frozenset()
        (found,) = used(connection, NOW)
    drawn = 20 * np.random.default_rng(7).binomial(400, 0.1, 20_000)
    assert isclose(found.sd, sqrt(400 * variance))
    assert (
        abs(np.mean(drawn > found.p95) - 0.05) < 0.018
    )  # the chance of one step of 20 is 20 / 120 x phi(1.645) = 0.017
    assert isclose(found.p95_overspend, found.p95 - 820)
    assert Used(ALL, "total", Decimal(1), Decimal(1)).p95_overspend == 0
