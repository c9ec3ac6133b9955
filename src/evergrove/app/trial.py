"""A simulated shop in an empty workspace: something to look around in before one's own orders are there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.core import InputError, _
from evergrove.ingest import ReadOptions
from evergrove.ingest.facts.imports import imports
from evergrove.simulation import LivingOptions, LivingShop
from evergrove.simulation.world import CURRENCY

if TYPE_CHECKING:
    from datetime import datetime

    from evergrove.app.workspace import Workspace
    from evergrove.jobs import Task

TRIAL = "trial"
CUSTOMERS, SEED = 8_000, 7
FILES = ("demo-orders.csv", "demo-customers.csv")
BETWEEN = timedelta(days=30)
"""Between the two runs: who moved meanwhile is to be seen on the first day."""


class NotEmpty(InputError):
    """A simulated shop would mix with customers that are there."""

    code = "app.not_empty"
    message = _("This workspace holds orders already; a simulated shop would mix with them.")
    hint = _("Make another workspace to look around in: evergrove init.")


def fill_with_trial(here: Workspace, task: Task) -> dict[str, Any]:
    """
    Simulate a shop, take its files in, and value its customers a month ago and yesterday.

    Tried again after it was interrupted it goes on: the same day gives the same files, which come in once.

    Raises:
        NotEmpty: Something else came in before, or the shop is there already.
    """
    zone = here.settings.value.zone
    until = (_begun_at(here) or here.clock.now()).astimezone(zone).date() - timedelta(days=1)
    last = here.warehouse.newest("run")
    if last is not None and last.as_of is not None and last.as_of >= until:
        raise NotEmpty  # it is there, as a whole
    task.stage(_("Simulating a shop"))
    shop = LivingShop(LivingOptions(customers=CUSTOMERS, seed=SEED, as_of=until))
    currency = here.settings.value.currency or CURRENCY
    read = ReadOptions(currency=currency)
    with TemporaryDirectory() as folder:
        orders, customers = (Path(folder) / name for name in FILES)
        shop.write_history(orders, currency)
        shop.write_customers(customers)
        task.stage(_("Bringing in three years of orders"))
        here.ingest([orders], read)
        here.ingest_customers([customers], read)
    here.run(until - BETWEEN, announce=task.stage)
    outcome = here.run(until, announce=task.stage)
    return {"customers": outcome.customers, "as_of": outcome.as_of.isoformat()}


def _begun_at(here: Workspace) -> datetime | None:
    """When an earlier attempt brought its first file in; None: there was none."""
    with here.ledger.reading() as connection:
        found = connection.execute(select(imports.c.file, imports.c.recorded_at)).all()
    if any(Path(row.file).name not in FILES for row in found):
        raise NotEmpty
    return min((row.recorded_at for row in found), default=None)
