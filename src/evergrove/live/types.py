"""What live value is made of: rows, moves, marks, and what readers see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

FORMAT = "evergrove.live/1"
WAITS = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm_group")
"""Columns of ``scores`` that rank a customer among all others: they wait for the next run."""
SHARED_COSTS = ("spend", "costs")
"""Tables of costs that a run shares out among everybody."""
NET_OF_THEM = (
    "historic_value", "clv_12m", "clv_12m_low", "clv_12m_high", "clv_12m_runner_up", "clv", "clv_total", "simple_clv",
    "basis",
)  # fmt: skip
"""Columns of ``scores`` that wait as well where such costs are told."""


@dataclass(frozen=True)
class Reason:
    """Why a tier or a stage is what it is: the code of a rule, and its numbers."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveRow:
    """
    Where a person stands now.

    Attributes:
        customer_id: Under which the person stands.
        run_id: The snapshot of the run that it goes on from.
        snapshot_id: The snapshot of the facts that were seen, beside events.
        as_of: The day that it speaks of.
        seq: The newest mark that it answers.
        computed_at: When it was worked out.
        scores: The columns of ``scores`` by name, without those of ``WAITS``.
        tiers: The columns of ``tiers`` by name.
        reasons: Why, for "tier" and "stage"; one that has no reason is missing.
        marks: By customer of the person, the mark that it answers.
    """

    customer_id: str
    run_id: int
    snapshot_id: int
    as_of: date
    seq: int
    computed_at: datetime
    scores: Mapping[str, Any]
    tiers: Mapping[str, Any]
    reasons: Mapping[str, Reason]
    marks: Mapping[str, int]


@dataclass(frozen=True)
class LiveMove:
    """
    A move between two runs.

    Attributes:
        customer_id: Of the person.
        axis: tier, stage or own_tier.
        before: Where the person stood; None for nowhere.
        after: Where the person stands.
        cause: As in ``transitions``: evidence, clock, backfill, identity, consent, rates.
        evidence: Code of the rule, its numbers, how many new facts.
    """

    customer_id: str
    axis: str
    before: str | None
    after: str | None
    cause: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Worked:
    """
    What a pass worked out.

    Attributes:
        rows: Of persons who stand anywhere.
        moves: Compared with the last run; one row an axis.
        names: All ids of everybody who was looked at: rows of others among them go.
    """

    rows: tuple[LiveRow, ...]
    moves: tuple[LiveMove, ...]
    names: frozenset[str]


@dataclass(frozen=True)
class Passed:
    """
    What a pass did.

    Attributes:
        marks: Taken.
        rows: Written.
        moves: Written.
        set_back: Customers who are tried again later.
        seconds: How long it took.
        is_overtaken: Something was published meanwhile, and nothing was written.
    """

    marks: int = 0
    rows: int = 0
    moves: int = 0
    set_back: int = 0
    seconds: float = 0.0
    is_overtaken: bool = False
