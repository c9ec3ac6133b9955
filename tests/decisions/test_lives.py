"""Weeks of a small shop at random: whatever happens in whatever order, the promises hold after every step."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select
from tests.decisions.conftest import EIGHT

from evergrove.campaigns import assignment, enrolment, install_playbooks, pause_playbook, start_playbook
from evergrove.campaigns.reading import playbook_of, shipped_documents
from evergrove.decisions import decision
from evergrove.outbox import OUTBOX, begin, check_outbox, claim, settle
from evergrove.people import address_hash, erase, record_consent, suppress
from evergrove.testing.situations import Shopper, moves

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.campaigns import Due

    from .conftest import Shop

CUSTOMERS = tuple(f"C{i:02d}" for i in range(30))
DAYS = 18
STAGES = ("new", "growth", "decline", "churned")


class Life:
    """The shop's customers and persons, changed at random and remembered."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.random = np.random.default_rng(seed)
        self.shoppers = [Shopper(each, stage="", orders=0) for each in CUSTOMERS]
        self.may_not: set[str] = set()
        self.ordered_on: dict[str, int] = {}
        self.started = True
        willing = [each for each in CUSTOMERS if self.random.random() < 0.9]
        self.may_not = set(CUSTOMERS) - set(willing)
        shop.willing(*willing)

    def chance(self, share: float) -> bool:
        """Whether something happens."""
        return bool(self.random.random() < share)

    def day(self, number: int) -> tuple[list[Shopper], Any]:
        """Orders and silences of one day, and the transitions that follow from them."""
        changes = []
        for at, shopper in enumerate(self.shoppers):
            now = replace(shopper, p_purchase_7d=float(self.random.random()))
            if self.chance(0.12):
                now.orders, now.last_order = now.orders + 1, self.shop.day(number)
                now.stage = "new" if now.orders == 1 else "growth"
                self.ordered_on[now.customer_id] = number
            elif now.orders and self.chance(0.12):
                now.stage = STAGES[self.random.integers(2, 4)]
            if now.orders > 1:
                now.tier = "high" if self.chance(0.7) else "low"
                ahead = np.cumsum(self.random.integers(1, 9, 3)).tolist()
                now.next_order = tuple(self.shop.day(number + days) for days in ahead)  # type: ignore[assignment]
            if now.stage != shopper.stage:
                changes.append((now.customer_id, now.stage, "evidence" if self.chance(0.9) else "policy"))
            self.shoppers[at] = now
        return [each for each in self.shoppers if each.orders], moves(*changes)

    def upheaval(self, number: int) -> None:
        """Somebody withdraws, bounces, is erased; a playbook is paused or started."""
        who = CUSTOMERS[self.random.integers(len(CUSTOMERS))]
        moment = self.shop.night(number) - timedelta(minutes=5)
        with self.shop.ledger.writing() as connection:
            if self.chance(0.2):
                record_consent(connection, who, "revoked", "unsubscribe", moment)
                self.may_not.add(who)
            if self.chance(0.1):
                hashed = address_hash(self.shop.seal, f"{who}@example.com")
                suppress(connection, hashed, "people.bounced", moment)
                self.may_not.add(who)
            if self.chance(0.1):
                erase(connection, who, moment)
                self.may_not.add(who)
            if self.chance(0.1):
                self.started = not self.started
                change: Callable[..., object] = start_playbook if self.started else pause_playbook
                change(connection, "L5", moment)

    def sending(self, number: int) -> None:
        """A worker that ends well, loses an answer, or dies with messages in its hands."""
        moment = self.shop.night(number) + timedelta(hours=10)
        for each in claim(self.shop.ledger, "worker", moment, limit=int(self.random.integers(1, 20))):
            with self.shop.ledger.writing() as connection:
                if self.chance(0.9):
                    begin(connection, each, moment)
                    outcomes = ("accepted", "unknown", "failed")
                    outcome = outcomes[self.random.choice(3, p=[0.8, 0.1, 0.1])]
                    settle(connection, each, outcome, moment, reason="test")  # type: ignore[arg-type]


def tables(shop: Shop) -> tuple[list[dict[str, Any]], ...]:
    """Outbox, decisions, assignments, enrolments."""
    with shop.ledger.reading() as connection:
        return tuple(
            [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (OUTBOX, decision, assignment, enrolment)
        )


def check_caps(shop: Shop, messages: list[dict[str, Any]]) -> None:
    """In no 1, 7 or 30 days has anybody more messages than allowed, virtual ones and waiting ones included."""
    settings = shop.settings
    virtual = "campaigns.control"
    count = [
        m for m in messages if m["state"] not in {"skipped", "failed", "expired"} or m["reason"] == virtual
    ]
    for customer in CUSTOMERS:
        days = sorted(
            (m["not_before"].date() - shop.start).days for m in count if m["customer_id"] == customer
        )
        for length, most in ((1, settings.per_day), (7, settings.per_week), (30, settings.per_month)):
            assert all(sum(first <= day < first + length for day in days) <= most for first in days)


def check_order(
    decisions: list[dict[str, Any]], arms: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    """Assigned is only who passed every guard; a message has its decision and its arm."""
    passed = {(d["customer_id"], d["playbook"]) for d in decisions if d["outcome"] in {"send", "control"}}
    everybody = {a["customer_id"]: a for a in arms if a["layer"] == "global"}
    within = {(a["customer_id"], a["layer_key"]): a for a in arms if a["layer"] == "playbook"}
    assert set(everybody) == {customer for customer, _ in passed}
    outside = {customer for customer, each in everybody.items() if each["arm"] == "control"}
    assert set(within) == {each for each in passed if each[0] not in outside}
    named = {d["id"]: d for d in decisions}
    assert len(messages) == sum(d["outcome"] in {"send", "control"} for d in decisions)
    for each in messages:
        arm = (
            "control"
            if each["customer_id"] in outside
            else within[each["customer_id"], each["playbook"]]["arm"]
        )
        assert each["arm"] == arm == named[each["decision_id"]]["arm"]
        assert arm == "treated" or (each["state"], each["reason"]) == ("skipped", "campaigns.control")


ENDS_WITH_AN_ORDER = frozenset(
    one.key for one in map(playbook_of, shipped_documents()) if one.exits.order and one.key in EIGHT
)


def check_exits(life: Life, number: int, found: Due, fresh: list[dict[str, Any]]) -> None:
    """Whoever leaves today is proposed nothing; whoever bought today gets nothing but what that began."""
    left = {(each.playbook, each.customer_id, each.occasion) for each in found.endings}
    assert left.isdisjoint((each.playbook, each.customer_id, each.occasion) for each in found.proposals)
    entered = {(each.playbook, each.customer_id) for each in found.entered}
    bought = {customer for customer, last in life.ordered_on.items() if last == number}
    under_way = {
        each["customer_id"]
        for each in fresh
        if each["playbook"] in ENDS_WITH_AN_ORDER and (each["playbook"], each["customer_id"]) not in entered
    }
    assert under_way.isdisjoint(bought)


def check_enrolments(enrolments: list[dict[str, Any]]) -> None:
    """Nobody is in one playbook twice."""
    active = [(each["playbook"], each["customer_id"]) for each in enrolments if each["state"] == "active"]
    assert len(active) == len(set(active))


def ask_at_once(shop: Shop) -> None:
    """Eighteen days are too short for silences of a week: here L5 asks whoever drifts away."""
    (asks,) = (deepcopy(each) for each in shipped_documents() if each["key"] == "L5")
    asks["version"], asks["trigger"]["silent_days"] = 2, 0
    with shop.ledger.writing() as connection:
        install_playbooks(connection, shop.night(-1), [asks])
        start_playbook(connection, "L5", shop.night(-1))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_promises_hold(shop: Shop, seed: int) -> None:
    """No cap is exceeded, nobody is written to who must not be, nothing is done twice, exits come first."""
    shop.settings = replace(
        shop.settings,
        global_control=0.15,
        playbook_control=0.2,
        per_week=3,
        per_month=6,
        low_tier_share=1.0,
        rotate_months=0,
        salt=str(seed),
    )
    ask_at_once(shop)
    life = Life(shop, seed)
    seen: set[str] = set()
    for number in range(DAYS):
        life.upheaval(number)
        shoppers, changes = life.day(number)
        found, _ = shop.run(number, shoppers, changes)
        after = tables(shop)
        if life.chance(0.5):
            shop.run(number, shoppers, changes, now=shop.night(number) + timedelta(minutes=5))
            assert tables(shop) == after, "a repeated run changed something"
        messages, decisions, arms, enrolments = after
        fresh = [each for each in messages if each["id"] not in seen]
        seen |= {each["id"] for each in messages}
        assert life.may_not.isdisjoint(each["customer_id"] for each in fresh)
        check_exits(life, number, found, fresh)
        check_caps(shop, messages)
        check_order(decisions, arms, messages)
        check_enrolments(enrolments)
        life.sending(number)
        with shop.ledger.reading() as connection:
            assert check_outbox(connection) == []
    outcomes = {each["outcome"] for each in tables(shop)[1]}
    assert outcomes == {"send", "control", "blocked", "outranked", "skipped"}, "the lives were too dull"
