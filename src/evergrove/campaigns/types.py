"""What goes in and out of campaigns: customers as they stand, who is in a playbook, what is proposed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from evergrove.core import stable_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from evergrove.models import Floats

Texts = NDArray[Any]
"""Names as Python texts, dtype object; "" where there is none."""
Days = NDArray[Any]
"""Calendar days, dtype datetime64[D]; NaT where there is none."""
Rows = NDArray[np.intp]
Counts = NDArray[Any]

EnrolmentState = Literal["active", "finished", "exited"]


@dataclass(frozen=True, eq=False)
class Earlier:
    """
    The customers of tonight as they stood the night before; all arrays of shape (n,), in tonight's order.

    Attributes:
        as_of: The last day whose orders it knew.
        orders: -1 for those whom it did not know.
        spend: Net; NaN likewise.
        health: 0 to 100; NaN likewise, and where it could not be said.
        ours: What we changed between the two: "model", "policy" or "" for neither.
        late_days: Orders that were older than that when they came in are history caught up on.
    """

    as_of: date
    orders: Counts
    spend: Floats
    health: Floats
    ours: str = ""
    late_days: int = 7


@dataclass(frozen=True, eq=False)
class Situation:
    """
    Customers as the newest tables show them, one row each; all arrays of shape (n,).

    Attributes:
        customer_id: Unique.
        tier: Names, "" without one.
        stage: The same.
        orders: Paid orders so far.
        last_order: Day of the latest.
        next_order_p25: Day by which a quarter of such customers have ordered again.
        next_order_p50: The same for half of them: ``next_order_date``.
        next_order_p75: The same for three quarters.
        p_purchase_7d: Chance of a purchase in the 7 days after ``as_of``; NaN where unknown.
        average_order: In the run's currency; NaN where unknown.
        first_gap_p50_days: Median of the shop's first gaps; NaN where unknown.
        first_order: Day of the first; NaT where unknown. Empty: nobody's is.
        spend: Net, in the run's currency; NaN where unknown. Empty: nobody's is known.
        health: 0 to 100; NaN where unknown. Empty: nobody's is known.
        earlier: The same customers the night before; None: there was none.
        holding: Of whom each condition that playbooks name is true, by its text.
        latest_event: The day of the latest event of each name that playbooks look for; NaT without one.
    """

    customer_id: Texts
    tier: Texts
    stage: Texts
    orders: Counts
    last_order: Days
    next_order_p25: Days
    next_order_p50: Days
    next_order_p75: Days
    p_purchase_7d: Floats
    average_order: Floats
    first_gap_p50_days: float = float("nan")
    first_order: Days = field(default_factory=lambda: np.zeros(0, dtype="datetime64[D]"))
    spend: Floats = field(default_factory=lambda: np.zeros(0))
    health: Floats = field(default_factory=lambda: np.zeros(0))
    earlier: Earlier | None = None
    holding: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    latest_event: Mapping[str, Days] = field(default_factory=dict)

    def rows_of(self, customers: Sequence[str] | Texts) -> Rows:
        """The row of each customer, -1 for those who are not among them. Shape (len(customers),)."""
        wanted = np.asarray(customers, dtype=object)
        if len(self.customer_id) == 0 or len(wanted) == 0:
            return np.full(len(wanted), -1, dtype=np.intp)
        place = np.searchsorted(self._sorted, wanted)
        place = np.minimum(place, len(self._sorted) - 1)
        found = self._order[place]
        return np.where(self._sorted[place] == wanted, found, -1)

    def __len__(self) -> int:
        return len(self.customer_id)

    @cached_property
    def _order(self) -> Rows:
        """Rows in the order of their ids; published tables are in it already."""
        ids = self.customer_id
        if bool(np.all(ids[:-1] <= ids[1:])):
            return np.arange(len(ids))
        return np.argsort(ids, kind="stable")

    @cached_property
    def _sorted(self) -> Texts:
        return self.customer_id[self._order]


class Moves(Protocol):
    """Transitions of one run, as arrays of one row a change; what segments publish fits."""

    @property
    def customer_id(self) -> Texts: ...  # noqa: D102 - the columns are defined where they are published
    @property
    def axis(self) -> Texts: ...  # noqa: D102
    @property
    def from_(self) -> Texts: ...  # noqa: D102
    @property
    def to_(self) -> Texts: ...  # noqa: D102
    @property
    def cause(self) -> Texts: ...  # noqa: D102


@dataclass(frozen=True)
class Reason:
    """Why something was not done: a stable code and the fields of its sentence."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """
    When a step may be taken.

    Attributes:
        due: The first day on which the message may leave.
        until: The last one.
        coupon_until: Last day of its coupon; None: so many days from the day it leaves.
    """

    due: date
    until: date
    coupon_until: date | None = None


@dataclass(frozen=True)
class Enrolment:
    """
    A customer who enters a playbook.

    Attributes:
        playbook: Its key.
        version: Which the customer stays in to the end.
        customer_id: Who.
        occasion: What tells this entry from the customer's other ones: a repeated trigger is absorbed by it.
        entered_on: The last day whose orders were known.
        cause: Of the transition, or "next_order".
        tier: At the entry.
        stage: At the entry.
        orders: So far; more of them mean an order since.
        last_order: The latest day known at the entry; a later one means the same.
        windows: One for each step, fixed at the entry.
        moved_on: The day of the move between two runs that began it; None: a run met it, or an event began it.
    """

    playbook: str
    version: int
    customer_id: str
    occasion: str
    entered_on: date
    cause: str
    tier: str
    stage: str
    orders: int
    last_order: date | None
    windows: tuple[Window, ...]
    moved_on: date | None = None

    @cached_property
    def id(self) -> str:
        """The same for the same entry, however often it is found."""
        return stable_id("enrolment", self.playbook, self.customer_id, self.occasion)


@dataclass(frozen=True, eq=False)
class Active:
    """
    Who is in one version of one playbook; all arrays of shape (m,).

    Attributes:
        id: Of the enrolment.
        customer_id: Who.
        occasion: As in ``Enrolment``.
        next_step: The step that comes next.
        due: The first day of its window.
        orders: At the entry.
        last_order: At the entry.
        entered_on: The last day whose orders were known at the entry.
    """

    id: Texts
    customer_id: Texts
    occasion: Texts
    next_step: Counts
    due: Days
    orders: Counts
    last_order: Days
    entered_on: Days

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True)
class Progress:
    """
    Where one enrolment stands.

    Attributes:
        enrolment_id: Of the enrolment.
        customer_id: Who.
        occasion: Of the entry.
        next_step: The step that comes next, from 0.
        windows: Of all steps, fixed at the entry.
        entered_on: The last day whose orders were known at the entry.
    """

    enrolment_id: str
    customer_id: str
    occasion: str
    next_step: int
    windows: tuple[Window, ...]
    entered_on: date | None = None


@dataclass(frozen=True)
class Passed:
    """
    An enrolment whose wait is over: nothing left, and the next step has its turn.

    Attributes:
        enrolment_id: Of the enrolment.
        next_step: The step that comes next.
        windows: Of all steps; those after the wait are counted from the day on which it ended.
    """

    enrolment_id: str
    next_step: int
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class HeldEntry:
    """
    A customer who meets a trigger for a reason that starts nothing by itself.

    Attributes:
        playbook: Its key.
        customer_id: Who.
        as_of: The day on which it was met.
        cause: Why: "initial", "backfill", "policy", "model", or "limit" where a day had its fill.
    """

    playbook: str
    customer_id: str
    as_of: date
    cause: str


@dataclass(frozen=True)
class Ending:
    """An enrolment that ends before its last step."""

    enrolment_id: str
    playbook: str
    customer_id: str
    occasion: str
    reason: Reason


@dataclass(frozen=True)
class Proposal:
    """
    One message that a playbook would send on one day.

    Attributes:
        enrolment_id: Whose step it is.
        playbook: Its key.
        version: Of the playbook.
        customer_id: To whom.
        occasion: Of the enrolment.
        step: Its number, from 0.
        channel: How it would leave.
        template: What it would say.
        due: The day on which it would leave, in the customer's zone.
        until: The last day on which it may.
        priority: The smaller goes first.
        params: What the template needs to know of the offer: coupon, coupon_value, valid_until.
        tier: Of the customer today.
        stage: The same.
        control: The playbook's own control share; None: as the settings say.
        coupon_cost: What the coupon is expected to cost; None without one, or where it cannot be said.
        after: Window of the step that follows; None after the last.
        skip: Why the playbook itself holds it back today.
        over: The step is used up without having been taken: its last day is past, or it is not for this customer.
        channels: In the order of preference; ``channel`` is the first.
        budget: Name of the budget that its cost is booked on; empty: none of the playbook's own.
    """

    enrolment_id: str
    playbook: str
    version: int
    customer_id: str
    occasion: str
    step: int
    channel: str
    template: str
    due: date
    until: date
    priority: int
    params: Mapping[str, Any]
    tier: str
    stage: str
    control: float | None = None
    coupon_cost: Decimal | None = None
    after: Window | None = None
    skip: Reason | None = None
    over: bool = False
    channels: tuple[str, ...] = ()
    budget: str = ""

    def __post_init__(self) -> None:
        """Without a preference there is the one channel."""
        if not self.channels:
            object.__setattr__(self, "channels", (self.channel,))


@dataclass(frozen=True)
class Due:
    """
    What one run finds to do; nothing of it is stored yet.

    Attributes:
        as_of: The last day whose orders are known; messages leave on the day after.
        entered: Customers who enter a playbook.
        endings: Enrolments that end, found before any step was looked at.
        proposals: Steps whose day has come, in the order of priority.
        passed: Waits that are over.
        held: Customers who meet a trigger and do not enter until somebody releases them.
        released: Ids of held entries that were looked at: they entered, or may not enter any more.
    """

    as_of: date
    entered: tuple[Enrolment, ...] = ()
    endings: tuple[Ending, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    passed: tuple[Passed, ...] = ()
    held: tuple[HeldEntry, ...] = ()
    released: tuple[str, ...] = ()
