"""Fields of a profile's texts, filled: what a call says of one message."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.delivery.channels.gateway.profile import Asked
    from evergrove.delivery.types import Outgoing
    from evergrove.settings import GatewaySettings

_FIELD = re.compile(r"\{([a-z_]+)\}")
JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"


def values_for(settings: GatewaySettings, secret: str) -> dict[str, Any]:
    """What every call may name: the account and its secret."""
    return {
        "account": settings.account,
        "sender": settings.sender,
        "app": settings.app,
        "region": settings.region,
        "secret": secret,
    }


def values_of_letter(letter: Outgoing) -> dict[str, Any]:
    """What the call for one message may name beside these."""
    return {
        "to": letter.to,
        "text": letter.text,
        "template": letter.template_id,
        "fields": dict(letter.fields),
        "fields_list": list(letter.fields.values()),
        "fields_json": json.dumps(dict(letter.fields), ensure_ascii=False, separators=(",", ":")),
        "fields_as_values": {name: {"value": value} for name, value in letter.fields.items()},
        "key": letter.outbox_id,
        "key_uuid": str(UUID(letter.outbox_id)),
    }


def filled(told: Any, values: Mapping[str, Any]) -> Any:
    """
    A text, list or table of a profile with its fields filled.

    A text that is one field and nothing else becomes the value itself, so that tables and lists keep their shape.

    Raises:
        KeyError: It names a field that there is not.
    """
    if isinstance(told, dict):
        return {name: filled(each, values) for name, each in told.items()}
    if isinstance(told, list):
        return [filled(each, values) for each in told]
    if not isinstance(told, str):
        return told
    whole = _FIELD.fullmatch(told)
    if whole:
        return values[whole.group(1)]
    return _FIELD.sub(lambda found: str(values[found.group(1)]), told)


def filled_url(url: str, values: Mapping[str, Any]) -> str:
    """An address with its fields filled, each so that it cannot end its own place."""
    return _FIELD.sub(lambda found: quote(str(values[found.group(1)]), safe=""), url)


def encoded(asked: Asked, body: Mapping[str, Any]) -> tuple[bytes, str]:
    """A body as bytes, and their content type."""
    if asked.method == "GET":
        return b"", ""
    if asked.encoding == "form":
        return urlencode({name: str(value) for name, value in body.items()}).encode(), FORM
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), JSON


def found_at(document: Any, place: str) -> Any:
    """What stands at a place such as Response.SendStatusSet.0.Code; None where nothing does."""
    for part in place.split(".") if place else ():
        if isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        elif isinstance(document, dict):
            document = document.get(part)
        else:
            return None
    return document
