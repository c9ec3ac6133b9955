"""A workspace is a folder: settings, ledger, warehouse. Made once, opened by every command that needs it."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from evergrove import pipeline
from evergrove.app.files import silent
from evergrove.campaigns import install_playbooks, installed, pause_playbook, start_playbook
from evergrove.core import InputError, SystemClock, _, configuration_folder, sole_owner
from evergrove.delivery import SmtpChannel, send
from evergrove.ingest.customers_file import read_customers
from evergrove.ledger import check_schema, migrate, open_ledger
from evergrove.people import new_master_key, open_seal
from evergrove.pipeline.tables import workspace as workspace_row
from evergrove.settings import load_settings
from evergrove.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from evergrove.campaigns import Installed
    from evergrove.core import Clock, EvergroveWarning, Sentence
    from evergrove.delivery import Channel, SendReport
    from evergrove.ingest import ReadOptions
    from evergrove.ingest.customers_file import PeopleIntake
    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.people import Seal
    from evergrove.pipeline import Announce, IngestOutcome, RunOutcome
    from evergrove.settings import Settings

SETTINGS_FILE = "evergrove.toml"
LEDGER_FILE = "ledger.sqlite"
LOCK_FILE = "workspace.lock"
FORMAT = "evergrove.workspace/1"


class NoWorkspace(InputError):
    """The folder is no workspace."""

    code = "app.no_workspace"
    message = _("{folder} is not a workspace: it holds no evergrove.toml.")
    hint = _("Make one with evergrove init {folder}, or name another with -w.")


class FolderInUse(InputError):
    """A new workspace needs a folder of its own."""

    code = "app.folder_in_use"
    message = _("{folder} is not empty, so no workspace was made in it.")
    hint = _("Name a folder that is empty or does not exist yet.")


@dataclass(frozen=True)
class Workspace:
    """
    An open workspace: everything a verb may need, and nothing decided yet.

    Attributes:
        folder: Where it lies.
        id: Its own name, kept by copies.
        settings: From evergrove.toml and the environment.
        ledger: Small, concurrent, never lost.
        warehouse: Facts and published results.
        seal: Opens and closes personal data.
        clock: What time it is.
    """

    folder: Path
    id: str
    settings: Settings
    ledger: Ledger
    warehouse: Warehouse
    seal: Seal
    clock: Clock

    @contextmanager
    def alone(self) -> Iterator[None]:
        """
        Be the only process that changes facts or results.

        Raises:
            InUse: Another one is at work.
        """
        with sole_owner(self.folder / LOCK_FILE):
            yield

    def ingest(
        self,
        files: Sequence[Path],
        options: ReadOptions,
        *,
        exported_at: datetime | None = None,
        announce: Announce = silent,
    ) -> IngestOutcome:
        """Add the orders of some files; those that are in already change nothing."""
        value = self.settings.value
        known = replace(
            options,
            currency=options.currency or value.currency,
            timezone=options.timezone or value.timezone,
        )
        with self.alone():
            return pipeline.ingest_files(
                self,
                files,
                known,
                self.clock,
                exported_at=exported_at,
                progress=lambda stage, _share: announce(stage),
            )

    def ingest_customers(self, files: Sequence[Path], options: ReadOptions) -> list[PeopleIntake]:
        """Add customers with addresses and consent; personal data are sealed in the ledger."""
        with self.alone():
            return [read_customers(self.ledger, self.seal, file, options, self.clock) for file in files]

    def run(
        self, as_of: date | None = None, *, dry_run: bool = False, announce: Announce = silent
    ) -> RunOutcome:
        """Value everybody as of a day, see who moved, and decide who is written to."""
        with self.alone():
            return pipeline.run_day(
                self.ledger,
                self.warehouse,
                self.settings,
                self.clock,
                announce,
                as_of=as_of,
                dry_run=dry_run,
            )

    def send(self, limit: int | None = None, channel: Channel | None = None) -> SendReport:
        """Send what is due; any number of processes may do so at once."""
        channel = channel or SmtpChannel(self.settings.mail)
        return send(self.ledger, self.seal, channel, self.clock, self.settings, limit=limit)

    def measure(self, as_of: date | None = None) -> list[Measured]:
        """Compare treated with control as of a day, and keep the figures in the value ledger."""
        with self.alone():
            return pipeline.measure_effects(
                self.ledger, self.warehouse, self.settings, self.clock, as_of=as_of
            )

    def export(self, table: str, path: Path) -> int:
        """Write a published table to a file; how many rows it has."""
        return pipeline.export_table(self.warehouse, table, path)

    def doctor(self, *, deep: bool = False) -> list[EvergroveWarning | Sentence]:
        """What is wrong with the workspace; nothing, if all is well."""
        return pipeline.examine(self.ledger, self.warehouse, deep=deep)

    def replay(self, as_of: date, announce: Announce = silent) -> pipeline.Replay:
        """Compute a past day anew, from what was known then, and compare it with what was published."""
        return pipeline.replay_day(self.ledger, self.warehouse, self.settings, as_of, announce)

    def playbooks(self) -> tuple[Installed, ...]:
        """The playbooks and how far they are."""
        with self.ledger.reading() as connection:
            return installed(connection)

    def start(self, key: str) -> None:
        """Let a playbook work from the next run on."""
        with self.ledger.writing() as connection:
            start_playbook(connection, key, self.clock.now())

    def pause(self, key: str) -> int:
        """Let a playbook rest; how many waiting messages were taken back."""
        with self.ledger.writing() as connection:
            return pause_playbook(connection, key, self.clock.now())


def create_workspace(
    folder: Path,
    *,
    chosen: dict[str, dict[str, str]],
    key_file: Path | None = None,
    clock: Clock | None = None,
) -> Path:
    """
    Make a new workspace: whole, or not at all.

    Args:
        folder: Empty or not there yet.
        chosen: Section -> setting -> text, written into evergrove.toml.
        key_file: Where the master key of personal data goes; None: the user's configuration folder. It must
            lie outside the workspace: a copy of the folder alone opens nothing.
        clock: The machine's clock when left out.

    Returns:
        Where the master key is.

    Raises:
        FolderInUse: The folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=str(folder))
    name = secrets.token_hex(16)
    key = (key_file or configuration_folder() / "keys" / f"{name}.key").absolute()
    chosen = chosen | {"workspace": chosen.get("workspace", {}) | {"key_file": str(key)}}
    url = chosen["workspace"].get("ledger", "")
    new = folder.absolute().with_name(f".{folder.absolute().name}.new-{name[:8]}")
    new.mkdir(parents=True)
    (new / "warehouse").mkdir()
    (new / "inbox").mkdir()
    new_master_key(key)
    ledger = open_ledger(url or new / LEDGER_FILE, create=True)
    try:
        migrate(ledger)
        with ledger.writing() as connection:
            born = (clock or SystemClock()).now()
            connection.execute(workspace_row.insert().values(id=name, format=FORMAT, created_at=born))
            install_playbooks(connection, born)
    finally:
        ledger.close()
    (new / SETTINGS_FILE).write_text(_settings_text(chosen), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    new.rename(folder)
    return key


def _settings_text(chosen: dict[str, dict[str, str]]) -> str:
    lines = ["# Settings of this workspace; docs/reference/settings.md lists them all, with their defaults."]
    for section, values in chosen.items():
        lines += ["", f"[{section}]", *(f"{name} = {_quoted(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _salted(settings: Settings, name: str) -> Settings:
    """Arms are drawn with the workspace's own name: the same customer is no control in every shop."""
    outreach = settings.outreach
    return replace(settings, outreach=replace(outreach, salt=outreach.salt or name))


@contextmanager
def open_workspace(folder: Path, clock: Clock | None = None) -> Iterator[Workspace]:
    """
    Open a workspace for the length of a ``with`` block.

    Raises:
        NoWorkspace: The folder is none.
        InputError: Settings, ledger or key cannot be used; the subclass says which and what to do.
    """
    if not (folder / SETTINGS_FILE).exists():
        raise NoWorkspace(folder=str(folder))
    settings = load_settings(folder / SETTINGS_FILE)
    clock = clock or SystemClock()
    ledger = open_ledger(settings.workspace.ledger or folder / LEDGER_FILE)
    try:
        check_schema(ledger)
        with ledger.reading() as connection:
            name = str(connection.execute(select(workspace_row.c.id)).scalar_one())
        settings = _salted(settings, name)
        yield Workspace(
            folder=folder,
            id=name,
            settings=settings,
            ledger=ledger,
            warehouse=Warehouse(folder / "warehouse", ledger, clock),
            seal=open_seal(ledger, Path(settings.workspace.key_file)),
            clock=clock,
        )
    finally:
        ledger.close()
