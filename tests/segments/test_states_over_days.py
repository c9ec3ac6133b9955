"""A simulated shop, night after night: who moves, why, and the same again when asked later."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evergrove.customers import summarise
from evergrove.customers.news import facts_since
from evergrove.export import scores_query, tiers_query, transitions_query
from evergrove.scoring import Extras, refit_due, score_with, scored_by, value_customers
from evergrove.segments import (
    Cause,
    Ruled,
    Tier,
    draw_up,
    heard,
    place,
    placement_of,
    policy_of,
    read_placement,
    realise,
    states_before,
    transitions_between,
    would_have,
)
from evergrove.segments.tiers.outlook import Outlook
from evergrove.settings import Settings, StageSettings, TierSettings
from evergrove.simulation import ShopOptions, simulate_shop, world
from evergrove.simulation.types import TEN_THOUSANDTHS
from evergrove.warehouse import open_engine
from evergrove.warehouse.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.segments import States, Transitions
    from evergrove.warehouse import Engine

LATE_DAYS = 7
FIRST = 40  # days before the end of the simulated history
ORDERS = """
select
    'A' || rows.number as order_id,
    'C' || lpad(cast(rows.customer as varchar), 6, '0') as customer_id,
    cast(rows.ordered_at as date) as order_date,
    cast(rows.amount as decimal(18, 4)) / $unit as amount,
    cast(1 as bigint) as import_seq
from rows
"""


@dataclass
class Published:
    """What a run left: its day, the newest import it knew, its documents, its tables as files would hold them."""

    as_of: date
    import_seq: int
    models: dict[str, Any]
    placement: dict[str, Any]
    tiers: str
    digests: dict[str, str]


@dataclass
class Night:
    """One run's results."""

    moves: Transitions
    states: States
    published: Published
    is_refit: bool

    def causes(self) -> Counter[str]:
        """Moves by cause."""
        return Counter(Cause(code).name for code in self.moves.cause.tolist())


@dataclass
class Workspace:
    """The run as ``segments.states`` describes it, over tables instead of files."""

    engine: Engine
    settings: Settings = field(default_factory=lambda: Settings(tiers=TierSettings(bounds="fixed")))
    refit_days: int = 7
    is_digesting: bool = False
    runs: list[Published] = field(default_factory=list)

    def show(self, until_seq: int) -> None:
        """Facts as known when an import had come in."""
        known = f"select * from facts where import_seq <= {until_seq}"
        self.engine.view("order_facts", known)
        self.engine.view("orders", f"select order_id, customer_id, order_date, amount from ({known})")
        self.engine.view("known_customers", f"select distinct customer_id from ({known})")

    def run(self, as_of: date, until_seq: int, *, models: dict[str, Any] | None = None) -> Night:
        """One night; ``models`` stands in for a fit when a night is replayed."""
        night = self.work_out(as_of, until_seq, self.runs[-1] if self.runs else None, models)
        self.runs.append(night.published)
        return night

    def work_out(
        self, as_of: date, until_seq: int, last: Published | None, models: dict[str, Any] | None = None
    ) -> Night:
        """One night after a published one, nothing of it published."""
        engine, settings, policy = self.engine, self.settings, policy_of(self.settings)
        self.show(until_seq)
        base = summarise(engine, as_of, settings.stages)
        kept = last.models if last else None
        due = refit_due(
            kept,
            settings.value,
            settings.stages,
            as_of=as_of,
            refit_days=self.refit_days,
            model="mbg-nbd",
        )
        if models is None and due:
            lean = Extras(back_test=False, intervals=False)
            valuation = value_customers(base, settings.value, settings.stages, "mbg-nbd", lean)
            scored = scored_by(valuation, base, settings.stages)
        else:
            document = models or kept
            assert document is not None
            scored = score_with(base, document, settings.value, settings.stages, intervals=False)
        before = read_placement(last.placement) if last else None
        same = before is not None and not due and before.policy == policy
        segments = realise(
            engine,
            base,
            scored.scores.p_active_180d,
            policy,
            cut=scored.cut.cut,
            yardsticks=before.yardsticks if before and same else None,
            outlook=Outlook.of(base, scored.document, scored.scores),
            scores=scored.scores,
        )
        roster = draw_up(engine, base)
        if last is None or before is None:
            states, moves = (now := place(segments, roster, policy)), transitions_between(None, now, policy)
        else:
            earlier = states_before(engine, last.tiers, roster, last.as_of, before.policy.rules)
            facts_since(engine, after_seq=last.import_seq, previous_day=last.as_of, as_of=as_of)
            news, ruled = heard(engine, roster), Ruled(before, last.models)
            would = would_have(engine, base, roster, earlier, before=ruled, policy=policy, scored=scored)
            states = place(segments, roster, policy, earlier, news=news, late_days=LATE_DAYS, would=would)
            moves = transitions_between(
                earlier, states, policy, news=news, late_days=LATE_DAYS, would=would, run_seq=len(self.runs)
            )
        tiers = f"tiers_{len(self.runs)}"
        engine.create(tiers, tiers_query(engine, states))
        queries = {
            "scores": scores_query(engine, scored, segments, currency="", as_of=as_of),
            "tiers": f"select * from {tiers}",
            "transitions": transitions_query(engine, moves),
        }
        digests = {name: digest_of(engine, query) for name, query in queries.items() if self.is_digesting}
        documents = [dict(scored.document), placement_of(policy, segments).document()]
        kept_models, placement = json.loads(json.dumps(documents))
        published = Published(as_of, until_seq, kept_models, placement, tiers, digests)
        return Night(moves, states, published, due)

    def rows(self, moves: Transitions) -> list[dict[str, Any]]:
        """Moves as they are published."""
        names = ("customer_id", "axis", "from_", "to_", "cause", "evidence", "as_of", "run_seq")
        chosen = f"select {', '.join(names)} from ({transitions_query(self.engine, moves)})"
        return [dict(zip(names, row, strict=True)) for row in self.engine.run(f"{chosen} order by 1, 2")]


def by_customer(moves: list[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    """Who moved on which axis to where, and by what cause; without those who came from nowhere."""
    known = [move for move in moves if move["from_"] is not None]
    return {(move["customer_id"], move["axis"], move["to_"]): move["cause"] for move in known}


@pytest.fixture(scope="module")
def facts() -> Iterator[tuple[Engine, date]]:
    """
    Paid orders of a simulated shop: import 1 is the history, import 1 + k comes k days later.

    On day 3 a till's old book is found: orders of every fifth customer, from one month, come in with that day's.
    """
    shop = simulate_shop(ShopOptions(customers=600, years=2, seed=3))
    orders, start = shop.orders, shop.options.as_of - timedelta(days=FIRST)
    paid = np.isin(orders.status, (world.COMPLETED, world.PAID))
    paid[np.flatnonzero(np.diff(orders.number, prepend=-1) == 0)] = False  # rows that the export repeats
    with open_engine(threads=1) as engine:
        columns = {name: getattr(orders, name)[paid] for name in ("number", "customer", "amount")}
        at = orders.ordered_at[paid].astype("datetime64[us]")
        engine.register("rows", columns | {"ordered_at": at})
        engine.create("facts", ORDERS, unit=TEN_THOUSANDTHS)
        engine.run(
            "update facts set import_seq = 1 + (order_date - $start) where order_date > $start", start=start
        )
        engine.run(
            "update facts set import_seq = 4 where substr(customer_id, 7) in ('0', '5') "
            "and order_date between $low and $high",
            low=start - timedelta(days=80),
            high=start - timedelta(days=50),
        )
        engine.run(
            "create table refunds (order_id varchar, customer_id varchar, refund_date date, amount decimal(18, 4))"
        )
        engine.view("refund_facts", "select *, cast(1 as bigint) as import_seq from refunds")
        yield engine, start


@pytest.fixture
def workspace(facts: tuple[Engine, date]) -> Workspace:
    """No run yet."""
    return Workspace(facts[0])


@pytest.fixture
def start(facts: tuple[Engine, date]) -> date:
    """The day of the first run."""
    return facts[1]


def test_a_first_run_places_everybody_once(workspace: Workspace, start: date) -> None:
    """One move of tier and one of stage for each customer, from nowhere, by cause initial."""
    night = workspace.run(start, 1)

    assert night.causes() == {"INITIAL": 2 * len(night.states)}
    assert (night.moves.before == -1).all()
    assert not night.moves.triggering.any()
    assert not workspace.run(start + timedelta(days=1), 1).causes().keys() & {"INITIAL"}


def test_later_moves_are_by_evidence_or_the_clock(workspace: Workspace, start: date) -> None:
    """Who bought moves by evidence, the others by the clock; a second run of a day moves nobody."""
    workspace.run(start, 1)
    causes: Counter[str] = Counter()

    for k in (1, 2):
        today = start + timedelta(days=k)
        night = workspace.run(today, 1 + k)
        causes += night.causes()
        assert night.moves.triggering.all()
        found = workspace.engine.run("select distinct customer_id from facts where order_date = $d", d=today)
        bought, moved = {c for (c,) in found}, workspace.rows(night.moves)
        assert {row["customer_id"] for row in moved if row["cause"] == "evidence"} <= bought
        assert not {row["customer_id"] for row in moved if row["cause"] == "clock"} & bought
        assert len(workspace.work_out(today, 1 + k, workspace.runs[-1]).moves) == 0
    assert causes.keys() == {"EVIDENCE", "CLOCK"}


def test_a_first_order_is_evidence_of_a_new_customer(workspace: Workspace, start: date) -> None:
    """Whom the workspace had not known comes from nowhere into stage new."""
    workspace.run(start, 1)
    night = workspace.run(start + timedelta(days=1), 2)

    arrived = [row for row in workspace.rows(night.moves) if row["from_"] is None]

    first_orders = workspace.engine.run(
        "select customer_id from facts where import_seq <= 2 group by customer_id having min(order_date) = $d",
        d=start + timedelta(days=1),
    )
    assert {row["customer_id"] for row in arrived} == {c for (c,) in first_orders} != set()
    assert {row["cause"] for row in arrived} == {"evidence"}
    assert {row["to_"] for row in arrived if row["axis"] == "stage"} == {"new"}


def test_old_orders_that_come_in_late_are_backfill(workspace: Workspace, start: date) -> None:
    """A till's old book moves customers, and none of these moves starts outreach."""
    workspace.run(start + timedelta(days=2), 3)
    today = start + timedelta(days=3)
    night = workspace.run(today, 4)

    late = workspace.engine.run(
        "select customer_id from facts where import_seq = 4 group by customer_id having max(order_date) < $d",
        d=today,
    )
    late_ids = {c for (c,) in late}
    by_backfill = {row["customer_id"] for row in workspace.rows(night.moves) if row["cause"] == "backfill"}
    others = {row["customer_id"] for row in workspace.rows(night.moves) if row["cause"] != "backfill"}
    assert by_backfill
    assert by_backfill <= late_ids
    assert not others & late_ids
    assert night.causes().keys() == {"BACKFILL", "EVIDENCE", "CLOCK"}


def test_a_fit_moves_by_model_whom_the_old_models_would_not_have_moved(
    workspace: Workspace, start: date
) -> None:
    """On the seventh day models are fitted anew; without the fit, the night has all its moves but these."""
    workspace.run(start, 1)
    today = start + timedelta(days=7)
    night = workspace.work_out(today, 8, workspace.runs[-1])
    fitted = by_customer(workspace.rows(night.moves))
    workspace.refit_days = 100
    other = workspace.work_out(today, 8, workspace.runs[-1])
    unfitted = by_customer(workspace.rows(other.moves))

    by_model = {key for key, cause in fitted.items() if cause == "model"}

    assert (night.is_refit, other.is_refit) == (True, False)
    assert by_model
    assert not by_model & unfitted.keys()
    assert fitted.keys() - by_model == fitted.keys() & unfitted.keys()
    assert all(fitted[key] == unfitted[key] for key in fitted.keys() - by_model)
    assert not night.moves.triggering[night.moves.cause == Cause.MODEL].any()


def test_changed_settings_move_by_policy(workspace: Workspace, start: date) -> None:
    """Lower bounds lift customers who did nothing; who would have moved anyway has his own cause."""
    workspace.run(start, 1)
    plain = workspace.work_out(start + timedelta(days=1), 2, workspace.runs[-1])
    plainly = by_customer(workspace.rows(plain.moves))
    workspace.settings = replace(
        workspace.settings, tiers=TierSettings(bounds="fixed", medium_spend=400.0, medium_average_order=100.0)
    )

    night = workspace.run(start + timedelta(days=1), 2)

    causes = by_customer(workspace.rows(night.moves))
    lifted = {key for key, cause in causes.items() if cause == "policy"}
    assert lifted
    assert not lifted & plainly.keys()
    assert causes.keys() - lifted == causes.keys() & plainly.keys()
    assert all(causes[key] == plainly[key] for key in causes.keys() - lifted)
    assert not workspace.run(start + timedelta(days=2), 3).causes().keys() & {"POLICY", "MODEL"}


def test_settings_that_change_what_is_counted_are_compared_alike(workspace: Workspace, start: date) -> None:
    """A shorter trend window changes the summary itself: the old one is counted again for the comparison."""
    workspace.run(start, 1)
    workspace.settings = replace(workspace.settings, stages=StageSettings(trend_window_days=60, own_gaps=6))

    night = workspace.run(start + timedelta(days=1), 2)

    assert night.causes()["POLICY"] > 0
    assert workspace.engine.value("select count(gap_p95) from customer_summary where frequency < 6") == 0


def test_a_fit_and_new_settings_in_one_night_are_told_apart(workspace: Workspace, start: date) -> None:
    """Tiers do not look at models, so that new bounds are policy; and some stages move by the fit."""
    workspace.run(start, 1)
    workspace.settings = replace(
        workspace.settings, tiers=TierSettings(bounds="fixed", medium_spend=400.0, medium_average_order=100.0)
    )

    night = workspace.run(start + timedelta(days=7), 8)

    ours = np.isin(night.moves.cause, (Cause.POLICY, Cause.MODEL))
    tiers = night.moves.axis == 0
    assert set(night.moves.cause[ours & tiers]) == {Cause.POLICY}
    assert Cause.MODEL in night.moves.cause[ours & ~tiers]


def test_a_tier_falls_after_two_checks_and_thirty_days(workspace: Workspace, start: date) -> None:
    """Over simulated weeks, no fall comes sooner; rises come on the night on which the figures rise."""
    nights = [workspace.run(start + timedelta(days=k), 1 + k) for k in (0, 10, 20, 29, 30, 31)]

    for night in nights:
        assert (night.states.tier >= night.states.realised_tier).all()
        falls = (night.moves.axis == 0) & (night.moves.after < night.moves.before)
        if night.states.as_of < start + timedelta(days=30):
            assert not falls.any()
    rises = [(n.moves.axis == 0) & (n.moves.after > n.moves.before) & (n.moves.before >= 0) for n in nights]
    assert sum(int(each.sum()) for each in rises[1:4]) > 0
    fallen = nights[4].moves.row[
        (nights[4].moves.axis == 0) & (nights[4].moves.after < nights[4].moves.before)
    ]
    assert len(fallen)
    # Each of them had been measured lower on the nights of day 29 and day 30, in whatever row he stood then.
    for row in fallen:
        assert nights[4].states.tier[row] == nights[4].states.realised_tier[row]
        assert nights[3].states.realised_tier[row] < nights[3].states.tier[row]


def test_a_fall_by_settings_is_policy_however_long_it_waits(workspace: Workspace, start: date) -> None:
    """Higher bounds are felt a month later; nobody is written to for it then."""
    workspace.run(start, 1)
    workspace.settings = replace(
        workspace.settings, tiers=TierSettings(bounds="fixed", high_spend=1e6, high_average_order=1e6)
    )
    held = workspace.run(start + timedelta(days=1), 2)
    was_high = held.states.tier == Tier.HIGH
    assert was_high.any()
    assert (held.states.realised_tier < Tier.HIGH).all()

    later = workspace.run(start + timedelta(days=31), 2)

    falls = (later.moves.axis == 0) & (later.moves.before == Tier.HIGH) & (later.moves.after < Tier.HIGH)
    assert falls.sum() == was_high.sum()
    assert set(later.moves.cause[falls]) == {Cause.POLICY}


def test_who_orders_after_having_churned_is_won_back(workspace: Workspace, start: date) -> None:
    """By what the workspace remembers, not by the gap, unless the trend still falls: then decline comes first."""
    workspace.run(start, 1)
    stages, told = set(), None
    for k in range(1, 7):
        day = start + timedelta(days=k)
        before, night = workspace.runs[-1], workspace.run(day, 1 + k)
        returned = workspace.engine.run(
            f"select t.customer_id, t.stage, t.returned_on from {night.published.tiers} t join {before.tiers} b "
            "using (customer_id) where b.stage = 'churned' and t.customer_id in "
            "(select customer_id from facts where order_date = $d)",
            d=day,
        )
        assert {on for _customer, _stage, on in returned} <= {day}
        stages |= {stage for _customer, stage, _on in returned}
        won = {customer for customer, stage, _on in returned if stage == "won_back"}
        told = told or next((r for r in workspace.rows(night.moves) if r["customer_id"] in won), None)

    assert stages == {"won_back", "decline"}
    assert told is not None
    assert (told["axis"], told["from_"], told["to_"], told["cause"]) == (
        "stage",
        "churned",
        "won_back",
        "evidence",
    )
    assert json.loads(told["evidence"]) == {
        "code": "segments.stage_won_back_ordered",
        "params": {"returned_on": told["as_of"].isoformat(), "won_back_days": 90},
        "facts": 1,
    }


def test_any_night_can_be_worked_out_again(workspace: Workspace, start: date) -> None:
    """From the facts of then, the states of the night before and the stored models: byte for byte the same."""
    workspace.is_digesting = True
    for k in (0, 1, 7, 8):
        workspace.run(start + timedelta(days=k), 1 + k)
    published = list(workspace.runs)

    for k in (3, 2, 0, 1):  # in any order, long after
        last = published[k - 1] if k else None
        workspace.runs = published[:k]
        again = workspace.work_out(published[k].as_of, published[k].import_seq, last, published[k].models)
        assert again.published.digests == published[k].digests
    assert len({run.digests["tiers"] for run in published}) == 4
