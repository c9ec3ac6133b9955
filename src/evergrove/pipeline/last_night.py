"""What the ledger has kept of a night for the next; apart, because who needs no workspace loads no ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove.people.identity import persons_at
from evergrove.pipeline.nights import Yesterday
from evergrove.pipeline.tables import model_run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from evergrove.warehouse import Snapshot


def yesterday_of(connection: Connection, run: Snapshot) -> Yesterday:
    """What a published run leaves to the next."""
    details, as_of = run.details, run.as_of
    assert as_of is not None  # noqa: S101 - runs have a day
    stored = select(model_run.c.document).where(model_run.c.id == details["model_run"])
    return Yesterday(
        as_of=as_of,
        run_seq=details["run_seq"],
        import_seq=details["import_seq"],
        models=connection.execute(stored).scalar_one(),
        model_run=details["model_run"],
        placement=details["placement"],
        persons=persons_of(connection, run),
        tables_seq=details.get("tables_seq", 0),
        rate_days=details.get("rate_days"),
        warnings=details.get("warnings"),
    )


def persons_of(connection: Connection, run: Snapshot) -> dict[str, str]:
    """Who stood under whose name in the night of a run; nobody, before identifiers were kept."""
    return persons_at(connection, run.details.get("identity_seq", 0))
