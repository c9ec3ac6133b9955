"""Where every row went, how the files were read, and what the data cannot carry."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evergrove.report.numbers import realised, rounded, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.core import EvergroveWarning
    from evergrove.ingest import Intake
    from evergrove.ingest.facts.rates import Waiting
    from evergrove.report.types import Figures
    from evergrove.scoring.types import Readiness


def accounting(intake: Intake) -> Figures:
    """Rows in and where they went: good + rejected + duplicate = read, as a whole and per file."""
    return {
        "rows": asdict(intake.rows),
        "by_file": [
            {"file": file, "encoding": intake.encodings.get(file)} | asdict(rows)
            for file, rows in intake.by_file.items()
        ],
        "encodings": dict(intake.encodings),
        "mapping": [asdict(match) | {"confidence": rounded(match.confidence, 3)} for match in intake.columns],
        "grain": intake.grain,
        "timezone": intake.timezone or None,
        "has_amounts": intake.has_amounts,
        "excluded": [
            {"class": name, "rows": each.rows, "amount": realised(each.amount)}
            for name, each in intake.excluded.items()
        ],
        "rejected": [
            {"code": code, "rows": each.rows, "amount": realised(each.amount)}
            for code, each in intake.rejected.items()
        ],
    }


def waiting(facts: Sequence[Waiting], costs: int = 0) -> list[dict[str, Any]]:
    """
    What stands in other currencies and counts nowhere until a rate is known.

    Args:
        facts: Orders and refunds, by currency.
        costs: Rows of the tables beside them.
    """
    found = [
        {"what": what, "currency": each.currency, "rows": rows, "amount": amount}
        for each in facts
        for what, rows, amount in (
            ("orders", each.orders, realised(each.amount)),
            ("refunds", each.refunds, None),
        )
        if rows
    ]
    return [*found, *([{"what": "costs", "currency": None, "rows": costs, "amount": None}] if costs else [])]


def limits(readiness: Readiness) -> list[dict[str, Any]]:
    """Which figures cannot be given, or come from a simpler estimate, and why."""
    return [
        {
            "reason": worded(limit.reason),
            "missing": list(limit.missing),
            "instead": list(limit.instead),
        }
        for limit in readiness.limits
    ]


def reason_for(readiness: Readiness, *names: str) -> str | None:
    """The code of the first reason why one of these figures cannot be given; None where there is none."""
    for limit in readiness.limits:
        if set(names) & set(limit.missing):
            return limit.reason.code
    return None


def notes(*stations: tuple[EvergroveWarning, ...]) -> list[dict[str, Any]]:
    """The warnings of several stations, each once, in order."""
    once: dict[str, dict[str, Any]] = {}
    for warning in (each for station in stations for each in station):
        once.setdefault(str(warning), worded(warning))
    return list(once.values())
