"""What a provider's answer says of a message, by its profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evergrove.delivery.channels.calling import asked_to_wait
from evergrove.delivery.channels.errors import ChannelRefuses
from evergrove.delivery.channels.gateway.filling import found_at
from evergrove.delivery.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from evergrove.delivery.channels.gateway.profile import Means, Profile
    from evergrove.net import Answer

LONGEST = 128
BUSY = (429, 503)
"""Statuses that say that nothing was taken; any other error of the server leaves that open."""
NOT_LET_IN = (401, 403, 404, 405)
SUPPRESSED: Mapping[str, str] = {"bad_address": "people.bounced", "opted_out": "people.complained"}
REFUSED: Mapping[str, str] = {
    "bad_address": "delivery.address_refused",
    "opted_out": "delivery.opted_out",
    "no_token": "delivery.no_token",
    "content": "delivery.content_refused",
}


class TokenOver(Exception):
    """The access token is not valid any more; nothing was taken."""


def read_answer(profile: Profile, answer: Answer, now: datetime) -> Receipt:
    """
    The receipt of one message.

    Args:
        profile: Says where what stands.
        answer: Of the provider.
        now: The moment of the call.

    Raises:
        AccountProblem: The provider does not let us in.
        TokenOver: The access token has to be fetched anew.
    """
    document = document_of(answer.body)
    code = _code(profile, document)
    detail = {"code": answer.status, **({} if code is None else {"status": code})}
    means = profile.answer.classes.get(str(answer.status)) if code is None else None
    means = profile.answer.classes.get(code, means) if code is not None else means
    means = means or profile.answer.classes.get(str(answer.status))
    if means is not None:
        return _of_class(profile, means, answer, document, detail, now)
    if answer.status in BUSY:
        return Receipt("later", "delivery.throttled", detail=detail, wait_s=asked_to_wait(answer, now))
    if answer.status in NOT_LET_IN:
        raise ChannelRefuses(channel=profile.channel, section=profile.channel, reply=answer.status)
    if 400 <= answer.status < 500:
        return Receipt("failed", "delivery.content_refused", detail=detail)
    return _told(profile, answer, document, code, detail)


def _told(
    profile: Profile, answer: Answer, document: Any, code: str | None, detail: Mapping[str, Any]
) -> Receipt:
    """What an answer without a known error says: taken, refused, or nobody knows."""
    is_ok = answer.status in profile.answer.ok
    if is_ok and code is not None and profile.answer.ok_codes and code not in profile.answer.ok_codes:
        return Receipt("failed", "delivery.content_refused", detail=detail)
    needs_code = bool(profile.answer.ok_codes)
    if not is_ok or not isinstance(document, dict) or (needs_code and code is None):
        return Receipt("again" if profile.is_idempotent else "unknown", "delivery.no_answer", detail=detail)
    if profile.answer.refused and found_at(document, profile.answer.refused):
        return Receipt("failed", "delivery.address_refused", detail=detail)
    return _taken(profile, document, detail)


def _taken(profile: Profile, document: Any, detail: Mapping[str, Any]) -> Receipt:
    named = found_at(document, profile.answer.id) if profile.answer.id else None
    name = str(named)[:LONGEST] if isinstance(named, str | int) and str(named) else None
    return Receipt("awaiting_staff" if profile.awaits_staff else "accepted", provider_id=name, detail=detail)


def _of_class(
    profile: Profile,
    means: Means,
    answer: Answer,
    document: Any,
    detail: Mapping[str, Any],
    now: datetime,
) -> Receipt:
    if means == "expired_token":
        raise TokenOver
    if means == "account":
        reply = detail.get("status", answer.status)
        raise ChannelRefuses(channel=profile.channel, section=profile.channel, reply=reply)
    if means == "throttled":
        return Receipt("later", "delivery.throttled", detail=detail, wait_s=asked_to_wait(answer, now))
    if means == "repeated":
        return _taken(profile, document, detail)
    return Receipt("failed", REFUSED[means], detail=detail, suppress=SUPPRESSED.get(means))


def _code(profile: Profile, document: Any) -> str | None:
    for place in profile.answer.codes:
        found = found_at(document, place)
        if isinstance(found, str | int) and not isinstance(found, bool):
            return str(found)[:LONGEST]
    return None


def document_of(body: bytes) -> Any:
    """A body as JSON; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
