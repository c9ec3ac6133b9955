"""The inbox taken in: each file to the table it belongs to, then put away, or refused with the reason beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from evergrove.app import imports
from evergrove.app.files import silent
from evergrove.app.refusals import note_of
from evergrove.core import EvergroveError, sole_owner
from evergrove.ingest import ReadOptions
from evergrove.ingest.sources.archives import may_be_archive
from evergrove.ingest.sources.confined import confined, room_here, unpack_elsewhere
from evergrove.pipeline.inbox import (
    SETTLED_S,
    NotARegularFile,
    Waiting,
    is_unchanged,
    put_away,
    refuse,
    waiting,
)
from evergrove.pipeline.incoming import work_folder
from evergrove.pipeline.uploads import INBOX
from evergrove.warehouse.durable import make_folder

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.ingest.persons.customers import PeopleIntake
    from evergrove.pipeline import Announce, FileOutcome
    from evergrove.pipeline.ingest_tables import TableOutcome

LOCK = ".lock"
CUSTOMERS, PEOPLE = "customers", ("identities", "consents", "channel_tokens")
ORDERS, REFUNDS = "orders", "refunds"
THE_FILES_FAULT = (
    "ingest.",
    "people.",
    "pipeline.currency_changed",
    "pipeline.not_a_regular_file",
    "core.took_",
    "core.reader_",
)
"""Codes of what is wrong with a file; anything else is wrong with the workspace or the machine, and the file waits."""


Outcome: TypeAlias = "FileOutcome | TableOutcome | PeopleIntake"


@dataclass(frozen=True)
class Taken:
    """
    What became of a file of the inbox.

    Attributes:
        file: Its name in the inbox.
        outcomes: What came in: of an archive, table by table.
        refused: Why it was refused; None where all of it came in.
        kept: Where it lies now; None where it was changed while it was read, and waits again.
    """

    file: str
    outcomes: tuple[Outcome, ...] = ()
    refused: EvergroveError | None = None
    kept: Path | None = None


def take_inbox(here: Workspace, announce: Announce = silent, *, settled_s: float = SETTLED_S) -> list[Taken]:
    """
    Take what lies in the inbox and is complete, oldest export first.

    Killed at any point, nothing is lost and nothing comes in twice.

    Raises:
        InUse: Another process takes the inbox, or changes the workspace.
        EvergroveError: The workspace cannot be written; the file waits.
    """
    make_folder(here.folder / INBOX)
    with sole_owner(here.folder / INBOX / LOCK):
        found = (_take(here, each, announce) for each in waiting(here.folder, settled_s))
        return [each for each in found if each is not None]


def _take(here: Workspace, found: Waiting, announce: Announce) -> Taken | None:
    if not is_unchanged(found):  # taken away, or still growing
        return None
    return take_found(here, found, announce)


def take_found(
    here: Workspace,
    found: Waiting,
    announce: Announce = silent,
    options: ReadOptions | None = None,
    told: str = "",
) -> Taken:
    """Take one file: ``options`` and ``told``, its table, as ``take_file`` has them."""
    name = found.path.name
    outcomes: list[Outcome] = []
    refused: list[EvergroveError] = []
    with work_folder(here.folder) as folder, confined(folder):
        for table in _tables_in(found, refused):
            try:
                outcomes.append(take_file(here, table, announce, options, told))
            except EvergroveError as error:
                _only_the_files_fault(error)
                refused.append(error)
    if not refused:
        return Taken(name, tuple(outcomes), kept=put_away(here.folder, found, here.clock.now()))
    reasons = note_of(refused, here.settings.value.language)
    kept = refuse(here.folder, found, reasons, here.clock.now())
    return Taken(name, tuple(outcomes), refused[0], kept)


def _tables_in(found: Waiting, refused: list[EvergroveError]) -> list[Path]:
    """The file itself, or what is packed in it; nothing, and the reason, where it may not be touched."""
    room = room_here()
    try:
        if not found.is_regular:
            raise NotARegularFile(file=found.path.name)
        if room is None or not may_be_archive(found.path):
            return [found.path]
        tables = unpack_elsewhere(room, found.path)
    except EvergroveError as error:
        _only_the_files_fault(error)
        refused.append(error)
        return []
    return [found.path] if tables is None else tables


def _only_the_files_fault(error: EvergroveError) -> None:
    """Go on only where the file is to blame."""
    if not error.code.startswith(THE_FILES_FAULT):
        raise error


def take_file(
    here: Workspace,
    file: Path,
    announce: Announce = silent,
    options: ReadOptions | None = None,
    table: str = "",
) -> Outcome:
    """
    Add a file's rows to a table.

    Args:
        here: The workspace.
        file: Where it lies.
        announce: Who is told of its stages.
        options: What somebody has said of how it is to be read.
        table: To which its rows belong; empty: its headers, or a preset, tell.

    Raises:
        InputError: It cannot be read or understood; nothing came in then.
    """
    options = options or ReadOptions(today=here.clock.now().date())
    table = table or imports.table_of(here, file, options).table
    if table == CUSTOMERS:
        return here.ingest_customers([file], imports.known_here(here, options))[0]
    if table in PEOPLE:
        return imports.add_people(here, file, table, options)
    if table in (ORDERS, REFUNDS):
        if table == REFUNDS:
            options = imports.refunds_as_orders(here, file, options)
        return here.ingest([file], options, announce=announce).files[0]
    return imports.add_table(here, file, table, options, announce=announce)
