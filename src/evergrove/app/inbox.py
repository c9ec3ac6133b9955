"""The inbox taken in: each file to the table it belongs to, then put away, or refused with the reason beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergrove.app import imports
from evergrove.app.files import silent
from evergrove.core import EvergroveError, sole_owner
from evergrove.ingest import ReadOptions
from evergrove.pipeline.inbox import (
    SETTLED_S,
    NotARegularFile,
    Waiting,
    is_unchanged,
    put_away,
    refuse,
    waiting,
)
from evergrove.pipeline.uploads import INBOX
from evergrove.text import say
from evergrove.warehouse.durable import make_folder

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.app.workspace import Workspace
    from evergrove.ingest.customers_file import PeopleIntake
    from evergrove.pipeline import Announce, FileOutcome
    from evergrove.pipeline.ingest_tables import TableOutcome

LOCK = ".lock"
CUSTOMERS, PEOPLE = "customers", ("identities", "consents")
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


@dataclass(frozen=True)
class Taken:
    """
    What became of a file of the inbox.

    Attributes:
        file: Its name in the inbox.
        outcome: What came in; None where it was refused.
        refused: Why it was refused.
        kept: Where it lies now; None where it was changed while it was read, and waits again.
    """

    file: str
    outcome: FileOutcome | TableOutcome | PeopleIntake | None = None
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
    name = found.path.name
    try:
        if not found.is_regular:
            raise NotARegularFile(file=name)
        outcome = take_file(here, found.path, announce)
    except EvergroveError as error:
        if not error.code.startswith(THE_FILES_FAULT):
            raise
        reason = f"{say(error, here.settings.value.language)} [{error.code}]"
        return Taken(name, refused=error, kept=refuse(here.folder, found, reason, here.clock.now()))
    return Taken(name, outcome, kept=put_away(here.folder, found, here.clock.now()))


def take_file(
    here: Workspace, file: Path, announce: Announce = silent
) -> FileOutcome | TableOutcome | PeopleIntake:
    """
    Add a file's rows to the table that its headers, or a preset, tell.

    Raises:
        InputError: It cannot be read or understood; nothing came in then.
    """
    options = ReadOptions(today=here.clock.now().date())
    table = imports.table_of(here, file, options).table
    if table == CUSTOMERS:
        return here.ingest_customers([file], imports.known_here(here, options))[0]
    if table in PEOPLE:
        return imports.add_people(here, file, table, options)
    if table in (ORDERS, REFUNDS):
        if table == REFUNDS:
            options = imports.refunds_as_orders(here, file, options)
        return here.ingest([file], options, announce=announce).files[0]
    return imports.add_table(here, file, table, options, announce=announce)
