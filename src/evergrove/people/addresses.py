"""One address without line breaks, one name on one line: what may stand in a message's header."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
LONGEST_LOCAL = 64
LONGEST_NAME = 100

# The atoms of RFC 5322 without its quoted forms, which no shop's customer has and every parser reads
# differently; a domain of two labels or more, whose letters may be those of any script.
_ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+)"
)
# What the letters of other scripts become: some characters stand for several, a blank or a bracket among them.
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)+")
_NOT_ON_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPACES = re.compile("[ \u3000]+")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # they turn round what is read


# Anybody can sign up with somebody else's address; a link for a name would make the shop its messenger.
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def checked_address(text: str) -> str | None:
    """One e-mail address as it is sent to, its domain in ASCII and small letters; None: it is none."""
    text = text.strip()
    match = _ADDRESS.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
    if match is None or len(match["local"]) > LONGEST_LOCAL:
        return None
    try:
        domain = match["domain"].encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    if _HOST.fullmatch(domain) is None:
        return None
    address = f"{match['local']}@{domain}"
    return address if len(address) <= LONGEST_ADDRESS else None


def compared_address(address: str) -> str:
    """An address as it is compared: no mail service tells capital from small letters before the @."""
    return address.lower()


def checked_name(text: str) -> str | None:
    """A name on one line; None: it could break out of a header, holds a link, or is too long for a name."""
    name = _SPACES.sub(" ", text).strip(" ")
    if len(name) > LONGEST_NAME or any(each.search(name) for each in (_NOT_ON_ONE_LINE, _DIRECTIONS, _LINK)):
        return None
    return name
