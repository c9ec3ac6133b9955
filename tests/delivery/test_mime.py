"""The bytes of a message, read back with the standard library's parser."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergrove.delivery.channels.email.mime import UnsafeHeader, message_bytes
from evergrove.delivery.types import Mail, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable


def parsed(mail: Mail) -> Any:
    """As a mail program reads it."""
    return message_from_bytes(message_bytes(mail), policy=policy.default)


def test_a_message_reads_back_as_it_was_meant(make_mail: Callable[..., Mail]) -> None:
    """Headers, both bodies, and an address with its name in any script."""
    mail = replace(
        make_mail("ming@example.tw", name="王小明"),
        rendered=Rendered("您的第二筆訂單可享9折優惠", "您好：\n\n第一行\n", "<p>您好：</p>"),
    )
    message = parsed(mail)

    assert message["Subject"] == "您的第二筆訂單可享9折優惠"
    assert (message["To"].addresses[0].display_name, message["To"].addresses[0].addr_spec) == (
        "王小明",
        "ming@example.tw",
    )
    assert message["From"].addresses[0].addr_spec == "shop@shop.example"
    assert message["Message-ID"] == f"<{mail.message_id}>"
    assert message["Date"].datetime == mail.sent_at
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == "您好：\n\n第一行\n"
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>您好：</p>")
    assert message.defects == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Ada",
        'Ada "the first" Lovelace',
        "Lovelace, Ada",
        "a\\b",
        "王" * 100,
        "é" * 60,
        "=?utf-8?q?Eve?=",
        "A <e@x.co>",
    ],
)
def test_any_name_stands_beside_its_address(make_mail: Callable[..., Mail], name: str) -> None:
    """Quotes, commas, long names and words that look encoded: one recipient, and the name as it was."""
    content = message_bytes(make_mail(name=name))
    (address,) = message_from_bytes(content, policy=policy.default)["To"].addresses
    # The newer parser keeps the blank between two encoded words, which RFC 2047 says to leave out; the older
    # one does as it should.
    shown, _address = parseaddr(message_from_bytes(content)["To"])

    assert address.addr_spec == "ada@example.com"
    assert str(make_header(decode_header(shown.replace("\r\n", "")))) == name


def test_the_way_out_is_one_unbroken_address(make_mail: Callable[..., Mail]) -> None:
    """However long it is, it is neither folded nor encoded, and one click is offered only where it works."""
    way_out = f"https://shop.example/leave?{'x' * 300}"
    once = message_bytes(replace(make_mail(), unsubscribe=way_out, is_one_click=True))
    never = message_bytes(replace(make_mail(), unsubscribe=way_out))

    assert f"\r\nList-Unsubscribe: <{way_out}>\r\n".encode() in once
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in once
    assert b"List-Unsubscribe-Post" not in never


def test_bytes_are_fit_for_every_server(make_mail: Callable[..., Mail]) -> None:
    """ASCII only, CRLF only, no line beyond the limit of RFC 5321, encoded words within that of RFC 2047."""
    rendered = Rendered("長" * 90, "長" * 5_000, "<p>" + "長" * 5_000 + "</p>")
    content = message_bytes(replace(make_mail(name="長" * 100), rendered=rendered))

    assert content.isascii()
    assert not re.search(rb"[^\r]\n|\r[^\n]", content)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert max(map(len, re.findall(rb"=\?\S+\?=", content))) <= 75
    assert parsed(replace(make_mail(), rendered=rendered))["Subject"] == "長" * 90


@pytest.mark.parametrize("address", ["ada@example.com\n", " ada@example.com", "ada@Example.com"])
def test_the_server_is_told_the_very_address_of_the_header(
    make_mail: Callable[..., Mail], address: str
) -> None:
    """What is an address only after trimming is none here: the server would be told it untrimmed."""
    for mail in (make_mail(address), replace(make_mail(), sender=(address, "Shop"))):
        with pytest.raises(UnsafeHeader):
            message_bytes(mail)


BREAKING = ("\r\nBcc: eve@example.com", "\n x", "\x00x", "\x85x", "\u2028x")


@pytest.mark.parametrize("text", BREAKING)
def test_nothing_breaks_out_of_a_header(make_mail: Callable[..., Mail], text: str) -> None:
    """Line breaks of every kind, in each value that becomes a header."""
    mail = make_mail()
    spoilt = [
        replace(mail, recipient=(f"ada@example.com{text}", "Ada")),
        replace(mail, recipient=("ada@example.com", f"Ada{text}")),
        replace(mail, sender=(f"shop@shop.example{text}", "Shop")),
        replace(mail, sender=("shop@shop.example", f"Shop{text}")),
        replace(mail, unsubscribe=f"mailto:a@b.co{text}"),
        replace(mail, message_id=f"1@b.co{text}"),
        replace(mail, rendered=Rendered(f"Hello{text}", "", "")),
    ]

    for each in spoilt:
        with pytest.raises(UnsafeHeader) as raised:
            message_bytes(each)
        assert str(raised.value) == ""


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=st.text(max_size=60), name=st.text(max_size=60))
def test_whatever_the_words_the_headers_are_ours(
    make_mail: Callable[..., Mail], subject: str, name: str
) -> None:
    """Refused, or read back with exactly the headers that we write and one recipient."""
    mail = replace(make_mail(name=name), rendered=Rendered(subject, "x", "y"))
    try:
        message = parsed(mail)
    except UnsafeHeader:
        return

    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "MIME-Version",
        "Content-Type",
    }
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.com"]
