"""``/v1/tasks``: what people of the shop are to do for customers, such as calls, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from evergrove.access import may
from evergrove.app import messages as kept
from evergrove.app.tasks import behind, standing
from evergrove.http import Answer, Body, Moment, Page, Routes, ThisCall
from evergrove.http.paging import ThisPage
from evergrove.outbox.tasks import WAITING, StaffTask, TaskOutcome, TaskState
from evergrove.people.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.http import Call

routes = Routes("/tasks", tag="outreach")

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class TaskLine(Answer):
    """A task."""

    id: str
    kind: str = Field(examples=["call_back"])
    customer_id: str
    outbox_id: str | None = Field(description="The message that the outcome counts for.")
    created_at: Moment
    due_at: Moment
    state: Literal["open", "taken", "done", "cancelled", "expired"]
    assigned: str | None = Field(description="Who has taken it.", examples=["user:3"])
    outcome: str | None
    note: str | None = Field(description="Code of the cause.", examples=["moved_away"])
    settled_at: Moment | None
    playbook: str = Field(description="Whose message it is; empty: of no message.", examples=["T4h"])
    step: int | None = Field(description="Of the playbook, from 0.")
    template: str = Field(description="The letter that says what is to be told.", examples=["lost-call"])
    phone: str | None = Field(description="Of the customer; masked without `personal.read`; null: not known.")
    is_overdue: bool


class TaskCounts(Answer):
    """How many tasks there are."""

    states: dict[str, int] = Field(description="By state.", examples=[{"open": 12, "done": 40}])
    overdue: int = Field(description="Of those that wait: due before now.")


class Outcome(Body):
    """What came of a task."""

    outcome: TaskOutcome = Field(description="`no_more`: the customer wants no calls; none will come.")
    note: str = Field(default="", max_length=60, description="Code of the cause; no words of the customer.")


@routes.get("", right="tasks.read")
def tasks(
    call: ThisCall,
    page: ThisPage,
    state: TaskState | None = None,
    due_until: Annotated[Moment | None, Query(description="Due at this moment or before.")] = None,
) -> Page[TaskLine]:
    """Tasks, what is due first coming first; without a state those that wait."""
    after = (datetime.fromisoformat(str(page.after[0])), str(page.after[1])) if page.after else None
    found = kept.staff_tasks(call.here, page.limit + 1, state=state, due_until=due_until, after=after)
    shown = found[: page.limit]
    more = (shown[-1].due_at.isoformat(), shown[-1].id) if len(found) > len(shown) else None
    return Page[TaskLine](items=_lines(call, shown), next_cursor=page.next(more))


@routes.get("/counts", right="tasks.read")
def counts(call: ThisCall) -> TaskCounts:
    """How many tasks are in each state, and how many are overdue."""
    states, overdue = standing(call.here)
    return TaskCounts(states=dict(states), overdue=overdue)


@routes.post("/{task_id}/take", right="tasks.write")
def take(call: ThisCall, task_id: Id) -> TaskLine:
    """Say that one is at it."""
    return _line(call, kept.take_task(call.here, task_id))


@routes.post("/{task_id}/finish", right="tasks.write")
def finish(call: ThisCall, task_id: Id, told: Outcome) -> TaskLine:
    """Say what came of it; it counts as the result of the message."""
    return _line(call, kept.finish_task(call.here, task_id, told.outcome, told.note))


@routes.post("/{task_id}/cancel", right="tasks.write")
def cancel(call: ThisCall, task_id: Id) -> TaskLine:
    """Let a task go that nobody will do."""
    return _line(call, kept.cancel_task(call.here, task_id))


def _line(call: Call, found: StaffTask) -> TaskLine:
    return _lines(call, [found])[0]


def _lines(call: Call, found: Sequence[StaffTask]) -> list[TaskLine]:
    known, now = behind(call.here, found), call.here.clock.now()
    is_open = may(call.actor, "personal.read")
    lines = []
    for each in found:
        told = vars(known[each.id])
        if told["phone"] is not None and not is_open:
            told = {**told, "phone": masked(told["phone"])}
        is_overdue = each.state in WAITING and each.due_at < now
        lines.append(TaskLine(**vars(each), **told, is_overdue=is_overdue))
    return lines
