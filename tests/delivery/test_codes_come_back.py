"""Codes of letters that never left come back in the run of sending that ends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from evergrove.core import SetClock
from evergrove.delivery import MemoryChannel, send
from evergrove.outbox import Message, enqueue
from evergrove.people import PersonRow, new_master_key, open_seal, store_people
from evergrove.programs import codes_for, figures, give_codes
from evergrove.programs.coupons import put_campaign
from evergrove.settings import Settings, ValueSettings

if TYPE_CHECKING:
    from pathlib import Path

    from evergrove.ledger import Ledger
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


def test_a_letter_that_is_refused_or_too_late_gives_its_code_back(
    ledger: Ledger, tmp_path: Path, mail_settings: MailSettings
) -> None:
    """One leaves and keeps its code; one is to somebody who does not want it, one was of use until this minute."""
    new_master_key(tmp_path / "key")
    seal = open_seal(ledger, tmp_path / "key")
    settings = Settings(mail=mail_settings, value=ValueSettings(language="en", timezone="Asia/Taipei"))
    wishes: dict[str, Any] = {"willing": "granted", "unwilling": "denied", "late": "granted"}
    people = [PersonRow(n, f"{n}@example.com", n, "en", "Asia/Taipei", said) for n, said in wishes.items()]
    message = Message(
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
    messages = {name: replace(message, customer_id=name) for name in wishes}
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
