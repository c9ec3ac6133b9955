"""Which version of a letter each person got is known, and what may have arrived is repeated in the same words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel, Receipt, SendReport, send
from evergrove.delivery.letters import add_letter
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, Seal, new_master_key, open_seal, store_people
from evergrove.settings import Settings, ValueSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.delivery import AccountProblem, Mail
    from evergrove.ledger import Ledger
    from evergrove.settings import MailSettings

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 in Taipei."""
MESSAGE = Message(
    playbook="L2", version=1, customer_id="", occasion="o", step=0, channel="email", arm="treated",
    template="news", decision_id="d", run_id=1, not_before=TEN, valid_until=TEN + timedelta(days=1),
)  # fmt: skip


@dataclass
class Lossy(MemoryChannel):
    """Takes messages by their key, and loses its answers while it is told to."""

    loses: bool = False

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails."""
        super().deliver(mails)
        return [Receipt("again", "delivery.no_answer") if self.loses else Receipt("accepted") for _ in mails]


@dataclass
class Shop:
    """A ledger with willing persons."""

    ledger: Ledger
    seal: Seal
    settings: Settings
    clock: SetClock
    channel: Lossy

    def send(self) -> SendReport:
        """Send what is due."""
        return send(self.ledger, self.seal, self.channel, self.clock, self.settings, worker="test")

    def write(self, body: str, name: str = "news") -> None:
        """Keep a version of a letter."""
        words = {"en": {"subject": "News", "body": body}}
        document = {"format": "evergrove.letter/1", "name": name, "category": "marketing", "words": words}
        with self.ledger.writing() as connection:
            add_letter(connection, document, self.settings, TEN, "cli")

    def queue(self, customer: str, **changed: Any) -> None:
        """A message, due now."""
        with self.ledger.writing() as connection:
            enqueue(connection, [replace(MESSAGE, customer_id=customer, **changed)], TEN)

    def versions(self) -> dict[str, tuple[str, int | None]]:
        """Customer to state and version."""
        row = OUTBOX.c
        with self.ledger.reading() as connection:
            rows = connection.execute(select(row.customer_id, row.state, row.letter_version))
            return {customer: (state, version) for customer, state, version in rows}


@pytest.fixture
def shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Shop:
    """Three who agreed, and one who did not."""
    new_master_key(tmp_path / "key")
    seal = open_seal(ledger, tmp_path / "key")
    wishes: dict[str, Any] = {"C0": "granted", "C1": "granted", "C2": "granted", "C3": "denied"}
    people = [PersonRow(n, f"{n}@example.com", n, "en", "Asia/Taipei", said) for n, said in wishes.items()]
    with ledger.writing() as connection:
        store_people(connection, seal, people, TEN)
    settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
    return Shop(ledger, seal, settings, SetClock(TEN), Lossy())


def test_each_message_says_in_which_version_it_was_written(shop: Shop) -> None:
    """The first, the second, the shipped one; none where nothing was written, or there is no such letter."""
    shop.write("One")
    shop.queue("C0")
    shop.queue("C3")
    assert shop.send().accepted == 1
    shop.write("Two")
    shop.queue("C1")
    shop.queue("C2", template="new-thanks")
    assert shop.send().accepted == 2
    assert shop.versions() == {
        "C0": ("accepted", 1), "C1": ("accepted", 2), "C2": ("accepted", 0), "C3": ("skipped", None),
    }  # fmt: skip
    bodies = {mail.recipient[0][:2]: mail.rendered.text for mail in shop.channel.mails}
    assert ("One" in bodies["C0"], "Two" in bodies["C1"]) == (True, True)


def test_a_shop_s_own_letter_in_the_place_of_a_shipped_one_counts_from_one(shop: Shop) -> None:
    """Zero is what everybody gets who changes nothing."""
    shop.queue("C0", template="new-thanks")
    shop.send()
    shop.write("Our own thanks", "new-thanks")
    shop.queue("C1", template="new-thanks")
    shop.send()
    assert shop.versions() == {"C0": ("accepted", 0), "C1": ("accepted", 1)}


def test_what_may_have_arrived_is_repeated_in_the_words_of_its_first_attempt(shop: Shop) -> None:
    """Whichever attempt the other side took, the row says what was read; what nobody took is written anew."""
    shop.write("One")
    shop.queue("C0")
    shop.channel.loses = True
    assert shop.send().deferred == {"delivery.no_answer": 1}
    assert shop.versions() == {"C0": ("queued", 1)}
    shop.write("Two")
    shop.channel.loses = False
    shop.queue("C1")
    shop.clock.moment += timedelta(hours=5)
    assert shop.send().accepted == 2
    assert shop.versions() == {"C0": ("accepted", 1), "C1": ("accepted", 2)}
    to_first = [mail.rendered.text for mail in shop.channel.mails if mail.recipient[0].startswith("C0")]
    assert len(to_first) == 2
    assert all("One" in text for text in to_first)


def test_a_message_that_is_put_back_says_nothing_of_a_letter(shop: Shop) -> None:
    """Nothing was taken: the next attempt is written from the newest."""
    shop.write("One")
    shop.queue("C0")

    class Later(MemoryChannel):
        def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
            return [Receipt("later", "delivery.put_off") for _ in mails]

    own = (shop.ledger, shop.seal, Later(), shop.clock, shop.settings)
    assert sum(send(*own, worker="test").deferred.values()) == 1
    assert shop.versions() == {"C0": ("queued", None)}
