"""Whatever a file holds, into a workspace: its table told, a look at it, and its rows to where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.app.files import silent
from evergrove.ingest.persons.customers import look_at_customers
from evergrove.ingest.persons.tables import look_at_people_table, read_people_table
from evergrove.ingest.presets.preset import own_presets
from evergrove.ingest.tables.recognise import Recognised, recognise
from evergrove.ingest.tables.refunds import as_orders
from evergrove.pipeline.ingest_tables import TableOutcome, ingest_tables
from evergrove.pipeline.preview import Preview, preview_file, save_preset
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.ingest import ReadOptions
    from evergrove.ingest.persons.customers import PeopleIntake
    from evergrove.pipeline import Announce


def known_here(here: Workspace, options: ReadOptions) -> ReadOptions:
    """The options with the workspace's currency, zone, day and presets, where they leave these open."""
    value = here.settings.value
    return replace(
        options,
        currency=options.currency or value.currency,
        timezone=options.timezone or value.timezone,
        today=options.today or here.clock.now().date(),
        own_presets=own_presets(here.folder),
    )


def table_of(here: Workspace, file: Path, options: ReadOptions) -> Recognised:
    """The table that a file's rows belong to, by its headers."""
    return recognise(file, known_here(here, options))


def look(here: Workspace, file: Path, table: str, options: ReadOptions) -> Preview:
    """What would be read from a file; nothing is stored."""
    return preview_file(file, table, known_here(here, options))


def keep_mapping(here: Workspace, name: str, seen: Preview, options: ReadOptions) -> Path:
    """Keep how a file was read as a preset of the workspace; the file it stands in."""
    return save_preset(here.folder, name, seen, options)


def refunds_as_orders(here: Workspace, file: Path, options: ReadOptions) -> ReadOptions:
    """What the reader of orders must be told of a file of refunds."""
    with open_engine() as engine:
        return as_orders(engine, file, known_here(here, options))


def add_table(
    here: Workspace,
    file: Path,
    table: str,
    options: ReadOptions,
    *,
    exported_at: datetime | None = None,
    announce: Announce = silent,
) -> TableOutcome:
    """Add the rows of a file to a declared table of the warehouse; what is in already changes nothing."""
    known = known_here(here, options)
    with here.alone():
        return ingest_tables(
            here,
            [file],
            table,
            known,
            here.clock,
            seal=here.seal,
            exported_at=exported_at,
            progress=lambda stage, _share: announce(stage),
        )[0]


def look_at_people(here: Workspace, file: Path, table: str, options: ReadOptions) -> PeopleIntake:
    """What would be read from a file of customers, identities, consents or tokens; nothing is stored."""
    known = known_here(here, options)
    return (
        look_at_customers(file, known) if table == "customers" else look_at_people_table(table, file, known)
    )


def add_people(
    here: Workspace, file: Path, table: str, options: ReadOptions, *, exported_at: datetime | None = None
) -> PeopleIntake:
    """Add identities, consents or tokens of channels; what is personal is sealed in the ledger."""
    known = known_here(here, options)
    with here.alone():
        return read_people_table(
            here.ledger,
            here.seal,
            table,
            file,
            known,
            here.clock,
            region=here.settings.workspace.region,
            exported_at=exported_at,
            by=here.by,
        )
