"""From figures to the page: headline, grid, first customers, blocks, all in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report import answers
from evergrove.report.amounts import short
from evergrove.report.checklist_block import checklist_block
from evergrove.report.choice_block import choice_block
from evergrove.report.data_blocks import excluded_block, mapping_block, model_block, rows_block
from evergrove.report.newer_block import newer_block
from evergrove.report.outreach import outreach_part
from evergrove.report.page import Card, Limit, Page, table
from evergrove.report.seen_blocks import alive_matrix_block, expected_matrix_block, history_block
from evergrove.report.trust_blocks import (
    alive_block,
    back_test_block,
    cohort_value_block,
    retention_block,
    tracking_block,
)
from evergrove.report.value_blocks import concentration_block, edge_block, methods_block
from evergrove.report.words import WINDOWS, figure_name, known, money_facts, names, spoken, why_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.report.page import Block, Outreach, Table
    from evergrove.report.types import Figures
    from evergrove.text import Formats

CARDS = (
    "customers",
    "average_clv_12m",
    "average_clv_total",
    "value_likely_lost",
    "average_order",
    "orders_per_year",
    "repeat_rate",
    "one_time_share",
)
TWO = 2
BLOCKS = (
    concentration_block,
    methods_block,
    retention_block,
    cohort_value_block,
    newer_block,
    alive_block,
    alive_matrix_block,
    expected_matrix_block,
    history_block,
    tracking_block,
    back_test_block,
    choice_block,
    checklist_block,
    rows_block,
    excluded_block,
    mapping_block,
    model_block,
)
LEADS: Mapping[str, str] = {
    "value": _("Value is what customers are expected to bring from now on, not what they brought before."),
    "past_value": _("Without a forecast, value is what customers have brought so far."),
    "no_value": _("Without amounts, there is no value in money: here is what can be said all the same."),
    "trust": _("The forecast was put to the test on a part of your own data that it had not seen."),
    "untested": _("These data do not suffice to put the forecast to the test; here is what it rests on."),
    "no_model": _("There is no forecast on this page, so nothing has to be taken on trust."),
}
LASTING = "nbd"
"""The one model in which no customer ever leaves."""
RHYTHM = _("Bought {orders} times, about every {gap}; silent for {silence}.")
TWICE = _("Bought twice, {gap} apart; silent for {silence}.")
ONCE = _("Bought once, {silence} ago, and has not come back yet.")
JUST_NOW = _("Bought once, on the last day of these data.")


def composed(figures: Figures, formats: Formats) -> Page:
    """The whole page."""
    words = names(formats)
    blocks = {block.key: block for block in _blocks(figures, words, formats)}
    outreach = _outreach(figures, words, formats)
    drawn = (*blocks.values(), *(outreach.blocks if outreach else ()))
    return Page(
        title=formats.say(_("What your customers are worth")),
        answer=answers.headline_answer(figures, formats),
        lead=formats.sentences(
            answers.interval_answer(figures, formats), answers.lost_answer(figures, formats)
        ),
        interval=answers.interval_answer(figures, formats),
        band=_band(figures["headline"]["value_at_stake"]),
        facts=_facts(figures, formats),
        cards=tuple(_card(figures, name, formats) for name in _card_names(figures["headline"])),
        blocks=blocks,
        limits=tuple(_limit(each, formats) for each in figures["limits"]),
        notes=tuple(spoken(each, formats) for each in _beside_limits(figures)),
        charts={block.key: block.chart for block in drawn if block.chart is not None},
        leads={name: formats.say(LEADS[lead]) for name, lead in _leads(figures).items()},
        nobody=why_missing(figures, formats, "value_likely_lost", "p_alive", "clv_12m")
        if figures["headline"]["value_likely_lost"]["value"] is None
        else "",
        outreach=outreach,
    )


def _outreach(figures: Figures, words: dict[str, dict[str, str]], formats: Formats) -> Outreach | None:
    """What was done; None where the figures know of nothing."""
    if not figures.get("outreach"):
        return None
    part = outreach_part(figures["outreach"], words, formats)
    return replace(part, blocks=tuple(together(part.blocks)))


def _beside_limits(figures: Figures) -> list[Figures]:
    """The warnings that the limits above do not already say."""
    said = {limit["reason"]["code"] for limit in figures["limits"]}
    return [warning for warning in figures["warnings"] if warning["code"] not in said]


def _blocks(figures: Figures, words: dict[str, dict[str, str]], formats: Formats) -> list[Block]:
    edges = [edge_block(figures, words, formats, axis) for axis in ("tier", "stage")]
    made = (block(figures, words, formats) for block in BLOCKS)
    return [*edges, *(block for block in made if block is not None)]


def _leads(figures: Figures) -> dict[str, str]:
    """Which words open the parts about value and about trust."""
    value, trust = "value", "trust"
    if figures["headline"]["value_at_stake"]["value"] is None:
        value = "past_value" if figures["net_amount"] is not None else "no_value"
    if figures["back_test"] is None:
        trust = "untested" if figures["model"]["purchases"] else "no_model"
    return {"value": value, "trust": trust}


def together(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of one part; neighbours that one and the same reason leaves open become one."""
    joined: list[Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if before is not None and block.missing and before.missing == block.missing:
            joined[-1] = replace(before, also=(*before.also, block.question))
        else:
            joined.append(block)
    return joined


def _band(at_stake: Figures) -> tuple[float, float, float] | None:
    """Low end, estimate and high end as places on a scale of 0 to 100; None without an interval."""
    low, value, high = at_stake["low"], at_stake["value"], at_stake["high"]
    if low is None or value is None or high is None or not low < high:
        return None
    # The band takes the middle of the scale, so that the estimate's place in it can be seen.
    margin = 0.35 * (high - low)
    start, length = low - margin, (high - low) + 2 * margin
    place_low, place, place_high = (round(100 * (each - start) / length, 2) for each in (low, value, high))
    return place_low, place, place_high


def _facts(figures: Figures, formats: Formats) -> tuple[str, ...]:
    """What the page rests on: days, currency, basis."""
    currency, first, last = figures["currency"], figures["first_date"], figures["as_of"]
    days = formats.day(last) if first == last else formats.between(formats.day(first), formats.day(last))
    if figures["net_amount"] is None:
        return (days, formats.say(_("Your files hold no amounts")))
    return (days, *money_facts(currency, figures["basis"], formats))


def _card_names(headline: Figures) -> list[str]:
    """The figures for the cards, what is known first; value so far stands in for a forecast that is not."""
    shown = list(CARDS)
    if headline["average_clv_12m"]["value"] is None and headline["historic_value"]["value"] is not None:
        shown[shown.index("average_clv_12m")] = "historic_value"
    return sorted(shown, key=lambda name: headline[name]["value"] is None)


def _card(figures: Figures, name: str, formats: Formats) -> Card:
    figure = figures["headline"][name]
    written: Mapping[str, Callable[[Any], str]] = {
        "count": formats.number,
        "money": lambda value: short(value, formats),
        "share": formats.percent,
        "per_year": lambda value: formats.number(value, 1),
    }
    note = known(WINDOWS, figure["window"]["name"], formats)
    if figure.get("share") is not None:
        note = formats.say(
            _("{share} of what would come if nobody had left"), share=formats.percent(figure["share"], 0)
        )
    if name == "average_clv_total" and figures["model"]["name"] == LASTING:
        note = formats.say(_("at most: this model lets nobody leave"))
    if figure["value"] is None:
        note = formats.say(_("cannot be given, see below"))
    return Card(
        name=figure_name(figure["definition"], formats),
        value=written[figure["unit"]](figure["value"]),
        note=note,
        definition=figure["definition"],
    )


def _limit(limit: Figures, formats: Formats) -> Limit:
    """Why something cannot be given, or comes from a simpler estimate, and what."""
    lists = (
        (limit["missing"], _("Cannot be given: {figures}.")),
        (limit["instead"], _("From a simpler estimate: {figures}.")),
    )
    said = []
    for columns, sentence in lists:
        once = list(dict.fromkeys(figure_name(name, formats) for name in columns))
        if once:
            said.append(formats.say(sentence, figures=formats.enumerated(once)))
    return Limit(spoken(limit["reason"], formats), formats.sentences(*said))


def first_table(section: Figures, words: dict[str, dict[str, str]], formats: Formats) -> Table:
    """The customers to look at first; ids are the source's own texts, escaped by the template."""
    titles = (
        _("Customer"),
        _("Tier and stage"),
        _("Why"),
        _("Chance of still being there"),
        _("Worth if they stay"),
        _("Likely lost"),
    )
    rows = [
        (
            row["customer_id"],
            " · ".join(
                [*([words["tier"][row["tier"]]] if row["tier"] else []), words["stage"][row["stage"]]]
            ),
            why(row, formats),
            formats.percent(row["p_alive"], 0),
            formats.money(row["value_if_alive"]),
            formats.money(row["likely_lost"]),
        )
        for row in section["rows"]
    ]
    return table([formats.say(title) for title in titles], rows, words=3)


def why(row: Figures, formats: Formats) -> str:
    """Why a customer is to be looked at, from the facts."""
    silence = formats.days(row["silence_days"])
    if row["why"] == "once":
        return formats.say(ONCE if row["silence_days"] else JUST_NOW, silence=silence)
    gap = formats.days(max(1.0, row["usual_gap_days"]))
    if row["orders"] == TWO:
        return formats.say(TWICE, gap=gap, silence=silence)
    return formats.say(RHYTHM, orders=formats.number(row["orders"]), gap=gap, silence=silence)
