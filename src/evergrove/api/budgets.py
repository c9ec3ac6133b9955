"""``/v1/budgets``: how much money outreach may cost, and how much of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Path
from pydantic import Field

from evergrove.app.guarding import budgets_here, drop_budget_here, put_budget_here
from evergrove.http import Amount, Answer, Body, Moment, Routes, ThisCall

if TYPE_CHECKING:
    from evergrove.decisions import Used

routes = Routes("/budgets", tag="outreach")

Period = Literal["month", "total"]
Scope = Annotated[
    str,
    Path(
        max_length=80,
        description="everything, channel:email, playbook:L2, or budget:spring for playbooks that name it so.",
        examples=["playbook:L2"],
    ),
]
ThisPeriod = Annotated[Period, Path(description="month: anew in each month of the shop's zone; total: once.")]


class NewBudget(Body):
    """How much may be spent."""

    amount: Amount = Field(description="In the workspace's currency; 0: nothing.")


class BudgetLine(Answer):
    """A budget and how far it is used."""

    scope: str = Field(examples=["playbook:L2"])
    period: Period
    amount: Amount
    currency: str = Field(description="Empty: the workspace has declared none.", examples=["CNY"])
    span: str = Field(description="The month that the figures are of, or total.", examples=["2026-03"])
    committed: Amount = Field(description="Expected cost of messages that are decided and have not left.")
    spent: Amount = Field(description="Expected cost of those that have.")
    released: Amount = Field(description="Expected cost of those that were decided and never left.")
    left: Amount = Field(description="What may still be committed; at 0 nothing more is sent under it.")
    p95: float = Field(
        description="The cost that all of it will exceed with a chance of 5 %: coupons are redeemed or not."
    )
    p95_overspend: float = Field(description="By how much that lies above the budget; 0: it does not.")
    set_by: str
    set_at: Moment


class Budgets(Answer):
    """All budgets."""

    items: list[BudgetLine]


@routes.get("", right="figures.read")
def budgets(call: ThisCall) -> Budgets:
    """Every budget, what is committed, what is spent, what is left."""
    return Budgets(items=[_line(each) for each in budgets_here(call.here)])


@routes.put("/{scope}/{period}", right="budgets.write")
def put(call: ThisCall, scope: Scope, period: ThisPeriod, asked: NewBudget) -> Budgets:
    """Set a budget, or change it: what was committed before counts on, and what waited for money is looked at again."""
    return Budgets(items=[_line(each) for each in put_budget_here(call.here, scope, period, asked.amount)])


@routes.delete("/{scope}/{period}", right="budgets.write", status_code=204)
def drop(call: ThisCall, scope: Scope, period: ThisPeriod) -> None:
    """Take a budget away, so that it stops nothing."""
    drop_budget_here(call.here, scope, period)


def _line(each: Used) -> BudgetLine:
    return BudgetLine(
        scope=each.budget.scope,
        period="total" if each.budget.period == "total" else "month",
        amount=each.budget.amount,
        currency=each.budget.currency,
        span=each.span,
        committed=each.committed,
        spent=each.spent,
        released=each.released,
        left=each.left,
        p95=each.p95,
        p95_overspend=each.p95_overspend,
        set_by=each.budget.set_by,
        set_at=each.budget.set_at,
    )
