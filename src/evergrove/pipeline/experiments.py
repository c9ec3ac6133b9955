"""What experiments say, from the facts as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evergrove.campaigns import installed
from evergrove.ingest import show_facts
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.drawn import Ground, drawn
from evergrove.measurement.experiments import judged
from evergrove.measurement.keeping import kept_cap, stops
from evergrove.measurement.kept_experiments import Counted, kept_counted
from evergrove.measurement.planning import ASSUMED_LIFT
from evergrove.measurement.rules import window_needed
from evergrove.measurement.types import PACKAGE
from evergrove.people.identity import persons_now
from evergrove.pipeline.control_price import USUAL_DAYS
from evergrove.pipeline.export import NothingPublished
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from evergrove.campaigns import Installed
    from evergrove.ledger import Ledger
    from evergrove.measurement.experiments import Judged, Reading, Trial
    from evergrove.measurement.keeping import SelfStop
    from evergrove.measurement.types import Basis
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Snapshot, Warehouse


@dataclass(frozen=True)
class Experiments:
    """
    All experiments, read in one way.

    Attributes:
        as_of: The last day whose orders count.
        reading: In which way.
        window_days: Over which an outcome is counted.
        basis: What the outcome counts.
        items: Control groups by playbook, then contents.
        playbooks: What each playbook is called, in English.
    """

    as_of: date
    reading: Reading
    window_days: int
    basis: Basis
    items: tuple[Judged, ...]
    playbooks: Mapping[str, str]


def experiments(ledger: Ledger, warehouse: Warehouse, settings: Settings, reading: Reading) -> Experiments:
    """
    Every experiment in which anybody stands: control groups of playbooks, and contents that are drawn by chance.

    As the night has counted them; where none has counted the day of the last run, they are counted now.

    Args:
        ledger: Of the workspace.
        warehouse: Of the workspace.
        settings: Margin and zone.
        reading: Once at the planned end, or from day to day.

    Raises:
        NothingPublished: There is no run.
    """
    seen, last = warehouse.newest(), warehouse.newest("run")
    if seen is None or last is None or last.as_of is None:
        raise NothingPublished
    with ledger.reading() as connection:
        playbooks = installed(connection)
        found = kept_counted(connection, last.id, settings.value.margin)
        if found is None:
            with open_engine() as engine:
                show_facts(engine, warehouse, seen, persons=persons_now(connection))
                found = count_experiments(engine, connection, settings, playbooks, last)
        stopped = stops(connection, found.as_of)
    trials = [_as_stopped(each, stopped) for each in found.trials]
    return Experiments(
        found.as_of,
        reading,
        found.window,
        found.basis,
        tuple(judged(each, reading, found.as_of, found.window, found.expected) for each in trials),
        _names(playbooks),
    )


def count_experiments(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    playbooks: Sequence[Installed],
    last: Snapshot,
    cap: Mapping[str, Any] | None = None,
) -> Counted:
    """
    The sums of every experiment.

    Figures are those on which decisions rest: of whole windows, and capped. The effect that is looked for is a tenth of
    what a customer brought in a window before any outreach.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block.
        settings: Margin and zone.
        playbooks: Of the workspace.
        last: The newest run.
        cap: Of figures that decide, where it is fixed tonight; None: it is, or there is nobody yet to take it from.

    Raises:
        NothingPublished: The run is of no day.
    """
    if last.as_of is None:
        raise NothingPublished
    as_of = last.as_of
    basis, margin = _basis(settings), settings.value.margin
    share = 1.0 if margin is None else margin
    window = window_needed(engine.value(statement(PACKAGE, "purchase_gap"), as_of=as_of)) or USUAL_DAYS
    most = kept_cap(connection, basis) or (cap["cap"] if cap else NO_CAP)
    trials = drawn(Ground(engine, connection, as_of, settings.value.zone, share, window, most), playbooks)
    expected = ASSUMED_LIFT * _usual(engine, trials, as_of, window, share)
    return Counted(as_of, last.id, window, basis, margin, expected, tuple(trials))


def _as_stopped(trial: Trial, stopped: Mapping[str, SelfStop]) -> Trial:
    """The night that counts is the one that stops, after it has counted."""
    stop = stopped.get(trial.playbook) if trial.kind == "control" else None
    return trial if stop is None else replace(trial, stopped_early=stop.as_of)


def _basis(settings: Settings) -> Basis:
    return "revenue" if settings.value.margin is None else "margin"


def _usual(engine: Engine, trials: Sequence[Trial], as_of: date, window: int, margin: float) -> float:
    """What a customer brought in a window before the first of them."""
    day = min((each.first_assigned for each in trials), default=as_of)
    row = engine.run(statement(PACKAGE, "before_outreach"), day=day, days=window, margin=margin)[0]
    return max(row[1] or 0.0, 0.0)


def _names(playbooks: Sequence[Installed]) -> dict[str, str]:
    return {each.playbook.key: each.playbook.name for each in playbooks}
