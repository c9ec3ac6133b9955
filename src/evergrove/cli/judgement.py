"""A back-test on the terminal: who is best at what, everybody's measures, the verdict."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from evergrove.core import _, fill
from evergrove.scoring.rolling.words import loss_figure, purpose_words, said, title
from evergrove.text import translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.cli.terminal import Terminal
    from evergrove.pipeline import BacktestOutcome
    from evergrove.scoring.rolling import Champion, Record, RollingBackTest

NOTHING = "–"
COLUMNS = (
    _("contender"),
    _("Gini"),
    _("Spearman"),
    _("total"),
    _("WAPE"),
    _("MAE"),
    _("log score"),
    _("in 80%"),
    _("PIT"),
    _("spend PIT"),
    _("log loss"),
    _("AUC"),
    _("days off"),
    _("seconds"),
)
INSIDE = _("Spend within the 80% interval, window by window (randomised PIT)")
LEGEND = _(
    "Gini and rank correlation of the ranking; error of the total; WAPE and MAE of purchase days; log score of counts; "
    "share of outcomes within the 80% interval and of the randomised PIT of counts in [.1, .9], of spend within the interval; log loss and AUC of who buys; error of the next order's date."
)


def print_backtest(terminal: Terminal, outcome: BacktestOutcome) -> None:
    """
    Print what looking back found; with --json the whole document instead.

    Args:
        terminal: Where to.
        outcome: Of looking back.
    """
    found, translate = outcome.found, translator(terminal.language)
    terminal.table(translate(_("Windows")), _origin_rows(found), _words(ORIGIN_COLUMNS, translate))
    rows = [_row(record, found, translate) for record in found.records]
    terminal.table(translate(_("All windows together")), rows, _words(COLUMNS, translate))
    terminal.say(f"  {translate(LEGEND)}")
    inside = _inside_rows(found, translate)
    if inside:
        days = [one.origin.isoformat() for one in found.origins]
        terminal.table(translate(INSIDE), inside, (translate(COLUMNS[0]), *days))
    champions = [_champion_row(champion, translate) for champion in found.champions]
    terminal.table(translate(_("Best for each purpose")), champions, _words(CHAMPION_COLUMNS, translate))
    terminal.say()
    terminal.say(found.verdict.said(translate))
    for warning in outcome.warnings:
        terminal.warn(warning)
    terminal.say(fill(translate(_("Everything: {folder}")), {"folder": str(outcome.out)}))
    terminal.result("backtest", outcome.figures)


ORIGIN_COLUMNS = (
    _("known on"),
    _("until"),
    _("customers"),
    _("came back"),
    _("purchase days"),
    _("net amount"),
)
CHAMPION_COLUMNS = (_("for"), _("champion"), "", _("runner-up"), "", _("naive rule"), "")


def _words(columns: tuple[str, ...], translate: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(translate(word) if word else "" for word in columns)


def _origin_rows(found: RollingBackTest) -> list[tuple[str, ...]]:
    return [
        (
            one.origin.isoformat(),
            one.until.isoformat(),
            f"{one.customers:,}",
            f"{one.returned:,}",
            f"{one.purchases:,.0f}",
            _shown(one.spend, ",.0f"),
        )
        for one in found.origins
    ]


def _row(record: Record, found: RollingBackTest, translate: Callable[[str], str]) -> tuple[str, ...]:
    name, seconds = said(title(record.name), translate), sum(turn.seconds for turn in record.turns)
    of = record.pooled
    if of is None:
        return (name, *(NOTHING for _column in COLUMNS[1:-1]), f"{seconds:.2f}")
    return (
        name,
        _shown(of.gini, ".3f"),
        _shown(of.spearman, ".3f"),
        _shown(of.spend_bias if found.amounts else of.bias, "+.1%"),
        _shown(of.wape, ".3f"),
        _shown(of.mae, ".3f"),
        _shown(of.log_score, ".4f"),
        _shown(of.coverage, ".1%"),
        _shown(of.pit_share, ".1%"),
        _shown(of.spend_inside, ".1%"),
        _shown(of.log_loss, ".4f"),
        _shown(of.auc, ".3f"),
        _shown(of.next_mae, ".1f"),
        f"{seconds:.2f}",
    )


def _inside_rows(found: RollingBackTest, translate: Callable[[str], str]) -> list[tuple[str, ...]]:
    """Of every contender that gave intervals, the share of spend inside them at each origin."""
    return [
        (
            said(title(record.name), translate),
            *(_shown(turn.measures.spend_inside if turn.measures else None, ".1%") for turn in record.turns),
        )
        for record in found.records
        if record.pooled is not None and record.pooled.spend_inside is not None
    ]


def _champion_row(champion: Champion, translate: Callable[[str], str]) -> tuple[str, ...]:
    stack = champion.stack
    parts = stack.parts if stack is not None and stack.accepted else None

    def figure(loss: float) -> str:
        return loss_figure(champion.purpose, loss)

    row = [translate(purpose_words(champion.purpose, champion.name))]
    row += [said(title(champion.name, parts), translate), figure(champion.loss)]
    for other in (champion.runner_up, champion.naive):
        row += [said(title(other.name), translate), figure(other.loss)] if other else [NOTHING, NOTHING]
    return tuple(row)


def _shown(value: float | None, form: str) -> str:
    return format(value, form) if value is not None and isfinite(value) else NOTHING
