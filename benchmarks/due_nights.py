"""
A simulated shop on one night after the other: does anybody move whom the index of due days did not name?

Nothing is refitted and nothing decided anew: models, policy and yardsticks are those of the first night, so that only
customers and the clock move anybody. Customers are looked at as a service would that works out the due only: what the
index said when a customer was due last, or was heard of last, stands until one of the two comes again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.due_shop import heard_of

from evergrove.customers import summarise
from evergrove.export import tiers_query
from evergrove.scoring import Extras, score_with, scored_by, value_customers
from evergrove.segments import draw_up, place, placement_of, policy_of, realise, states_before
from evergrove.segments.clock.service import find_dues
from evergrove.segments.clock.types import Because
from evergrove.segments.states.placement import Yardsticks
from evergrove.segments.tiers.outlook import Outlook
from evergrove.segments.warning.hearing import Hearing
from evergrove.segments.warning.service import Learned
from evergrove.settings import Settings, TierSettings

if TYPE_CHECKING:
    from evergrove.segments.clock.types import Dues
    from evergrove.segments.tiers.policy import TierPolicy
    from evergrove.warehouse import Engine

State = dict[str, Any]
"""A row of the table tiers."""
NOT_STATES = ("lower_checks", "last_check")
"""Columns of the table tiers that count nights, and say nothing of where somebody stands."""


@dataclass
class Nights:
    """
    Nights of one shop under the models, the policy and the yardsticks of the first.

    Attributes:
        engine: Holds what ``load`` left.
        told: Tables beside orders that hold rows.
        model: That is fitted.
        adopted: Policy of tiers; None is that of the settings.
        hears: Whether stages hear health.
        settings: Of the workspace.
    """

    engine: Engine
    told: tuple[str, ...] = ()
    model: str = "mbg-nbd"
    adopted: TierPolicy | None = None
    hears: bool = False
    settings: Settings = field(default_factory=lambda: Settings(tiers=TierSettings(bounds="fixed")))
    _first: Any = None
    _before: Any = None

    def night(self, as_of: date) -> tuple[dict[str, State], dict[str, tuple[int, str]]]:
        """Where everybody stands, by customer; and how many days ahead he is due, and because of what."""
        engine, settings, policy = self.engine, self.settings, policy_of(self.settings, self.adopted)
        base = summarise(engine, as_of, settings.stages)
        hearing = Hearing(self.told, Learned()) if self.hears else None
        if self._first is None:
            lean = Extras(back_test=False, intervals=False)
            scored = scored_by(
                value_customers(base, settings.value, settings.stages, self.model, lean),
                base,
                settings.stages,
            )
        else:
            scored = score_with(base, self._first[0], settings.value, settings.stages, intervals=False)
        segments = realise(
            engine,
            base,
            scored.scores.p_active_180d,
            policy,
            cut=scored.cut.cut,
            yardsticks=self._first[1] if self._first else None,
            outlook=Outlook.of(base, scored.document, scored.scores),
            scores=scored.scores,
            hearing=hearing,
        )
        if self._first is None:
            measured = placement_of(policy, segments).yardsticks
            self._first = (
                scored.document,
                Yardsticks(measured.bounds, replace(measured.cuts, hears_health=self.hears)),
            )
            return self.night(as_of)
        roster = draw_up(engine, base)
        earlier = None
        if self._before is not None:
            earlier = states_before(engine, "earlier", roster, self._before, policy.rules)
        states = place(segments, roster, policy, earlier)
        dues = find_dues(engine, base, segments, states, policy, self._first[0], hearing)
        engine.create("earlier", tiers_query(engine, states))
        self._before = as_of
        return self._stand(policy.rules), self._due(dues)

    def _stand(self, rules: TierPolicy) -> dict[str, State]:
        """All that the table tiers says of where somebody stands; checks beyond those that are asked for say nothing."""
        enough = rules.hysteresis.fall_checks
        rows = self.engine.arrow("select * from earlier").to_pylist()
        for row in rows:
            for name in NOT_STATES:
                del row[name]
            for criterion in rules.criteria:
                checks, last = (f"{criterion.name.lower()}_{part}" for part in ("checks", "last_check"))
                if (row[checks] or 0) >= enough:
                    row[checks], row[last] = enough, None
        return {row["customer_id"]: row for row in rows}

    def _due(self, dues: Dues) -> dict[str, tuple[int, str]]:
        ids = self.engine.run("select customer_id from roster order by row")
        return {
            customer: (days, Because(code).name.lower())
            for (customer,), days, code in zip(ids, dues.days.tolist(), dues.because.tolist(), strict=True)
        }


@dataclass
class Watched:
    """
    What many nights came to.

    Attributes:
        customers: At the end.
        nights: In which somebody could have moved.
        silent: Customers and nights on which nothing was heard of them.
        due: Of these, named by the index.
        moved: Of these, moved in any way: tier, stage, a reason, a band, a check.
        tiers: Moved to another tier; stages: to another stage.
        late: Night, customer, day and reason of the index: who moved and was not named.
        because: Reason -> how often it named somebody, and how often that one moved.
    """

    customers: int = 0
    nights: int = 0
    silent: int = 0
    due: int = 0
    moved: int = 0
    tiers: int = 0
    stages: int = 0
    late: list[tuple[date, str, date, str]] = field(default_factory=list)
    because: dict[str, tuple[int, int]] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """For a table."""
        return {
            "customers": self.customers,
            "nights": self.nights,
            "silent_customer_nights": self.silent,
            "share_due": round(self.due / self.silent, 4),
            "share_moved": round(self.moved / self.silent, 4),
            "tier_moves": self.tiers,
            "stage_moves": self.stages,
            "late": len(self.late),
            "because": {code: list(counts) for code, counts in sorted(self.because.items())},
        }


def watch(nights: Nights, first: date, count: int, step: int = 1) -> Watched:
    """
    Nights one after the other.

    Args:
        nights: Of a shop.
        first: The first of them.
        count: How many.
        step: Days from one to the next.
    """
    found = Watched()
    before: dict[str, State] = {}
    named: dict[str, tuple[date, str]] = {}
    for k in range(count):
        day = first + timedelta(days=k * step)
        standing, ahead = nights.night(day)
        heard = heard_of(nights.engine, day - timedelta(days=step), day) if k else set()
        for customer, state in standing.items():
            fresh = day + timedelta(days=ahead[customer][0]), ahead[customer][1]
            if customer not in before or customer in heard:
                named[customer] = fresh
                continue
            due_on, because = named[customer]
            _count(found, before[customer], state, (day, customer, due_on, because))
            if due_on <= day:
                named[customer] = fresh
        before, found.customers, found.nights = standing, len(standing), k
    return found


def _count(found: Watched, was: State, now: State, seen: tuple[date, str, date, str]) -> None:
    """One silent customer on one night."""
    day, _customer, due_on, because = seen
    has_moved, is_due = now != was, due_on <= day
    found.silent += 1
    found.due += is_due
    found.moved += has_moved
    found.tiers += now["tier"] != was["tier"]
    found.stages += now["stage"] != was["stage"]
    if has_moved and not is_due:
        found.late.append(seen)
    if is_due:
        due, moved = found.because.get(because, (0, 0))
        found.because[because] = due + 1, moved + has_moved
