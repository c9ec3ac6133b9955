"""A letter is read back as a release wrote it; of another format it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evergrove.delivery.letters import document_of, letter_of
from evergrove.delivery.letters.documents import FORMAT
from evergrove.delivery.rendering.errors import UnknownLetterFormat
from evergrove.delivery.rendering.types import Email, Letter, Param, Platform, Wording

GOLDEN = Path(__file__).parent / "golden"
MJML = "<mjml><mj-body><mj-text>{{ greeting }}</mj-text></mj-body></mjml>"
LETTER = Letter(
    "spring-news",
    4,
    "service",
    {
        "en": Wording(
            Email(
                "Spring, and {{ gift }} for you",
                MJML,
                "mjml",
                "See {{ page }}",
                "<html><body><p>{{ greeting }}</p></body></html>",
            ),
            "With your next order comes {{ gift }}.",
            {
                "wechat": Platform("TPL-1042", (("thing1", "{{ shop }}"), ("date2", "{{ valid_until }}"))),
                "sms": Platform("SMS_7", (("gift", "{{ gift }}"),)),
            },
        ),
        "zh-Hans": Wording(Email("春天到了，送您{{ gift }}", "{{ greeting }}\n\n下一单随单附上{{ gift }}。")),
        "zh-Hant": Wording(None, "下一筆訂單隨單附上{{ gift }}。"),
    },
    {
        "gift": Param("text", "a cotton bag", "a small gift"),
        "page": Param("link", "https://shop.example/spring"),
    },
)


def golden() -> dict[str, Any]:
    """A letter as the first release kept it; never changed."""
    found: dict[str, Any] = json.loads((GOLDEN / "letter_1.json").read_text(encoding="utf-8"))
    return found


def test_a_letter_is_read_and_written_as_ever() -> None:
    """Every form in every language, what it declares, and what MJML was compiled to."""
    assert golden()["format"] == FORMAT
    assert letter_of(golden(), version=4) == LETTER
    assert document_of(LETTER) == golden()


@pytest.mark.parametrize("told", ["evergrove.letter/2", "evergrove.playbook/1", None])
def test_a_letter_of_another_format_is_refused(told: str | None) -> None:
    """With its code, what it is and the way out, before anything else of it is looked at."""
    with pytest.raises(UnknownLetterFormat) as refused:
        letter_of(golden() | {"format": told, "colours": "blue"})

    assert refused.value.code == "delivery.unknown_letter_format"
    assert str(told) in str(refused.value)
    assert f"Its first line must be: format = {FORMAT}" in str(refused.value)
