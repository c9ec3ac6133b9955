"""Write the history and the days' orders as the files a shop sends."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from evergrove.simulation import world
from evergrove.simulation.types import TEN_THOUSANDTHS, customer_ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from evergrove.simulation.day_rows import DayOrders
    from evergrove.simulation.types import Integers, People

ORDER_COLUMNS = (
    "order_id",
    "customer_id",
    "name",
    "phone",
    "email",
    "ordered_at",
    "status",
    "amount",
    "refund_amount",
    "currency",
    "channel",
    "category",
    "product",
    "updated_at",
)


def write_rows(rows: DayOrders, people: People, path: Path, currency: str = world.CURRENCY) -> None:
    """Write rows of an order export as CSV, with the columns of ``write_orders`` and updated_at."""
    if not len(rows):  # numpy.char replaces nothing in an empty array
        write_table(path, ORDER_COLUMNS, ())
        return
    who = rows.customer
    ids = customer_ids(who)
    names, channels = np.array(world.NAMES), np.array([c.name for c in world.CHANNELS])
    categories = np.array([c.name for c in world.CATEGORIES])
    prefixes = np.array([c.prefix for c in world.CATEGORIES])
    columns = (
        np.char.mod("A%08d", rows.number),
        ids,
        names[people.name[who]],
        np.char.mod("100%08d", who),
        emails(ids),
        _moments(rows.ordered_at),
        np.array(world.STATUSES)[rows.status],
        _amounts(rows.amount),
        _amounts(rows.refund),
        np.full(len(rows), currency),
        channels[people.channel[who]],
        categories[rows.category],
        np.char.add(prefixes[rows.category], np.char.mod("-%03d", rows.product + 1)),
        _moments(rows.updated_at),
    )
    write_table(path, ORDER_COLUMNS, columns)


def write_table(path: Path, header: tuple[str, ...], columns: Iterable[NDArray[np.str_]]) -> None:
    """Write columns of text as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*(values.tolist() for values in columns), strict=True))


def emails(ids: NDArray[np.str_]) -> NDArray[np.str_]:
    """The addresses of customers, at a domain that nobody can own."""
    return np.char.add(np.char.lower(ids), "@mail.example")


def _moments(moment: NDArray[np.datetime64]) -> NDArray[np.str_]:
    return np.char.replace(np.datetime_as_string(moment, unit="s"), "T", " ")


def _amounts(amount: Integers) -> NDArray[np.str_]:
    """Whole cents with two decimals; floats of this size write exactly."""
    return np.char.mod("%.2f", amount / TEN_THOUSANDTHS)
