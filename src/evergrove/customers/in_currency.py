"""Amounts of tables beside orders, brought into the currency of the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.warehouse import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evergrove.warehouse import Engine

MONEY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "costs": ("incurred_on", ("amount",)),
    "order_lines": ("ordered_at", ("price", "amount", "cost")),
    "products": ("", ("price", "cost")),
    "spend": ("day", ("amount",)),
}
"""Table -> the column that dates its amounts (empty: none does) and the amounts that are read here."""


def in_currency(engine: Engine, observation_end: date, currency: str, rate_days: int) -> int:
    """
    Show these tables with all amounts in one currency, at the rate of their day, as orders are.

    What is not dated counts at the rate of ``observation_end``. Rows without a rate are left out until it is known.

    Args:
        engine: Holds the tables of ``MONEY`` and rates.
        observation_end: The last day that counts.
        currency: Of the orders; empty: not declared, and all amounts are taken as they are.
        rate_days: How old a rate may be.

    Returns:
        Rows that are left out.
    """
    if not currency:
        return 0
    return sum(_converted(engine, name, observation_end, currency, rate_days) for name in MONEY)


def _converted(engine: Engine, table: str, end: date, currency: str, rate_days: int) -> int:
    is_foreign = f"coalesce(currency, '') not in ('', {literal(currency)})"
    if not engine.value(f"select count(*) from {table} where {is_foreign}"):
        return 0
    dated, amounts = MONEY[table]
    last = f"date {literal(end.isoformat())}"
    day = f"coalesce(cast({identifier(dated)} as date), {last})" if dated else last
    here, numbered = f"{table}_here", f"{table}_told"
    engine.create(numbered, f"select *, {day} as rate_day, row_number() over () as told_nth from {table}")
    at_rate = ", ".join(
        f"case when {is_foreign} then cast({name} * rate as decimal(18, 4)) else {name} end as {name}"
        for name in amounts
    )
    engine.create(
        here,
        "with rated as (select told.told_nth, max_by(rates.rate, rates.day) as rate"
        f" from {numbered} as told inner join rates on rates.currency = told.currency and rates.day <= told.rate_day"
        f" and date_diff('day', rates.day, told.rate_day) <= {int(rate_days)}"
        f" where coalesce(rates.base, {literal(currency)}) = {literal(currency)} group by told.told_nth)"
        f" select told.* exclude (told_nth, rate_day) replace ({at_rate}) from {numbered} as told"
        f" left join rated on rated.told_nth = told.told_nth where rated.rate is not null or not {is_foreign}",
    )
    left_out = engine.value(
        f"select (select count(*) from {numbered} where rate_day <= {last})"
        f" - (select count(*) from {here} where {day} <= {last})"
    )
    engine.drop(table, numbered)
    engine.view(table, f"select * from {here}")
    return int(left_out)
