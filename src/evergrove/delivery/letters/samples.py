"""Readers who do not exist, of whom everything is known: for tries and previews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.delivery.links.ways import Ways
from evergrove.delivery.rendering.catalogue import TABLE
from evergrove.delivery.wording import values_of
from evergrove.people.types import Contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.delivery.rendering.types import Letter, Values
    from evergrove.settings import Settings
    from evergrove.text import Language

NAMES: Mapping[Language, str] = {"en": "Ada", "zh-Hans": "陈晓", "zh-Hant": "林怡君"}
WAYS = Ways("https://shop.example/leave", is_one_click=False, preferences="https://shop.example/p")


def sample_params(letter: Letter) -> dict[str, Any]:
    """What a playbook that knows everything gives a letter."""
    known = {each.name: each.sample for each in TABLE if each.sample != ""}
    return known | {name: each.sample for name, each in letter.params.items()}


def sample_values(letter: Letter, language: Language, settings: Settings) -> Values:
    """Values of a reader of whom everything is known."""
    contact = Contact("sample", "ada@example.com", NAMES[language], language, None)
    currency = settings.value.currency or "CNY"
    return values_of(
        sample_params(letter),
        contact,
        settings.mail,
        language,
        WAYS,
        currency=currency,
        declared=letter.params,
    ) | {"shop": settings.mail.sender_name or "Green Leaf"}
