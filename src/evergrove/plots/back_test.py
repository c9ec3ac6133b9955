"""A rolling back-test as plots: deciles of the forecast, and intervals held."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from evergrove import charts
from evergrove.core import InputError, _
from evergrove.plots.asked import check_back_test, formats_in
from evergrove.plots.plot import Plot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.scoring.rolling import RollingBackTest
    from evergrove.scoring.rolling.types import Measures
    from evergrove.text import Formats, Language

LEVEL = 0.8
DECILES = _("The tenth that {name} forecast highest was to bring {forecast} each and brought {actual}.")
FEW = _("Nobody was likely enough to buy to judge the intervals by.")
INSIDE = _("{share} of the likely buyers spent within the interval of {name}; {level} were promised.")


class NotJudged(InputError):
    """A contender of whom a back-test knows nothing of the kind."""

    code = "plots.not_judged"
    message = _("This back-test has no such figure of {name}.")
    hint = _("It has them of {known}.")


def calibration(found: RollingBackTest, name: str, *, language: Language = "en") -> Plot:
    """
    Forecast beside what came, by tenths of the forecast, over all origins.

    Args:
        found: From ``eg.backtest``.
        name: Of a contender, such as "pareto-nbd".
        language: Of the words.

    Raises:
        NotJudged: There is no such contender, or it said nothing of the kind.
    """
    check_back_test(found)
    deciles = _measured(found, name).deciles
    formats = formats_in(language, found.currency)
    shown = formats.money if found.amounts else lambda value: formats.number(value, 2)
    title = formats.say(
        DECILES, name=name, forecast=shown(deciles.forecast[-1]), actual=shown(deciles.actual[-1])
    )
    section = {
        "of": "spend" if found.amounts else "purchases",
        "deciles": [
            {"forecast": said, "actual": came}
            for said, came in zip(deciles.forecast, deciles.actual, strict=True)
        ],
    }
    return Plot(charts.calibration(section, formats, title), title, language=language)


def coverage(found: RollingBackTest, *, language: Language = "en") -> Plot:
    """
    How often the 80 % intervals held the customers who were likely to buy, contender by contender.

    Args:
        found: From ``eg.backtest``.
        language: Of the words.

    Raises:
        NotJudged: Nobody drew intervals.
    """
    check_back_test(found)
    pooled = {record.name: record.pooled for record in found.records}
    held = {
        name: measures.coverage_likely
        for name, measures in pooled.items()
        if measures is not None and measures.coverage_likely is not None
    }
    if not held:
        raise NotJudged(name="80 %", known="-")
    formats = formats_in(language, found.currency)
    held = {name: share for name, share in held.items() if isfinite(share)}
    title = _held_title(held, formats)
    section = {"level": LEVEL, "rows": [{"label": name, "inside": share} for name, share in held.items()]}
    return Plot(charts.coverage(section, formats, title), title, 80 + 38 * len(held), language)


def _held_title(held: Mapping[str, float], formats: Formats) -> str:
    """Of the first contender whose likely buyers there are."""
    for name, share in held.items():
        level = formats.percent(LEVEL, 0)
        return formats.say(INSIDE, share=formats.percent(share, 0), name=name, level=level)
    return formats.say(FEW)


def _measured(found: RollingBackTest, name: str) -> Measures:
    pooled = {record.name: record.pooled for record in found.records}
    measures = pooled.get(name)
    if measures is None or not measures.deciles.actual:
        known = [other for other, its in pooled.items() if its is not None and its.deciles.actual]
        raise NotJudged(name=name, known=", ".join(known))
    return measures
