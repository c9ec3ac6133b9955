"""The demo: a shop lives four weeks with Evergrove, and the page shows what that earned beside the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from shutil import rmtree
from typing import TYPE_CHECKING

from evergrove import pipeline
from evergrove.app.creation import create_workspace
from evergrove.app.weeks import Life
from evergrove.app.workspace import open_workspace
from evergrove.core import InputError, SetClock, _
from evergrove.delivery import SmtpChannel
from evergrove.ingest import ReadOptions
from evergrove.pipeline.nights import HEALTH, SCORES, TIERS, TRANSITIONS
from evergrove.report.outreach_figures import outreach_figures
from evergrove.segments.sentences.own_tiers import played_in_languages
from evergrove.segments.states.placement import read_placement
from evergrove.settings import MailSettings
from evergrove.simulation import LivingOptions, LivingShop, compare_with_truth, write_truth
from evergrove.simulation.sink import MailSink, mail_sink
from evergrove.warehouse import memory_for, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from evergrove.app.workspace import Workspace
    from evergrove.measurement import Measured
    from evergrove.pipeline import ValueOutcome
    from evergrove.settings import Settings
    from evergrove.simulation import Closeness

CONTACTS = ("name", "phone", "email")
MARGIN = 0.5
CONTROL = 0.3
"""More controls than a shop would keep: four weeks are short, and the effect is to be seen in them."""
ZONE, CURRENCY = "Asia/Shanghai", "CNY"
SENDER = "shop@evergrove.example"
COMPARED = (
    "customer_id",
    "p_alive",
    "expected_purchases_12m",
    "clv_12m",
    "clv_12m_low",
    "clv_12m_high",
    "stage",
)
IN_MARGIN = ("clv_12m", "clv_12m_low", "clv_12m_high")
MARK = ".evergrove-demo"
_MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the clock before the shop's own first day."""


class NotADemo(InputError):
    """The folder for the demo holds something else."""

    code = "app.not_a_demo"
    message = _("{folder} is not empty and was not written by an earlier demo, so nothing was changed in it.")
    hint = _("Name another folder with -o.")


@dataclass(frozen=True)
class DemoOutcome:
    """
    What the demo found.

    Attributes:
        outcome: Of the main job at the end of the four weeks, with the report.
        closeness: How close the scores of the first night came to the simulated truth.
        measured: What each playbook earned, the programme first.
        truth: The true effect of each, per customer.
        mails: How many arrived.
        folder: Where everything lies.
    """

    outcome: ValueOutcome
    closeness: Closeness
    measured: tuple[Measured, ...]
    truth: Mapping[str, float]
    mails: int
    folder: Path


@dataclass
class SinkPost:
    """Messages go over SMTP to a receiver on this machine."""

    sink: MailSink
    mail: MailSettings
    seen: int = 0

    @property
    def channel(self) -> SmtpChannel:
        """To the receiver."""
        return SmtpChannel(self.mail)

    def collect(self) -> list[str]:
        """Ids of the outbox rows, from the Message-IDs of what has arrived."""
        new = self.sink.received[self.seen :]
        self.seen += len(new)
        heads = (BytesHeaderParser().parsebytes(mail.content) for mail in new)
        return [str(head["Message-ID"]).strip("<>").partition("@")[0] for head in heads]


def run_demo(
    folder: Path,
    customers: int,
    seed: int,
    language: str,
    announce: Callable[[str], None],
    *,
    days: int = 28,
) -> DemoOutcome:
    """
    Simulate a shop and let it live with Evergrove day by day; the truth is looked at only afterwards.

    Args:
        folder: For the shop's files, the workspace and the results; one of an earlier demo is replaced.
        customers: Of the shop's history.
        seed: The same seed gives the same shop.
        language: Of the report.
        announce: Called when a stage begins.
        days: Which the shop lives.

    Raises:
        NotADemo: The folder holds something else.
    """
    _make_room(folder)
    announce(_("Simulating a shop"))
    shop, clock = LivingShop(LivingOptions(customers=customers, seed=seed, days=days)), SetClock(_MIDNIGHT)
    write_truth(shop.shop.truth, folder / "truth.parquet")
    chosen = {
        "value": {"currency": CURRENCY, "timezone": ZONE, "language": language},
        # The same seed draws the same control groups.
        "outreach": {"salt": f"demo {seed}", "playbook_control": str(CONTROL), "rotate_months": "0"},
    }
    create_workspace(
        folder / "workspace", chosen=chosen, key_file=folder / "keys" / "master.key", clock=clock
    )
    with open_workspace(folder / "workspace", clock) as opened, mail_sink() as sink:
        workspace = replace(opened, settings=_settings(opened.settings, sink))
        life, post = Life(workspace, shop, clock, folder / "shop"), SinkPost(sink, workspace.settings.mail)
        life.begin(announce)
        closeness = _closeness(workspace, shop)
        for nth, day in enumerate(life.days, start=1):
            announce(_("Day by day: orders in, messages out") + f" {nth}/{days}")
            life.day(day, post)
        announce(_("Measuring what it earned"))
        measured = workspace.measure()
        truth = {each.playbook: life.truth(each.playbook).effect for each in measured}
        also = _of_the_weeks(workspace, measured, truth)
        outcome = _report(folder, life, workspace.settings, also, announce)
    return DemoOutcome(outcome, closeness, tuple(measured), truth, len(sink.received), folder)


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise NotADemo(folder=str(folder))
        rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def _settings(settings: Settings, sink: MailSink) -> Settings:
    """The shop's margin, and the receiver on this machine as its mail server."""
    mail = MailSettings(
        host=sink.host,
        port=sink.port,
        security="none",
        connections=8,
        sender=SENDER,
        sender_name="Evergrove",
        unsubscribe=f"mailto:{SENDER}?subject=unsubscribe",
    )
    return replace(settings, value=replace(settings.value, margin=MARGIN), mail=mail)


def _closeness(workspace: Workspace, shop: LivingShop) -> Closeness:
    """The scores of the first night beside the truth, which counts revenue."""
    first = workspace.warehouse.snapshots("run")[0]
    with open_engine() as engine:
        for table in (SCORES, TIERS):
            workspace.warehouse.show(engine, first, table)
        columns = ", ".join(
            f"{name} / {MARGIN} as {name}" if name in IN_MARGIN else name for name in COMPARED
        )
        scored = engine.arrays(
            f"select {columns} from {SCORES} join {TIERS} using (customer_id) where clv_12m is not null"
        )
    return compare_with_truth(scored, shop.shop.truth)


def _of_the_weeks(
    workspace: Workspace, measured: list[Measured], truth: Mapping[str, float]
) -> dict[str, Any]:
    """What the page says beside the main job's figures: what was done, what it earned, what could not count."""
    newest = workspace.warehouse.newest("run")
    assert newest is not None and newest.as_of is not None  # noqa: PT018, S101 - the weeks have run
    board = workspace.targets(past=0).as_json()
    with open_engine() as engine, workspace.ledger.reading() as connection:
        for table in (TIERS, TRANSITIONS, HEALTH):
            workspace.warehouse.show(engine, newest, table)
        tiers = played_in_languages(read_placement(newest.details["placement"]).policy.rules)
        figures = outreach_figures(engine, connection, measured, newest.as_of, truth, board, tiers)
        return {"outreach": figures, "waiting": newest.details.get("waiting", [])}


def _report(
    folder: Path, life: Life, settings: Settings, also: dict[str, Any], announce: Callable[[str], None]
) -> ValueOutcome:
    """The main job on everything that the shop has exported, with what was done and what it earned."""
    orders = life.all_orders()
    request = pipeline.ValueRequest(
        files=(orders,),
        out=folder / "results",
        read=ReadOptions(keep=CONTACTS, currency=CURRENCY, timezone=ZONE),
        as_of=life.shop.last_day,
    )
    with open_engine(memory_mb=memory_for([orders])) as engine:
        return pipeline.value_files(engine, request, settings, announce, also=also)
