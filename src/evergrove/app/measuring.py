"""What measurement has found, as people and programs ask for it: parts of the value ledger, beliefs, held-out customers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from evergrove.campaigns.control import begins, period_of
from evergrove.decisions.effects.keeping import read_kept
from evergrove.export.spreadsheet import BYTE_ORDER_MARK, safe_title
from evergrove.measurement.held_out import held_out
from evergrove.measurement.keeping import recorded_parts, stops
from evergrove.measurement.service import recorded
from evergrove.measurement.subsidy import all_subsidies
from evergrove.measurement.types import PROGRAMME
from evergrove.pipeline.experiments import experiments as experiments_now
from evergrove.pipeline.export import NothingPublished

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from evergrove.app.workspace import Workspace
    from evergrove.decisions.effects import Effect
    from evergrove.measurement import Measured
    from evergrove.measurement.experiments import Reading
    from evergrove.measurement.held_out import HeldOut
    from evergrove.measurement.keeping import KeptPart, SelfStop
    from evergrove.measurement.subsidy import KeptSubsidy
    from evergrove.measurement.types import By
    from evergrove.pipeline.experiments import Experiments

COLUMNS = (
    "playbook",
    "by",
    "part",
    "as_of",
    "people_treated",
    "people_control",
    "mean_treated",
    "mean_control",
    "effect",
    "low",
    "high",
    "level",
    "se",
    "estimator",
    "variance_left",
    "messages",
    "cost",
    "basis",
    "complete",
    "people_complete",
    "trustworthy",
    "srm_p",
    "surrogate",
    "surrogate_low",
    "surrogate_high",
    "surrogate_people",
    "surrogate_fitted_on",
    "stopped_early",
    "reason",
)
"""Columns of the value ledger as a file; rows do not add up."""


@dataclass(frozen=True)
class Standing:
    """
    The group that no playbook writes to.

    Attributes:
        as_of: The last day that was measured, or else that of the last run.
        share: Of customers, kept untreated.
        rotate_months: After so many months it is drawn anew; 0: never.
        period: That runs now.
        begins: Its first day; None: since ever.
        ends: The first day of the next one; None: never.
        whole: All periods together; None: nobody was measured yet.
        periods: One after the other, the oldest first.
        tiers: By tier at the assignment.
    """

    as_of: date
    share: float
    rotate_months: int
    period: str
    begins: date | None
    ends: date | None
    whole: Measured | None
    periods: tuple[KeptPart, ...]
    tiers: tuple[KeptPart, ...]


def parts(
    here: Workspace, by: By | None = None, playbook: str | None = None, as_of: date | None = None
) -> list[KeptPart]:
    """Parts of the value ledger: of the newest day, or of one that is kept."""
    with here.ledger.reading() as connection:
        return recorded_parts(connection, by, playbook, as_of)


def beliefs(here: Workspace, as_of: date | None = None) -> list[tuple[Effect, Decimal, Mapping[str, Any]]]:
    """What playbooks are believed to bring on a day, or newest, with contact cost and what it rests on."""
    with here.ledger.reading() as connection:
        return read_kept(connection, as_of)


def stopped(here: Workspace) -> dict[str, SelfStop]:
    """The newest stop of each playbook that stopped by itself."""
    with here.ledger.reading() as connection:
        return stops(connection)


def held(here: Workspace, customer_id: str) -> HeldOut:
    """
    Whether a customer is held out, of the programme and of single playbooks.

    Raises:
        NothingPublished: There was no run yet.
    """
    day = _last_day(here)
    with here.ledger.reading() as connection:
        return held_out(connection, here.settings.outreach, customer_id, day)


def experiments(here: Workspace, reading: Reading) -> Experiments:
    """
    What every experiment says, read once at its planned end or from day to day.

    Raises:
        NothingPublished: There was no run yet.
    """
    return experiments_now(here.ledger, here.warehouse, here.settings, reading)


def subsidies(here: Workspace) -> list[tuple[str, KeptSubsidy]]:
    """The newest subsidy rate of each coupon campaign through each playbook, by the campaign's key."""
    with here.ledger.reading() as connection:
        return all_subsidies(connection)


def global_control(here: Workspace) -> Standing:
    """
    The group that no playbook writes to: when it is drawn anew, and what the programme brought against it.

    Raises:
        NothingPublished: There was no run yet.
    """
    settings, day = here.settings.outreach, _last_day(here)
    period = period_of(day, settings.rotate_months)
    first = begins(period)
    with here.ledger.reading() as connection:
        newest = recorded(connection, newest=True)
        whole = next((each for each in newest if each.playbook == PROGRAMME), None)
        periods = recorded_parts(connection, "period", PROGRAMME)
        tiers = recorded_parts(connection, "tier", PROGRAMME)
    return Standing(
        as_of=day,
        share=settings.global_control,
        rotate_months=settings.rotate_months,
        period=period,
        begins=None if first == date.min else first,
        ends=None if first == date.min else _months_later(first, settings.rotate_months),
        whole=whole,
        periods=tuple(periods),
        tiers=tuple(tiers),
    )


def ledger_as_csv(here: Workspace) -> Iterator[str]:
    """The newest day of the value ledger as lines: every playbook as a whole, then part by part."""
    with here.ledger.reading() as connection:
        wholes, found = recorded(connection, newest=True), recorded_parts(connection)
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for whole in wholes:
        yield _line(_cells("", "", whole.as_json()))
    for part in found:
        yield _line(_cells(part.by, part.name, part.document))


def _cells(by: str, part: str, document: Mapping[str, Any]) -> list[str]:
    told = document.get("surrogate") or {}
    foretold = {
        "surrogate": told.get("effect"),
        "surrogate_low": told.get("low"),
        "surrogate_high": told.get("high"),
    }
    flat = {**document, **(document["margin"] or {}), **foretold, "by": by, "part": part}
    return [_cell(flat.get(name)) for name in COLUMNS]


def _cell(value: Any) -> str:
    """Keys and coupons are people's own words, and no formula; numbers stay numbers."""
    if value is None:
        return ""
    return (
        safe_title(value)
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _last_day(here: Workspace) -> date:
    last = here.warehouse.newest("run")
    if last is None or last.as_of is None:
        raise NothingPublished
    return last.as_of


def _months_later(day: date, months: int) -> date:
    count = 12 * day.year + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
