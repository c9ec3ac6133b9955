"""Who is acting: a program with a key, or somebody who has signed in."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from evergrove.access import actor_of_key, actor_of_login
from evergrove.access.errors import UnknownKey
from evergrove.access.keys import MARK
from evergrove.http.cookies import held
from evergrove.http.errors import KeyInAddress, NoCredentials
from evergrove.http.forgery import check_origin, check_token
from evergrove.http.places import address

if TYPE_CHECKING:
    from starlette.requests import Request

    from evergrove.access import Actor
    from evergrove.app.service import Service

_KEY_NAMES = frozenset({"key", "api_key", "apikey", "access_token", "token", "writekey", "write_key"})


def actor_of(request: Request, service: Service, token: str | None = None) -> Actor:
    """
    Who asks, with the rights of this moment.

    Args:
        request: Of which the head is read only.
        service: That is asked.
        token: Of the log-in, where it has come in a form; None: it stands in the header, if anywhere.

    Raises:
        NoCredentials: Nobody says who they are.
        UnknownKey: The key is not valid.
        SignInNeeded: The log-in has ended.
        KeyInAddress: A key stands in the query string.
        ForeignOrigin: A page of another site asks for a change.
        RequestForged: A change by log-in does not carry its token.
        TooManyAttempts: Too many invalid keys came from this address.
    """
    actor = actor_by_head(request, service)
    check_form(request, service, token)
    return actor


def actor_by_head(request: Request, service: Service) -> Actor:
    """
    Who asks, as ``actor_of`` tells it, before anything of the body is read; ``check_form`` must follow.

    Raises:
        NoCredentials, UnknownKey, SignInNeeded, KeyInAddress, ForeignOrigin, TooManyAttempts: As ``actor_of``.
    """
    refuse_key_in_address(request)
    header = request.headers.get("authorization")
    if header is not None:
        return _by_key(request, service, key_of(header))
    base_url = service.here.settings.access.base_url
    secret = held(request, base_url)
    if not secret:
        raise NoCredentials
    check_origin(request, base_url)
    return actor_of_login(service.here.ledger, secret, service.here.clock, service.life)


def check_form(request: Request, service: Service, token: str | None) -> None:
    """
    Let no change by log-in pass that does not carry its token; a key needs none.

    Raises:
        RequestForged: It carries none, or another one.
    """
    if "authorization" not in request.headers:
        check_token(request, held(request, service.here.settings.access.base_url), token)


def _by_key(request: Request, service: Service, presented: str) -> Actor:
    here = service.here
    try:
        return actor_of_key(here.ledger, presented, here.clock)
    except UnknownKey:
        service.wrong_keys.take(address(request))
        raise


def key_of(header: str) -> str:
    """
    The key in an Authorization header: of Bearer, or the user name of Basic, where Segment's write keys stand.

    Raises:
        UnknownKey: It is neither.
    """
    scheme, _space, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        raise UnknownKey
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnknownKey from error


def refuse_key_in_address(request: Request) -> None:
    """
    Refuse a key in the query string, valid or not: it stands in histories and logs from then on.

    Raises:
        KeyInAddress: There is one, or a parameter that is called like one.
    """
    for name, value in request.query_params.multi_items():
        if name.lower() in _KEY_NAMES or value.startswith(f"{MARK}_"):
            raise KeyInAddress
