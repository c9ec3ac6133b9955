"""
What a budget would bring, were it spent on everybody who stands where playbooks at work take people in.

Who stands there is told by the newest run; guards, re-entry and control groups are asked as a night asks them. Playbooks that
wait for something to happen, such as an event or an answer, cannot be planned from where people stand, and are named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import isnan
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from evergrove.campaigns.conditions import known_words
from evergrove.campaigns.control import draw
from evergrove.campaigns.library import started_playbooks
from evergrove.campaigns.store import assignments_of, barred
from evergrove.campaigns.types import Proposal
from evergrove.decisions import Context
from evergrove.decisions.believed import beliefs_of
from evergrove.decisions.choice import Offer, plan
from evergrove.decisions.effects.keeping import read_kept
from evergrove.decisions.faces import GUARDED_REGION, one_face_a_cell
from evergrove.decisions.facts import contact_cost, options_of
from evergrove.decisions.guards import Around, first_block
from evergrove.delivery.channels.registry import wanted
from evergrove.ingest import facts_noted
from evergrove.people.identity import region_of
from evergrove.pipeline.before_run import yesterday_in
from evergrove.pipeline.export import NothingPublished
from evergrove.pipeline.nights import SCORES, TIERS
from evergrove.pipeline.segment_asking import find
from evergrove.segments.language.parsing import parse
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from evergrove.campaigns import Playbook
    from evergrove.core import Clock
    from evergrove.decisions.believed import Beliefs
    from evergrove.decisions.choice import Curve, NextMoney, Plan
    from evergrove.ledger import Ledger
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse

LIMIT_S = 60.0
SPAN_DAYS = 7
"""A message of the plan may leave within so many days: guards are asked of the first moment in them."""
Passed = Literal["waits_for_something", "nothing_believed", "nobody"]


class Parts(Protocol):
    """What of a workspace is used."""

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102 - as in a workspace
    @property
    def warehouse(self) -> Warehouse: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102


@dataclass(frozen=True)
class Spending:
    """
    What a budget would bring.

    Attributes:
        as_of: The day of the run that was planned from.
        believed_on: The day of the newest belief; None: nothing is believed.
        people: Customers who may get anything at all.
        plan: Who would get what; None: nobody may get anything.
        more: What the next sum would bring; None likewise.
        curve: Profit by budget, within the budgets of channels; None likewise.
        passed_over: Playbooks at work that are not in the plan, and why.
        faces: The one face of coupons of each cell, where the price guard holds and there was a choice.
        is_guarded: Whether it holds.
    """

    as_of: date
    believed_on: date | None
    people: int
    plan: Plan | None = field(repr=False)
    more: NextMoney | None
    curve: Curve | None = field(repr=False)
    passed_over: Mapping[str, Passed]
    faces: Mapping[str, str]
    is_guarded: bool


@dataclass(frozen=True, eq=False)
class _Base:
    """Customers as the run published them; arrays of shape (n,)."""

    ids: NDArray[Any]
    tiers: NDArray[Any]
    stages: NDArray[Any]
    average_order: NDArray[np.float64]

    def standing(self, playbook: Playbook) -> NDArray[np.bool_] | None:
        """Who stands where a playbook takes people in, its audience aside; None: that cannot be told from standing."""
        trigger, everybody = playbook.trigger, np.ones(len(self.ids), dtype=bool)
        if trigger.kind in {"stage", "tier"} and trigger.enters:
            return np.asarray((self.stages if trigger.kind == "stage" else self.tiers) == trigger.enters)
        if trigger.kind == "next_order":
            return np.isin(self.tiers, trigger.tiers)
        return everybody if trigger.kind == "schedule" else None


def spending(
    parts: Parts, budget: float, by_channel: Mapping[str, float] | None = None, extra: float = 1000.0
) -> Spending:
    """
    Plan a budget. Nothing is stored, and nothing is sent.

    Args:
        parts: Of the workspace.
        budget: Money for everything, in the workspace's currency.
        by_channel: Money for single channels, beside it.
        extra: The next sum, of which it is said what it would bring.

    Raises:
        NothingPublished: There was no run yet.
        ChannelUnknown: A channel has a budget and no offer.
    """
    run = parts.warehouse.newest("run")
    if run is None or run.as_of is None:
        raise NothingPublished
    base = _base(parts, run)
    settings, now = parts.settings, parts.clock.now()
    today = yesterday_in(settings.value.timezone or _zone(parts), parts.clock) + timedelta(days=1)
    with parts.ledger.reading() as connection:
        kept = read_kept(connection)
        beliefs = beliefs_of(kept, contact_cost(settings.outreach))
        passed: dict[str, Passed] = {}
        offered = list(_offered(connection, parts, base, beliefs, run, passed))
        allowed = _Allowed(connection, parts, base, run.as_of, today, now).of(offered)
    region = region_of(settings.workspace.region, settings.value.timezone or _zone(parts))
    found = _planned(
        base,
        [effect for effect, _cost, _about in kept],
        [(each, allowed[each.key]) for each in offered],
        beliefs,
        budget,
        by_channel,
        is_guarded=region == GUARDED_REGION,
    )
    passed |= {each.key: "nobody" for each in offered if not allowed[each.key]}
    believed_on = kept[0][0].as_of if kept else None
    if found is None:
        return Spending(run.as_of, believed_on, 0, None, None, None, passed, {}, region == GUARDED_REGION)
    chosen, faces = found
    return Spending(
        as_of=run.as_of,
        believed_on=believed_on,
        people=len(chosen.choice.picked),
        plan=chosen,
        more=chosen.next_money(extra),
        curve=chosen.curve(),
        passed_over=passed,
        faces=faces,
        is_guarded=region == GUARDED_REGION,
    )


def _zone(parts: Parts) -> str:
    return facts_noted(parts.warehouse.newest()).timezone or "UTC"


def _base(parts: Parts, run: Snapshot) -> _Base:
    with open_engine(threads=1) as engine:
        parts.warehouse.show(engine, run, SCORES)
        parts.warehouse.show(engine, run, TIERS)
        rows = engine.arrays(
            "select t.customer_id, coalesce(t.tier, '') as tier, coalesce(t.stage, '') as stage,"
            f" cast(s.monetary_value as double) as average_order from {TIERS} t"
            f" left join {SCORES} s on s.customer_id = t.customer_id order by t.customer_id"
        )
    return _Base(rows["customer_id"], rows["tier"], rows["stage"], rows["average_order"])


def _offered(
    connection: Connection,
    parts: Parts,
    base: _Base,
    beliefs: Beliefs,
    run: Snapshot,
    passed: dict[str, Passed],
) -> Iterator[_Offered]:
    """Playbooks at work with those who stand there and may enter; the others are told in ``passed``."""
    words, as_of = known_words(connection), run.as_of
    assert as_of is not None  # noqa: S101 - runs have a day
    for playbook in started_playbooks(connection):
        stands = base.standing(playbook)
        if stands is None:
            passed[playbook.key] = "waits_for_something"
            continue
        if beliefs.of(playbook.key, "", "") is None:
            passed[playbook.key] = "nothing_believed"
            continue
        if playbook.trigger.audience:
            condition = parse(playbook.trigger.audience, words)
            members = find(parts, condition, LIMIT_S, run=run).members["customer_id"].to_pylist()
            stands = stands & np.isin(base.ids.astype(str), np.array(members, dtype=str))
        rows = np.flatnonzero(stands)
        closed = barred(connection, playbook, base.ids[rows], as_of)
        yield _Offered(playbook, [row for row in rows.tolist() if base.ids[row] not in closed])


@dataclass(frozen=True)
class _Offered:
    """A playbook, and the rows of those who stand where it takes people in."""

    playbook: Playbook
    rows: Sequence[int]

    @property
    def key(self) -> str:
        return self.playbook.key

    @property
    def channels(self) -> tuple[str, ...]:
        """Of its first message."""
        return next((step.channels for step in self.playbook.steps if step.do != "wait"), ())


@dataclass(frozen=True)
class _Allowed:
    """Asks guards and control groups of all that is offered."""

    connection: Connection
    parts: Parts
    base: _Base
    as_of: date
    today: date
    now: datetime

    def of(self, offered: Sequence[_Offered]) -> dict[str, dict[str, list[int]]]:
        """Playbook -> channel -> rows of those who may get it and are no controls."""
        settings = self.parts.settings.outreach
        pairs = [(each, row) for each in offered for row in each.rows if each.channels]
        proposals = [self._proposal(each, row) for each, row in pairs]
        zone = self.parts.settings.value.timezone or _zone(self.parts)
        context = Context(frozenset(wanted(self.parts.settings)))
        options = options_of(self.connection, proposals, settings, zone, self.now, context)
        around = Around(settings, self.now)
        stored = assignments_of(self.connection, {each.customer_id for each in proposals})
        arms = draw(proposals, stored, settings, self.as_of).arms
        found: dict[str, dict[str, list[int]]] = {each.key: {} for each in offered}
        for (each, row), channels, arm in zip(pairs, options, arms, strict=True):
            for option in channels if arm == "treated" else ():
                if first_block(option.facts, around) is None:
                    found[each.key].setdefault(option.channel, []).append(row)
        return found

    def _proposal(self, offered: _Offered, row: int) -> Proposal:
        """Its first message, as guards look at it."""
        playbook, due = offered.playbook, self.today
        return Proposal(
            "",
            playbook.key,
            playbook.version,
            str(self.base.ids[row]),
            "plan",
            0,
            offered.channels[0],
            "",
            due,
            due + timedelta(days=SPAN_DAYS),
            playbook.priority,
            {},
            str(self.base.tiers[row]),
            str(self.base.stages[row]),
            control=playbook.control,
            channels=offered.channels,
        )


def _planned(
    base: _Base,
    effects: Sequence[Any],
    offered: Sequence[tuple[_Offered, Mapping[str, Sequence[int]]]],
    beliefs: Beliefs,
    budget: float,
    by_channel: Mapping[str, float] | None,
    *,
    is_guarded: bool,
) -> tuple[Plan, Mapping[str, str]] | None:
    """The plan of all who may get anything, and the face of each cell; None: nobody may."""
    columns = [(each, channel, rows) for each, found in offered for channel, rows in found.items()]
    people = sorted({row for _each, _channel, rows in columns for row in rows})
    if not people:
        return None
    place = {row: at for at, row in enumerate(people)}
    allowed = np.zeros((len(people), len(columns)), dtype=bool)
    for column, (_each, _channel, rows) in enumerate(columns):
        allowed[[place[row] for row in rows], column] = True
    offers = [
        _offer(each.playbook, channel, base.average_order[rows], beliefs) for each, channel, rows in columns
    ]
    tiers, stages = ([str(of[row]) for row in people] for of in (base.tiers, base.stages))
    planned = plan(effects, tiers, stages, offers, budget, allowed=allowed, channel_budgets=by_channel)
    if not is_guarded:
        return planned, {}
    faces = [_face(each.playbook) for each, _channel, _rows in columns]
    cells = [f"{tier} {stage}" for tier, stage in zip(tiers, stages, strict=True)]
    left = one_face_a_cell(planned, faces, cells, [str(base.ids[row]) for row in people])
    if left.by_cell:
        allowed &= left.allowed
        planned = plan(effects, tiers, stages, offers, budget, allowed=allowed, channel_budgets=by_channel)
    return planned, left.by_cell


def _offer(playbook: Playbook, channel: str, average_order: NDArray[np.float64], beliefs: Beliefs) -> Offer:
    """What it costs to treat a customer: contacts of the whole playbook, and the redemptions that are expected."""
    worth = beliefs.of(playbook.key, "", "")
    usual = float(np.nanmean(average_order)) if not np.isnan(average_order).all() else float("nan")
    coupons = sum(step.coupon for step in playbook.steps)
    cost = 0.0
    if playbook.coupon is not None and coupons and not isnan(usual):
        cost = coupons * playbook.coupon.percent / 100.0 * playbook.coupon.redemption * usual
    return Offer(playbook.key, channel, 0.0 if worth is None else worth.cost, cost)


def _face(playbook: Playbook) -> str:
    """What its coupon takes off, as it is published; empty: it gives none."""
    campaigns = sorted({step.coupon_campaign for step in playbook.steps if step.coupon_campaign})
    if campaigns:
        return " ".join(campaigns)
    has_coupon = playbook.coupon is not None and any(step.coupon for step in playbook.steps)
    return f"{playbook.coupon.percent} %" if has_coupon and playbook.coupon is not None else ""
