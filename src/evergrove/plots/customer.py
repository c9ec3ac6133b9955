"""One customer's life as a model sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove import charts
from evergrove.core import InputError, _
from evergrove.plots.plot import Plot
from evergrove.scoring.seen import alive_by_day
from evergrove.text import Formats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergrove.models import TransactionModel
    from evergrove.text import Language

TITLE = _("On {day} the chance that this customer is still one was {chance} ({model}).")


class NoPurchases(InputError):
    """A history without a purchase by the day on which it ends."""

    code = "plots.no_purchases"
    message = _("There is no purchase by {until}, so there is no history to show.")
    hint = _("Give the customer's purchase days, and an end that is not before the first of them.")


def alive_history(
    model: TransactionModel,
    purchases: Iterable[date | np.datetime64 | str],
    until: date | np.datetime64 | str,
    *,
    language: Language = "en",
) -> Plot:
    """
    P(alive) of one customer on every day from the first purchase on, as it could be known on that day.

    Args:
        model: A fitted or written-down model.
        purchases: Purchase days, in any order, such as a column of times; a day counts once, later ones than
            ``until`` do not.
        until: The last day shown.
        language: Of the words.

    Raises:
        NoPurchases: None by ``until``.
    """
    last = _day(until)
    bought = sorted({day for day in map(_day, purchases) if day <= last})
    if not bought:
        raise NoPurchases(until=last)
    first = bought[0]
    ages = np.array([(day - first).days for day in bought], dtype=np.float64)
    alive = alive_by_day(model, ages, (last - first).days)
    formats = Formats(language)
    chance = formats.percent(float(alive[-1]), 0)
    title = formats.say(TITLE, day=formats.day(last), chance=chance, model=model.title)
    section = {
        "days": [(first + timedelta(days=k)).isoformat() for k in range(len(alive))],
        "p_alive": alive.tolist(),
        "purchases": [day.isoformat() for day in bought],
    }
    return Plot(charts.alive_history(section, formats, title), title, language=language)


def _day(value: date | np.datetime64 | str) -> date:
    """Of a day, a time, or ISO text of either."""
    if isinstance(value, np.datetime64):
        value = str(value.astype("datetime64[D]"))
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.date() if isinstance(moment, datetime) else moment
