"""What a playbook is: whom it takes in, what it sends when, and when it lets go. Data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TriggerKind = Literal["stage", "tier", "nps", "next_order"]
Timing = Literal["entry", "first_gap", "next_order"]
Channel = Literal["email"]

FORMAT = "evergrove.playbook/1"
ANSWERERS = ("promoter", "passive", "detractor")
"""Who answers 9 or 10, 7 or 8, 0 to 6 to the question whether he would recommend the shop."""
HEARD_DAYS = 7
"""For so many days an answer starts a playbook: files of answers come late. Nobody may enter again within them."""


@dataclass(frozen=True)
class Trigger:
    """
    Whom a playbook takes in.

    Attributes:
        kind: Entering a "stage" or a "tier", an answer to the "nps" question, or a "next_order" whose day is known
            well enough.
        enters: The stage or tier entered, or what the answer makes of its customer.
        causes: Causes of a transition that count; never more than evidence and clock. An answer is evidence.
        silent_days: Days since the latest order before anybody enters: who has just bought is not asked why not.
        tiers: For next_order: the tiers taken in.
        widest_days: For next_order: the most days between p25 and p75.
    """

    kind: TriggerKind
    enters: str = ""
    causes: tuple[str, ...] = ()
    silent_days: int = 0
    tiers: tuple[str, ...] = ()
    widest_days: int = 0


@dataclass(frozen=True)
class Exits:
    """
    When a playbook lets go of a customer before its last step.

    Attributes:
        order: With the first order after the entry.
        into: On reaching one of these stages.
        stays_in: On leaving these stages; empty: no such exit.
    """

    order: bool = True
    into: tuple[str, ...] = ()
    stays_in: tuple[str, ...] = ()


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
class Step:
    """
    One message.

    Attributes:
        template: Name of the message template.
        channel: How it leaves.
        timing: What its day is counted from: the "entry"; the median "first_gap" of the shop; the customer's
            predicted "next_order".
        after_days: From the entry on. By first_gap: the least.
        lead_days: Before the median first gap is over, or before p25 of the next order.
        valid_days: How many days the message may wait for its turn. By next_order it may until p50.
        coupon: Whether it carries the playbook's coupon, and then costs something where it was not needed.
        most_likely: Held back while P(purchase within 7 days) is above this.
    """

    template: str
    channel: Channel = "email"
    timing: Timing = "entry"
    after_days: int = 0
    lead_days: int = 0
    valid_days: int = 7
    coupon: bool = False
    most_likely: float = 1.0


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
        reentry_days: From one entry to the next; None: once in a customer's life.
        trigger: Whom it takes in.
        exits: When it lets go.
        steps: Messages in their order.
        coupon: Its one code, if any.
        control: Share kept untreated; None: as the settings say.
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
