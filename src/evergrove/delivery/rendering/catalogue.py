"""What a letter may name: each value with its type, its meaning, a sample, and whether it is personal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

ValueType = Literal["text", "number", "money", "day", "link", "code", "list"]
Source = Literal["sender", "recipient", "step", "decision", "night", "playbook"]


@dataclass(frozen=True)
class Value:
    """
    One value.

    Attributes:
        name: In letters.
        type: How it is written.
        sentence: What it is.
        sample: As a playbook gives it; of links and texts as they are written.
        is_personal: Whether it is shown to those only who may see names and addresses.
        is_certain: Whether every recipient has it; of the others those who lack it are skipped.
        source: Where it comes from: the "sender" by the settings, the "recipient" with the ways out, the playbook's "step",
            the "decision" that the message rests on, the tables of the latest "night" when the message leaves; "playbook":
            nothing gives it by itself.
    """

    name: str
    type: ValueType
    sentence: str
    sample: object
    is_personal: bool = False
    is_certain: bool = False
    source: Source = "playbook"


TABLE: tuple[Value, ...] = (
    Value(
        "greeting",
        "text",
        _("First line: Hello Ada, or Hello, where no name is known."),
        "",
        is_personal=True,
        is_certain=True,
        source="recipient",
    ),
    Value(
        "name",
        "text",
        _("Name of the recipient; dear customer, where none is known."),
        "Ada",
        is_personal=True,
        is_certain=True,
        source="recipient",
    ),
    Value("shop", "text", _("Name that messages come from."), "Green Leaf", is_certain=True, source="sender"),
    Value(
        "unsubscribe",
        "text",
        _("Where one leaves: an address of a page, or for mail. The foot of each mail has it."),
        "https://shop.example/leave",
        is_personal=True,
        is_certain=True,
        source="recipient",
    ),
    Value(
        "unsubscribe_link",
        "link",
        _("The same as the address of a link."),
        "https://shop.example/leave",
        is_personal=True,
        is_certain=True,
        source="recipient",
    ),
    Value(
        "preferences",
        "link",
        _("Page on which one says what one wants; missing without a public address of the service."),
        "https://shop.example/p/1",
        is_personal=True,
        source="recipient",
    ),
    Value(
        "postal_address",
        "text",
        _("Postal address of the sender, where there is one."),
        "1 High Street",
        source="sender",
    ),
    Value(
        "language",
        "text",
        _("Language of the letter: en, zh-Hans or zh-Hant."),
        "en",
        is_certain=True,
        source="recipient",
    ),
    Value(
        "coupon",
        "text",
        _("Code of the coupon; missing where the step carries none."),
        "WELCOME10",
        source="step",
    ),
    Value(
        "coupon_value",
        "text",
        _("What the coupon takes off, as shops of the language say it: 10% off, 9折."),
        10,
        source="step",
    ),
    Value("valid_until", "day", _("Last day of the coupon."), "2026-07-15", source="step"),
    Value(
        "tier",
        "code",
        _("Tier when the message was decided on, to ask for: high, potential, medium or low."),
        "potential",
        source="decision",
    ),
    Value(
        "stage",
        "code",
        _("Stage at the same moment, to ask for: new, growth, mature, decline, churned."),
        "growth",
        source="decision",
    ),
    Value("orders", "number", _("Paid orders until then."), 4, source="decision"),
    Value("last_order_date", "day", _("Day of the latest of them."), "2026-05-20", source="decision"),
    Value(
        "next_order_from",
        "day",
        _("Day by which a quarter of such customers order again."),
        "2026-06-20",
        source="decision",
    ),
    Value("next_order_until", "day", _("Day by which three quarters do."), "2026-07-20", source="decision"),
    Value(
        "spend_12m",
        "money",
        _("What the recipient has spent in 12 months, net of refunds."),
        "3200.00",
        source="night",
    ),
    Value(
        "spend_to_high",
        "money",
        _("How much more makes the high tier; missing where spend alone would not."),
        "1800.00",
        source="night",
    ),
    Value(
        "favourite_category",
        "text",
        _("Category that most of the recipient's money goes to, where that is known."),
        "Tea",
        source="night",
    ),
    Value(
        "last_product",
        "text",
        _("What most of the latest order was for, where its articles have names."),
        "Green tea, 250 g",
        source="night",
    ),
    Value(
        "recommended",
        "list",
        _("Names of products that go with past orders; missing until something recommends."),
        ["Cup"],
    ),
    Value("points", "number", _("Points that may be spent; missing until points are kept."), 320),
    Value("points_until", "day", _("Day on which the oldest of them expire."), "2026-12-31"),
    Value(
        "milestone",
        "text",
        _("What has been reached: so many orders, or so much spend, as the playbook has it."),
        "10",
        source="step",
    ),
)
CATALOGUE: Mapping[str, Value] = {value.name: value for value in TABLE}
BY_NIGHT = frozenset(value.name for value in TABLE if value.source == "night")
"""Values that are read when the message leaves."""
LINKS = (*(value.name for value in TABLE if value.type == "link"), "unsubscribe")
"""Values that may stand at the beginning of an address."""
