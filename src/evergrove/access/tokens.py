"""Secrets: drawn at random, kept as hashes, compared without telling by the time how much of them is right."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from evergrove.access.errors import RequestForged

_BYTES = 32
_CSRF = b"evergrove csrf/1"


def new_id() -> str:
    """A random name for a row: 32 hexadecimal digits, which nobody can count up."""
    return secrets.token_hex(16)


def new_secret() -> str:
    """256 random bits as 43 characters that stand in an address as they are."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """
    What is kept of a random secret: SHA-256, 64 hexadecimal digits.

    A slow hash would protect what people choose; 256 random bits cannot be guessed however quick the hash is.
    """
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def are_same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def csrf_token(login_secret: str) -> str:
    """
    What a page's forms carry, so that no other page can send them: made from the log-in's own secret.

    Nothing has to be stored, another log-in has another token, and the end of the log-in is the token's.
    """
    return hmac.new(login_secret.encode(errors="surrogatepass"), _CSRF, sha256).hexdigest()


def check_csrf(login_secret: str, given: str) -> None:
    """
    Let no change pass that does not carry the token of its log-in.

    Raises:
        RequestForged: It carries none, or another one.
    """
    if not are_same(csrf_token(login_secret), given):
        raise RequestForged
