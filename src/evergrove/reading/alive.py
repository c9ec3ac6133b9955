"""P(alive) of one customer on every day of their life, under the models of the newest run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove.customers.origins import make_purchases
from evergrove.ingest import facts_noted
from evergrove.live.reading import rows as live_rows
from evergrove.people.identity import person_ids
from evergrove.reading.orders import facts_of
from evergrove.reading.runs import run_at
from evergrove.scoring.kept import read_kept
from evergrove.scoring.seen import alive_by_day
from evergrove.warehouse import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.reading.orders import Theirs
    from evergrove.reading.shelf import View

MOST_DAYS = 730
"""Days that are told one by one; of a longer life, every second, third ... and all with a purchase."""
PURCHASES = "theirs"


@dataclass(frozen=True)
class Life:
    """
    One customer, day by day.

    Attributes:
        days: From the first purchase day on, ascending.
        p_alive: On each of them, as it could be known then.
        purchases: Those of them on which was bought.
        model: Name; empty where no model could be fitted, and then there are no days.
        as_of: The last day.
    """

    days: Sequence[date]
    p_alive: Sequence[float]
    purchases: Sequence[date]
    model: str
    as_of: date


def life_of(view: View, customer_id: str) -> Life:
    """
    P(alive) over time; no days where nothing was bought, or no model stands.

    Args:
        view: Of the run, whose models are asked; up to the day of its live row where there is one.
        customer_id: Any id of the person.
    """
    with view.parts.ledger.reading() as connection:
        person = person_ids(connection, [customer_id])[customer_id]
        live = live_rows(connection, [customer_id]).get(person)
        kept = read_kept(run_at(connection, view.run.id).models)
    as_of = max(view.as_of, live.as_of) if live else view.as_of
    if kept.process is None:
        return Life((), (), (), "", as_of)
    with facts_of(view.parts, customer_id) as told:
        bought = [] if told is None else _purchase_days(told, as_of)
    if not bought:
        return Life((), (), (), kept.fits.choice.name, as_of)
    first, length = bought[0], (as_of - bought[0]).days
    ages = np.array([(day - first).days for day in bought], dtype=np.float64)
    alive = alive_by_day(kept.process, ages, length)
    shown = _shown(length, {int(age) for age in ages})
    days = tuple(first + timedelta(days=k) for k in shown)
    return Life(days, tuple(float(alive[k]) for k in shown), tuple(bought), kept.fits.choice.name, as_of)


def _shown(length: int, bought: set[int]) -> list[int]:
    """Which days of a life are told: the last always, and those of purchases."""
    step = 1 + length // MOST_DAYS
    return sorted({*range(0, length + 1, step), *bought, length})


def _purchase_days(told: Theirs, as_of: date) -> list[date]:
    """Days with an order that counts, by the rules of every run."""
    make_purchases(told.engine, PURCHASES, as_of, has_amounts=facts_noted(told.seen).has_amounts)
    names = ", ".join(map(literal, told.names))
    sql = f"select distinct order_date from {PURCHASES} where customer_id in ({names}) order by 1"
    return [day for (day,) in told.engine.run(sql)]
