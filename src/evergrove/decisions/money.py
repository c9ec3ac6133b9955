"""What budgets are, what a message costs, and how far a budget is used. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from evergrove.core import InputError, _
from evergrove.decisions.calendars import month_after, zone_named
from evergrove.outbox.stopping import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Z95 = 1.6448536269514722
"""The 95 % point of the standard normal distribution."""
TOTAL = "total"
USUAL_REDEMPTION = 0.1
_SCOPE = re.compile(r"everything|(channel|playbook|budget):[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class NotAPeriod(InputError):
    """A budget is for a month or in total."""

    code = "decisions.not_a_period"
    message = _("{period} is no period of a budget.")
    hint = _("Write month or total.")


class BudgetNegative(InputError):
    """A budget below nothing."""

    code = "decisions.budget_negative"
    message = _("A budget of {amount} cannot be kept.")
    hint = _("Write 0 to let nothing be spent, or take the budget away.")


class NotABudget(InputError):
    """Nothing of that name can have a budget."""

    code = "decisions.not_a_budget"
    message = _("{scope} is nothing that can have a budget.")
    hint = _("Name everything, channel:email, playbook:L2, or budget:spring for playbooks that name it so.")


class UnknownBudget(InputError):
    """There is no such budget."""

    code = "decisions.unknown_budget"
    message = _("There is no budget of {scope} by {period}.")
    hint = _("Set are: {known}.")


@dataclass(frozen=True)
class Budget:
    """
    How much may be spent on a scope.

    Attributes:
        scope: "everything", "channel:<name>", "playbook:<key>", or "budget:<name>" for playbooks that name it.
        period: "month": anew in each month; "total": once.
        amount: In ``currency``.
        currency: ISO 4217 code; empty: the workspace has declared none.
        zone: In which months begin.
        set_by: Who set it, as the audit trail names them.
        set_at: When.
    """

    scope: str
    period: str
    amount: Decimal
    currency: str
    zone: str
    set_by: str
    set_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """What it is unique by."""
        return self.scope, self.period

    def span(self, now: datetime) -> str:
        """The name of the span that a moment lies in: its month as YYYY-MM, or "total"."""
        return TOTAL if self.period == TOTAL else f"{now.astimezone(self._zone):%Y-%m}"

    def span_ends(self, now: datetime) -> datetime | None:
        """When the next span begins; None: never."""
        return None if self.period == TOTAL else month_after(now, self._zone)

    def covers(self, cost: Cost) -> bool:
        """Whether a message falls under it."""
        own = {EVERYTHING, f"channel:{cost.channel}", f"playbook:{cost.playbook}"}
        return self.scope in own or (bool(cost.budget) and self.scope == f"budget:{cost.budget}")

    @property
    def _zone(self) -> ZoneInfo:
        return zone_named(self.zone) or ZoneInfo("UTC")


@dataclass(frozen=True)
class Cost:
    """
    What one message is expected to cost, and takes from budgets.

    Attributes:
        ref: The message's name in the outbox.
        channel: By which it leaves.
        playbook: Whose it is.
        amount: Expected, in the workspace's currency.
        variance: Of the cost, in squared currency: a coupon is redeemed or not.
        budget: Name of a budget that the playbook says it falls under; empty: none.
    """

    ref: str
    channel: str
    playbook: str
    amount: Decimal
    variance: float = 0.0
    budget: str = ""


@dataclass(frozen=True)
class Used:
    """
    How a budget stands in one of its spans.

    Attributes:
        budget: Which.
        span: A month, or "total".
        committed: Expected cost of messages that are decided and have not left.
        spent: Of those that have.
        sd: Standard deviation of what all of them will have cost in the end, in currency.
        released: Expected cost of those that were decided and never left.
    """

    budget: Budget
    span: str
    committed: Decimal
    spent: Decimal
    sd: float = 0.0
    released: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What may still be committed; never below 0, though a budget may be set below what is used."""
        return max(self.budget.amount - self.expected, Decimal(0))

    @property
    def expected(self) -> Decimal:
        """Expected cost of everything decided so far."""
        return self.committed + self.spent

    @property
    def p95(self) -> float:
        """
        The cost that is exceeded with a chance of 5 %.

        Each coupon is redeemed with its chance p at its cost c, or not: variance p (1 - p) c^2. The sum of many
        independent ones is taken as normal; of a few coupons it is a rough figure.
        """
        return float(self.expected) + Z95 * self.sd

    @property
    def p95_overspend(self) -> float:
        """By how much that lies above the budget; 0: it does not."""
        return max(self.p95 - float(self.budget.amount), 0.0)


def checked_budget(scope: str, period: str, amount: Decimal) -> None:
    """
    Refuse what can be no budget.

    Raises:
        NotABudget, NotAPeriod, BudgetNegative: There can be no such budget.
    """
    if not _SCOPE.fullmatch(scope):
        raise NotABudget(scope=scope[:80])
    if period not in {"month", TOTAL}:
        raise NotAPeriod(period=period[:40])
    if not amount.is_finite() or amount < 0:
        raise BudgetNegative(amount=str(amount))


def coupon_variance(expected: Decimal | None, redemption: float | None = None) -> float:
    """
    Variance of what a coupon costs, given its expectation p c: p (1 - p) c^2 = (p c)^2 (1 - p) / p.

    Args:
        expected: p c; None or 0: no coupon.
        redemption: p; None: not known, and ``USUAL_REDEMPTION`` is taken.
    """
    p = USUAL_REDEMPTION if redemption is None else redemption
    return float(expected) ** 2 * (1 - p) / p if expected and p > 0 else 0.0


@dataclass
class Purse:
    """
    What budgets have left while proposals are looked at one after the other; nothing is stored.

    Attributes:
        standing: How each budget stands at the beginning.
        now: The present moment.
    """

    standing: Sequence[Used]
    now: datetime
    _taken: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def short(self, cost: Cost) -> Budget | None:
        """The first budget that has not enough left for a message; None: all have."""
        return next((each.budget for each in self.standing if self._lacks(each, cost)), None)

    def take(self, cost: Cost) -> None:
        """Count a message that was chosen."""
        for each in self.standing:
            if each.budget.covers(cost):
                key = each.budget.key
                self._taken[key] = self._taken.get(key, Decimal(0)) + cost.amount

    def _lacks(self, each: Used, cost: Cost) -> bool:
        if not each.budget.covers(cost) or not cost.amount:
            return False
        used = each.expected + self._taken.get(each.budget.key, Decimal(0))
        return used + cost.amount > each.budget.amount
