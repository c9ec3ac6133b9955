"""What experiments say, from the facts as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.campaigns import installed
from evergrove.ingest import show_facts
from evergrove.measurement.cells import NO_CAP
from evergrove.measurement.drawn import Ground, drawn
from evergrove.measurement.experiments import judged
from evergrove.measurement.keeping import kept_cap
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

    from evergrove.campaigns import Installed
    from evergrove.ledger import Ledger
    from evergrove.measurement.experiments import Judged, Reading, Trial
    from evergrove.measurement.types import Basis
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine, Warehouse


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

    Figures are those on which decisions rest: of whole windows, and capped. The effect that is looked for is a tenth of
    what a customer brought in a window before any outreach.

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
    as_of, margin = last.as_of, settings.value.margin
    basis: Basis = "revenue" if margin is None else "margin"
    share = 1.0 if margin is None else margin
    with open_engine() as engine, ledger.reading() as connection:
        show_facts(engine, warehouse, seen, persons=persons_now(connection))
        window = window_needed(engine.value(statement(PACKAGE, "purchase_gap"), as_of=as_of)) or USUAL_DAYS
        cap = kept_cap(connection, basis) or NO_CAP
        playbooks = installed(connection)
        ground = Ground(engine, connection, as_of, settings.value.zone, share, window, cap)
        trials = drawn(ground, playbooks)
        expected = ASSUMED_LIFT * _usual(engine, trials, as_of, window, share)
    return Experiments(
        as_of,
        reading,
        window,
        basis,
        tuple(judged(each, reading, as_of, window, expected) for each in trials),
        _names(playbooks),
    )


def _usual(engine: Engine, trials: Sequence[Trial], as_of: date, window: int, margin: float) -> float:
    """What a customer brought in a window before the first of them."""
    day = min((each.first_assigned for each in trials), default=as_of)
    row = engine.run(statement(PACKAGE, "before_outreach"), day=day, days=window, margin=margin)[0]
    return max(row[1] or 0.0, 0.0)


def _names(playbooks: Sequence[Installed]) -> dict[str, str]:
    return {each.playbook.key: each.playbook.name for each in playbooks}
