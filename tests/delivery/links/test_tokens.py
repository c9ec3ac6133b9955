"""Cases 45 and 46 of the threat model: links that nobody can make up, and that last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergrove.delivery.links import Token, message_named, read_token, signed_name, token_of
from evergrove.delivery.links.errors import NoSuchLink
from evergrove.delivery.links.following import is_web
from evergrove.delivery.links.tokens import KINDS, LENGTH
from evergrove.people import Seal

if TYPE_CHECKING:
    from evergrove.delivery.links.tokens import Kind

SEAL, OTHER = Seal(bytes(range(32))), Seal(bytes(range(1, 33)))
NAMES = st.text("0123456789abcdef", min_size=32, max_size=32)
TARGETS = st.text("0123456789abcdef", min_size=16, max_size=16)
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.sampled_from(KINDS), NAMES, TARGETS, st.integers(0, 255))
def test_a_token_says_what_was_put_into_it(kind: Kind, name: str, target: str, links: int) -> None:
    """And another workspace, whose key is another, finds it to be none of its own."""
    token = token_of(SEAL, kind, name, target=target, links=links)

    assert read_token(SEAL, token) == Token(kind, name, target, links)
    assert len(token) == LENGTH
    with pytest.raises(NoSuchLink):
        read_token(OTHER, token)


def test_case_46_any_flipped_bit_leads_nowhere() -> None:
    """Each of the 6 bits of each of the 56 characters; strange signs and other lengths, too."""
    token = token_of(SEAL, "leave", "0123456789abcdef" * 2)
    for at, sign in enumerate(token):
        for bit in range(6):
            flipped = SIGNS[SIGNS.index(sign) ^ (1 << bit)]
            with pytest.raises(NoSuchLink):
                read_token(SEAL, token[:at] + flipped + token[at + 1 :])
    for wrong in (
        "",
        token[:-1],
        f"{token}A",
        token[:-4],
        f"{token[:-1]}=",
        f"{token[:20]} {token[21:]}",
        "ü" * 56,
    ):
        with pytest.raises(NoSuchLink):
            read_token(SEAL, wrong)


def test_a_token_of_today_is_read_for_ever() -> None:
    """Links of letters that have left stand as they are: whatever changes in the code, this one must go on working."""
    assert token_of(SEAL, "leave", "00112233445566778899aabbccddeeff") == LETTERS_LEFT_WITH
    assert signed_name(SEAL, "00112233445566778899aabbccddeeff") == AND_WITH


LETTERS_LEFT_WITH = "AAAAESIzRFVmd4iZqrvM3e7_AAAAAAAAAAAZ-emMGhVIgrEvanFd45W_"
AND_WITH = "00112233445566778899aabbccddeeff.f2aaf7f8227be0db7dce"


@given(NAMES)
def test_names_of_messages_cannot_be_made_up(name: str) -> None:
    """Only with the mark that this workspace made; whatever stands after the @."""
    signed = signed_name(SEAL, name)
    assert message_named(SEAL, f"<{signed}@shop.example>") == name
    for made_up in (
        f"{name}@shop.example",
        f"{signed[:-1]}{'0' if signed[-1] != '0' else '1'}@shop.example",
        signed,
    ):
        assert message_named(SEAL, made_up) is None
    assert message_named(OTHER, f"{signed}@shop.example") is None


@pytest.mark.parametrize(
    ("destination", "is_one"),
    [
        ("https://shop.example/a?b=c#d", True),
        ("http://shop.example:8080/", True),
        ("https://商店.example/優惠", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("/local", False),
        ("https://", False),
        ("https://shop.example@evil.example/", False),
        ("https://shop.example\\@evil.example/", False),
        ("https://shop.example/a b", False),
        ("https://shop.example/\r\nSet-Cookie: a=b", False),
        ("ftp://shop.example/", False),
        ("https://shop.example:99999/", False),
    ],
)
def test_case_45_only_pages_are_linked_to(destination: str, *, is_one: bool) -> None:
    """Nothing that a browser would run, and nothing whose host is another than it seems."""
    assert is_web(destination) is is_one
