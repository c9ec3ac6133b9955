"""``/v1/outreach``: the stop of everything, of a channel, of a playbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from evergrove.app.guarding import outreach_state, resume_here, stop_here
from evergrove.http import Answer, Body, Moment, Routes, ThisCall
from evergrove.outbox.stopping import EVERYTHING, LONGEST_REASON

if TYPE_CHECKING:
    from evergrove.http import Call

routes = Routes("/outreach", tag="outreach")

SCOPE = "everything, one channel as channel:email, or one playbook as playbook:L2."


class Scope(Body):
    """What is meant."""

    scope: str = Field(EVERYTHING, max_length=80, description=SCOPE, examples=["playbook:L2"])


class ScopeToStop(Scope):
    """What is to be stopped, and why."""

    reason: str = Field(
        "",
        max_length=LONGEST_REASON,
        description="In your own words; nothing personal.",
        examples=["Wrong price"],
    )


class StopLine(Answer):
    """One thing that is stopped."""

    scope: str = Field(description=SCOPE, examples=["channel:sms"])
    stopped_by: str = Field(examples=["user:3"])
    reason: str = Field(examples=["Wrong price"])
    stopped_at: Moment


class OutreachState(Answer):
    """Whether anything leaves."""

    stopped: list[StopLine] = Field(
        description="Nothing of these leaves; empty: everything that is due does."
    )
    is_everything_stopped: bool
    is_unconfirmed_copy: bool = Field(
        description="Whether the workspace came back from a backup and nobody has confirmed it: nothing leaves then either."
    )


@routes.get("/state", right="figures.read")
def state(call: ThisCall) -> OutreachState:
    """What is stopped, by whom and why."""
    return _state(call)


@routes.post("/stop", right="outreach.stop")
def stop(call: ThisCall, asked: ScopeToStop) -> OutreachState:
    """
    Stop everything, a channel or a playbook at once: nothing new leaves, in any process, after the answer.

    What is on the wire in that moment still arrives, one message a connection at most. What waits keeps its place.
    """
    stop_here(call.here, asked.scope, asked.reason)
    return _state(call)


@routes.post("/resume", right="outreach.stop")
def resume(call: ThisCall, asked: Scope) -> OutreachState:
    """Let it go on; what has become useless meanwhile does not leave any more."""
    resume_here(call.here, asked.scope)
    return _state(call)


def _state(call: Call) -> OutreachState:
    stops, copy = outreach_state(call.here)
    return OutreachState(
        stopped=[StopLine(**vars(each)) for each in stops],
        is_everything_stopped=any(each.scope == EVERYTHING for each in stops),
        is_unconfirmed_copy=copy is not None and copy.is_paused,
    )
