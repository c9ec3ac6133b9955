"""Delivery reports that providers send in: proven by their profile's scheme, read into what they say of messages."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from evergrove.core import InputError, _
from evergrove.delivery.channels.gateway.filling import found_at
from evergrove.delivery.channels.gateway.profile import Reported, load_profile
from evergrove.delivery.channels.registry import GATEWAYS
from evergrove.delivery.channels.secrets import read_secret
from evergrove.delivery.channels.webhook import SIGNATURE, secrets_of
from evergrove.outbox import Learnt, Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from evergrove.settings import Settings

OF_WEBHOOK = Reported(
    proof="hmac-sha256",
    key="id",
    kind="kind",
    kinds={"delivered": "delivered", "bounced": "bounced", "complained": "complained", "failed": "failed"},
)
"""What the shop's own server may tell of messages: {"id": "...", "kind": "delivered"}, or a list of these."""
TOLERANCE_S = 300
"""Reports with an older or newer time stamp are not believed: nobody can send them again later."""
MOST = 1000
"""Reports of one call."""


class NoReports(InputError):
    """Nobody sends reports for the channel."""

    code = "delivery.no_reports"
    message = _("No delivery reports are taken for the channel {channel}.")
    hint = _("Set report_secret_file in the channel's section, if the provider sends any.")


class ReportNotProven(InputError):
    """A report does not carry the provider's signature, or an old one."""

    code = "delivery.report_not_proven"
    message = _("The report does not prove that it comes from the provider of the channel {channel}.")
    hint = _("Do both sides have the same secret, and clocks that agree?")


class ReportNotRead(InputError):
    """A report is not what the profile says."""

    code = "delivery.report_not_read"
    message = _("The report for the channel {channel} cannot be read.")
    hint = _("The profile says how reports look like: docs/channels.md.")


@dataclass(frozen=True)
class Received:
    """
    A call with reports, as it came.

    Attributes:
        url: By which it was called, as the provider knows it.
        headers: Names in small letters.
        body: As it came.
        secret: Of the query string; empty where there is none.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    secret: str = ""


def read_reports(
    channel: str, settings: Settings, received: Received, now: datetime
) -> tuple[list[Report], str]:
    """
    The reports of a call that proves whose it is, and what it is to be answered with.

    Raises:
        NoReports: None are taken for the channel.
        ReportNotProven: The proof is missing, wrong or old.
        ReportNotRead: It is not what the profile says.
    """
    told, secrets = _rules(channel, settings)
    if not _is_proven(told, secrets, received, now):
        raise ReportNotProven(channel=channel)
    document = _document(channel, told, received.body)
    items = found_at(document, told.items) if told.items else document
    listed = items if isinstance(items, list) else [items]
    if len(listed) > MOST:
        raise ReportNotRead(channel=channel)
    found = [_report(channel, told, each) for each in listed]
    return [each for each in found if each is not None], told.answer


def _rules(channel: str, settings: Settings) -> tuple[Reported, Sequence[str]]:
    if channel == "webhook" and settings.webhook.url:
        return OF_WEBHOOK, secrets_of(settings.webhook)
    own = getattr(settings, channel) if channel in GATEWAYS else None
    if own is None or not own.profile or not own.report_secret_file:
        raise NoReports(channel=channel[:60])
    told = load_profile(own.profile).reports
    if told.proof == "none":
        raise NoReports(channel=channel)
    return told, (read_secret(own.report_secret_file, channel, "report_secret_file", channel),)


def _is_proven(told: Reported, secrets: Sequence[str], received: Received, now: datetime) -> bool:
    """Whether any of the secrets has signed; compared in a time that tells nothing."""
    proofs = {
        "hmac-sha256": _by_stamp,
        "secret": _by_secret,
        "twilio": _by_twilio,
        "line": _by_line,
    }
    proof = proofs[told.proof]
    return any([proof(secret, received, now) for secret in secrets])  # noqa: C419 - all of them, whichever fits


def _by_stamp(secret: str, received: Received, now: datetime) -> bool:
    pairs = [part.partition("=") for part in received.headers.get(SIGNATURE.lower(), "").split(",")]
    moments = [value for name, _eq, value in pairs if name.strip() == "t" and value.isascii()]
    if not moments or not moments[0].isdigit() or abs(int(moments[0][:12]) - now.timestamp()) > TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), f"{moments[0]}.".encode() + received.body, sha256).hexdigest()
    marks = [value for name, _eq, value in pairs if name.strip() == "v1"]
    return any([_same(mark, expected) for mark in marks])  # noqa: C419 - as above


def _by_secret(secret: str, received: Received, _now: datetime) -> bool:
    return _same(received.secret, secret)


def _by_twilio(secret: str, received: Received, _now: datetime) -> bool:
    """HMAC-SHA1 of the address and the form's fields in order (Twilio, "Validating Signatures")."""
    form = parse_qsl(received.body.decode("utf-8", "replace"), keep_blank_values=True)
    signed = received.url + "".join(f"{name}{value}" for name, value in sorted(form))
    expected = b64encode(hmac.digest(secret.encode(), signed.encode(), sha1)).decode()
    return _same(received.headers.get("x-twilio-signature", ""), expected)


def _by_line(secret: str, received: Received, _now: datetime) -> bool:
    """HMAC-SHA256 of the body (LINE, "Verify webhook signature")."""
    expected = b64encode(hmac.digest(secret.encode(), received.body, sha256)).decode()
    return _same(received.headers.get("x-line-signature", ""), expected)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _document(channel: str, told: Reported, body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        if told.encoding == "form":
            return dict(parse_qsl(text, keep_blank_values=True))
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportNotRead(channel=channel) from error


def _report(channel: str, told: Reported, item: Any) -> Report | None:
    """One report; None for what names no message or says nothing."""
    named, own, kind = _text(found_at(item, told.id) if told.id else None), "", ""
    if told.key:
        own = _text(found_at(item, told.key))
    if told.kind:
        kind = _text(found_at(item, told.kind))
    if not kind or not (named or own):
        return None
    means: Learnt | None = told.kinds.get(kind)
    return Report(channel, named, kind, means, own or None)


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return str(found)[:128] if isinstance(found, str | int) else ""
