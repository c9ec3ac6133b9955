"""A shop with persons and messages whose links lead back to a service with a public address."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from evergrove.campaigns import Enrolment, install_playbooks
from evergrove.campaigns.store import store_entered
from evergrove.campaigns.types import Window
from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel, SendReport, send
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import AccessSettings, MailSettings, OutreachSettings, Settings, ValueSettings

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 in Taipei."""
MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="2026-06-30",
    step=1,
    channel="email",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    not_before=TEN,
    valid_until=TEN + timedelta(days=9),
    params={"coupon": "WELCOME10", "coupon_value": 10, "valid_until": "2026-07-15"},
)
SETTINGS = Settings(
    mail=MailSettings(sender="shop@shop.example", sender_name="Demo Shop", postal_address="1 Road"),
    access=AccessSettings(base_url="https://grove.example"),
    value=ValueSettings(timezone="Asia/Taipei"),
    outreach=OutreachSettings(per_day=9, per_week=9, per_month=9),
)


@dataclass
class Post:
    """A ledger with persons and messages, and what is needed to send and to come back."""

    ledger: Ledger
    seal: Seal
    settings: Settings = SETTINGS
    clock: SetClock = field(default_factory=lambda: SetClock(TEN))
    channel: MemoryChannel = field(default_factory=MemoryChannel)

    def people(self, *customers: str, consent: str | None = "granted", **changed: str) -> None:
        """Persons of Taipei, who have agreed unless something else is said."""
        rows = [
            replace(
                PersonRow(each, f"{each.lower()}@example.com", each, "en", "Asia/Taipei", consent),  # type: ignore[arg-type]
                **changed,  # type: ignore[arg-type]
            )
            for each in customers
        ]
        with self.ledger.writing() as connection:
            store_people(connection, self.seal, rows, self.clock.now())

    def queue(self, customer: str, step: int = 1, **changed: object) -> str:
        """Queue a message, due now; its name."""
        message = replace(MESSAGE, customer_id=customer, step=step, **changed)  # type: ignore[arg-type]
        with self.ledger.writing() as connection:
            known = Enrolment(
                playbook="L2",
                version=1,
                customer_id=customer,
                occasion=message.occasion,
                entered_on=TEN.date(),
                cause="evidence",
                tier="low",
                stage="new",
                orders=1,
                last_order=TEN.date(),
                windows=(Window(TEN.date(), TEN.date() + timedelta(days=30)),) * 3,
            )
            store_entered(connection, [known], 1)
            enqueue(connection, [message], TEN)
        return message.id

    def send(self) -> SendReport:
        """Send what is due into the channel."""
        return send(self.ledger, self.seal, self.channel, self.clock, self.settings, worker="test")

    def state(self, outbox_id: str) -> tuple[str, str | None]:
        """Of one message: state and reason."""
        query = select(OUTBOX.c.state, OUTBOX.c.reason).where(OUTBOX.c.id == outbox_id)
        with self.ledger.reading() as connection:
            state, reason = connection.execute(query).one()
            return state, reason

    @property
    def reached(self) -> list[str]:
        """Addresses that messages went to, in their order."""
        return [mail.recipient[0] for mail in self.channel.mails]


@pytest.fixture
def post(ledger: Ledger, tmp_path: Path) -> Post:
    """An empty shop, once in each database."""
    new_master_key(tmp_path / "key")
    with ledger.writing() as connection:
        install_playbooks(connection, TEN)
    return Post(ledger, open_seal(ledger, tmp_path / "key"))
