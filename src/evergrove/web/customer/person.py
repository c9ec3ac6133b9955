"""The person behind a customer: contacts, what was agreed to, which ids are this person, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from evergrove.access import sight
from evergrove.api import persons as routes
from evergrove.core import InputError
from evergrove.web.customer.words import (
    CHANNELS,
    IDENTIFIERS,
    JOINED,
    PURPOSES,
    STATUS_TAGS,
    STATUSES,
)
from evergrove.web.frame import Refused, allowed, ask, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.api.persons import Person
    from evergrove.http import Call
    from evergrove.web.frame import Form, Reader

CONSENTS = "consent_event"
UNKNOWN = "pipeline.unknown_person"
"""Code of the error for an id of which nothing is known."""
FORMS = ("consent", "join", "part", "keep", "erase")
SHOWN_APART = ("contacts", "identifiers", CONSENTS, "texts")


@dataclass(frozen=True)
class Word:
    """
    What somebody said of one purpose on one channel.

    Attributes:
        purpose: In words.
        channel: In words.
        status: In words.
        tag: Colour of that.
        when: When it was said.
        source: Where; its name.
        holds: Whether it is what holds now.
    """

    purpose: str
    channel: str
    status: str
    tag: str
    when: str
    source: str
    holds: bool


def person_content(
    call: Call, customer_id: str, form: Form | None = None, refused: Refused | None = None, about: str = ""
) -> dict[str, Any]:
    """
    What the view of the person shows.

    Args:
        call: Of the request.
        customer_id: Any id of the person.
        form: What somebody filled in, and what was refused.
        refused: Why.
        about: Which form: consent, join, part, keep or erase.
    """
    reader = reader_of(call)
    choices = {
        "purposes": _choices(reader, PURPOSES, routes.Consent.model_fields["purpose"].annotation),
        "channels": _choices(reader, CHANNELS, routes.Consent.model_fields["channel"].annotation),
        "statuses": _choices(reader, STATUSES, routes.Consent.model_fields["status"].annotation),
    }
    content: dict[str, Any] = {
        "form": form,
        "refused": {each: refused if each == about else None for each in FORMS},
        "is_masked": sight(call.actor, "personal") != "shown",
        "may_consent": allowed(call, routes.consent),
        "may_join": allowed(call, routes.merge),
        "may_keep": allowed(call, routes.export),
        "may_erase": allowed(call, routes.erase),
        **choices,
    }
    try:
        found = ask(call, routes.person, customer_id=customer_id)
    except InputError as error:
        if error.code != UNKNOWN:
            raise
        return {**content, "person": None, "gone": Refused.of(error, call.language)}
    return {**content, "person": found, "gone": None, **_told(found, reader)}


def _choices(reader: Reader, words: Mapping[str, str], kind: Any) -> list[tuple[str, str]]:
    """Codes that the API takes, with their words."""
    return [(code, reader.formats.say(words.get(code, code))) for code in get_args(kind)]


def _told(found: Person, reader: Reader) -> dict[str, Any]:
    said = [_word(row, reader) for row in _newest_first(found.tables.get(CONSENTS, ()), "given_at")]
    return {
        "contacts": found.tables.get("contacts", []),
        "consents": [each for each in said if each.holds],
        "earlier": [each for each in said if not each.holds],
        "identifiers": [
            {**row, "kind": reader.formats.say(IDENTIFIERS.get(row["kind"], row["kind"]))}
            for row in found.tables.get("identifiers", ())
        ],
        "joinings": [_joining(row, reader) for row in reversed(found.joinings)],
        "kept": sorted(
            (name, len(rows)) for name, rows in found.tables.items() if name not in SHOWN_APART and rows
        ),
    }


def _newest_first(rows: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: str(row.get(name) or ""), reverse=True)


def _word(row: Mapping[str, Any], reader: Reader) -> Word:
    say = reader.formats.say
    return Word(
        say(PURPOSES.get(row["purpose"], row["purpose"])),
        say(CHANNELS.get(row["channel"], row["channel"])),
        say(STATUSES.get(row["status"], row["status"])),
        STATUS_TAGS.get(row["status"], ""),
        reader.moment(_moment(row.get("given_at"))),
        str(row.get("source") or ""),
        bool(row.get("holds")),
    )


def _joining(row: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    say = reader.formats.say
    return {
        "customer_id": row["customer_id"],
        "others": row.get("with_") or (),
        "action": say(JOINED.get(row["action"], row["action"])),
        "kind": say(IDENTIFIERS.get(row["kind"], row["kind"])),
        "when": reader.moment(_moment(row.get("recorded_at"))),
    }


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or not value:
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
