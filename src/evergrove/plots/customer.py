"""One customer's life as a model sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from evergrove import charts
from evergrove.core import InputError, _
from evergrove.core.arguments import day
from evergrove.plots.asked import check_model, formats_in
from evergrove.plots.plot import Plot
from evergrove.scoring.seen import alive_by_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

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
        InvalidArgument: A day is none, or an argument is of another kind.
        NoPurchases: None by ``until``.
    """
    check_model(model)
    formats, last = formats_in(language), day("until", until)
    given = [purchases] if isinstance(purchases, str) else purchases
    bought = sorted({each for each in (day("purchases", one) for one in given) if each <= last})
    if not bought:
        raise NoPurchases(until=last)
    first = bought[0]
    ages = np.array([(each - first).days for each in bought], dtype=np.float64)
    alive = alive_by_day(model, ages, (last - first).days)
    chance = formats.percent(float(alive[-1]), 0)
    title = formats.say(TITLE, day=formats.day(last), chance=chance, model=model.title)
    section = {
        "days": [(first + timedelta(days=k)).isoformat() for k in range(len(alive))],
        "p_alive": alive.tolist(),
        "purchases": [each.isoformat() for each in bought],
    }
    return Plot(charts.alive_history(section, formats, title), title, language=language)
