"""The review of a month: where the base stands, who moved, whether forecasts held, and what to decide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evergrove.campaigns import installed
from evergrove.core import InputError, _, __version__
from evergrove.ingest import facts_noted
from evergrove.measurement import recorded
from evergrove.measurement.review import proposals
from evergrove.pipeline.forecast_check import forecasts_checked
from evergrove.pipeline.last_night import persons_of
from evergrove.pipeline.nights import TIERS, TRANSITIONS
from evergrove.pipeline.remeasured import remeasured
from evergrove.pipeline.standings import Known, run_of
from evergrove.pipeline.targets import targets_board
from evergrove.segments.sentences.own_tiers import played_in_languages
from evergrove.segments.states.flaps import axis_of, flaps_between
from evergrove.segments.states.placement import read_placement
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from evergrove.ledger import Ledger
    from evergrove.pipeline.types import Announce
    from evergrove.settings import Settings
    from evergrove.warehouse import Snapshot, Warehouse

FORMAT = "evergrove.review/1"


class NoRunInMonth(InputError):
    """A review is asked for of a month in which there was no run."""

    code = "pipeline.no_run_in_month"
    message = _("No run of {month} is kept, so nobody knows who moved in it and what was foretold.")
    hint = _("Its targets can be looked back upon: evergrove targets --month {month}.")


def review_month(
    ledger: Ledger,
    warehouse: Warehouse,
    settings: Settings,
    announce: Announce,
    *,
    month: date | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """
    The figures of a month's review; nothing is stored.

    The month begins with what the last run of the week before it left; where there is none, with its own first run.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Of the workspace.
        announce: Called when a stage begins.
        month: Any day of it; None: that of the newest run.
        folder: Holds the targets of the shop beside the six; None: there are none.

    Raises:
        NoRunInMonth: Only a month with a run can be reviewed.
        NothingPublished, MonthToCome, MonthTooEarly: As for the targets board.
    """
    runs = warehouse.snapshots("run")
    if month is not None and _saw_no_run(runs, month, facts_noted(warehouse.newest()).first_date):
        raise NoRunInMonth(month=f"{month:%Y-%m}")  # before anything is looked back upon
    board = targets_board(ledger, warehouse, settings, announce, month=month, folder=folder)
    first, end = board.month.month, run_of(runs, board.month.as_of)
    if board.month.basis != "published" or end is None:
        raise NoRunInMonth(month=f"{first:%Y-%m}")
    start = run_of(runs, first - timedelta(days=1)) or next(
        run for run in runs if run.as_of is not None and run.as_of >= first
    )
    announce(_("Holding forecasts against what came"))
    with ledger.reading() as connection:
        known = Known(end, persons_of(connection, end))
        playbooks = {each.playbook.key: each for each in installed(connection)}
        measured = [one.as_json() for one in recorded(connection) if first <= one.as_of <= board.month.as_of]
    latest = max((one["as_of"] for one in measured), default=None)
    measured = [one for one in measured if one["as_of"] == latest]
    checked = forecasts_checked(ledger, warehouse, settings, start, known)
    announce(_("Measuring yardsticks anew"))
    thresholds = remeasured(ledger, warehouse, settings, end)
    targets = board.as_json()
    return {
        "format": FORMAT,
        "evergrove": __version__,
        "month": f"{first:%Y-%m}",
        "from_day": str(start.as_of),
        "as_of": str(end.as_of),
        "currency": settings.value.currency or facts_noted(warehouse.newest()).currency,
        "targets": targets,
        "flows": _flows(warehouse, start, end),
        "tier_names": played_in_languages(read_placement(end.details["placement"]).policy.rules),
        "forecast": checked,
        "thresholds": thresholds,
        "playbooks": {
            key: {"name": each.playbook.name, "state": each.state} for key, each in playbooks.items()
        },
        "measured": measured,
        "proposals": proposals(
            targets, {key: each.state for key, each in playbooks.items()}, measured, thresholds
        ),
    }


def _saw_no_run(runs: Sequence[Snapshot], month: date, first: date | None) -> bool:
    """Whether orders and runs lie on both sides of a month, or in it, and no run is of it."""
    days = [run.as_of for run in runs if run.as_of is not None]
    wanted = month.replace(day=1)
    if first is None or not days or wanted < first.replace(day=1) or wanted > days[-1]:
        return False
    return not any(day.replace(day=1) == wanted for day in days)


def _flows(warehouse: Warehouse, start: Snapshot, end: Snapshot) -> dict[str, Any]:
    """Streams of both axes from the stored moves, and how many moves there were for each cause."""
    newest = warehouse.newest("run")
    assert newest is not None  # noqa: S101 - the caller has found runs
    found: dict[str, Any] = {}
    with open_engine() as engine:
        for table in (TIERS, TRANSITIONS):
            warehouse.show(engine, newest, table)
        for axis in ("tier", "stage"):
            between = {"axis": axis, "start": start.as_of, "end": end.as_of}
            streams = engine.run(statement("evergrove.segments", "flows"), **between)
            causes = engine.run(statement("evergrove.segments", "moves_by_cause"), **between)
            found[axis] = {
                "flows": [
                    {"from": before, "to": after, "customers": customers}
                    for before, after, customers in streams
                ]
                if start.id != end.id
                else [],
                "causes": dict(causes),
            }
        axis = axis_of(read_placement(end.details["placement"]).policy.rules)
        assert start.as_of is not None  # noqa: S101 - as of every run
        assert end.as_of is not None  # noqa: S101 - as of every run
        found["flaps"] = {"axis": axis, **flaps_between(engine, start.as_of, end.as_of, axis).as_json()}
    return found
