"""What learned models say, on the terminal: a line for the horizons and one for new customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.core import _, fill
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from evergrove.cli.terminal import Terminal
    from evergrove.report import Figures

HORIZONS = _("Learned from earlier windows, customers bring {values}; not discounted.")
ONE = _("{value} in {months} {months:month|months}")
EARLY = _(
    "{customers} new {customers:customer|customers}: {value} more by day {days} after their first orders, by what the first 30 days say."
)
BETTER = _("This ranks new customers better than {rival} does (Gini {ours} against {theirs}): use it.")
NO_BETTER = _(
    "This ranks new customers no more surely than {rival} does (Gini {ours} against {theirs}): rank by that."
)
RIVALS = {
    "mean": _("the mean of earlier cohorts"),
    "first_order": _("the first order"),
    "first_days": _("the spend of the first 30 days"),
}


def print_learned(terminal: Terminal, figures: Figures) -> None:
    """
    Print what was learned; nothing where nobody asked.

    Args:
        terminal: Where to.
        figures: The content of summary.json.
    """
    found = figures.get("learned")
    if found is None:
        return
    formats, translate = Formats(terminal.language, figures["currency"] or ""), translator(terminal.language)
    if found["horizons"] is not None:
        terminal.say(fill(translate(HORIZONS), {"values": _values(figures, formats)}))
    early = found["early"]
    if early is None:
        return
    params = {"customers": early["customers"], "days": early["horizon_days"]}
    terminal.say(fill(translate(EARLY), params | {"value": _money(early["to_come"], figures)}))
    judged = early["back_test"]
    if judged is not None:
        sentence = BETTER if judged["ranks_better"] else NO_BETTER
        ours, theirs = (formats.number(judged["gini"][name], 3) for name in ("learned", judged["rival"]))
        rival = translate(RIVALS[judged["rival"]])
        terminal.say(fill(translate(sentence), {"rival": rival, "ours": ours, "theirs": theirs}))


def _values(figures: Figures, formats: Formats) -> str:
    """What comes by the end of each horizon: money, or purchases where there are no amounts."""
    totals, said = figures["learned"]["horizons"]["totals"], []
    for months in figures["learned"]["horizons"]["months"]:
        spend = totals.get(f"spend_{months}m")
        value = (
            formats.say(_("{n} {n:purchase|purchases}"), n=formats.number(totals[f"purchases_{months}m"]))
            if spend is None
            else _money(spend, figures)
        )
        said.append(formats.say(ONE, value=value, months=months))
    return formats.enumerated(said)


def _money(value: float, figures: Figures) -> str:
    """A total as the lines above write it."""
    return f"{figures['currency']} {value:,.0f}".strip()
