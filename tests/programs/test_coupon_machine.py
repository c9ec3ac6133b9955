"""Any sequence of acts, held against a model that keeps lists and counts them anew each time."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from tests.programs.conftest import NOON, document

from evergrove.core import InputError
from evergrove.people.identity import merge
from evergrove.programs.coupons import (
    Order,
    expire,
    figures,
    issue_all,
    pause_campaign,
    put_campaign,
    redeem,
    reserve,
    resume_campaign,
    roll_back,
)
from evergrove.programs.coupons.tables import coupon_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.ledger import Ledger

AMOUNTS = {"A-0": 200, "A-1": 300, "A-2": 500, "A-3": 1000, "A-4": 700}
CUSTOMERS = ("C-1", "C-2", "C-9")
PERSON = {"C-1": "one", "C-9": "one", "C-2": "two"}
LIMITS = {"own": (3, 2, Decimal(140)), "all": (2, 1, Decimal(90))}
"""Uses in all, uses of one person, budget."""
ACTS: Mapping[str, Callable[..., object]] = {"redeemed": redeem, "reserved": reserve}
"""By what a code becomes."""


def off(campaign: str, amount: int) -> int:
    """300 - 30, 500 - 60; a tenth, 40 at most."""
    if campaign == "own":
        return 60 if amount >= 500 else 30 if amount >= 300 else 0
    return min(amount // 10, 40)


@dataclass
class Use:
    """A code on an order."""

    campaign: str
    person: str
    state: str
    cost: Decimal
    until: datetime
    returned: Decimal = Decimal(0)


@dataclass
class Model:
    """What coupons should do, without counters, locks or tables."""

    now: datetime = NOON
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    uses: dict[tuple[str, str], Use] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    def live(self, campaign: str) -> list[Use]:
        """What counts."""
        return [use for use in self.uses.values() if use.campaign == campaign and self.counts(use)]

    def counts(self, use: Use) -> bool:
        """Redeemed, or reserved and not over."""
        return use.state == "redeemed" or (use.state == "reserved" and use.until > self.now)

    def has_late(self, campaign: str) -> bool:
        """Whether a reservation is over."""
        late = [use for use in self.uses.values() if use.state == "reserved" and use.until <= self.now]
        return any(use.campaign == campaign for use in late)

    def spent(self, campaign: str, state: str) -> Decimal:
        """Money that uses of a state take."""
        found = [use for use in self.live(campaign) if use.state == state]
        return sum((use.cost - use.returned for use in found), Decimal(0))

    def take(self, code: str, name: str, customer: str, state: str) -> str:
        """Reserve or redeem: ``done``, ``known`` or ``refused``."""
        campaign, owner = self.codes[code]
        use, person = self.uses.get((code, name)), PERSON[customer]
        if use is not None and self.counts(use) and (use.state == "redeemed" or state == "reserved"):
            return "known"
        held = use is not None and self.counts(use)
        others = [each for key, each in self.uses.items() if key != (code, name) and self.counts(each)]
        mine = [each for each in others if each.campaign == campaign]
        on_order = [key for key, each in self.uses.items() if key[1] == name and self.counts(each)]
        limit, per_person, budget = LIMITS[campaign]
        cost = Decimal(off(campaign, AMOUNTS[name]))
        money = sum((each.cost - each.returned for each in mine), Decimal(0))
        is_own = campaign == "own"
        refused = (
            (use is not None and use.state == "rolled_back")
            or (campaign in self.paused and not held)
            or (is_own and PERSON[owner] != person)
            or (is_own and any(key[0] == code and key[1] != name for key in self._counting()))
            or any(key[0] != code and self.codes[key[0]][0] == campaign for key in on_order)
            or sum(each.person == person for each in mine) >= per_person
            or len(mine) >= limit
            or money + cost > budget
            or cost == 0
        )
        if refused:
            return "refused"
        self.uses[code, name] = Use(campaign, person, state, cost, self.now + timedelta(minutes=15))
        return "done"

    def _counting(self) -> list[tuple[str, str]]:
        return [key for key, use in self.uses.items() if self.counts(use)]


class Coupons(RuleBasedStateMachine):
    """Acts in any order, on two campaigns that may stand together on an order."""

    numbers = itertools.count()

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger, self.model = ledger, Model()
        self.last: tuple[Callable[..., Any], datetime] | None = None
        self.run = next(self.numbers)
        self.keys = {name: f"{name}-{self.run}" for name in LIMITS}

    @initialize()
    def begin(self) -> None:
        """Two campaigns; C-1 and C-9 are one person."""
        with self.ledger.writing() as connection:
            if self.run == 0:
                merge(connection, "C-1", "C-9", NOON)
            for name, (limit, person, budget) in LIMITS.items():
                own = {"kind": "threshold", "value": None, "steps": [[300, 30], [500, 60]], "redemption": 0}
                shared = {"kind": "percent", "value": 10, "max_discount": 40, "stack_group": "other"}
                shared |= {"code": f"ALL{self.run}X", "prefix": None}
                limits = {"limit_total": limit, "limit_per_person": person, "budget": str(budget)}
                chosen = own if name == "own" else shared
                asked = document(key=self.keys[name], **limits, **chosen)
                put_campaign(connection, asked, "UTC", NOON)
        self.model.codes[f"ALL{self.run}X"] = ("all", "")

    @rule(customer=st.sampled_from(CUSTOMERS), number=st.integers(0, 3))
    def give(self, customer: str, number: int) -> None:
        """A code is given; whether it may be is held by tests of its own."""
        ref = f"{self.run}:{customer}:{number}"
        with self.ledger.writing() as connection:
            asked = [(customer, ref)]
            issued = issue_all(connection, self.keys["own"], asked, self.model.now).issued
        for each in issued.values():
            self.model.codes.setdefault(each.code, ("own", customer))

    @rule(data=st.data(), name=st.sampled_from(sorted(AMOUNTS)), customer=st.sampled_from(CUSTOMERS))
    def use(self, data: st.DataObject, name: str, customer: str) -> None:
        """Reserve or redeem."""
        code = data.draw(st.sampled_from(sorted(self.model.codes)))
        becomes = data.draw(st.sampled_from(["redeemed", "redeemed", "reserved"]))
        asked = Order(self._order(name), Decimal(AMOUNTS[name]), "CNY", customer)
        wanted = self.model.take(code, name, customer, becomes)
        self._act(partial(ACTS[becomes], code=code, order=asked, now=self.model.now), wanted)

    @precondition(lambda self: self.model.uses)
    @rule(data=st.data())
    def back(self, data: st.DataObject) -> None:
        """Roll an order back."""
        _code, name = data.draw(st.sampled_from(sorted(self.model.uses)))
        on_order = [use for key, use in self.model.uses.items() if key[1] == name]
        is_new = any(self.model.counts(use) for use in on_order)
        for use in on_order:
            if self.model.counts(use):
                use.state = "rolled_back"
        act = partial(roll_back, order_id=self._order(name), now=self.model.now)
        self._act(act, "done" if is_new else "known")

    @precondition(lambda self: any(use.state == "redeemed" for use in self.model.uses.values()))
    @rule(data=st.data(), share=st.integers(1, 9))
    def part(self, data: st.DataObject, share: int) -> None:
        """Give a part of an order back; how much comes back of each is held by tests of its own."""
        redeemed = sorted(key for key, use in self.model.uses.items() if use.state == "redeemed")
        name = data.draw(st.sampled_from(redeemed))[1]
        refund = f"r-{data.draw(st.integers(0, 2))}"
        try:
            with self.ledger.writing() as connection:
                uses = roll_back(
                    connection,
                    self._order(name),
                    self.model.now,
                    refunded=Decimal(AMOUNTS[name] * share // 10),
                    refund_id=refund,
                )
        except InputError:
            return
        for each in uses:
            code = each.code if each.campaign == self.keys["own"] else f"ALL{self.run}X"
            mine = self.model.uses[code, name]
            assert 0 <= mine.returned <= each.returned <= each.cost
            if mine.state == "redeemed":
                mine.state, mine.returned = each.state, each.returned

    @rule(minutes=st.sampled_from([1, 10, 20]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.model.now += timedelta(minutes=minutes)

    @rule()
    def clock(self) -> None:
        """What is over is let go, a portion at a time."""
        with self.ledger.writing() as connection:
            while expire(connection, self.model.now):
                pass

    @rule(name=st.sampled_from(sorted(LIMITS)))
    def turn(self, name: str) -> None:
        """Pause, or resume."""
        rests = name in self.model.paused
        with self.ledger.writing() as connection:
            (resume_campaign if rests else pause_campaign)(connection, self.keys[name], self.model.now)
        self.model.paused ^= {name}

    @precondition(lambda self: self.last is not None)
    @rule()
    def again(self) -> None:
        """The last act that did something, told once more at once, changes nothing."""
        assert self.last is not None
        act, now = self.last
        if now == self.model.now:
            before = self._events()
            with self.ledger.writing() as connection:
                done = act(connection)
            assert not any(use.is_new for use in (done if isinstance(done, tuple) else (done,)))
            assert self._events() == before

    @invariant()
    def counts(self) -> None:
        """Uses and money are those of the model, and never beyond what there is."""
        for name, (limit, _person, budget) in LIMITS.items():
            if not self.model.codes:
                return
            with self.ledger.reading() as connection:
                told = figures(connection, self.keys[name], self.model.now)
            live = self.model.live(name)
            assert told.redeemed == sum(use.state == "redeemed" for use in live)
            assert told.spent == self.model.spent(name, "redeemed")
            if not self.model.has_late(name):  # nobody need have let go of these
                assert told.reserved == sum(use.state == "reserved" for use in live)
                assert told.held == self.model.spent(name, "reserved")
            assert told.redeemed + told.reserved <= limit
            assert told.spent + told.held <= budget

    def _order(self, name: str) -> str:
        return f"{self.run}:{name}"

    def _act(self, act: Callable[..., Any], wanted: str) -> None:
        try:
            with self.ledger.writing() as connection:
                done = act(connection)
        except InputError as error:
            assert wanted == "refused", error  # noqa: PT017 - the model says whether it may be refused
            return
        is_new = any(use.is_new for use in (done if isinstance(done, tuple) else (done,)))
        assert wanted == ("done" if is_new else "known")
        if is_new:
            self.last = (act, self.model.now)

    def _events(self) -> int:
        with self.ledger.reading() as connection:
            count = select(func.count()).select_from(coupon_event)
            return connection.execute(count).scalar_one()


@pytest.mark.slow
def test_any_sequence_of_acts_counts_as_the_model_does(ledger: Ledger) -> None:
    """Limits and budget hold, replays change nothing, what is rolled back can be used again."""
    Coupons.numbers = itertools.count()
    many = 10 if "EVERGROVE_PROVE" in os.environ else 1
    examples = many * (25 if ledger.dialect == "sqlite" else 10)
    chosen = settings(max_examples=examples, stateful_step_count=25, derandomize=True, deadline=None)
    run_state_machine_as_test(lambda: Coupons(ledger), settings=chosen)  # type: ignore[arg-type] # takes a maker, too
