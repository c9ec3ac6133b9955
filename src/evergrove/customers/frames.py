"""The notebook's way in: an Arrow, pandas or polars table, or a file, becomes a summary."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from evergrove.core import EvergroveWarning, InputError, Unit, _
from evergrove.customers.columns import NotATable, typed_orders
from evergrove.customers.service import summarise
from evergrove.settings import StageSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.customers.types import CustomerBase
    from evergrove.models import Summary
    from evergrove.warehouse import Engine


class NoPurchases(InputError):
    """Nobody has bought by the end of observation."""

    code = "customers.no_purchases"
    message = _("No order lies on or before {observation_end}; there is nothing to summarise.")
    hint = _("Give a later observation_end; without one, the last order day is taken.")


class UnreadableDay(InputError):
    """A day was given in a form that is not understood."""

    code = "customers.unreadable_day"
    message = _("observation_end = {value} is not a day.")
    hint = _('Write a date, or a text such as "2026-03-31".')


class UnknownUnit(InputError):
    """A unit of time that no model counts in."""

    code = "customers.unknown_unit"
    message = _("unit = {value} is not a unit of time.")
    hint = _("Choose one of {units}.")


class RowsLeftOut(EvergroveWarning):
    """A file was read without some of its rows."""

    code = "customers.rows_left_out"
    message = _(
        "{rejected} of {rows} {rows:row|rows} of {file} {rejected:was|were} not understood and {rejected:is|are} left out."
    )
    hint = _("`evergrove value` lists each with its reason in rejects.csv.")


def summarize(
    orders: Any,
    *,
    observation_end: dt.date | str | None = None,
    unit: Unit = "week",
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
) -> Summary:
    """
    Summarise a log of orders: what every model of this library fits and scores.

    Orders of one customer on one day are one purchase; the first is no repeat. A customer with one purchase
    stays, and so does one whose first purchase is on the last day (T = 0).

    Args:
        orders: An Arrow, pandas or polars table with one row per order, or the path of a file that ``evergrove
            value`` reads. Rows of a table with an amount below 0 are refunds: they lower what the customer
            brought and are no purchase.
        observation_end: The last day whose orders count; later ones are not seen. Default: the last order day.
        unit: Unit of time of ``recency`` and ``T``.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: A day is taken as it stands; of a time with a zone, in that zone.
        amount: Without one, ``monetary_value`` is None.

    Returns:
        One row per customer, sorted by customer id; ``.table`` holds the ids and everything in days.

    Raises:
        InputError: A column is missing, a row cannot be read, or nobody has bought.
    """
    if unit not in get_args(Unit):
        raise UnknownUnit(value=repr(unit), units=", ".join(get_args(Unit)))
    named = {"customer": customer, "date": date, "amount": amount}
    with open_engine() as engine:
        summary = base_of(engine, orders, observation_end, named).summary(unit)
        return replace(summary, source=summary.table)  # fetched now: the engine ends here


def base_of(
    engine: Engine, orders: Any, observation_end: dt.date | str | None, named: Mapping[str, str | None]
) -> CustomerBase:
    """
    The customers behind whatever a notebook hands over; ``summarize`` and others begin with it.

    Warnings point at the line that called the caller.

    Args:
        engine: Holds their orders from now on.
        orders: As in ``summarize``.
        observation_end: Likewise.
        named: Names of columns by role; those that are None are guessed.

    Raises:
        InputError: A column is missing, a row cannot be read, or nobody has bought.
    """
    end = _day(observation_end)
    given = {role: name for role, name in named.items() if name is not None}
    if isinstance(orders, str | Path):
        last, has_amounts = _read_file(engine, Path(orders), given)
    else:
        last, has_amounts = typed_orders(engine, orders, given)
    base = summarise(engine, end or last or dt.date.min, StageSettings(), has_amounts=has_amounts)
    if len(base) == 0:
        raise NoPurchases(observation_end=end or last or "-")
    return base


def _day(value: Any) -> dt.date | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError as error:
            raise UnreadableDay(value=repr(value)) from error
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    raise UnreadableDay(value=repr(value))


def _read_file(engine: Engine, path: Path, given: dict[str, str]) -> tuple[dt.date | None, bool]:
    from evergrove.ingest import ReadOptions, read_orders  # noqa: PLC0415 -- frames need no file reader

    if not path.exists():
        raise NotATable(kind=str(path))
    intake = read_orders(engine, [path], ReadOptions(mapping=given))
    for warning in intake.warnings:
        warnings.warn(warning, stacklevel=4)
    if intake.rows.rejected:
        left_out = RowsLeftOut(rejected=intake.rows.rejected, rows=intake.rows.read, file=path.name)
        warnings.warn(left_out, stacklevel=4)
    return intake.last_date, intake.has_amounts
