"""``/v1/experiments`` and ``/v1/subsidy-rates``: what was drawn by chance, and what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query
from pydantic import Field

from evergrove.api.counting import alone
from evergrove.api.values import plain, worded
from evergrove.app import measuring as app
from evergrove.http import Answer, Routes, ThisCall
from evergrove.measurement.words import REASONS

if TYPE_CHECKING:
    from evergrove.http import Call
    from evergrove.measurement.experiments import Arm, Compared, Judged

routes = Routes(tag="playbooks")

How = Literal["end", "anytime"]
PROFIT = "Profit a person after contact and discount cost, over the window"


class ArmLine(Answer):
    """One arm."""

    name: str = Field(description="control, treated, or the name of a content.", examples=["treated"])
    planned: float = Field(description="Share of the people who should stand in it.", examples=[0.9])
    people: int = Field(description="Assigned.")
    whole: int = Field(description="Of them, whose window is over: only they count.")
    profit: float | None = Field(description=f"{PROFIT}, capped.")
    cost: float = Field(description="Contact cost a person, which is taken off the profit.")


class HarmLine(Answer):
    """A guardrail: something bad, and how often it has happened since the assignment."""

    kind: Literal["unsubscribe", "complaint", "refund"]
    share: float = Field(description="Of the arm's people.")
    base_share: float = Field(description="Of those it is compared with.")
    effect: float | None = Field(description="The difference; null: not to be looked at yet, or nobody.")
    low: float | None
    high: float | None
    is_worse: bool = Field(description="Whether the whole interval lies above 0.")


class ComparedLine(Answer):
    """One arm against the first."""

    arm: str
    effect: float | None = Field(
        description=f"{PROFIT}: more than the first arm. Null: too few, or before the planned end."
    )
    low: float | None
    high: float | None
    level: float = Field(description="Of the interval; with several arms they hold together.")
    relative: float | None = Field(description="The same as a share; null where profits are not above 0.")
    relative_low: float | None
    relative_high: float | None
    reason: str | None = Field(description="Why there is no effect.", examples=["stats.too_few_units"])
    message: str = Field(description="The same in words; empty where there is one.")
    harms: list[HarmLine]


class ExperimentLine(Answer):
    """One experiment."""

    kind: Literal["control", "content"]
    playbook: str = Field(examples=["L2"])
    name: str = Field(description="Of the playbook.")
    version: int | None = Field(description="Whose contents are compared; null of a control group.")
    step: int | None = Field(description="Whose contents are compared, from 1; null of a control group.")
    first_assigned: date
    srm_p: float = Field(description="Of arms at least as far from their shares.")
    trustworthy: bool = Field(description="False below 0.001: nothing else is to be believed then.")
    stopped_early: date | None
    variance_left: float = Field(
        description="Share of the profit's variance after what customers had brought before is taken out; 1: it is not.",
        examples=[0.62],
    )
    arms: list[ArmLine] = Field(description="The first is what the others are compared with.")
    needed: int | None = Field(
        description="People whose window must be over until the expected effect is found in four of five cases."
    )
    watched: int = Field(description="People whose window is over.")
    earliest: date = Field(description="The day on which the window of the first people is over.")
    days_left: int | None = Field(
        description="Until the planned end, at the pace so far; 0: it is reached; null: cannot be told yet."
    )
    compared: list[ComparedLine]


class Experiments(Answer):
    """All experiments, read in one way."""

    as_of: date
    reading: How
    window_days: int = Field(description="Over which an outcome is counted.")
    basis: Literal["revenue", "margin"]
    expected: float | None = Field(
        description="The effect a person that is looked for: a tenth of what one brought before any outreach."
    )
    items: list[ExperimentLine] = Field(description="Control groups by playbook, then contents.")


class SubsidyRate(Answer):
    """What share of those who used a coupon would have bought anyway."""

    campaign: str = Field(description="Of coupons.")
    playbook: str = Field(description="That gave out its codes.")
    as_of: date
    rate: float | None = Field(description="Not clipped; null: not known yet.")
    low: float | None
    high: float | None
    level: float
    redeemers: int


class SubsidyRates(Answer):
    """Subsidy rates of all coupon campaigns."""

    items: list[SubsidyRate]


@routes.get("/experiments", right="figures.read")
def experiments(
    call: ThisCall,
    reading: Annotated[
        How,
        Query(
            description="end: once, when enough people have been watched; anytime: from day to day, with wider intervals."
        ),
    ] = "end",
) -> Experiments:
    """What playbooks and contents bring, as far as chance divided the customers: profit, guardrails, days left."""
    with alone():
        found = app.experiments(call.here, reading)
    return Experiments(
        as_of=found.as_of,
        reading=found.reading,
        window_days=found.window_days,
        basis=found.basis,
        expected=next((each.expected for each in found.items), None),
        items=[_line(call, each, found.playbooks[each.trial.playbook]) for each in found.items],
    )


@routes.get("/subsidy-rates", right="figures.read")
def subsidy_rates(call: ThisCall) -> SubsidyRates:
    """What share of redeemers would have bought anyway, of every coupon campaign through each playbook."""
    return SubsidyRates(
        items=[
            SubsidyRate(
                campaign=campaign,
                playbook=each.playbook,
                as_of=each.as_of,
                rate=each.found.rate,
                low=each.found.low,
                high=each.found.high,
                level=each.found.level,
                redeemers=each.found.redeemers,
            )
            for campaign, each in app.subsidies(call.here)
        ]
    )


def _line(call: Call, each: Judged, name: str) -> ExperimentLine:
    trial = each.trial
    return ExperimentLine(
        kind=trial.kind,
        playbook=trial.playbook,
        name=worded(name, call),
        version=trial.version,
        step=trial.step,
        first_assigned=trial.first_assigned,
        srm_p=trial.srm_p,
        trustworthy=trial.is_trustworthy,
        stopped_early=trial.stopped_early,
        variance_left=trial.variance_left,
        arms=[_arm(one, shown=bool(each.is_over or each.reading == "anytime")) for one in trial.arms],
        needed=each.needed,
        watched=trial.watched,
        earliest=each.earliest,
        days_left=each.days_left,
        compared=[_compared(call, one) for one in each.compared],
    )


def _arm(each: Arm, *, shown: bool) -> ArmLine:
    return ArmLine(
        name=each.name,
        planned=each.planned,
        people=each.people,
        whole=each.whole.n,
        profit=plain(each.profit.mean) if shown else None,
        cost=each.cost,
    )


def _compared(call: Call, each: Compared) -> ComparedLine:
    share = each.relative
    return ComparedLine(
        arm=each.arm,
        effect=each.effect,
        low=plain(each.low),
        high=plain(each.high),
        level=each.level,
        relative=None if share is None else plain(share.effect),
        relative_low=None if share is None else plain(share.low),
        relative_high=None if share is None else plain(share.high),
        reason=each.reason,
        message=worded(REASONS[each.reason], call) if each.reason and each.reason in REASONS else "",
        harms=[HarmLine.model_validate(one, from_attributes=True) for one in each.harms],
    )
