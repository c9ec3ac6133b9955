"""Readings as documents and back, to the last bit: what was counted once need not be counted again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import InputError, _
from evergrove.measurement.targets.rules import SAID
from evergrove.measurement.targets.types import Month, Reading
from evergrove.stats import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "evergrove.target_month/1"


class UnknownMonth(InputError):
    """A month that was kept by a later release."""

    code = "measurement.unknown_month"
    message = _("What is kept of {month} has the format {found}; this version reads {known}.")
    hint = _("Use the version that kept it, or run once more.")


def document_of(reading: Reading) -> dict[str, Any]:
    """A reading as JSON; numbers survive exactly, those that JSON does not know as texts."""
    return {
        "measure": reading.measure,
        "first": reading.first.isoformat(),
        "last": reading.last.isoformat(),
        "customers": reading.customers,
        "estimate": None if reading.estimate is None else _told(reading.estimate),
        "method": reading.method,
        "reason": None if reading.reason is None else reading.reason.code,
        "annual": reading.annual,
    }


def _told(estimate: Estimate) -> dict[str, float | str]:
    """A bound that nobody knows, or that is infinite, is a text: the ledger takes no other."""
    return {name: value if isfinite(value) else str(value) for name, value in asdict(estimate).items()}


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
        estimate=None
        if estimate is None
        else Estimate(**{name: float(told) for name, told in estimate.items()}),
        method=str(document["method"]),
        reason=None if reason is None else SAID[reason],
        annual=document["annual"],
    )


def month_document(month: Month, asks: Mapping[str, Any], lineage: Mapping[str, Any]) -> dict[str, Any]:
    """
    A month as JSON.

    Args:
        month: With all its readings.
        asks: What the shop's own targets asked when they were read, by key.
        lineage: What it rests on.
    """
    return {
        "format": FORMAT,
        "month": month.month.isoformat(),
        "as_of": month.as_of.isoformat(),
        "basis": month.basis,
        "policy": dict(month.policy),
        "readings": [document_of(each) for each in month.readings.values()],
        "asks": dict(asks),
        "lineage": dict(lineage),
    }


def month_of(document: Mapping[str, Any]) -> Month:
    """
    The month that a document tells.

    Raises:
        UnknownMonth: It was written by a later release.
    """
    if document["format"] != FORMAT:
        raise UnknownMonth(month=document.get("month", "?"), found=document["format"], known=FORMAT)
    readings = [reading_of(each) for each in document["readings"]]
    return Month(
        date.fromisoformat(document["month"]),
        date.fromisoformat(document["as_of"]),
        document["basis"],
        {each.measure: each for each in readings},
        document["policy"],
    )
