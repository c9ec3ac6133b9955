"""Messages to a server of the shop's own: signed, under one key, with the same bytes at every attempt."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from evergrove.delivery.channels.base import ChannelBase
from evergrove.delivery.channels.calling import Callers, asked_to_wait, called
from evergrove.delivery.channels.errors import ChannelNotSetUp, ChannelRefuses, InTheOpen
from evergrove.delivery.channels.secrets import read_secret
from evergrove.delivery.types import Receipt
from evergrove.net import Request
from evergrove.net.client import DOOR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.delivery.errors import AccountProblem
    from evergrove.delivery.types import Outgoing
    from evergrove.net import Answer, Door
    from evergrove.settings import WebhookSettings

FORMAT = "evergrove.message/1"
SIGNATURE, KEY = "Evergrove-Signature", "Idempotency-Key"
SECTION = "webhook"
LATER = (408, 425, 429)
NOT_LET_IN = (401, 403, 404, 405, 410)
"""What every message would be answered with: an address, a secret or a right is wrong."""
LONGEST_ID = 128


class WebhookChannel(ChannelBase):
    """
    A server that takes what we decided, and does with it what it likes.

    It is told what stands in the outbox: whose message, which playbook, which letter, which coupon; no name, no address
    and no words. That never changes, so that each attempt carries the very same bytes, and a server that has seen the key
    can answer as before.
    """

    name = "webhook"

    def __init__(self, settings: WebhookSettings, through: Door = DOOR) -> None:
        """
        Nothing is called yet.

        Raises:
            ChannelNotSetUp: No address is named.
            NoChannelSecret: A secret cannot be read.
            InTheOpen: The address is not encrypted.
        """
        if not settings.url:
            raise ChannelNotSetUp(channel=self.name, name="url", section=SECTION)
        if not settings.url.startswith("https://") and not through.allowed:
            raise InTheOpen(channel=self.name, url=settings.url.partition("?")[0][:200])
        self._settings = settings
        self._through = through
        self._secrets = secrets_of(settings)
        self._callers = Callers(settings.connections, self.name)

    @property
    def width(self) -> int:
        """Calls at the same time."""
        return self._callers.width

    def deliver(self, letters: Sequence[Outgoing], /) -> list[Receipt | AccountProblem]:
        """Tell the server of each message."""
        return self._callers.each(self._told, letters)

    def close(self) -> None:
        """End the threads."""
        self._callers.close()

    def _told(self, letter: Outgoing) -> Receipt:
        body = body_of(letter)
        signed = signature(self._secrets, int(letter.sent_at.timestamp()), body)
        headers = {"content-type": "application/json", SIGNATURE: signed, KEY: letter.outbox_id}
        request = Request("POST", self._settings.url, headers, body)
        answer = called(
            self.name, SECTION, request, self._settings.timeout_s, self._through, is_idempotent=True
        )
        if isinstance(answer, Receipt):
            return answer
        return _receipt(answer, letter)


def secrets_of(settings: WebhookSettings) -> tuple[str, ...]:
    """
    The secrets that calls are signed with, the present one first; the former one stays beside it while it is rotated.

    Raises:
        NoChannelSecret: One of them cannot be read.
    """
    present = read_secret(settings.secret_file, WebhookChannel.name, "secret_file", SECTION)
    if not settings.old_secret_file:
        return (present,)
    return present, read_secret(settings.old_secret_file, WebhookChannel.name, "old_secret_file", SECTION)


def body_of(letter: Outgoing) -> bytes:
    """What is told of a message: the same bytes at every attempt."""
    message = letter.message
    told = {
        "format": FORMAT,
        "id": letter.outbox_id,
        "customer_id": message.customer_id,
        "playbook": message.playbook,
        "version": message.version,
        "occasion": message.occasion,
        "step": message.step,
        "category": message.category,
        "template": message.template,
        "language": message.language,
        "params": dict(message.params),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signature(secrets: Sequence[str], moment: int, body: bytes) -> str:
    """
    The header that proves who calls: ``t=<seconds since 1970>,v1=<hexadecimal>``, once more for a former secret.

    Args:
        secrets: Each signs.
        moment: Of the call, in seconds since 1970; the receiver refuses old ones, so that calls cannot be replayed.
        body: As it leaves.
    """
    signed = f"{moment}.".encode() + body
    marks = (hmac.new(secret.encode(), signed, sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={moment}", *(f"v1={mark}" for mark in marks)])


def _receipt(answer: Answer, letter: Outgoing) -> Receipt:
    """What an answer says of a message; a 2xx whose body speaks of an error is none."""
    status, detail = answer.status, {"code": answer.status}
    if status in NOT_LET_IN:
        raise ChannelRefuses(channel=WebhookChannel.name, section=SECTION, reply=status)
    if status in LATER or status >= 500:
        reason = "delivery.throttled" if status == 429 else "delivery.put_off"
        return Receipt("later", reason, detail=detail, wait_s=asked_to_wait(answer, letter.sent_at))
    if status >= 400:
        return Receipt("failed", "delivery.content_refused", detail=detail)
    told = _document(answer)
    if told.get("error") or any(told.get(name) is False for name in ("ok", "success", "accepted")):
        return Receipt("later", "delivery.did_not_take", detail=detail)
    named = told.get("id")
    is_name = isinstance(named, str) and 0 < len(named) <= LONGEST_ID
    return Receipt("accepted", provider_id=named if is_name else None, detail=detail)


def _document(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
