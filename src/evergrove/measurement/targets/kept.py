"""Readings as documents and back, to the last bit: what was counted once need not be counted again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.measurement.targets.rules import SAID
from evergrove.measurement.targets.types import Reading
from evergrove.stats import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping


def document_of(reading: Reading) -> dict[str, Any]:
    """A reading as JSON; numbers survive exactly, and so do those that JSON knows only in Python's way."""
    return {
        "measure": reading.measure,
        "first": reading.first.isoformat(),
        "last": reading.last.isoformat(),
        "customers": reading.customers,
        "estimate": None if reading.estimate is None else asdict(reading.estimate),
        "method": reading.method,
        "reason": None if reading.reason is None else reading.reason.code,
        "annual": reading.annual,
    }


def reading_of(document: Mapping[str, Any]) -> Reading:
    """
    The reading that a document tells.

    Raises:
        KeyError, TypeError, ValueError: It tells none.
    """
    estimate, reason = document["estimate"], document["reason"]
    return Reading(
        measure=str(document["measure"]),
        first=date.fromisoformat(document["first"]),
        last=date.fromisoformat(document["last"]),
        customers=int(document["customers"]),
        estimate=None if estimate is None else Estimate(**estimate),
        method=str(document["method"]),
        reason=None if reason is None else SAID[reason],
        annual=document["annual"],
    )
