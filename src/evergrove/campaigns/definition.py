"""What a playbook is: whom it takes in, what it sends when, and when it lets go. Data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TriggerKind = Literal[
    "stage", "tier", "segment", "nps", "next_order", "health", "milestone", "anniversary", "schedule", "event"
]
Timing = Literal["entry", "first_gap", "next_order"]
Doing = Literal["send", "coupon", "task", "wait"]
Reentry = Literal["once", "after", "per_key"]

FORMATS = ("evergrove.playbook/1", "evergrove.playbook/2")
"""Both are read; what the first can say means the same in the second."""
FORMAT = FORMATS[-1]
CHANNELS = ("email", "sms", "wechat", "wecom", "line", "webhook", "task", "file", "console")
INPUTS = ("points", "referrals", "leads", "lookalikes", "reports")
"""What a playbook may need that no station of Evergrove gives yet: until then it cannot be started."""
GIVEN: frozenset[str] = frozenset()
"""Those of them that a station gives."""
MONTHLY, WEEKLY, DAILY = "month", "week", "days"
MISSED_DAYS = 3
"""For so many days a day of the calendar is made good when no night was run on it; later it is let go."""
ANSWERERS = ("promoter", "passive", "detractor")
"""Who answers 9 or 10, 7 or 8, 0 to 6 to the question whether he would recommend the shop."""
HEARD_DAYS = 7
"""For so many days an answer starts a playbook: files of answers come late. Nobody may enter again within them."""


@dataclass(frozen=True)
class Rhythm:
    """
    When a schedule comes round.

    Attributes:
        unit: Every so many "days", on a day of the "week", or of the "month".
        number: How many days; 1 Monday to 7 Sunday; 1 to 31, in shorter months their last day.
    """

    unit: str
    number: int


@dataclass(frozen=True)
class Trigger:
    """
    Whom a playbook takes in.

    Attributes:
        kind: Entering or leaving a "stage", a "tier" or a "segment", an answer to the "nps" question, a "next_order"
            whose day is known well enough, "health" that falls below a bound, a "milestone", the "anniversary" of the
            first order, a "schedule", an "event".
        enters: The stage, tier or segment entered, or what the answer makes of its customer; empty: any, where
            ``direction`` says which way.
        leaves: The stage, tier or segment left.
        direction: For tier: only "up" or "down"; empty: either.
        causes: Causes of a transition that count; never more than evidence and clock. An answer is evidence.
        silent_days: Days since the latest order before anybody enters: who has just bought is not asked why not.
        tiers: For next_order: the tiers taken in.
        widest_days: For next_order: the most days between p25 and p75.
        below: For health: the bound, 0 to 100.
        orders: For milestone: so many orders reached.
        spend: For milestone: so much spend reached, in the shop's currency.
        rhythm: For schedule: when.
        audience: Condition in the language of segments; only customers of whom it is true enter. Empty: all.
        event: For event: its name.
        key: For event: which of its columns tells one occasion from another, such as order_id; empty: none.
        unless: For event: let go by an event of this name, with the same key, that comes after it.
        within_hours: For event: how long that one is waited for.
    """

    kind: TriggerKind
    enters: str = ""
    causes: tuple[str, ...] = ()
    silent_days: int = 0
    tiers: tuple[str, ...] = ()
    widest_days: int = 0
    leaves: str = ""
    direction: str = ""
    below: float = 0.0
    orders: int = 0
    spend: float = 0.0
    rhythm: Rhythm | None = None
    audience: str = ""
    event: str = ""
    key: str = ""
    unless: str = ""
    within_hours: int = 0


@dataclass(frozen=True)
class Exits:
    """
    When a playbook lets go of a customer before its last step; whichever comes first, and the goal among them.

    Attributes:
        order: With the first order after the entry.
        into: On reaching one of these stages.
        stays_in: On leaving these stages; empty: no such exit.
        tiers: On reaching one of these tiers.
        when: Condition in the language of segments: once it is true.
        event: With the first event of this name after the entry.
    """

    order: bool = True
    into: tuple[str, ...] = ()
    stays_in: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    when: str = ""
    event: str = ""


@dataclass(frozen=True)
class Coupon:
    """
    The one code of a playbook, the same for everybody.

    Attributes:
        code: As the customer enters it.
        percent: Off the order.
        valid_days: From the day of the message, where the step gives no last day of its own.
        redemption: Share of messages expected to be redeemed, for the estimate of what the coupon costs.
    """

    code: str
    percent: int
    valid_days: int
    redemption: float


@dataclass(frozen=True)
class Variant:
    """
    One of several contents of a step.

    Attributes:
        name: Such as "a".
        template: Name of the message template.
        share: Of the customers who get it; those of a step add up to 1.
    """

    name: str
    template: str
    share: float


@dataclass(frozen=True)
class Step:
    """
    One message, coupon, task of the staff, or wait.

    Attributes:
        template: Name of the message template; empty where there is nothing to be written.
        channel: How it leaves: the first of ``channels``.
        timing: What its day is counted from: the "entry"; the median "first_gap" of the shop; the customer's
            predicted "next_order".
        after_days: From the entry on. By first_gap: the least.
        lead_days: Before the median first gap is over, or before p25 of the next order.
        valid_days: How many days the message may wait for its turn. By next_order it may until p50. Of a wait: how
            long its event is waited for.
        coupon: Whether it carries the playbook's coupon, and then costs something where it was not needed.
        most_likely: Held back while P(purchase within 7 days) is above this.
        do: What is done.
        channels: In the order of preference; the guards take the first that nothing forbids.
        variants: Contents of which each customer gets one; empty: ``template`` for all.
        only_if: Condition in the language of segments; the step is passed over for whom it is not true.
        wait_for: Of a wait: name of the event.
        otherwise: Of a wait whose event does not come: "go_on" with the next step, or "exit".
        coupon_campaign: Key of the campaign that gives each customer a code of their own.
    """

    template: str
    channel: str = "email"
    timing: Timing = "entry"
    after_days: int = 0
    lead_days: int = 0
    valid_days: int = 7
    coupon: bool = False
    most_likely: float = 1.0
    do: Doing = "send"
    channels: tuple[str, ...] = ("email",)
    variants: tuple[Variant, ...] = ()
    only_if: str = ""
    wait_for: str = ""
    otherwise: str = "go_on"
    coupon_campaign: str = ""


@dataclass(frozen=True)
class Cell:
    """
    Whom a playbook is meant for; a word for readers, and no condition.

    Attributes:
        tiers: Empty: all.
        stages: Empty: all.
    """

    tiers: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """
    How much a playbook may do.

    Attributes:
        most_per_day: Customers who enter on one day; None: all.
        budget: Name of the budget its costs are booked on; empty: none of its own.
    """

    most_per_day: int | None = None
    budget: str = ""


@dataclass(frozen=True)
class Playbook:
    """
    One playbook in one version; a version once used never changes.

    Attributes:
        key: Such as "L2".
        version: Counts up with every change.
        name: English, as the catalogues know it.
        goal: What reaching it means; the same.
        priority: The smaller goes first when two playbooks want one customer on one day.
        reentry_days: From one entry to the next; None: once in a customer's life, or once for each key.
        trigger: Whom it takes in.
        exits: When it lets go.
        steps: Messages in their order.
        coupon: Its one code, if any.
        control: Share kept untreated; None: as the settings say.
        reentry: "once", "after" ``reentry_days``, or "per_key": once for each occasion of its trigger.
        cell: Whom it is meant for.
        needs: What it needs that a station must give.
        limits: How much it may do.
        note: What its author says of it.
    """

    key: str
    version: int
    name: str
    goal: str
    priority: int
    reentry_days: int | None
    trigger: Trigger
    exits: Exits
    steps: tuple[Step, ...]
    coupon: Coupon | None = None
    control: float | None = None
    reentry: Reentry = "after"
    cell: Cell = Cell()
    needs: tuple[str, ...] = ()
    limits: Limits = Limits()
    note: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What it needs and no station gives yet: with anything here it cannot be started."""
        return tuple(each for each in self.needs if each not in GIVEN)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions in the language of segments that a night must ask for it, each once."""
        asked = (self.trigger.audience, self.exits.when, *(step.only_if for step in self.steps))
        return tuple(dict.fromkeys(each for each in asked if each))

    @property
    def events(self) -> tuple[str, ...]:
        """Names of events that its exits and waits look for, each once."""
        asked = (self.exits.event, *(step.wait_for for step in self.steps))
        return tuple(dict.fromkeys(each for each in asked if each))
