"""What a letter may name: each value with its type, its meaning, a sample, and whether it is personal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Mapping

ValueType = Literal["text", "number", "money", "day", "link", "code", "list"]


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
    """

    name: str
    type: ValueType
    sentence: str
    sample: object
    is_personal: bool = False
    is_certain: bool = False


TABLE: tuple[Value, ...] = (
    Value(
        "greeting",
        "text",
        _("First line: Hello Ada, or Hello, where no name is known."),
        "",
        is_personal=True,
        is_certain=True,
    ),
    Value(
        "name",
        "text",
        _("Name of the recipient; dear customer, where none is known."),
        "Ada",
        is_personal=True,
        is_certain=True,
    ),
    Value("shop", "text", _("Name that messages come from."), "Green Leaf", is_certain=True),
    Value(
        "unsubscribe",
        "text",
        _("Where one leaves: an address of a page, or for mail. The foot of each mail has it."),
        "https://shop.example/leave",
        is_personal=True,
        is_certain=True,
    ),
    Value(
        "unsubscribe_link",
        "link",
        _("The same as the address of a link."),
        "https://shop.example/leave",
        is_personal=True,
        is_certain=True,
    ),
    Value(
        "preferences",
        "link",
        _("Page on which one says what one wants; missing without a public address of the service."),
        "https://shop.example/p/1",
        is_personal=True,
    ),
    Value("postal_address", "text", _("Postal address of the sender, where there is one."), "1 High Street"),
    Value("language", "text", _("Language of the letter: en, zh-Hans or zh-Hant."), "en", is_certain=True),
    Value("coupon", "text", _("Code of the coupon; missing where the step carries none."), "WELCOME10"),
    Value(
        "coupon_value",
        "text",
        _("What the coupon takes off, as shops of the language say it: 10% off, 9折."),
        10,
    ),
    Value("valid_until", "day", _("Last day of the coupon."), "2026-07-15"),
    Value(
        "tier",
        "code",
        _("Tier when the message was decided on, to ask for: high, potential, medium or low."),
        "potential",
    ),
    Value(
        "stage",
        "code",
        _("Stage at the same moment, to ask for: new, growth, mature, decline, churned."),
        "growth",
    ),
    Value("orders", "number", _("Paid orders until then."), 4),
    Value("last_order_date", "day", _("Day of the latest of them."), "2026-05-20"),
    Value("next_order_from", "day", _("Day by which a quarter of such customers order again."), "2026-06-20"),
    Value("next_order_until", "day", _("Day by which three quarters do."), "2026-07-20"),
    Value("spend_12m", "money", _("What the recipient has spent in 12 months, net of refunds."), "3200.00"),
    Value("spend_to_high", "money", _("How much is missing to the spend of the high tier."), "1800.00"),
    Value("favourite_category", "text", _("What the recipient buys most, where that is known."), "Tea"),
    Value(
        "recommended", "list", _("Names of products that go with past orders, where any are known."), ["Cup"]
    ),
    Value("points", "number", _("Points that may be spent; missing until points are kept."), 320),
    Value("points_until", "day", _("Day on which the oldest of them expire."), "2026-12-31"),
    Value("milestone", "text", _("What has been reached, as the playbook says it."), "10"),
)
CATALOGUE: Mapping[str, Value] = {value.name: value for value in TABLE}
LINKS = (*(value.name for value in TABLE if value.type == "link"), "unsubscribe")
"""Values that may stand at the beginning of an address."""
