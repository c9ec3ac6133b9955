"""The models of a run as somebody asks about them: which, why, and what they have to show for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.pipeline.champions import BACKTEST
from evergrove.pipeline.judged_past import JUDGED
from evergrove.reading.errors import UnknownBackTest
from evergrove.reading.runs import run_at
from evergrove.report.choice_figures import choice_figures
from evergrove.scoring.kept import read_kept
from evergrove.scoring.portrait import portrait
from evergrove.warehouse.records import snapshot_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from evergrove.reading.runs import RunFound
    from evergrove.scoring.portrait import Portrait
    from evergrove.warehouse import Snapshot


@dataclass(frozen=True)
class ModelsFound:
    """
    The models that a run scored with.

    Attributes:
        run: The run.
        model: Of ``scoring.model_document``.
        portrait: What the purchase model says of the shop; None without one.
        mean_spend: Of a purchase day, over all customers; None where it is not known.
        champions: What a rolling back-test decided; None where none was heard.
        judged: Of ``pipeline.judged_past``; empty where an earlier release fitted.
    """

    run: RunFound
    model: Mapping[str, Any]
    portrait: Portrait | None
    mean_spend: float | None
    champions: Mapping[str, Any] | None
    judged: Mapping[str, Any]


def models_of(connection: Connection, run_id: int) -> ModelsFound:
    """
    The models of one run.

    Raises:
        UnknownRun: There is none of that number.
        UnknownFormat, DamagedModel: They were written by a later release, or are no models any more.
    """
    found = run_at(connection, run_id)
    kept = read_kept(found.models)
    return ModelsFound(
        run=found,
        model=found.models["model"],
        portrait=None if kept.process is None else portrait(kept.process),
        mean_spend=None if kept.shop is None or not kept.shop.has_amounts else kept.shop.mean_spend,
        champions=choice_figures(kept.fits),
        judged=found.models.get(JUDGED, {}),
    )


def back_test_of(connection: Connection, snapshot: int) -> tuple[Snapshot, Mapping[str, Any] | None]:
    """
    A back-test that is kept, and all that it found; None of one that an earlier release made.

    Raises:
        UnknownBackTest: There is none of that number.
    """
    found = snapshot_at(connection, snapshot)
    if found is None or found.kind != BACKTEST:
        raise UnknownBackTest(number=snapshot)
    of = found.details.get("evidence")
    evidence = None if of is None else snapshot_at(connection, of)
    return found, None if evidence is None else evidence.details["evidence"]
