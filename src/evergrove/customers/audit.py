"""How one customer's numbers came about: order, day, repeat, number, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from evergrove.core import InputError, Sentence, _
from evergrove.customers.origins import STATION
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from evergrove.settings import StageSettings
    from evergrove.warehouse import Engine

OrderRole = Literal["first", "repeat", "same_day", "refunded", "later"]
RefundRole = Literal["lowers_order", "credit", "later"]
YEAR_DAYS = 365
CENT = Decimal("0.01")

ORDER_ROLES: dict[OrderRole, str] = {
    "first": _("first purchase"),
    "repeat": _("repeat purchase {nth}, {gap} {gap:day|days} after the one before"),
    "same_day": _("a further order of that day: still one purchase"),
    "refunded": _("refunded to nothing: no purchase"),
    "later": _("after {observation_end}: not counted"),
}
REFUND_ROLES: dict[RefundRole, str] = {
    "lowers_order": _("lowers the order that it names"),
    "credit": _("names no order: lowers what was earned, not a purchase"),
    "later": _("after {observation_end}: not counted"),
}
ARITHMETIC: dict[str, str] = {
    "orders": _("orders counted above"),
    "frequency": _("{days} purchase {days:day|days}, less the first"),
    "recency": _("days from {first} to {last}"),
    "T": _("days from {first} to {observation_end}"),
    "monetary_value": _("{amount} on {days} repeat {days:day|days}"),
    "mean_day_spend": _("{amount} on {days} purchase {days:day|days}"),
    "historic_value": _("{paid} paid - {refunded} refunded"),
    "spend_12m": _("{paid} paid - {refunded} refunded, {start} to {observation_end}"),
    "orders_12m": _("orders from {start} to {observation_end}"),
    "repeat_orders_12m": _("those of them that are not the first ever"),
    "aov_12m": _("{spend} / {orders} {orders:order|orders}"),
    "orders_last_window": _("orders from {start} to {observation_end}"),
    "orders_prev_window": _("orders from {start} to {end}"),
    "gap_p80": _("80% of the gaps are not longer; gaps in days: {gaps}"),
    "gap_p95": _("95% of the gaps are not longer"),
    "returned_gap": _("days from {previous} to {last}"),
}


class UnknownCustomer(InputError):
    """No row of the data names this customer."""

    code = "customers.unknown_customer"
    message = _("No row names the customer {customer}.")
    hint = _("Ids are text: capitals and leading zeros count. The data name, for example, {example}.")


@dataclass(frozen=True)
class AuditedOrder:
    """One order and what became of it; ``refunded`` is what was taken back of it by observation_end."""

    order_id: str | None
    order_date: date
    amount: Decimal | None
    refunded: Decimal
    role: OrderRole
    reason: Sentence


@dataclass(frozen=True)
class AuditedRefund:
    """One refund and what it does; ``order_id`` is the order it names."""

    order_id: str | None
    refund_date: date
    amount: Decimal
    role: RefundRole
    reason: Sentence


@dataclass(frozen=True)
class AuditedNumber:
    """One column of customer_summary, and the arithmetic behind it."""

    name: str
    value: Any
    reason: Sentence


@dataclass(frozen=True)
class Audit:
    """
    Everything that is known of one customer's purchases.

    Attributes:
        customer_id: As text.
        observation_end: The last day whose orders and refunds count.
        orders: All orders, by date.
        refunds: All refunds, by date.
        numbers: The customer's row, NULLs left out; empty where no purchase is left to count.
    """

    customer_id: str
    observation_end: date
    orders: tuple[AuditedOrder, ...]
    refunds: tuple[AuditedRefund, ...]
    numbers: tuple[AuditedNumber, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """The purchase days."""
        return tuple(o.order_date for o in self.orders if o.role in ("first", "repeat"))


def audit(engine: Engine, customer_id: str, observation_end: date, stages: StageSettings) -> Audit:
    """
    Follow one customer from orders to numbers.

    Args:
        engine: Holds orders, refunds, known_customers and customer_summary.
        customer_id: As text.
        observation_end: The same as in ``summarise``, as is ``stages``.
        stages: Length of the trend windows, and how long one who returned counts as won back.

    Raises:
        UnknownCustomer: No good row names this customer.
    """
    orders = engine.run(
        statement(STATION, "audit_orders"), customer=customer_id, observation_end=observation_end
    )
    refunds = engine.run(statement(STATION, "audit_refunds"), customer=customer_id)
    if not orders and not refunds:
        _check_known(engine, customer_id)
    audited = Audit(
        customer_id=customer_id,
        observation_end=observation_end,
        orders=_audited_orders(orders, observation_end),
        refunds=tuple(_audited_refund(refund, observation_end) for refund in refunds),
        numbers=(),
    )
    rows = engine.run(statement(STATION, "audit_numbers"), customer=customer_id)
    values = dict(zip(ARITHMETIC, rows[0], strict=True)) if rows else {}
    if not values:
        return audited
    params = _arithmetic(audited, stages.trend_window_days, stages.won_back_days)
    numbers = (
        AuditedNumber(name, value, Sentence(f"customers.{name}", ARITHMETIC[name], params[name]))
        for name, value in values.items()
        if value is not None
    )
    return replace(audited, numbers=tuple(numbers))


def _check_known(engine: Engine, customer_id: str) -> None:
    known = "select cast(customer_id as varchar) from known_customers where cast(customer_id as varchar)"
    if not engine.run(f"{known} = $customer", customer=customer_id):
        raise UnknownCustomer(
            customer=customer_id,
            example=engine.value("select min(cast(customer_id as varchar)) from known_customers"),
        )


def _audited_orders(orders: list[tuple[Any, ...]], observation_end: date) -> tuple[AuditedOrder, ...]:
    audited: list[AuditedOrder] = []
    last: date | None = None
    nth = 0
    for order_id, order_date, amount, refunded in orders:
        role: OrderRole
        params: dict[str, Any] = {}
        if order_date > observation_end:
            role, params = "later", {"observation_end": observation_end}
        elif refunded and amount is not None and amount <= refunded:
            role = "refunded"
        elif last is None:
            role = "first"
        elif order_date == last:
            role = "same_day"
        else:
            nth += 1
            role, params = "repeat", {"nth": nth, "gap": (order_date - last).days}
        if role in ("first", "repeat"):
            last = order_date
        reason = Sentence(f"customers.order_{role}", ORDER_ROLES[role], params)
        audited.append(AuditedOrder(order_id, order_date, amount, refunded, role, reason))
    return tuple(audited)


def _audited_refund(refund: tuple[Any, ...], observation_end: date) -> AuditedRefund:
    order_id, refund_date, amount, order_date = refund
    if refund_date > observation_end:
        later = Sentence(
            "customers.refund_later", REFUND_ROLES["later"], {"observation_end": observation_end}
        )
        return AuditedRefund(order_id, refund_date, amount, "later", later)
    names_one = order_date is not None and order_date <= observation_end
    role: RefundRole = "lowers_order" if names_one else "credit"
    return AuditedRefund(
        order_id, refund_date, amount, role, Sentence(f"customers.refund_{role}", REFUND_ROLES[role])
    )


def _arithmetic(audited: Audit, window_days: int, won_back_days: int) -> dict[str, dict[str, Any]]:
    """What stands in the sentence behind each number, added up here once more from the orders."""
    end, days = audited.observation_end, audited.days
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    bought = [o for o in audited.orders if o.role in ("first", "repeat", "same_day")]
    year_start, window_start = (end - timedelta(days=n - 1) for n in (YEAR_DAYS, window_days))
    before_start = end - timedelta(days=2 * window_days - 1)
    paid, refunded = _money(audited, date.min)
    year_paid, year_refunded = _money(audited, year_start)
    span = {"first": days[0], "last": days[-1], "observation_end": end}
    year = {"start": year_start, "observation_end": end}
    return {
        "orders": {},
        "frequency": {"days": len(days)},
        "recency": span,
        "T": span,
        "monetary_value": {"amount": _plain(_net(bought, after=days[0])), "days": len(gaps)},
        "mean_day_spend": {"amount": _plain(_net(bought)), "days": len(days)},
        "historic_value": {"paid": _plain(paid), "refunded": _plain(refunded)},
        "spend_12m": {"paid": _plain(year_paid), "refunded": _plain(year_refunded), **year},
        "orders_12m": year,
        "repeat_orders_12m": {},
        "aov_12m": {
            "spend": _plain(year_paid - year_refunded),
            "orders": sum(o.order_date >= year_start for o in bought),
        },
        "orders_last_window": {"start": window_start, "observation_end": end},
        "orders_prev_window": {"start": before_start, "end": window_start - timedelta(days=1)},
        "gap_p80": {"gaps": ", ".join(map(str, sorted(gaps)))},
        "gap_p95": {},
        "returned_gap": _returned(days, end - timedelta(days=won_back_days)),
    }


def _returned(days: tuple[date, ...], before: date) -> dict[str, Any]:
    """Between which purchase days the longest gap lies that ended after a day."""
    ended = [(earlier, later) for earlier, later in pairwise(days) if later > before]
    if not ended:
        return {}
    previous, last = max(ended, key=lambda gap: gap[1] - gap[0])
    return {"previous": previous, "last": last}


def _money(audited: Audit, start: date) -> tuple[Decimal, Decimal]:
    """What was paid from a day on, and what of it was refunded or credited."""
    orders = [o for o in audited.orders if o.role != "later" and o.order_date >= start]
    credits_ = [r.amount for r in audited.refunds if r.role == "credit" and r.refund_date >= start]
    paid = sum((o.amount or Decimal(0) for o in orders), Decimal(0))
    return paid, sum((o.refunded for o in orders), sum(credits_, Decimal(0)))


def _net(orders: list[AuditedOrder], after: date = date.min) -> Decimal:
    return sum(((o.amount or Decimal(0)) - o.refunded for o in orders if o.order_date > after), Decimal(0))


def _plain(amount: Decimal) -> str:
    """An amount to the cent, and beyond only where there is more."""
    cents = amount.quantize(CENT)
    return f"{cents if cents == amount else amount.normalize():,f}"
