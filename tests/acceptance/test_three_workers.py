"""A month of playbooks over one PostgreSQL, sent by three workers at once, one of them killed each noon."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from email.parser import BytesHeaderParser
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from evergrove.app import open_workspace
from evergrove.app.demo import SinkPost
from evergrove.app.weeks import SEND_AT
from evergrove.core import SetClock
from evergrove.ledger import database_now
from evergrove.outbox import OUTBOX, check_outbox
from evergrove.simulation import LivingOptions
from evergrove.simulation.sink import MailSink, mail_sink
from evergrove.testing.processes import forked
from evergrove.testing.workspaces import CHOSEN, living, silent

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from evergrove.app.weeks import Life

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kill_sweep")]

PROVING = "EVERGROVE_PROVE" in os.environ
OPTIONS = LivingOptions(customers=3_000 if PROVING else 1_200, seed=11, days=28 if PROVING else 4)
WORKERS, CONNECTIONS = 3, 2
BEFORE_THE_KILL_S = 0.4


def send_at(folder: Path, noon: datetime) -> None:
    """What one worker does."""
    with open_workspace(folder, SetClock(noon)) as workspace:
        workspace.send()


def sent_together(life: Life, folder: Path, *, kill: bool) -> None:
    """Three workers begin at one moment; the first is killed in the middle, and its leases run out."""
    noon = life.clock.now()
    children = [forked(partial(send_at, folder, noon)) for _ in range(WORKERS)]
    if kill:
        time.sleep(BEFORE_THE_KILL_S)
        os.kill(children[0].pid, signal.SIGKILL)
    ended = [child.was_killed() for child in children]
    assert ended[1:] == [False, False]
    with life.workspace.ledger.writing() as connection:
        held = OUTBOX.c.lease_until.is_not(None)
        connection.execute(OUTBOX.update().where(held).values(lease_until=database_now(connection)))


def rows_of(life: Life) -> list[Any]:
    """The outbox; each row obeys its rules."""
    with life.workspace.ledger.reading() as connection:
        assert check_outbox(connection) == []
        return list(connection.execute(OUTBOX.select()))


def waiting(life: Life) -> int:
    """Messages of the treated that are due."""
    due = OUTBOX.c.not_before <= life.clock.now()
    query = select(func.count()).where(OUTBOX.c.state == "queued", OUTBOX.c.arm == "treated", due)
    with life.workspace.ledger.reading() as connection:
        return int(connection.execute(query).scalar_one())


def arrived(sink: MailSink) -> Counter[str]:
    """How often each row of the outbox has arrived."""
    heads = (BytesHeaderParser().parsebytes(mail.content) for mail in sink.received)
    return Counter(str(head["Message-ID"]).strip("<>").partition("@")[0].partition(".")[0] for head in heads)


def at_noon(life: Life, day: date) -> None:
    """The hour at which messages leave."""
    zone = life.workspace.settings.value.zone
    life.clock.moment = (
        life.clock.now()
        .astimezone(zone)
        .replace(year=day.year, month=day.month, day=day.day, hour=SEND_AT.hour, minute=0)
    )


def test_three_workers_send_each_message_once(postgres_url: str, tmp_path: Path) -> None:
    """None lost, none twice, none to a control; in doubt are at most the messages on the killed worker's wires."""
    with mail_sink() as sink:
        mail = {
            "host": sink.host,
            "port": str(sink.port),
            "security": "none",
            "connections": str(CONNECTIONS),
        }
        outreach = {**CHOSEN["outreach"], "low_tier_share": "1.0"}
        chosen = {**CHOSEN, "outreach": outreach, "mail": {**CHOSEN["mail"], **mail}}
        with living(tmp_path, OPTIONS, ledger=postgres_url, chosen=chosen) as life:
            life.begin(silent)
            post = SinkPost(sink, life.workspace.settings.mail)
            together = 0
            for nth, day in enumerate(life.days):
                at_noon(life, day)
                together += waiting(life)
                sent_together(life, tmp_path / "workspace", kill=nth % 2 == 1)
                life.day(day, post)
            rows = rows_of(life)

    came = arrived(sink)
    treated = {row.id for row in rows if row.arm == "treated"}
    accepted = {row.id for row in rows if row.state == "accepted"}
    unknown = {row.id for row in rows if row.state == "unknown"}
    kills = len(life.days) // 2
    print(f"{len(came)} messages, {kills} kills, {len(unknown)} in doubt, {together} due while three sent")  # noqa: T201
    assert together > (200 if PROVING else 5)
    assert max(came.values()) == 1
    assert accepted <= set(came) <= accepted | unknown
    assert set(came) <= treated
    assert len(unknown) <= kills * CONNECTIONS
