"""Codes of letters that never left come back in the run of sending that ends them; who is written to again gets another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel, Receipt, SendReport, send
from evergrove.delivery.by_hand import NoCodeAgain, retry_message, settle_message
from evergrove.outbox import OUTBOX, Message, enqueue
from evergrove.people import PersonRow, new_master_key, open_seal, store_people
from evergrove.programs import codes_for, figures, give_codes
from evergrove.programs.coupons import pause_campaign, put_campaign, resume_campaign
from evergrove.settings import Settings, ValueSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evergrove.delivery import AccountProblem, Mail
    from evergrove.ledger import Ledger
    from evergrove.people import Seal
    from evergrove.settings import MailSettings

TEN = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
"""10:00 in Taipei."""
CAMPAIGN = {
    "format": "evergrove.coupons/1",
    "key": "spring",
    "version": 1,
    "name": "Spring",
    "kind": "percent",
    "value": "15",
    "currency": "TWD",
    "timezone": "Asia/Taipei",
    "valid_days": 14,
}

MESSAGE = Message(
    playbook="L2",
    version=1,
    customer_id="",
    occasion="o",
    step=0,
    channel="email",
    arm="treated",
    template="new-coupon",
    decision_id="d",
    run_id=1,
    params={"coupon_campaign": "spring"},
    not_before=TEN,
    valid_until=TEN + timedelta(days=1),
)


@dataclass
class Answering(MemoryChannel):
    """Says the same of every mail."""

    receipt: Receipt = Receipt("failed", "delivery.refused")

    def deliver(self, mails: Sequence[Mail]) -> list[Receipt | AccountProblem]:
        """Keep the mails."""
        super().deliver(mails)
        return [self.receipt for _ in mails]


@dataclass
class Shop:
    """One willing person, and one message with a code."""

    ledger: Ledger
    seal: Seal
    settings: Settings
    message: Message
    channel: Answering

    def send(self, receipt: Receipt | None = None) -> SendReport:
        """Send what is due; refused for good, where nothing else is said."""
        self.channel.receipt = receipt or Receipt("failed", "delivery.refused")
        return send(self.ledger, self.seal, self.channel, SetClock(TEN), self.settings, worker="test")

    def retry(self, now: datetime = TEN) -> None:
        """Somebody lets it leave again."""
        with self.ledger.writing() as connection:
            retry_message(connection, self.message.id, now, now + timedelta(hours=1), by="user:1")

    def stands(self) -> tuple[str, str | None, int]:
        """State of the message, its code, and how many codes the campaign counts."""
        with self.ledger.reading() as connection:
            state = connection.execute(select(OUTBOX.c.state)).scalar_one()
            code = codes_for(connection, [self.message.id]).get(self.message.id)
            return state, code, figures(connection, "spring", TEN).issued


@pytest.fixture
def make_shop(ledger: Ledger, tmp_path: Path, mail_settings: MailSettings) -> Any:
    """A shop whose campaign says more: ``make_shop(limit_issued=1)``."""

    def made(**more: Any) -> Shop:
        new_master_key(tmp_path / "key")
        seal = open_seal(ledger, tmp_path / "key")
        settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
        message = replace(MESSAGE, customer_id="C1")
        terms = {name: each for name, each in (CAMPAIGN | more).items() if each is not None}
        with ledger.writing() as connection:
            store_people(
                connection,
                seal,
                [PersonRow("C1", "c@example.com", "Ada", "en", "Asia/Taipei", "granted")],
                TEN,
            )
            put_campaign(connection, terms, "Asia/Taipei", TEN)
            enqueue(connection, [message], TEN)
            assert give_codes(connection, [message], TEN) == 1
        return Shop(ledger, seal, settings, message, Answering())

    return made


def test_a_failed_message_that_somebody_sends_again_has_another_code(make_shop: Any) -> None:
    """As often as it fails: each letter holds a code that nobody else holds, and only the last is counted."""
    shop = make_shop(limit_issued=1, limit_per_person=1)
    codes = [shop.stands()[1]]
    for _time in range(2):
        assert shop.send().failed == 1
        assert shop.stands() == ("failed", None, 0)
        shop.retry()
        codes.append(shop.stands()[1])
    assert shop.send(Receipt("accepted")).accepted == 1
    assert shop.stands() == ("accepted", codes[-1], 1)
    assert len(set(codes)) == 3
    assert None not in codes
    for mail, code in zip(shop.channel.mails, codes, strict=True):
        assert code in mail.rendered.text


def test_a_shared_code_is_the_same_again(make_shop: Any) -> None:
    """There is no other; it is expected to cost what it was."""
    shop = make_shop(code="SPRING26", valid_days=None, valid_until="2026-12-31")
    with shop.ledger.reading() as connection:
        before = figures(connection, "spring", TEN)
    shop.send()
    shop.retry()
    with shop.ledger.reading() as connection:
        assert figures(connection, "spring", TEN) == before
    assert shop.send(Receipt("accepted")).accepted == 1
    assert shop.stands() == ("accepted", "SPRING26", before.issued)


def test_without_a_code_nothing_leaves_and_nothing_is_changed(make_shop: Any) -> None:
    """The campaign rests, or is used up by others: it is said, and works once that is mended."""
    shop = make_shop(limit_issued=1)
    shop.send()
    with shop.ledger.writing() as connection:
        pause_campaign(connection, "spring", TEN)
    with pytest.raises(NoCodeAgain, match=r"spring.*the campaign is paused"):
        shop.retry()
    assert shop.stands() == ("failed", None, 0)
    with shop.ledger.writing() as connection:
        resume_campaign(connection, "spring", TEN)
        give_codes(connection, [replace(MESSAGE, customer_id="C2")], TEN)
    with pytest.raises(NoCodeAgain, match="all codes of the campaign are out"):
        shop.retry()
    assert shop.stands() == ("failed", None, 1)
    assert shop.send() == SendReport()
    with shop.ledger.writing() as connection:
        put_campaign(connection, CAMPAIGN | {"version": 2, "limit_issued": 2}, "Asia/Taipei", TEN)
    shop.retry()
    assert shop.send(Receipt("accepted")).accepted == 1


def test_a_message_of_which_somebody_says_that_it_did_not_leave_gives_its_code_back(make_shop: Any) -> None:
    """Until then somebody may have it; of one that did leave, somebody has."""
    shop = make_shop()
    assert shop.send(Receipt("unknown", "delivery.no_answer")).unknown == 1
    state, first, issued = shop.stands()
    assert (state, issued) == ("unknown", 1)
    with shop.ledger.writing() as connection:
        settle_message(connection, shop.message.id, TEN, did_leave=False)
    assert shop.stands() == ("failed", None, 0)
    shop.retry()
    state, second, issued = shop.stands()
    assert (state, issued, second == first) == ("queued", 1, False)


def test_a_letter_that_is_refused_or_too_late_gives_its_code_back(
    ledger: Ledger, tmp_path: Path, mail_settings: MailSettings
) -> None:
    """One leaves and keeps its code; one is to somebody who does not want it, one was of use until this minute."""
    new_master_key(tmp_path / "key")
    seal = open_seal(ledger, tmp_path / "key")
    settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
    wishes: dict[str, Any] = {"willing": "granted", "unwilling": "denied", "late": "granted"}
    people = [PersonRow(n, f"{n}@example.com", n, "en", "Asia/Taipei", said) for n, said in wishes.items()]
    messages = {name: replace(MESSAGE, customer_id=name) for name in wishes}
    messages["late"] = replace(messages["late"], valid_until=TEN)
    with ledger.writing() as connection:
        store_people(connection, seal, people, TEN)
        put_campaign(connection, CAMPAIGN, "Asia/Taipei", TEN)
        enqueue(connection, list(messages.values()), TEN)
        assert give_codes(connection, messages.values(), TEN) == 3

    channel = MemoryChannel()
    report = send(ledger, seal, channel, SetClock(TEN), settings, worker="test")

    assert (report.accepted, sum(report.skipped.values()), report.expired) == (1, 1, 1)
    with ledger.reading() as connection:
        codes = codes_for(connection, [each.id for each in messages.values()])
        assert figures(connection, "spring", TEN).issued == 1
    assert codes.keys() == {messages["willing"].id}
    (letter,) = channel.mails
    assert codes[messages["willing"].id] in letter.rendered.text
