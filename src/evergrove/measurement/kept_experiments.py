"""Experiments as last night counted them: a page reads them in milliseconds, whatever the number of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove.measurement.experiments import Arm, Trial
from evergrove.measurement.tables import experiment_count
from evergrove.stats import Sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from evergrove.measurement.types import Basis


@dataclass(frozen=True)
class Counted:
    """
    All experiments as they were drawn, and what is needed to read them.

    Attributes:
        as_of: The last day whose orders count.
        run_id: Of the run of that day.
        window: Days over which an outcome is counted.
        basis: What the outcome counts.
        margin: The setting, of which it is a share; None: of revenue.
        expected: The effect a person that is worth finding.
        trials: Control groups by playbook, then contents.
    """

    as_of: date
    run_id: int
    window: int
    basis: Basis
    margin: float | None
    expected: float
    trials: tuple[Trial, ...]


def keep_counted(connection: Connection, counted: Counted, now: datetime) -> None:
    """
    Keep them in the place of those of the night before.

    Args:
        connection: Of a ``writing`` block.
        counted: Of the newest run.
        now: The moment of recording.
    """
    row = {
        "as_of": counted.as_of,
        "window_days": counted.window,
        "basis": counted.basis,
        "margin": counted.margin,
        "expected": counted.expected,
        "document": {"trials": [_written(each) for each in counted.trials]},
        "run_id": counted.run_id,
        "recorded_at": now,
    }
    connection.execute(experiment_count.delete())
    connection.execute(experiment_count.insert().values(row))


def kept_counted(connection: Connection, run_id: int, margin: float | None) -> Counted | None:
    """Those of a run, at a margin; None: nobody has counted them yet, or the margin has been changed since."""
    query = select(experiment_count).where(experiment_count.c.run_id == run_id)
    row = connection.execute(query).one_or_none()
    if row is None or row.margin != margin:
        return None
    trials = tuple(_read(each) for each in row.document["trials"])
    return Counted(row.as_of, row.run_id, row.window_days, row.basis, row.margin, row.expected, trials)


def _written(trial: Trial) -> dict[str, Any]:
    return {
        "kind": trial.kind,
        "playbook": trial.playbook,
        "version": trial.version,
        "step": trial.step,
        "arms": [_arm_written(each) for each in trial.arms],
        "strata": {
            name: [[_sums_written(arm) for arm in stratum] for stratum in strata]
            for name, strata in trial.strata.items()
        },
        "srm_p": trial.srm_p,
        "first_assigned": trial.first_assigned.isoformat(),
        "stopped_early": None if trial.stopped_early is None else trial.stopped_early.isoformat(),
        "variance_left": trial.variance_left,
    }


def _read(stored: Mapping[str, Any]) -> Trial:
    base, *others = (_arm_read(each) for each in stored["arms"])
    stopped = stored["stopped_early"]
    return Trial(
        stored["kind"],
        stored["playbook"],
        stored["version"],
        stored["step"],
        base,
        tuple(others),
        {name: [_stratum_read(each) for each in strata] for name, strata in stored["strata"].items()},
        stored["srm_p"],
        date.fromisoformat(stored["first_assigned"]),
        None if stopped is None else date.fromisoformat(stopped),
        stored.get("variance_left", 1.0),  # as earlier releases kept them
    )


def _arm_written(arm: Arm) -> dict[str, Any]:
    return {
        "name": arm.name,
        "planned": arm.planned,
        "people": arm.people,
        "whole": _sums_written(arm.whole),
        "cost": arm.cost,
        "harmed": dict(arm.harmed),
    }


def _arm_read(stored: Mapping[str, Any]) -> Arm:
    return Arm(
        stored["name"],
        stored["planned"],
        stored["people"],
        Sums(*stored["whole"]),
        stored["cost"],
        stored["harmed"],
    )


def _sums_written(sums: Sums) -> list[float]:
    return [sums.n, sums.total, sums.squares]


def _stratum_read(stored: Sequence[Sequence[float]]) -> tuple[Sums, Sums]:
    base, other = (Sums(int(n), total, squares) for n, total, squares in stored)
    return base, other
