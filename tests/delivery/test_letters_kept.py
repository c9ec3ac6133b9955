"""Letters in the ledger: versions that never change, categories that stay, and codes that messages carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import evergrove.audit.tables
import evergrove.outbox.tables
import evergrove.programs.coupons.tables  # noqa: F401 - registers them in the ledger
from evergrove.delivery import render
from evergrove.delivery.letters import (
    add_letter,
    all_letters,
    letter_named,
    letters_of,
    sample_values,
    versions_of,
    with_codes,
)
from evergrove.delivery.rendering.errors import CategoryFixed, NoLetter, UnknownValue
from evergrove.outbox.types import Claim, Message
from evergrove.programs.coupons import issue, put_campaign
from evergrove.settings import MailSettings, Settings

if TYPE_CHECKING:
    from evergrove.ledger import Ledger

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
SHOP = Settings(mail=MailSettings(sender="shop@shop.example", sender_name="Green Leaf"))


def document(
    body: str = "Hello {{ name }}", name: str = "news", category: str = "marketing"
) -> dict[str, Any]:
    """A letter in English."""
    words = {"en": {"subject": "News", "body": body}}
    return {"format": "evergrove.letter/1", "name": name, "category": category, "words": words}


def add(ledger: Ledger, given: dict[str, Any]) -> tuple[int, bool]:
    """Keep a letter; its version and whether that is new."""
    with ledger.writing() as connection:
        letter, is_new = add_letter(connection, given, SHOP, NOW, "cli")
    return letter.version, is_new


def test_every_change_is_a_version_and_the_newest_is_taken(ledger: Ledger) -> None:
    """What says the same is none; the older ones stay as they were."""
    assert add(ledger, document("One")) == (1, True)
    assert add(ledger, document("One")) == (1, False)
    assert add(ledger, document("Two")) == (2, True)
    assert add(ledger, document("One")) == (3, True)

    with ledger.reading() as connection:
        bodies = [each.letter.words["en"].email.body for each in versions_of(connection, "news")]  # type: ignore[union-attr]
        newest, second = letter_named(connection, "news"), letter_named(connection, "news", 2)
        own = letters_of(connection, ["news", "new-thanks", "none"])
    assert bodies == ["One", "Two", "One"]
    assert (newest.version, second.words["en"].email.body) == (3, "Two")  # type: ignore[union-attr]
    assert own == {"news": newest}


def test_a_letter_of_the_name_of_a_shipped_one_takes_its_place(ledger: Ledger) -> None:
    """And version 0 is still the shipped one."""
    add(ledger, document("Our own thanks, {{ name }}", "new-thanks"))

    with ledger.reading() as connection:
        mine, shipped = letter_named(connection, "new-thanks"), letter_named(connection, "new-thanks", 0)
        listed = {each.letter.name: each.letter.version for each in all_letters(connection)}
        versions = [each.letter.version for each in versions_of(connection, "new-thanks")]
    assert "Our own thanks, Ada" in render(mine, "en", sample_values(mine, "en", SHOP)).text
    assert set(shipped.words) == {"en", "zh-Hans", "zh-Hant"}
    assert (listed["new-thanks"], listed["new-howto"], versions) == (1, 0, [1, 0])


def test_a_category_is_for_good(ledger: Ledger) -> None:
    """People have agreed to a category: a letter does not change it."""
    add(ledger, document())
    with pytest.raises(CategoryFixed, match="stays so"):
        add(ledger, document(category="transactional"))


def test_what_is_refused_leaves_nothing(ledger: Ledger) -> None:
    """No letter, no version."""
    with pytest.raises(UnknownValue):
        add(ledger, document("{{ nobody_knows }}"))
    with ledger.reading() as connection:
        for name, version in (("news", None), ("new-thanks", 1), ("news", 0), ("../x", None)):
            with pytest.raises(NoLetter):
                letter_named(connection, name, version)
        with pytest.raises(NoLetter):
            versions_of(connection, "news")


@pytest.mark.parametrize(
    ("terms", "offer"),
    [
        ({"kind": "percent", "value": "15"}, {"coupon_kind": "percent", "coupon_value": "15"}),
        (
            {"kind": "threshold", "steps": [["300", "40"]]},
            {"coupon_kind": "threshold", "coupon_value": "40", "coupon_from": "300"},
        ),
    ],
)
def test_a_message_carries_the_code_that_it_was_given(
    ledger: Ledger, terms: dict[str, Any], offer: dict[str, str]
) -> None:
    """With what it is worth and its last day in the campaign's zone; one without a code stays without."""
    campaign = {
        "format": "evergrove.coupons/1",
        "key": "spring",
        "version": 1,
        "name": "Spring",
        "currency": "CNY",
        "timezone": "Asia/Shanghai",
        "valid_days": 14,
        **terms,
    }
    claims = [
        Claim(f"{number:032x}", 1, 0, _message({"coupon_campaign": "spring", "stage": "new"}))
        for number in (1, 2)
    ]
    with ledger.writing() as connection:
        put_campaign(connection, campaign, "Asia/Shanghai", NOW)
        issued = issue(connection, "spring", [("C1", claims[0].id)], NOW)
        first, second = with_codes(connection, claims)

    assert first.message.params["coupon"] == issued[claims[0].id].code
    assert {name: first.message.params[name] for name in offer} == offer
    assert first.message.params["valid_until"] == "2026-03-16"
    assert "coupon" not in second.message.params


def _message(params: dict[str, Any]) -> Message:
    return Message(
        decision_id="d",
        run_id=1,
        playbook="L2",
        version=1,
        customer_id="C1",
        occasion="once",
        step=0,
        channel="email",
        arm="treated",
        category="marketing",
        template="new-coupon",
        params=params,
        not_before=NOW,
        valid_until=NOW + timedelta(days=7),
    )
