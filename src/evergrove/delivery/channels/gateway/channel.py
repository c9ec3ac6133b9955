"""A provider of messages over HTTP, as its profile describes it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from evergrove.delivery.channels.base import ChannelBase
from evergrove.delivery.channels.calling import Callers, called
from evergrove.delivery.channels.errors import ChannelNotSetUp, ChannelRefuses, InTheOpen
from evergrove.delivery.channels.gateway import signing
from evergrove.delivery.channels.gateway.filling import (
    encoded,
    filled,
    filled_url,
    found_at,
    values_for,
    values_of_letter,
)
from evergrove.delivery.channels.gateway.keys import MemoryKeys
from evergrove.delivery.channels.gateway.profile import ProfileProblem
from evergrove.delivery.channels.gateway.reading import TokenOver, document_of, read_answer
from evergrove.delivery.channels.secrets import read_secret
from evergrove.delivery.types import Receipt
from evergrove.net import Request
from evergrove.net.client import DOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from evergrove.delivery.channels.gateway.keys import Keys
    from evergrove.delivery.channels.gateway.profile import Profile
    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Form, Outgoing
    from evergrove.net import Door
    from evergrove.settings import GatewaySettings

USUAL_LIFE_S = 7200


@dataclass(frozen=True)
class Around:
    """What a gateway works with beside its settings: the door, where tokens are kept, and what is drawn at random."""

    through: Door = DOOR
    keys: Keys = field(default_factory=MemoryKeys)
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)


class GatewayChannel(ChannelBase):
    """Text messages and messages of platforms: one call a message."""

    def __init__(self, profile: Profile, settings: GatewaySettings, around: Around | None = None) -> None:
        """
        Nothing is called yet.

        Raises:
            ChannelNotSetUp: A setting that the profile needs is empty.
            NoChannelSecret: The secret cannot be read.
            InTheOpen: The provider's address is not encrypted.
        """
        self._profile, self._settings, self._around = profile, settings, around or Around()
        for name in profile.needs:
            if not getattr(settings, name):
                raise ChannelNotSetUp(channel=profile.channel, name=name, section=profile.channel)
        if not profile.request.url.startswith("https://") and not self._around.through.allowed:
            raise InTheOpen(channel=profile.channel, url=profile.request.url[:200])
        secret = read_secret(settings.secret_file, profile.channel, "secret_file", profile.channel)
        self._known = values_for(settings, secret)
        self._callers = Callers(settings.connections, profile.channel)
        self._fetching = Lock()
        self.takes_tokens = profile.takes_tokens

    @property
    def name(self) -> str:
        """Of the profile."""
        return self._profile.channel

    @property
    def form(self) -> Form:
        """Of the profile."""
        return self._profile.form

    @property
    def width(self) -> int:
        """Calls at the same time."""
        return self._callers.width

    def deliver(self, letters: Sequence[Outgoing], /) -> list[Receipt | AccountProblem]:
        """One call for each message."""
        return self._callers.each(self._told, letters)

    def close(self) -> None:
        """End the threads."""
        self._callers.close()

    def _told(self, letter: Outgoing) -> Receipt:
        """Call; once more where the access token was over, as nothing was taken then."""
        try:
            return self._called(letter)
        except TokenOver:
            self._around.keys.forget(self.name)
        try:
            return self._called(letter)
        except TokenOver as error:
            raise ChannelRefuses(channel=self.name, section=self.name, reply="access token") from error

    def _called(self, letter: Outgoing) -> Receipt:
        request = self._request(letter)
        profile = self._profile
        answer = called(
            self.name,
            self.name,
            request,
            self._settings.timeout_s,
            self._around.through,
            is_idempotent=profile.is_idempotent,
        )
        return answer if isinstance(answer, Receipt) else read_answer(profile, answer, letter.sent_at)

    def _request(self, letter: Outgoing) -> Request:
        asked, now = self._profile.request, letter.sent_at
        values: dict[str, Any] = {**self._known, **values_of_letter(letter)}
        if self._profile.signing.scheme == "access-token":
            values["access_token"] = self._access_token(now)
        try:
            body = filled(dict(asked.body), values)
            headers = {name: str(filled(value, values)) for name, value in asked.headers.items()}
            url = filled_url(asked.url, values)
        except KeyError as error:
            raise ProfileProblem(profile=self._profile.name, reason=str(error)) from error
        return self._signed(url, headers, body, now)

    def _signed(self, url: str, headers: dict[str, str], body: dict[str, Any], now: datetime) -> Request:
        asked, scheme, known = self._profile.request, self._profile.signing.scheme, self._known
        account, secret = str(known["account"]), str(known["secret"])
        if scheme == "aliyun-rpc":
            texts = {name: str(value) for name, value in body.items()}
            body = dict(signing.aliyun_rpc(asked.method, texts, account, secret, now, self._around.nonce()))
        content, kind = encoded(asked, body)
        if kind:
            headers["Content-Type"] = kind
        if scheme == "basic":
            headers["Authorization"] = signing.basic(account, secret)
        elif scheme == "bearer":
            headers["Authorization"] = f"Bearer {secret}"
        elif scheme == "tc3-hmac-sha256":
            service = self._profile.signing.options["service"]
            headers["X-TC-Timestamp"] = str(int(now.timestamp()))
            signed = {"content-type": kind}
            headers["Authorization"] = signing.tc3(url, content, signed, account, secret, service, now)
        return Request(asked.method, url, headers, content)

    def _access_token(self, now: datetime) -> str:
        """
        The platform's token, fetched by one of our threads and used by all.

        Raises:
            AccountProblem: None is given to us.
        """
        keys, asked = self._around.keys, self._profile.token
        assert asked is not None  # noqa: S101 - a profile of this scheme has one
        with self._fetching:
            if (known := keys.known(self.name, now)) is not None:
                return known
            body, kind = encoded(asked.call, filled(dict(asked.call.body), self._known))
            url = filled_url(asked.call.url, self._known)
            request = Request(asked.call.method, url, {"Content-Type": kind} if kind else {}, body)
            timeout, through = self._settings.timeout_s, self._around.through
            answer = called(self.name, self.name, request, timeout, through, is_idempotent=True)
            document = None if isinstance(answer, Receipt) else document_of(answer.body)
            token, lives = found_at(document, asked.at), found_at(document, asked.expires)
            if not isinstance(token, str) or not token:
                reply = found_at(document, "errcode") or "access token"
                raise ChannelRefuses(channel=self.name, section=self.name, reply=reply)
            seconds = lives if isinstance(lives, int) and 0 < lives < 10**8 else USUAL_LIFE_S
            keys.keep(self.name, token, now + timedelta(seconds=seconds))
            return token
