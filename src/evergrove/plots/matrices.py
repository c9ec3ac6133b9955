"""What a model makes of every history: matrices over frequency and recency."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np

from evergrove import charts
from evergrove.core import DAYS_PER, Term, _, in_units
from evergrove.core.arguments import number, one_of, whole
from evergrove.plots.asked import check_model, formats_in
from evergrove.plots.plot import Plot
from evergrove.scoring.seen import matrix

if TYPE_CHECKING:
    from evergrove.core import Horizon
    from evergrove.models import Floats, TransactionModel
    from evergrove.text import Formats, Language

ALIVE_TITLE = _("Who is still a customer? Chance of being alive under {model}, at age {age}")
EXPECTED_TITLE = _("Who buys again? Expected purchases in {horizon} under {model}, at age {age}")
UNITS = {
    "day": _("{n} {n:day|days}"),
    "week": _("{n} {n:week|weeks}"),
    "month": _("{n} {n:month|months}"),
}
AGE = Term(_("a length of time, 0 or more"))
HEIGHT = 440


def frequency_recency(
    model: TransactionModel,
    age: Horizon,
    *,
    of: Literal["p_alive", "expected_purchases"] = "p_alive",
    horizon: Horizon = "12 months",
    most_repeats: int = 20,
    language: Language = "en",
) -> Plot:
    """
    A matrix of P(alive) or of expected purchases by number of repeat purchases and age at the last one.

    Read along a row: the later the last purchase, the surer the customer is still there; with many repeats, a
    silence as long says more.

    Args:
        model: A fitted or written-down model.
        age: T of the customers shown: a number in the model's unit or a text such as "39 weeks".
        of: What to show.
        horizon: Of expected purchases.
        most_repeats: The highest frequency shown.
        language: Of the words.

    Raises:
        InvalidArgument: An argument is none of those above.
    """
    check_model(model)
    one_of("of", of, ("p_alive", "expected_purchases"))
    formats, most = formats_in(language), whole("most_repeats", most_repeats)
    T = number("age", in_units(age, model.unit), AGE, above=-1e-300)

    def asked(x: Floats, t_x: Floats, ages: Floats) -> Floats:
        if of == "p_alive":
            return model.probability_alive(x, t_x, ages)
        return model.expected_purchases(horizon, x, t_x, ages)

    found = matrix(asked, T, most)
    title = _title(model, T, of, horizon, formats)
    section = {
        "frequency": [round(x) for x in found.frequency],
        "recency": np.round(found.recency, 1).tolist(),
        "values": [[value if isfinite(value) else None for value in row] for row in found.values.tolist()],
        "of": of,
        "unit": model.unit,
    }
    return Plot(charts.frequency_recency(section, formats, title), title, HEIGHT, language)


def _title(model: TransactionModel, T: float, of: str, horizon: Horizon, formats: Formats) -> str:
    age = formats.say(UNITS[model.unit], n=formats.number(T))
    if of == "p_alive":
        return formats.say(ALIVE_TITLE, model=model.title, age=age)
    days = in_units(horizon, model.unit) * DAYS_PER[model.unit]
    return formats.say(EXPECTED_TITLE, horizon=formats.days(days), model=model.title, age=age)
