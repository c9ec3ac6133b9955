"""Write the shop's order export and its truth as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _
from evergrove.simulation import world
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.simulation.types import Shop, Truth

FORMATS = {".csv": "format csv, header", ".parquet": "format parquet, compression zstd"}


class UnknownFormat(InputError):
    """A simulated table is to be written as something that it cannot be."""

    code = "simulation.unknown_format"
    message = _("A simulated shop cannot be written to {file}.")
    hint = _("The name must end with .csv or .parquet.")


def write_orders(shop: Shop, path: Path) -> None:
    """
    Write the order export, as CSV or Parquet by the path's ending.

    Raises:
        UnknownFormat: The path ends with neither.
    """
    options = _format_of(path)
    tables: dict[str, dict[str, Any]] = {
        "shop_rows": vars(shop.orders),
        "shop_people": {"customer": np.arange(len(shop.people)), **vars(shop.people)},
        "shop_names": _codes(world.NAMES),
        "shop_channels": _codes([channel.name for channel in world.CHANNELS]),
        "shop_statuses": _codes(world.STATUSES),
        "shop_categories": {
            **_codes([category.name for category in world.CATEGORIES]),
            "prefix": np.array([category.prefix for category in world.CATEGORIES], dtype=object),
        },
    }
    with open_engine() as engine:
        for name, columns in tables.items():
            engine.register(name, columns)
        engine.create("export", statement("evergrove.simulation", "order_export"), currency=world.CURRENCY)
        engine.copy_to("select * from export", path, options)


def write_truth(truth: Truth, path: Path) -> None:
    """
    Write the truth, one row per customer, as CSV or Parquet by the path's ending.

    Raises:
        UnknownFormat: The path ends with neither.
    """
    options = _format_of(path)
    columns = {"customer_id": truth.customer_id.astype(object)}
    columns |= {name: values for name, values in vars(truth).items() if name != "customer_id"}
    with open_engine() as engine:
        engine.register("truth", columns)
        engine.copy_to("select * from truth", path, options)


def _codes(names: Sequence[str]) -> dict[str, Any]:
    """A lookup table from position to name."""
    return {"code": np.arange(len(names)), "name": np.array(names, dtype=object)}


def _format_of(path: Path) -> str:
    """DuckDB's options for a path."""
    options = FORMATS.get(path.suffix.lower())
    if options is None:
        raise UnknownFormat(file=path.name)
    return options
