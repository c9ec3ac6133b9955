"""What a night of measuring teaches: beliefs about effects, and playbooks that lose money for sure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evergrove.decisions.effects import shrink, store
from evergrove.measurement.believing import USUAL_DAYS, assumed, measured_cells
from evergrove.measurement.cells import NO_CAP, windowed
from evergrove.measurement.keeping import fix_cap, kept_cap, stops
from evergrove.measurement.stopping import losing
from evergrove.measurement.types import PACKAGE, PROGRAMME
from evergrove.warehouse import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Installed
    from evergrove.decisions.effects import Effect
    from evergrove.measurement.stopping import Loss
    from evergrove.measurement.types import Basis, Cell, Measured
    from evergrove.settings import Settings
    from evergrove.warehouse import Engine

TEN_THOUSANDTH = Decimal("0.0001")


@dataclass(frozen=True)
class Learned:
    """
    What is to be kept.

    Attributes:
        effects: Beliefs, as of the day.
        costs: Contact cost of a treated person by playbook.
        about: Window, basis and assumption by playbook.
        losses: Of playbooks at work that lose money for sure.
        basis: What figures count.
        cap: Of figures that decide, to be fixed; None: it is, or there is nobody yet to take it from.
    """

    effects: list[Effect]
    costs: Mapping[str, Decimal]
    about: Mapping[str, Mapping[str, Any]]
    losses: Mapping[str, Loss]
    basis: Basis
    cap: Mapping[str, Any] | None


@dataclass(frozen=True)
class _Usual:
    """What customers brought before any outreach: how much on average, and where figures are cut off."""

    mean: float
    cap: float
    fixed: Mapping[str, Any] | None


def learn(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    as_of: date,
    results: Sequence[Measured],
    playbooks: Sequence[Installed],
) -> Learned:
    """
    Learn from what was measured; nothing is written.

    Decisions rest on whole windows and capped figures: whoever was assigned too lately does not count yet, and one very
    large order cannot decide. The value ledger beside them counts everything.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        connection: Of any block.
        settings: Margin, assumptions, cost of a message.
        as_of: The last day whose orders and refunds count.
        results: Of the same day, as ``measure`` gives them.
        playbooks: Of the workspace.
    """
    margin = 1.0 if settings.value.margin is None else settings.value.margin
    basis: Basis = "revenue" if settings.value.margin is None else "margin"
    needed = next((each.window_needed for each in results if each.window_needed), USUAL_DAYS)
    first = min((each.first_assigned for each in results), default=as_of)
    usual = _usual(engine, connection, margin, basis, first, needed)
    cells = windowed(engine, connection, as_of, margin, needed, usual.cap)
    costs = _costs(results)
    priors = assumed([each.playbook for each in playbooks], usual.mean, costs, settings.outreach)
    effects = shrink(measured_cells(cells, needed), priors, as_of)
    about = {
        each.playbook: {"assumed": each.mean, "assumed_sd": each.sd, "basis": basis, "window_days": needed}
        for each in priors
    }
    unnamed = {"assumed": None, "assumed_sd": None, "basis": basis, "window_days": needed}
    return Learned(
        effects=effects,
        costs={prior.playbook: _exact(prior.contact_cost) for prior in priors}
        | {key: _exact(cost) for key, cost in costs.items()},
        about={each.playbook: about.get(each.playbook, unnamed) for each in effects},
        losses=_losses(engine, connection, as_of, margin, needed, usual.cap, cells, costs, playbooks),
        basis=basis,
        cap=usual.fixed,
    )


def keep(connection: Connection, learned: Learned, run_id: int, now: datetime) -> None:
    """Keep beliefs, and the cap where none is fixed yet; in a ``writing`` block. Stopping is for whoever may pause."""
    if learned.cap is not None:
        fix_cap(connection, learned.basis, learned.cap, now)
    store(connection, learned.effects, learned.costs, learned.about, run_id=run_id, now=now)


def _usual(engine: Engine, connection: Connection, margin: float, basis: str, day: date, days: int) -> _Usual:
    row = engine.run(statement(PACKAGE, "before_outreach"), day=day, days=days, margin=margin)[0]
    customers, mean, cap = int(row[0]), row[1] or 0.0, row[2] or 0.0
    kept = kept_cap(connection, basis)
    if kept is not None:
        return _Usual(mean, kept, None)
    if cap <= 0.0:
        return _Usual(mean, NO_CAP, None)
    return _Usual(mean, cap, {"cap": cap, "day": day, "days": days, "customers": customers})


def _costs(results: Sequence[Measured]) -> dict[str, float]:
    """Contact cost of a treated person, of playbooks that have sent anything."""
    return {
        each.playbook: float(each.cost) / each.people_treated
        for each in results
        if each.playbook != PROGRAMME and each.messages and each.people_treated
    }


def _losses(
    engine: Engine,
    connection: Connection,
    as_of: date,
    margin: float,
    needed: int,
    cap: float,
    cells: Sequence[Cell],
    costs: Mapping[str, float],
    playbooks: Sequence[Installed],
) -> dict[str, Loss]:
    """Of playbooks at work; of one that stopped before, only people assigned since then count."""
    since = {key: stop.as_of for key, stop in stops(connection).items()}
    fresh = windowed(engine, connection, as_of, margin, needed, cap, since) if since else cells
    found = {}
    for each in playbooks:
        key = each.playbook.key
        own = [cell for cell in fresh if cell.layer_key == key]
        loss = losing(own, costs.get(key, 0.0)) if own and each.state == "started" else None
        if loss is not None:
            found[key] = loss
    return found


def _exact(cost: float) -> Decimal:
    return Decimal(str(cost)).quantize(TEN_THOUSANDTH)
