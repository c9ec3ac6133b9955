"""An open workspace: settings, ledger, warehouse, seal and clock, and the verbs that need them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from evergrove import audit, live, pipeline
from evergrove.app import playbooks
from evergrove.app.channels import check_channels, context_of, send_by_settings
from evergrove.app.coupons import settle_orders
from evergrove.app.creation import LEDGER_FILE, SETTINGS_FILE, key_path
from evergrove.app.exports import remove_naming
from evergrove.app.files import silent
from evergrove.app.trail import keep_head, known_head
from evergrove.backup.erasures import list_beside, note_erasure
from evergrove.campaigns import installed, pause_playbook, read_document
from evergrove.core import InputError, SystemClock, _, sole_owner
from evergrove.delivery import send
from evergrove.delivery.channels.registry import listed
from evergrove.ingest.persons.customers import read_customers
from evergrove.ledger import open_ledger
from evergrove.outbox import confirm_instance, require_outbound
from evergrove.people import open_seal
from evergrove.people.identity import members_of, merge, region_of, unmerge
from evergrove.pipeline.codes_of_orders import with_codes
from evergrove.pipeline.compaction import compact_events
from evergrove.pipeline.lines_of_orders import with_lines
from evergrove.pipeline.subsidies import measure_coupons
from evergrove.pipeline.tables import workspace as workspace_row
from evergrove.settings import load_settings
from evergrove.warehouse import Warehouse, keep_engine, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from evergrove.campaigns import Installed
    from evergrove.campaigns.starting import Answer
    from evergrove.core import Clock, EvergroveWarning, Sentence
    from evergrove.delivery import Channel, SendReport
    from evergrove.delivery.channels.registry import Listed
    from evergrove.delivery.pacing import Waiting
    from evergrove.ingest import ReadOptions
    from evergrove.ingest.persons.customers import PeopleIntake
    from evergrove.ledger import Ledger
    from evergrove.measurement import Measured
    from evergrove.measurement.planning import ControlPrices
    from evergrove.measurement.targets import Board
    from evergrove.outbox import Instance
    from evergrove.people import Seal
    from evergrove.pipeline import Announce, BacktestOutcome, BacktestRequest, IngestOutcome, RunOutcome
    from evergrove.pipeline.control_price import PriceAsked
    from evergrove.pipeline.trying import Tried
    from evergrove.settings import Settings

LOCK_FILE = "workspace.lock"


class NoWorkspace(InputError):
    """The folder is no workspace."""

    code = "app.no_workspace"
    message = _("{folder} is not a workspace: it holds no evergrove.toml.")
    hint = _("Make one with evergrove init {folder}, or name another with -w.")


class LedgerOfNobody(InputError):
    """The ledger has its tables and belongs to no workspace."""

    code = "app.ledger_of_nobody"
    message = _("The ledger at {where} belongs to no workspace.")
    hint = _("An init that broke off can leave one behind: drop that database, and run evergrove init again.")


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
        by: Who is at work, as the audit trail names them: "cli", "user:<id>", "key:<id>".
    """

    folder: Path
    id: str
    settings: Settings
    ledger: Ledger
    warehouse: Warehouse
    seal: Seal
    clock: Clock
    by: str = "cli"

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
            outcome = pipeline.ingest_files(
                self,
                files,
                known,
                self.clock,
                exported_at=exported_at,
                progress=lambda stage, _share: announce(stage),
                rate_days=self.settings.workspace.rate_days,
            )
            keep = partial(with_lines, self, seal=self.seal, exported_at=exported_at)
            name = partial(with_codes, self, exported_at=exported_at)
            kept = [name(keep(one, known, self.clock), known, self.clock) for one in outcome.files]
            settle_orders(self)
            return replace(outcome, files=tuple(kept))

    def ingest_customers(
        self, files: Sequence[Path], options: ReadOptions, *, exported_at: datetime | None = None
    ) -> list[PeopleIntake]:
        """Add customers with addresses and consent; personal data are sealed in the ledger."""
        region = region_of(self.settings.workspace.region, self.settings.value.timezone)
        read = partial(
            read_customers, self.ledger, self.seal, region=region, exported_at=exported_at, by=self.by
        )
        with self.alone():
            return [read(file, options, self.clock) for file in files]

    def run(
        self,
        as_of: date | None = None,
        *,
        dry_run: bool = False,
        checks: bool = True,
        announce: Announce = silent,
    ) -> RunOutcome:
        """Value everybody as of a day, see who moved, decide who is written to; and let go of what is too old."""
        with self.alone():
            if not dry_run:
                compact_events(self, self.clock)
                settle_orders(self)
            outcome = pipeline.run_day(
                self.ledger,
                self.warehouse,
                self.settings,
                self.clock,
                announce,
                as_of=as_of,
                dry_run=dry_run,
                checks=checks,
            )
            if not dry_run:
                pipeline.tidy(self)
                return replace(outcome, warnings=(*outcome.warnings, *keep_head(self)))
            return outcome

    def send(
        self, limit: int | None = None, channel: Channel | None = None, waiting: Waiting | None = None
    ) -> SendReport:
        """Send what is due; any number of processes may do so at once."""
        with self.ledger.reading() as connection:
            require_outbound(connection)  # before anything is said of mail servers
        if channel is not None:
            own = (self.ledger, self.seal, channel, self.clock, self.settings)
            return send(*own, limit=limit, warehouse=self.warehouse, waiting=waiting)
        return send_by_settings(self, limit, waiting)

    def channels(self) -> list[Listed]:
        """The channels there are, ready or why not."""
        return listed(context_of(self))

    def bounces(self, path: Path) -> dict[str, int]:
        """Take in bounces and complaints from mails; reports by what became of them, and other mails."""
        from evergrove.app.recipients import take_bounces  # noqa: PLC0415 - nothing else asks for it

        counts, others = take_bounces(self, path)
        return {**{name: counts[name] for name in ("taken", "known", "strange")}, "others": others}

    def erase(self, customer_id: str) -> pipeline.Erased:
        """Erase what is personal of a person, everywhere in the workspace; no later file brings it back."""
        now, beside_key = self.clock.now(), list_beside(key_path(self.settings, self.id))
        with self.alone():
            # First, and outside of the workspace: an older backup must not bring the person back either.
            note_erasure(beside_key, self.id, self.ledger, self.seal, customer_id, now)
            remove_naming(self, customer_id)
            with self.ledger.writing() as connection:
                live.forget(connection, members_of(connection, [customer_id])[customer_id])
            return pipeline.erase_person(self.folder, self.ledger, self.seal, customer_id, now, by=self.by)

    def person(self, customer_id: str) -> pipeline.PersonFound:
        """Everything that is known of a person, by any of the ids."""
        return pipeline.find_person(self, customer_id)

    def export_person(self, customer_id: str, path: Path) -> dict[str, int]:
        """Write everything of one person to a new folder or ZIP archive; rows by table."""
        return pipeline.export_person(self, customer_id, path)

    def merge(self, one: str, other: str) -> str:
        """Join two customers into one person; under which id it stands."""
        with self.alone(), self.ledger.writing() as connection:
            name = merge(connection, one, other, self.clock.now())
            for each in (one, other):
                self._note(connection, "people.merged", ("customer", each))
            return name

    def unmerge(self, customer_id: str) -> tuple[str, ...]:
        """Undo the newest joining of a customer; with whom it is one person no longer."""
        with self.alone(), self.ledger.writing() as connection:
            others = unmerge(connection, customer_id, self.clock.now())
            self._note(connection, "people.unmerged", ("customer", customer_id))
            return others

    def measure(self, as_of: date | None = None) -> list[Measured]:
        """Compare treated with control as of a day, and keep the figures in the value ledger."""
        with self.alone():
            found = pipeline.measure_effects(
                self.ledger, self.warehouse, self.settings, self.clock, as_of=as_of
            )
            measure_coupons(self.ledger, self.warehouse, self.clock.now(), as_of)
            return found

    def control_prices(self, asked: PriceAsked) -> ControlPrices:
        """What some control shares cost in people, time and profit; changes nothing."""
        from evergrove.pipeline.control_price import control_prices  # noqa: PLC0415 - nothing else asks for it

        return control_prices(self.ledger, self.warehouse, self.settings, asked)

    def targets(self, month: date | None = None, *, past: int = 3, announce: Announce = silent) -> Board:
        """Where the customer base stands in a month, and in those before it; changes nothing but what is kept of months."""
        return pipeline.targets_board(
            self.ledger, self.warehouse, self.settings, announce, month=month, past=past, folder=self.folder
        )

    def keep_targets(self, *, announce: Announce = silent) -> tuple[date, ...]:
        """Count the months that runs have come to and nobody has counted yet, and keep them; which these were."""
        from evergrove.pipeline.kept_board import keep_months  # noqa: PLC0415 - nothing else asks for it

        return keep_months(
            self.ledger, self.warehouse, self.settings, self.clock, announce, folder=self.folder
        )

    def kept_targets(self, month: date | None = None, *, past: int = 3) -> Board:
        """The board of a month as the nights have kept it; nothing is counted."""
        from evergrove.pipeline.kept_board import kept_board  # noqa: PLC0415 - as above

        return kept_board(self.ledger, month=month, past=past, folder=self.folder)

    def review(self, month: date | None = None, *, announce: Announce = silent) -> dict[str, Any]:
        """The figures of a month's review; changes nothing but what is kept of months."""
        return pipeline.review_month(
            self.ledger, self.warehouse, self.settings, announce, month=month, folder=self.folder
        )

    def backtest(self, request: BacktestRequest, announce: Announce = silent) -> BacktestOutcome:
        """Judge models and naive rules by the past of the workspace's orders; later runs hear the champions."""
        with open_engine() as engine:
            return pipeline.backtest_facts(
                engine, self.ledger, self.warehouse, request, self.settings, self.clock, announce
            )

    def export(self, table: str, path: Path) -> int:
        """Write a published table to a file; how many rows it has."""
        return pipeline.export_table(self.warehouse, table, path)

    def doctor(self, *, deep: bool = False) -> list[EvergroveWarning | Sentence]:
        """What is wrong with the workspace; nothing, if all is well."""
        now = self.clock.now()
        found = pipeline.examine(self.ledger, self.warehouse, now, deep=deep, exported=known_head(self))
        found += pipeline.exposures(self.folder, self._own_files(), now)
        if any(each.code == "ledger.damaged" for each in found):
            return found
        found += pipeline.surroundings(self.folder, self.ledger, now)
        return [*found, *check_channels(self), *self._live_problems(deep=deep)]

    def _live_problems(self, *, deep: bool) -> list[EvergroveWarning]:
        """What is wrong with live value; ``deep`` works rows out anew."""
        with self.ledger.reading() as connection:
            found = live.check_live(connection, self.clock.now())
        if not deep:
            return found
        with live.Base(self.warehouse, self.settings) as base:
            least_age = self.settings.outreach.least_age
            return found + live.check_rows(base, self.ledger, self.clock, least_age=least_age)

    def glance(self) -> list[EvergroveWarning | Sentence]:
        """What of ``doctor`` is seen in well under a second; asked at the start of a service."""
        found = pipeline.glance(self.ledger, self.warehouse, known_head(self))
        if any(each.code == "ledger.damaged" for each in found):
            return found
        now = self.clock.now()
        return [*found, *pipeline.surroundings_at_a_glance(self.folder, self.ledger, now)]

    def resume(self) -> Instance:
        """Let things leave a workspace that came back from a backup; which copy was confirmed."""
        with self.ledger.writing() as connection:
            confirmed = confirm_instance(connection, self.clock.now())
            self._note(connection, "workspace.resumed", ("instance", confirmed.id))
            return confirmed

    def _own_files(self) -> list[Path]:
        """Files that are for nobody else's eyes."""
        password, name = self.settings.mail.password_file, f"{LEDGER_FILE}*"
        key = key_path(self.settings, self.id)
        mine = [self.folder / SETTINGS_FILE, key, list_beside(key), *self.folder.glob(name)]
        return [*mine, Path(password)] if password else mine

    def replay(self, as_of: date, announce: Announce = silent) -> pipeline.Replay:
        """Compute a past day anew, from what was known then, and compare it with what was published."""
        return pipeline.replay_day(self.ledger, self.warehouse, self.settings, as_of, announce)

    def playbooks(self) -> tuple[Installed, ...]:
        """The playbooks and how far they are."""
        with self.ledger.reading() as connection:
            return installed(connection)

    def add_playbook(self, file: Path) -> str | None:
        """Install a playbook from its TOML file as a draft; its key, None when it was there already."""
        return playbooks.add(self, read_document(file), str(file))

    def start(self, key: str) -> Answer:
        """Let a playbook work from the next run on, or have it wait for a second person."""
        return playbooks.start(self, key)

    def approve(self, key: str) -> None:
        """Agree to the start of a playbook, which starts it."""
        playbooks.agree(self, key)

    def try_playbook(
        self, key: str, since: date | None = None, until: date | None = None, announce: Announce = silent
    ) -> Tried:
        """What a playbook would have done on the nights that were published."""
        return playbooks.try_on_the_past(self, key, since, until, announce)

    def release(self, key: str, most: int | None = None, cause: str = "") -> int:
        """Let those who were held back, for one cause or for any, enter a playbook with the next run; how many."""
        return playbooks.let_in(self, key, most, cause)

    def pause(self, key: str) -> int:
        """Let a playbook rest; how many waiting messages were taken back."""
        with self.ledger.writing() as connection:
            taken_back = pause_playbook(connection, key, self.clock.now())
            self._note(connection, "campaigns.paused", ("playbook", key), {"taken_back": taken_back})
            return taken_back

    def _note(
        self, connection: Connection, act: str, what: tuple[str, str], params: Mapping[str, Any] | None = None
    ) -> None:
        audit.note(connection, act, self.by, audit.subject(*what), params, at=self.clock.now())


def salted(settings: Settings, name: str) -> Settings:
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
        with ledger.reading() as connection:
            name = connection.execute(select(workspace_row.c.id)).scalar()
        if name is None:
            raise LedgerOfNobody(where=ledger.shown)
        settings = salted(settings, name)
        opened = Workspace(
            folder=folder,
            id=name,
            settings=settings,
            ledger=ledger,
            warehouse=Warehouse(folder / "warehouse", ledger, clock),
            seal=open_seal(ledger, key_path(settings, name)),
            clock=clock,
        )
        with keep_engine():
            yield opened
    finally:
        ledger.close()
