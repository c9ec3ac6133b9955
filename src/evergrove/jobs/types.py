"""A job in the queue, the hold of a worker on it, and how one can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

State = Literal[
    "queued",  # waits for its moment, or for a worker
    "running",  # a worker holds a lease on it
    "done",
    "dead",  # given up: it waits for a person, who can have it run again
    "cancelled",
]
STATES: tuple[State, ...] = ("queued", "running", "done", "dead", "cancelled")
OPEN: tuple[State, ...] = ("queued", "running")

LEASE_S = 60.0
"""Seconds, by the database's clock, for which a worker that gives no sign of life keeps its job."""
ATTEMPTS = 5
BY_HAND = "by hand"
OF_A_PERSON = "user:"
"""With which the origin of a job begins that somebody who signs in ordered; the account's id follows."""

WORKER_DIED = "jobs.worker_died"
CANCELLED = "jobs.cancelled"
WAITS = "jobs.waits"
HANDED_BACK = "jobs.handed_back"


@dataclass(frozen=True, kw_only=True)
class Order:
    """
    A job to be put into the queue.

    Attributes:
        kind: Which piece of work, by the name under which workers know it.
        params: What it needs to know; nothing personal.
        unique_key: While a job of this key waits or runs, another one is not put in.
        not_before: It starts at this moment or later.
        most_attempts: After so many it is given up.
        origin: Who ordered it: the key of a schedule, or a person.
    """

    kind: str
    not_before: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    unique_key: str | None = None
    most_attempts: int = ATTEMPTS
    origin: str = BY_HAND


@dataclass(frozen=True)
class Hold:
    """
    A worker's hold on a job until its lease is over.

    Attributes:
        token: Grows with every claim of the job: a worker that lost its lease is known by an old one.
        attempts: The number of this attempt, from 1.
        most_attempts: After which a failure is the last.
    """

    id: int
    token: int
    kind: str
    params: Mapping[str, Any]
    attempts: int
    most_attempts: int


@dataclass(frozen=True)
class Told:
    """
    What a job has said of itself so far.

    Attributes:
        stage: What it is about, as marked for translation.
        percent: How much is done, 0 to 100; None where it cannot know.
        log: Its last lines: ``{"at", "text", "params"}``, oldest first.
    """

    stage: str | None = None
    percent: int | None = None
    log: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Ending:
    """
    How an attempt ended.

    Attributes:
        state: Of the job from now on; None: the hold was lost, and another decides.
        reason: Code of what went wrong.
        not_before: When it is tried again, where it is.
        detail: ``message`` and ``hint`` of what went wrong, as marked for translation, and their ``params``.
    """

    state: State | None
    reason: str | None = None
    not_before: datetime | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """
    A job as people see it.

    Attributes:
        told: What it said of itself.
        remaining: Time left at the speed so far; None where that is not known.
        reason: Code of why it waits, or was given up.
        detail: ``message``, ``hint`` and ``params`` of the reason.
        result: What it brought, for machines.
    """

    id: int
    kind: str
    params: Mapping[str, Any]
    state: State
    origin: str
    attempts: int
    most_attempts: int
    waits: int
    queued_at: datetime
    not_before: datetime
    started_at: datetime | None
    settled_at: datetime | None
    claimed_by: str | None
    is_cancel_asked: bool
    told: Told
    remaining: timedelta | None
    reason: str | None
    detail: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
