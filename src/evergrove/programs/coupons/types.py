"""What coupons are: terms of a campaign, orders that codes are used on, and what is told of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FORMAT = "evergrove.coupons/1"

Kind = Literal["amount", "percent", "threshold", "gift"]
CampaignState = Literal["active", "paused"]
CouponState = Literal["issued", "reserved", "redeemed", "rolled_back", "expired", "void"]
UseState = Literal["reserved", "redeemed", "rolled_back", "lapsed"]
Teller = Literal["till", "order", "both"]
"""Who told of a redemption: the till or a file of redemptions, an order that names the code, or both."""
ToldState = Literal["waiting", "taken", "back", "refused"]
Act = Literal["issue", "reserve", "lapse", "redeem", "refund", "roll_back", "expire", "void"]

KINDS: tuple[Kind, ...] = get_args(Kind)
CAMPAIGN_STATES: tuple[CampaignState, ...] = get_args(CampaignState)
COUPON_STATES: tuple[CouponState, ...] = get_args(CouponState)
USE_STATES: tuple[UseState, ...] = get_args(UseState)
TELLERS: tuple[Teller, ...] = get_args(Teller)
TOLD_STATES: tuple[ToldState, ...] = get_args(ToldState)
ACTS: tuple[Act, ...] = get_args(Act)

OPEN: tuple[CouponState, ...] = ("issued", "rolled_back")
"""States in which a code that is somebody's own can be used."""
LIVE: tuple[UseState, ...] = ("reserved", "redeemed")
"""Uses that count towards limits and budgets."""

ZERO = Decimal(0)
MOST_AMOUNT = Decimal(10) ** 11
"""No order of a shop comes near it, in any currency, and the ledger's column holds the sum of thousands of them."""


@dataclass(frozen=True)
class Step:
    """A step of a threshold: from so much spent on, so much off."""

    spend: Decimal
    off: Decimal


@dataclass(frozen=True)
class Terms:
    """
    What a campaign promises, in one version; it never changes once a code was issued under it.

    Attributes:
        key: Of the campaign.
        version: Counts up with every change.
        name: For people.
        kind: How what is taken off follows from the order.
        currency: Of every amount here, and of the orders it is for.
        places: Decimals of that currency.
        value: Money off, percent off (0-100], or what the gift costs the shop; 0 for a threshold.
        steps: Of a threshold, rising.
        repeats: Whether a threshold of one step is given again for each full amount.
        gift: What is given, as the shop calls it.
        min_spend: Least order amount.
        max_discount: Most that is ever taken off.
        margin_floor: Share of the order amount that must stay as margin; None: the price only stays above 0.
        valid_from: First moment; None: from the issue.
        valid_until: End, itself outside; None: as ``valid_days`` says.
        valid_days: Whole days after the day of issue.
        timezone: Whose days are counted.
        prefix: With which codes begin.
        stock: Whether codes are the shop's own, brought in as a file, and none is drawn.
        code: The one code of everybody; empty: each gets one of their own.
        limit_total: Uses in all.
        limit_issued: Codes in all.
        limit_per_person: Uses of one person.
        stack_group: Codes of one group never stand together on one order.
        transferable: Whether somebody else may use it.
        budget: Most that uses may cost in all.
        redemption: Share of codes that is expected to be used.
        expected_discount: What a used code is expected to cost.
    """

    key: str
    version: int
    name: str
    kind: Kind
    currency: str
    places: int
    value: Decimal = ZERO
    steps: tuple[Step, ...] = ()
    repeats: bool = False
    gift: str = ""
    min_spend: Decimal = ZERO
    max_discount: Decimal | None = None
    margin_floor: Decimal | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    valid_days: int | None = None
    timezone: str = "UTC"
    prefix: str = ""
    stock: bool = False
    code: str = ""
    limit_total: int | None = None
    limit_issued: int | None = None
    limit_per_person: int | None = None
    stack_group: str = ""
    transferable: bool = False
    budget: Decimal | None = None
    redemption: Decimal = Decimal(1)
    expected_discount: Decimal = ZERO

    @property
    def is_shared(self) -> bool:
        """Whether everybody has the same code."""
        return bool(self.code)


@dataclass(frozen=True)
class Order:
    """
    An order that a code is to be used on.

    Attributes:
        id: As the shop calls it.
        amount: Before any coupon.
        currency: Of the amount.
        customer_id: Whose it is; None where the shop does not know.
        cost: Of goods and of whatever else the margin floor is to stand above; None: not known.
    """

    id: str
    amount: Decimal
    currency: str
    customer_id: str | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Placed:
    """Between which moments an order was placed: of one that is told afterwards, its day."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Taken:
    """
    What a code takes off an order.

    Attributes:
        discount: Off the price.
        cost: What it takes out of the budget: the discount, or what the gift costs.
    """

    discount: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Issued:
    """A code that was given."""

    ref: str
    coupon_id: str
    code: str
    customer_id: str | None
    valid_until: datetime | None
    is_new: bool


@dataclass(frozen=True)
class Issue:
    """
    What became of a request for codes.

    Attributes:
        issued: By ref.
        refused: Why no code was given, by ref: a code of ``words.REFUSED``.
    """

    issued: Mapping[str, Issued] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """
    A code on an order.

    Attributes:
        state: Where it stands.
        order_amount: Before any coupon.
        discount: Off the price.
        cost: Out of the budget.
        returned: Of the cost, given back because parts of the order were.
        reserved_until: While it is reserved.
        is_new: Whether this call made it so; False when it was so before.
    """

    campaign: str
    code: str
    order_id: str
    customer_id: str | None
    state: UseState
    order_amount: Decimal
    discount: Decimal
    cost: Decimal
    returned: Decimal
    currency: str
    reserved_until: datetime | None
    is_new: bool = True


@dataclass(frozen=True)
class Lookup:
    """
    What is told of a code.

    Attributes:
        state: As it is at this moment.
        usable: Whether it could be used on the order that was asked about.
        reason: The error's code where it could not.
        taken: What it would take off; None without an order, or where it could not be used.
    """

    campaign: str
    version: int
    code: str
    kind: Kind
    state: CouponState
    customer_id: str | None
    currency: str
    valid_from: datetime | None
    valid_until: datetime | None
    usable: bool
    reason: str = ""
    taken: Taken | None = None


@dataclass(frozen=True)
class Campaign:
    """A campaign as it stands, with the terms that new codes get."""

    terms: Terms
    document: Mapping[str, object]
    state: CampaignState
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Figures:
    """
    What became of a campaign's codes, and what it costs.

    Attributes:
        issued: Codes ever given out.
        codes: Of them by state, at this moment.
        given: Times a code was given to somebody.
        reserved: Uses that are reserved.
        redeemed: Uses that count.
        rolled_back: Uses that were given back.
        redeemed_by: Uses that count by who told of them: the till, orders that name the code, or both.
        stock: Codes of the shop's own that wait to be given out.
        expected: What open codes are expected to cost.
        held: What reserved uses cost.
        spent: What redeemed uses cost.
        budget: Of all; None without one.
        limit_total: Uses in all; None without one.
    """

    key: str
    currency: str
    issued: int
    codes: Mapping[str, int]
    given: int
    reserved: int
    redeemed: int
    rolled_back: int
    redeemed_by: Mapping[Teller, int]
    stock: int
    expected: Decimal
    held: Decimal
    spent: Decimal
    budget: Decimal | None
    limit_total: int | None
