"""``/v1/decisions/plan``, ``/v1/customers/{id}/decisions``: what a budget would bring, and one customer's decisions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import Field

from evergrove.api.counting import alone
from evergrove.api.customers import CustomerId
from evergrove.api.values import Day, plain, said
from evergrove.app import deciding as app
from evergrove.decisions import reason_sentence
from evergrove.http import Amount, Answer, Moment, Routes, ThisCall
from evergrove.http.published import of_snapshot
from evergrove.reading.card import newest_card
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.decisions.picked import ChoiceKept
    from evergrove.http import Call

routes = Routes(tag="playbooks")

MOST = 200
EXTRA = app.EXTRA
"""The next sum of money, where nobody names another."""


class DecisionLine(Answer):
    """What became of one message that a playbook would send."""

    id: str
    as_of: date = Field(description="The last day whose orders were known.")
    decided_at: Moment
    playbook: str = Field(examples=["L2"])
    version: int
    step: int = Field(description="From 0.")
    channel: str | None = Field(description="By which it leaves, or was first to leave.")
    outcome: str = Field(description="send, control, blocked, outranked or skipped.", examples=["send"])
    reason: str | None = Field(description="Code; docs/reference/codes.md lists them.")
    params: dict[str, Any]
    message: str = Field(description="The reason in words; empty: there is none.")
    arm: str | None = Field(description="treated or control; null: nothing was to leave.")
    probability: float | None = Field(description="Of being treated, in the layer that decided the arm.")
    tier: str
    stage: str
    cost: Amount
    choice: str | None = Field(description="The choice among those below in which it was allowed.")


class ActionLine(Answer):
    """One action that was allowed."""

    decision: str | None = Field(description="Null: nothing.")
    playbook: str = Field(description="Empty: nothing.")
    channel: str
    value: float | None = Field(
        description="Believed extra margin, less the cost of contacting and fatigue; null: nothing is believed of it."
    )
    assumed: bool = Field(description="Whether the value rests on an assumption.")
    probability: float = Field(description="With which it could have come up.")
    best: bool = Field(description="Whether it was best.")
    picked: bool = Field(description="Whether it came up.")


class ChoiceLine(Answer):
    """One choice among all that was allowed, nothing included."""

    id: str
    as_of: date
    decided_at: Moment
    drawn: bool = Field(description="Whether chance decided, and not what is believed.")
    share: float = Field(description="Of choices that are drawn by chance.", examples=[0.02])
    probability: float = Field(description="Of what came up.")
    arm: str | None = Field(description="Of what came up; null: nothing did.")
    arm_probability: float | None = Field(description="Of being treated.")
    joint_probability: float = Field(
        description="Of what came up and of the arm together: what weights of an evaluation go by."
    )
    actions: list[ActionLine] = Field(description="Their probabilities add up to 1; nothing stands last.")


class Decisions(Answer):
    """What was decided for one customer, the newest first."""

    customer_id: str
    items: list[DecisionLine]
    choices: list[ChoiceLine] = Field(
        description="Of these days, made by value; without beliefs, or by priority, there are none."
    )


class OfferLine(Answer):
    """One playbook by one channel within the plan."""

    playbook: str = Field(examples=["L2"])
    channel: str = Field(examples=["email"])
    cost: float = Field(description="Of treating one customer, taken off the profit.")
    coupon_cost: float = Field(
        description="Redemptions that are expected of one; they count against budgets, and are in the margin already."
    )
    contacts: int
    spent: float = Field(description="Of the budget.")
    profit: float = Field(description="Believed extra margin less the cost of contacting.")
    low: float
    high: float
    assumed: int = Field(description="How many contacts rest on an assumption.")


class NextLine(Answer):
    """What the next sum of money would bring."""

    extra: float
    value: float
    error: float = Field(description="One standard error.")
    used: float = Field(description="Less than extra where everything worth it is paid for.")


class PointLine(Answer):
    """One point of profit against budget."""

    budget: float
    profit: float
    price: float = Field(description="What one more unit of money brings there.")


class PassedOverLine(Answer):
    """A playbook at work that is not in the plan."""

    playbook: str
    reason: Literal["waits_for_something", "nothing_believed", "nobody"]
    message: str


class FaceLine(Answer):
    """The one coupon of a cell, where the price guard holds."""

    cell: str = Field(description="Tier and stage.", examples=["high decline"])
    face: str = Field(examples=["10 %"])


class BudgetPlan(Answer):
    """What a budget would bring. Nothing of it is stored or sent."""

    as_of: date
    believed_on: date | None = Field(description="Of the beliefs; null: there are none.")
    currency: str = Field(description="Empty: the workspace has declared none.", examples=["CNY"])
    budget: float
    by_channel: dict[str, float]
    people: int = Field(description="Customers who may get anything at all.")
    contacts: int
    spent: float
    profit: float = Field(
        description="Believed extra margin less the cost of contacting, before fatigue, of all together."
    )
    low: float = Field(description="Lower end of its interval. That what looks best is picked is not in it.")
    high: float
    level: float = Field(description="Of the intervals.", examples=[0.8])
    assumed: int = Field(description="How many contacts rest on an assumption.")
    price: float = Field(description="Shadow price: what one more unit of money brings.")
    next: NextLine
    offers: list[OfferLine]
    curve: list[PointLine] = Field(
        description="Profit by budget until more money would bring nothing, within the budgets of channels."
    )
    passed_over: list[PassedOverLine]
    price_guard: bool = Field(description="Whether all of a cell get coupons of one face.")
    faces: list[FaceLine]


@routes.get("/decisions/plan", right="figures.read")
def plan(
    call: ThisCall,
    budget: Annotated[
        float, Query(ge=0, le=1e12, description="Money for everything, in the workspace's currency.")
    ],
    by_channel: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z]{1,20}=[0-9]{1,12}(\.[0-9]{1,4})?$")]] | None,
        Query(max_length=20, description="Money for single channels, beside it: email=20000."),
    ] = None,
    extra: Annotated[
        float, Query(gt=0, le=1e12, description="The next sum, of which it is said what it would bring.")
    ] = EXTRA,
) -> BudgetPlan:
    """What a budget would bring, spent on everybody who stands where playbooks at work take people in."""
    channels = {
        name: float(amount) for name, _is, amount in (each.partition("=") for each in by_channel or ())
    }
    with alone():
        told = app.planned(call.here, budget, channels, extra)
    formats = Formats(call.language)
    for each in told["passed_over"]:
        each["message"] = formats.say(app.PASSED_OVER[each["reason"]], playbook=each["playbook"])
    return BudgetPlan.model_validate(told)


@routes.get("/customers/{customer_id}/decisions", right="customers.read")
def decisions(
    call: ThisCall,
    customer_id: CustomerId,
    response: Response,
    until: Annotated[Day | None, Query(description="The last day; left out: the newest.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Decisions at most.")] = 50,
) -> Decisions:
    """What was decided for a customer and why: all that was allowed, its value, its probability, and the arm."""
    with newest_card(call.service.reader, call.here.seal, customer_id) as (view, card):
        of_snapshot(response, view.run.id, personal=True)
        told = app.decided_for(call.here, card.customer_id, limit, until)
    of = {
        action.decision_id: each.id for each in told.choices for action in each.actions if action.decision_id
    }
    return Decisions(
        customer_id=card.customer_id,
        items=[_line(row, of.get(row["id"]), call) for row in told.decisions],
        choices=[_choice(each) for each in told.choices],
    )


def _line(row: Mapping[str, Any], choice: str | None, call: Call) -> DecisionLine:
    names = ("id", "as_of", "decided_at", "playbook", "version", "step", "channel", "outcome", "reason")
    own = ("arm", "probability", "tier", "stage", "cost")
    sentence = reason_sentence(row["reason"], row["params"]) if row["reason"] else None
    return DecisionLine(
        **{name: row[name] for name in (*names, *own)},
        params=plain(row["params"]),
        message=said(sentence, call) or "",
        choice=choice,
    )


def _choice(each: ChoiceKept) -> ChoiceLine:
    arm = 1.0
    if each.arm is not None and each.arm_probability is not None:
        arm = each.arm_probability if each.arm == "treated" else 1.0 - each.arm_probability
    return ChoiceLine(
        **{name: getattr(each, name) for name in ("id", "as_of", "decided_at", "share", "probability")},
        drawn=each.is_drawn,
        arm=each.arm,
        arm_probability=each.arm_probability,
        joint_probability=each.probability * arm,
        actions=[
            ActionLine(
                decision=one.decision_id,
                playbook=one.playbook,
                channel=one.channel,
                value=one.value,
                assumed=one.is_assumed,
                probability=one.probability,
                best=one.decision_id == each.best,
                picked=one.decision_id == each.picked,
            )
            for one in each.actions
        ],
    )
