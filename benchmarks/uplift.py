"""
Whom a mail moves, on a real campaign: what each way of ranking is worth, with its interval.

``python -m benchmarks.uplift`` learns on one half of the Hillstrom campaign and measures on the other, both ways round,
prints the tables and writes benchmarks/results/uplift.{json,md}. The data are those of EVERGROVE_SHARED.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
from benchmarks.machine import ROOT, commit, machine

from evergrove.models.learned import grow
from evergrove.models.uplift import Trial, contrast, fit, gain_of, prove, rank, value_of
from evergrove.models.uplift.boosted import growth
from evergrove.models.uplift.linear import fit_linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.models.uplift import Calibration, Interval, UpliftModel

    Bools = NDArray[np.bool_]

RESULTS = Path(__file__).parent / "results"
SHARED = Path(os.environ.get("EVERGROVE_SHARED", ROOT.parent / "shared"))
ARMS = {"No E-Mail": 0, "Womens E-Mail": 1, "Mens E-Mail": 2}
OFFERS = ("Womens", "Mens")
NUMBERS = ("recency", "history", "mens", "womens", "newbie")
WORDS = ("zip_code", "channel")
SCORED = 1_000_000


@dataclass(frozen=True)
class Row:
    """One ranking of one mail, measured on one half."""

    mail: str
    ranking: str
    half: str
    qini: Interval
    top_30: Interval
    proven: bool
    tied: bool


@dataclass(frozen=True)
class Rule:
    """A rule for all three arms, judged by the log: visits a customer, and what it gains over the mens mail for all."""

    rule: str
    value: Interval
    gain: Interval
    effective: float


def campaign(outcome: str) -> tuple[Trial, Bools]:
    """The log, each arm with a chance of a third, and which customers have odd ids."""
    table = pq.read_table(SHARED / "data" / "hillstrom" / "hillstrom.parquet")
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    found = {name: columns[name].astype(np.float64) for name in NUMBERS}
    for name in WORDS:
        texts = columns[name].astype(str)
        found |= {f"{name}={word}": (texts == word).astype(np.float64) for word in np.unique(texts)[1:]}
    arm = np.array([ARMS[each] for each in columns["segment"]])
    came, unit = columns[outcome].astype(np.float64), columns["customer_id"]
    chances = np.full(3, 1 / 3)
    return Trial(
        np.column_stack(list(found.values())), tuple(found), arm, came, chances, OFFERS, unit
    ), unit % 2 == 1


def rankings(learned: Trial, X: Floats) -> Iterator[tuple[str, Callable[[int], Floats]]]:
    """Name, and the scores of all customers for an offer."""
    ridge, trees = fit(learned), fit(learned, ("trees",))
    yield "scores, ridge", lambda offer: ridge.predict(X)[:, offer - 1]
    yield "scores, boosted trees", lambda offer: trees.predict(X)[:, offer - 1]
    apart = fit(learned, ("two-model",))
    yield "two models, ridge", lambda offer: apart.parts[offer - 1].shape.predict(X)

    def arm_trees(arm: int) -> Floats:
        here = learned.arm == arm
        y = learned.outcome[here]
        return grow(learned.X[here], y, learned.features, "log_loss", growth(len(y))).predict(X)

    by_arm = [arm_trees(arm) for arm in range(3)]
    yield "two models, boosted trees", lambda offer: by_arm[offer] - by_arm[0]

    def response(offer: int) -> Floats:
        here = (learned.arm == 0) | (learned.arm == offer)
        return fit_linear(learned.X[here], learned.outcome[here]).predict(X)

    yield "by expected visits", response
    yield "random", lambda offer: np.random.default_rng(offer).random(len(X))


def measured(trial: Trial, odd: Bools) -> list[Row]:
    """All rankings of both mails, on both halves."""
    rows = []
    for half, here in (("odd", odd), ("even", ~odd)):
        held_out = trial.rows(here)
        for name, score in rankings(trial.rows(~here), held_out.X):
            for offer, mail in enumerate(OFFERS, start=1):
                seen, eligible = contrast(held_out, offer)
                found = rank(score(offer)[eligible], seen, (0.3,))
                proven = found.qini.low > 0.0
                rows.append(Row(mail, name, half, found.qini, found.top[0.3], proven, found.tied))
    return rows


def rules(trial: Trial, odd: Bools) -> list[Rule]:
    """What the model of even ids would do with odd ones."""
    held_out = trial.rows(odd)
    effects = fit(trial.rows(~odd)).predict(held_out.X)
    n = len(held_out)
    known = {
        "nothing": np.zeros(n, dtype=np.int64),
        "womens mail for all": np.ones(n, dtype=np.int64),
        "mens mail for all": np.full(n, 2),
        "the mail of larger effect": 1 + effects.argmax(axis=1),
    }
    mens = known["mens mail for all"]
    return [
        Rule(
            name,
            (found := value_of(held_out, rule)).doubly_robust,
            gain_of(held_out, rule, mens),
            found.effective,
        )
        for name, rule in known.items()
    ]


def timed(trial: Trial) -> dict[str, float]:
    """Seconds of processor time: learning from all rows, and a million customers asked for both offers."""
    found: dict[str, float] = {}
    many = trial.X[np.random.default_rng(1).integers(0, len(trial), SCORED)]
    for form in ("ridge", "trees"):
        begun = time.process_time()
        model: UpliftModel = fit(trial, (form,))
        between = time.process_time()
        model.predict(many)
        found |= {f"{form}_fit_s": between - begun, f"{form}_score_s": time.process_time() - between}
    return found


def told(seen: Interval, digits: int = 4) -> str:
    """A figure and its bounds."""
    return f"{seen.value:.{digits}f} ({seen.low:.{digits}f} to {seen.high:.{digits}f})"


def ordered(row: Row) -> str:
    """What a ranking is worth; of one that found no differences there is nothing to say."""
    return "all alike" if row.tied else told(row.qini)


def table(rows: list[Row]) -> list[str]:
    """One row a mail and ranking; both halves beside each other."""
    lines = [
        "| mail | ranking | extra visits a person treated, odd ids | se | on even ids | effect in the best 30 %, odd ids | proven on both |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    halves = {(row.mail, row.ranking, row.half): row for row in rows}
    for mail, ranking, half in halves:
        if half == "odd":
            odd, even = halves[mail, ranking, "odd"], halves[mail, ranking, "even"]
            proven = "yes" if odd.proven and even.proven else "no"
            lines.append(
                f"| {mail} | {ranking} | {ordered(odd)} | {odd.qini.se:.4f} | {ordered(even)} | {told(odd.top_30, 3)} | {proven} |"
            )
    return [*lines[:2], *sorted(lines[2:], key=lambda line: not line.startswith("| Womens"))]


def tenths(seen: Calibration) -> list[str]:
    """Foretold beside measured."""
    lines = ["| tenth | people | foretold | measured | se |", "|" + "---:|" * 5]
    lines += [
        f"| {place} | {each.people} | {each.predicted:.3f} | {told(each.measured, 3)} | {each.measured.se:.3f} |"
        for place, each in enumerate(seen.groups, start=1)
    ]
    return [*lines, "", f"Slope {told(seen.slope, 2)}, bias {told(seen.bias, 4)}."]


def main() -> None:
    """Measure, print and write."""
    trial, odd = campaign("visit")
    rows, judged, seconds = measured(trial, odd), rules(trial, odd), timed(trial)
    evidence = prove(trial.rows(~odd), trial.rows(odd))
    spend, _odd = campaign("spend")
    money = prove(spend.rows(~odd), spend.rows(odd), dict.fromkeys(OFFERS, 0.1))
    lines = [
        *table(rows),
        "",
        *(f"- {each.offer}: {each.verdict.reason} {each.verdict.average}" for each in evidence),
        *(
            f"- {each.offer}, spend at 0.10 a mail: {each.verdict.reason} {each.verdict.average}"
            for each in money
        ),
        "",
        "| rule for all three arms, odd ids | visits a customer | more than the mens mail for all | effective sample |",
        "|---|---:|---:|---:|",
        *(
            f"| {each.rule} | {told(each.value)} | {told(each.gain)} | {each.effective:.0f} |"
            for each in judged
        ),
        "",
        *tenths(evidence[0].calibration),
        "",
        (
            f"Learning from 64,000 rows, two offers: ridge {seconds['ridge_fit_s']:.1f} s, boosted trees "
            f"{seconds['trees_fit_s']:.1f} s of processor time; a million customers asked for both: "
            f"{seconds['ridge_score_s']:.1f} s and {seconds['trees_score_s']:.1f} s."
        ),
    ]
    text = "\n".join(lines)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    document = {
        "rankings": [asdict(each) for each in rows],
        "verdicts": [each.verdict.document() for each in (*evidence, *money)],
        "rules": [asdict(each) for each in judged],
        "calibration": asdict(evidence[0].calibration),
        "seconds": seconds,
        "commit": commit(),
        "machine": machine(),
    }
    (RESULTS / "uplift.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "uplift.md").write_text(f"# Whom a mail moves\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
