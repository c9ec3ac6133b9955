"""A mail as the bytes that go over the wire (RFC 5322, 2045, 2047, 2369, 8058)."""

from __future__ import annotations

import re
from base64 import encodebytes
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING

from evergrove.people import checked_address, checked_name

if TYPE_CHECKING:
    from evergrove.delivery.types import Mail

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TO_ESCAPE = re.compile(r'(["\\])')
LINE = 76


class UnsafeHeader(ValueError):
    """A value could break out of its header. Its text is personal and not repeated."""


def message_bytes(mail: Mail) -> bytes:
    """
    The message with CRLF line ends: plain text first, HTML as the alternative, nothing but ASCII.

    Written here and not by the standard library's ``EmailMessage``, which takes ten times as long and folds a
    long List-Unsubscribe into encoded words that no reader understands. The tests read it back with its parser.

    Raises:
        UnsafeHeader: An address is not one address, or another value not on one line.
    """
    boundary = f"=_{mail.outbox_id}"
    headers = {
        "From": _mailbox("From", *mail.sender),
        "To": _mailbox("To", *mail.recipient),
        "Subject": _words("Subject", mail.rendered.subject),
        "Date": format_datetime(mail.sent_at),
        "Message-ID": f"<{_ascii_line(mail.message_id)}>",
        **({"List-Unsubscribe": f"<{_ascii_line(mail.unsubscribe)}>"} if mail.unsubscribe else {}),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative;\r\n boundary="{boundary}"',
    }
    if mail.is_one_click:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    parts = (_part(boundary, "plain", mail.rendered.text), _part(boundary, "html", mail.rendered.html))
    return head.encode("ascii") + b"\r\n" + b"".join(parts) + f"--{boundary}--\r\n".encode("ascii")


def _part(boundary: str, subtype: str, text: str) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    lines = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return head.encode("ascii") + encodebytes(lines.encode()).replace(b"\n", b"\r\n")


def _mailbox(header: str, address: str, name: str) -> str:
    """A name and an address, checked once more here, whatever was checked when they came in."""
    checked, display = checked_address(address), checked_name(name)
    if checked is None or checked != address or display is None:  # the server is told ``address`` itself
        raise UnsafeHeader
    if not display:
        return checked
    if _is_plain(display):
        quoted = _TO_ESCAPE.sub(r"\\\1", display)
        return f'"{quoted}"\r\n <{checked}>'
    return f"{_words(header, display)}\r\n <{checked}>"


def _words(header: str, text: str) -> str:
    """Free text, folded; encoded where it is not ASCII."""
    if _BREAKS.search(text):
        raise UnsafeHeader
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, maxlinelen=LINE, header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """Whether it can stand as it is: ASCII, and nothing that a reader would take for an encoded word."""
    return text.isascii() and "=?" not in text


def _ascii_line(text: str) -> str:
    if not text.isascii() or re.search(r"[\x00-\x20\x7f<>]", text):
        raise UnsafeHeader
    return text
