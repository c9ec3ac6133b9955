"""The overview and the cohorts of the newest run, as it published them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from evergrove.pipeline.overview import BASE, MONTHS, SOURCES
from evergrove.pipeline.tables import model_run
from evergrove.reading.errors import NoOverview
from evergrove.segments.sentences.own_tiers import played_in_languages
from evergrove.segments.states.placement import read_placement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from evergrove.reading.shelf import Reader
    from evergrove.warehouse import Snapshot

By = Literal["month", "source"]


@dataclass(frozen=True)
class Summed:
    """
    A part of what a run says of the base as a whole.

    Attributes:
        run: The run.
        document: As it was published; empty where there is none of it.
    """

    run: Snapshot
    document: Mapping[str, Any]


def overview_of(reader: Reader, run: Snapshot | None = None) -> Summed:
    """
    The overview of a run.

    Args:
        reader: Of this process.
        run: Which; None: the newest.

    Raises:
        NothingPublished: There was no run yet.
        NoOverview: An earlier release made it.
    """
    return _part(reader, BASE, run)


def cohorts_of(reader: Reader, by: By = "month") -> Summed:
    """
    Its cohorts, by time of the first order or by where customers came from; empty where nobody tells of the latter.

    Raises:
        NothingPublished: There was no run yet.
        NoOverview: An earlier release made it.
    """
    return _part(reader, MONTHS if by == "month" else SOURCES)


def _part(reader: Reader, name: str, run: Snapshot | None = None) -> Summed:
    run = run or reader.newest()
    documents = reader.documents(run)
    if BASE not in documents:
        raise NoOverview(as_of=run.as_of)
    return Summed(run, documents.get(name, {}))


def lineage_of(connection: Connection, run: Snapshot) -> dict[str, Any]:
    """What the figures of a run rest on: models, policy, data."""
    details = run.details
    fitted = select(model_run.c.fitted_at).where(model_run.c.id == details["model_run"])
    placement = read_placement(details["placement"])
    adopted = placement.policy.adopted
    return {
        "run": details["run_seq"],
        "models": details["model_run"],
        "fitted_at": connection.execute(fitted).scalar_one_or_none(),
        "newest_import": details["import_seq"],
        "published_at": run.recorded_at,
        "policy": None if adopted is None else f"{adopted.name}/{adopted.version}",
        "tier_names": played_in_languages(placement.policy.rules),
    }
