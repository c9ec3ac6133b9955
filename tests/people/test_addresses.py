"""What may stand in the header of a message, and what is refused at the door."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from evergrove.people import checked_address, checked_name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace+shop@Mail.Example.COM ", "Ada.Lovelace+shop@mail.example.com"),
        ("12345678@qq.com", "12345678@qq.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("info@例え.jp", "info@xn--r8jz45g.jp"),
    ],
)
def test_addresses_that_are_sent_to(text: str, address: str) -> None:
    """Spaces around go, the domain becomes small ASCII letters, what stands before the @ stays as it is."""
    assert checked_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada@@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com",
        "Ada <ada@example.com>",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@exam\nple.com",
        "ada\x00@example.com",
        '"a b"@example.com',
        "ada@[127.0.0.1]",
        "ada@example.com>",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 250 + ".com",
        "小明@example.tw",
        "ada@ex\u037aample.com",  # one letter that stands for a blank and a letter
        "ada@example.com\u2474",  # (1), which a mail program reads as a remark
        "ada@example.co\ufc5em",
        "ada@" + "é." * 200_000 + "com",
    ],
)
def test_addresses_that_are_refused(text: str) -> None:
    """Lists, line breaks, display names, quoted forms, local hosts: none of them is one address."""
    assert checked_address(text) is None


def test_a_name_stays_on_one_line() -> None:
    """Names of any script pass; what breaks a line, turns the reading direction or is no name does not."""
    assert checked_name("  王  小明 ") == "王 小明"
    assert checked_name("") == ""
    for bad in ("A\r\nBcc: x@y.co", "A\nB", "A\x00B", "A\u2028B", "A\u202eB", "A\u061cB", "x" * 101):
        assert checked_name(bad) is None


@pytest.mark.parametrize("name", ["Win http://evil.example now", "HTTPS://evil.example", "www.evil.example"])
def test_a_name_is_no_advertisement(name: str) -> None:
    """Whoever signs up with another's address and a link for a name does not make the shop send it."""
    assert checked_name(name) is None


def test_no_letter_of_any_script_smuggles_a_sign_into_a_domain() -> None:
    """Each that stands for others, in a domain: refused, or an address of letters, digits, dots and strokes."""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789.-_")
    smuggled = [
        hex(code)
        for code in range(0x80, 0x110000)
        if chr(code).isalnum()
        and normalize("NFKC", chr(code)) != chr(code)
        and (address := checked_address(f"ada@x{chr(code)}y.com"))
        and not set(address.removeprefix("ada@")) <= allowed
    ]

    assert smuggled == []
