"""How far forecasts can be trusted: four figures at the top, and the blocks below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.report.answers import back_test_answer
from evergrove.report.choice_block import choice_block
from evergrove.report.seen_blocks import alive_matrix_block, expected_matrix_block
from evergrove.report.trust_blocks import alive_block, back_test_block, tracking_block
from evergrove.report.words import names
from evergrove.web.frame import Block, Column, Table
from evergrove.web.models.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.api.models import Models
    from evergrove.text import Formats

FILES = "/models/files"
HISTORY_FILES = "/models/histories/files"
LEVEL = 0.8
"""Of the intervals of single customers."""
NO_JUDGEMENT = _(
    "The history is too short to hold a part of it back: nothing could be judged yet. More months of orders bring it."
)
AN_EARLIER_RELEASE = _(
    "These models were fitted by an earlier release, which kept no judgement. The next fit brings it."
)
OF_THE_TOTAL = _("Total of purchases missed by")
BEST_RULE = _("Best rule of thumb: {miss}")
ORDER_FOUND = _("Ranking (Gini)")
PAST_SPEND = _("By past spend alone: {gini}")
HELD = _("Past outcomes inside the model's interval")
PROMISED = _("{level} are promised; intervals stand as the model draws them")
WIDER = _("{level} are promised; intervals are widened to match")
NARROWER = _("{level} are promised; intervals are narrowed to match")
CLOSE = 0.005
"""Factors on intervals that change nothing that could be seen."""
LAST_MONTH = _("Purchases since {since}")
FORETOLD = _("Foretold: {low} to {high}")
UNITS = {"day": _("day"), "week": _("week"), "month": _("month")}
DRIFTS = _("Outside the forecast: {low} to {high}")


@dataclass(frozen=True)
class Stat:
    """A figure of the head: name, value, and what to hold it against."""

    name: str
    value: str
    note: str
    is_off: bool = False


def figures_of(told: Models) -> dict[str, Any]:
    """What GET /v1/models answers as the report's blocks read it."""
    return {
        "tracking": told.tracking,
        "back_test": told.back_test,
        "alive_grid": told.alive_grid,
        "frequency_recency": told.frequency_recency,
        "limits": told.limits,
        "model": {"name": told.model, "champions": told.champions},
    }


def headline(told: Models, formats: Formats) -> str:
    """Whether the model beat rules of thumb on what it had not seen; why there is no answer otherwise."""
    if told.back_test is not None:
        return back_test_answer(told.back_test, formats)
    return formats.say(AN_EARLIER_RELEASE if told.tracking is None and told.model else NO_JUDGEMENT)


def stats(told: Models, drift: dict[str, Any] | None, formats: Formats) -> list[Stat]:
    """What is known of how far to trust."""
    return [*_judged(told, formats), *_held(told, formats), *_lately(drift, formats)]


def _judged(told: Models, formats: Formats) -> Iterator[Stat]:
    if told.back_test is None:
        return
    judged = told.back_test["judged"]
    model = next(each for each in judged if not each["naive"])
    rules = [abs(each["bias"]) for each in judged if each["naive"] and each["bias"] is not None]
    if model["bias"] is not None:
        rule = formats.say(BEST_RULE, miss=formats.percent(min(rules))) if rules else ""
        yield Stat(formats.say(OF_THE_TOTAL), formats.percent(abs(model["bias"])), rule)
    if model["gini"] is not None:
        past = told.back_test["past_spend_gini"]
        note = "" if past is None else formats.say(PAST_SPEND, gini=formats.percent(past, 0))
        yield Stat(formats.say(ORDER_FOUND), formats.percent(model["gini"], 0), note)


def _held(told: Models, formats: Formats) -> Iterator[Stat]:
    held = told.interval
    if held is None or held["share"] is None or not held["outcomes"]:
        return
    moved = held["factor"] - 1
    note = PROMISED if abs(moved) < CLOSE else WIDER if moved > 0 else NARROWER
    yield Stat(
        formats.say(HELD),
        formats.percent(held["share"], 0),
        formats.say(note, level=formats.percent(LEVEL, 0)),
    )


def _lately(drift: dict[str, Any] | None, formats: Formats) -> Iterator[Stat]:
    if drift is None:
        return
    between = {"low": formats.number(drift["low"]), "high": formats.number(drift["high"])}
    yield Stat(
        formats.say(LAST_MONTH, since=formats.day(drift["since"])),
        formats.number(drift["actual"]),
        formats.say(DRIFTS if drift["is_outside"] else FORETOLD, **between),
        drift["is_outside"],
    )


def blocks_of(told: Models, formats: Formats) -> list[Block]:
    """How the model did, in the order in which it is read; and what an analyst checks."""
    figures, words = figures_of(told), names(formats)
    makers = (tracking_block, back_test_block, choice_block)
    blocks = [block for make in makers if (block := make(figures, words, formats)) is not None]
    return [*(shown(block, FILES) for block in blocks if not block.missing), *tables(told, formats)]


def histories_of(told: Models, formats: Formats) -> list[Block]:
    """What the model makes of every history; empty where it cannot be said."""
    figures, words = figures_of(told), names(formats)
    blocks = [
        make(figures, words, formats) for make in (alive_block, alive_matrix_block, expected_matrix_block)
    ]
    return [shown(block, HISTORY_FILES) for block in blocks if not block.missing]


def tables(told: Models, formats: Formats) -> list[Block]:
    """What an analyst checks: parameters with their errors, and the models that could have been chosen."""
    say = formats.say
    rows = [
        (each.title, parameter.name, parameter.value, parameter.standard_error)
        for each in (told.purchases, told.spend, told.runner_up)
        if each is not None
        for parameter in each.parameters
    ]
    columns = (
        Column("model", say(_("Model"))),
        Column("parameter", say(_("Parameter"))),
        Column("value", say(_("Estimate")), "exact"),
        Column("standard_error", say(_("Standard error")), "exact"),
    )
    candidates = (
        Column("model", say(_("Model"))),
        Column("log_score", say(_("Log score of the part kept back")), "tenth"),
        Column("behind", say(_("Behind the best by")), "tenth"),
        Column("standard_error", say(_("Standard error of that")), "tenth"),
        Column("may_be_chosen", say(_("May be chosen"))),
    )
    return [
        Block(
            "parameters",
            say(_("Which parameters?")),
            table=Table(columns, rows),
            note=say(_("Times are in units of one {unit}."), unit=say(UNITS[told.unit])),
            files=f"{FILES}/parameters",
        ),
        Block(
            "candidates",
            say(_("Which models were tried?")),
            table=Table(
                candidates,
                [
                    (
                        each.title,
                        each.log_score,
                        each.behind,
                        each.standard_error,
                        say(
                            _("Failed") if each.failed else _("Yes") if each.eligible else _("For comparison")
                        ),
                    )
                    for each in told.candidates
                ],
            ),
            note=say(
                _(
                    "The log score is the logarithm of the chance that the model gave to what happened: higher is better."
                )
            ),
            files=f"{FILES}/candidates",
        ),
    ]
