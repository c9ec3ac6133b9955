"""
Amounts in other currencies, brought into the shop's when facts are shown; what is stored keeps what the shop told.

An order counts at the latest rate that is not after its day and at most some days old; what was given back of it
counts at the order's rate, so that a full refund leaves nothing. An order without a rate waits: it is not shown, it is
counted, and it is there as soon as the rate is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.core import EvergroveWarning, _
from evergrove.ingest.facts.persons import as_persons
from evergrove.ingest.facts.tables import show_rates
from evergrove.ingest.orders.staging import PACKAGE
from evergrove.warehouse import literal, statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from evergrove.warehouse import Engine, Snapshot, Warehouse
    from evergrove.warehouse.types import Shelf


class WaitingForRates(EvergroveWarning):
    """Amounts in another currency that no rate is known for."""

    code = "ingest.waiting_for_rates"
    message = _(
        "{facts} {facts:order or refund|orders and refunds} in {currency} {facts:waits|wait} for a rate."
    )
    hint = _(
        "They count as soon as a rate comes in that is at most {days} {days:day|days} older than they are: evergrove"
        " ingest rates.csv --as rates."
    )


MARK = "paid:"
"""Begins the status of an order in another currency, which follows; a shop's own order is plainly ``paid``."""
RATE_DAYS = 7
"""How old a rate may be that an order is counted at: over long holidays no bank sets one."""
DAY_RATES = "day_rates"
REVALUED = "revalued"
"""Table revalued(customer_id): see ``find_revalued``."""


@dataclass(frozen=True)
class Waiting:
    """Orders and refunds of one currency that no rate is known for, and what they add up to in it."""

    currency: str
    orders: int
    refunds: int
    amount: Decimal

    @property
    def facts(self) -> int:
        """Orders and refunds together."""
        return self.orders + self.refunds


@dataclass(frozen=True)
class RatesBefore:
    """What a run before went by: its day, the newest imports of facts and of tables that it knew, the age of rates."""

    as_of: date
    import_seq: int
    tables_seq: int
    rate_days: int


def as_warnings(waiting: Mapping[str, int], rate_days: int = RATE_DAYS) -> tuple[EvergroveWarning, ...]:
    """What waits, in words: facts by currency."""
    return tuple(
        WaitingForRates(facts=facts, currency=currency, days=rate_days) for currency, facts in waiting.items()
    )


def has_rates(seen: Snapshot | None) -> bool:
    """Whether a workspace knows rates at all: without any, rows in other currencies are rejected."""
    return seen is not None and "rates" in seen.tables and seen.tables["rates"].rows > 0


def know_rates(
    engine: Engine,
    warehouse: Shelf,
    seen: Snapshot | None,
    currency: str,
    *,
    tables_seq: int | None = None,
    rate_days: int = RATE_DAYS,
) -> bool:
    """
    Find the rate of every day on which something was sold in another currency: the table ``day_rates``.

    Args:
        engine: Holds the facts with all their history.
        warehouse: Where the rates are.
        seen: The snapshot.
        currency: The shop's.
        tables_seq: Only rates that were known when this import had come in; None: all.
        rate_days: Days that a rate may be old.

    Returns:
        False where nothing was sold in another currency; no table is made then.
    """
    engine.drop(DAY_RATES)
    foreign = f"select count(*) from fact_orders where starts_with(status, {literal(MARK)})"
    single = "select count(*) from fact_refunds where of_order is null and contains(refund_key, chr(30))"
    if not engine.value(foreign) and not engine.value(single):
        return False
    show_rates(engine, warehouse, seen, tables_seq)
    engine.create("foreign_refunds", statement(PACKAGE, "foreign_refunds"))
    engine.create("foreign_days", statement(PACKAGE, "foreign_days"))
    engine.create(DAY_RATES, statement(PACKAGE, "day_rates"), currency=currency, rate_days=rate_days)
    return True


def find_revalued(
    engine: Engine, warehouse: Shelf, seen: Snapshot | None, currency: str, before: RatesBefore
) -> bool:
    """
    Find whom rates that came late, or were corrected, give another history than the last run knew: ``REVALUED``.

    Args:
        engine: As ``show_facts`` left it; the view ``rates`` shows those of then afterwards.
        warehouse: Where the rates are.
        seen: The snapshot.
        currency: The shop's.
        before: What the last run knew.

    Returns:
        False where nothing was sold in another currency; no table is made then.
    """
    engine.drop(REVALUED)
    if DAY_RATES not in engine.names:
        return False
    show_rates(engine, warehouse, seen, before.tables_seq)
    rates = statement(PACKAGE, "day_rates")
    engine.create("day_rates_before", rates, currency=currency, rate_days=before.rate_days)
    query = as_persons(engine, statement(PACKAGE, "revalued"))
    engine.create(REVALUED, query, until_seq=before.import_seq, until_day=before.as_of)
    return True


def orders_at_rates(query: str) -> str:
    """Orders with amounts in the shop's currency; those that wait keep their status."""
    return (
        "select told.* replace (case when day_rates.rate is not null then cast(told.amount * day_rates.rate as"
        " decimal(18, 4)) else told.amount end as amount, case when day_rates.rate is not null then 'paid' else"
        f" told.status end as status) from ({query}) as told left join {DAY_RATES} on starts_with(told.status,"
        f" {literal(MARK)}) and day_rates.currency = substr(told.status, {len(MARK) + 1})"
        " and day_rates.day = told.order_date"
    )


def refunds_at_rates(query: str) -> str:
    """Refunds with amounts in the shop's currency; those that wait are left out."""
    return (
        "select told.* replace (case when sold.currency is null then told.amount else cast(told.amount *"
        f" day_rates.rate as decimal(18, 4)) end as amount) from ({query}) as told left join foreign_refunds as sold"
        " on sold.import_seq = told.import_seq and sold.refund_key is not distinct from told.refund_key"
        " and sold.of_order is not distinct from told.of_order and sold.refund_date = told.refund_date"
        f" left join {DAY_RATES} on day_rates.currency = sold.currency and day_rates.day = sold.day"
        " where sold.currency is null or day_rates.rate is not null"
    )


def waiting_for_rates(engine: Engine) -> tuple[Waiting, ...]:
    """What of the facts shown waits for a rate; call after ``show_facts``."""
    if DAY_RATES not in engine.names:
        return ()
    return tuple(Waiting(*row) for row in engine.run(statement(PACKAGE, "waiting_for_rates")))


def new_waiting(
    engine: Engine,
    warehouse: Warehouse,
    before: Snapshot | None,
    currency: str,
    *,
    rate_days: int = RATE_DAYS,
) -> dict[str, int]:
    """Of what an import has just told: facts in other currencies whose rate is not known yet, by currency."""
    if not has_rates(before):
        return {}
    show_rates(engine, warehouse, before)
    sql = statement(PACKAGE, "new_waiting")
    return dict(engine.run(sql, currency=currency, rate_days=rate_days))
