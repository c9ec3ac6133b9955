"""What is known of one person as tables for the terminal, masked unless somebody asks to see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from evergrove import pipeline
from evergrove.cli.explain import shown
from evergrove.core import Term, _
from evergrove.people.identity.kinds import APART, HAND
from evergrove.people.masking import masked, masked_address
from evergrove.people.reasons import JOINING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.pipeline import PersonFound
    from evergrove.text import Formats

    Rows = list[tuple[str, ...]]

KIND_WORDS: Mapping[str, Term] = {
    "member_no": Term(_("member number")),
    "union_id": Term(_("union id")),
    "external_id": Term(_("external id")),
    "open_id": Term(_("open id")),
    "phone": Term(_("phone")),
    "email": Term(_("e-mail")),
    "device_id": Term(_("device")),
    HAND: Term(_("by hand")),
    APART: Term(_("set apart")),
}
ACTION_WORDS: Mapping[str, Term] = {
    "join": Term(_("joins")),
    "hold": Term(_("is held back")),
    "part": Term(_("joins no longer")),
}
SHOWN = (
    "clv_12m",
    "clv",
    "historic_value",
    "p_alive",
    "p_active_180d",
    "next_order_date",
    "tier",
    "own_tier",
    "stage",
    "as_of",
)
"""Columns of scores and tiers that ``show`` names; the rest stands in the person's copy."""

WORDS = ("given_at", "customer_id", "purpose", "channel", "status", "source", "expires_at")
"""Columns of what a person agreed to."""


def tables_of(found: PersonFound, formats: Formats, *, reveal: bool) -> tuple[tuple[str, Rows], ...]:
    """Titles and rows; what is personal is masked, unless ``reveal``."""
    say = formats.say
    return (
        (say(_("Contact")), _contacts(found, reveal=reveal)),
        (say(_("Identifiers")), _identifiers(found, say, reveal=reveal)),
        (say(_("How the ids became one person")), _joinings(found, say)),
        (say(_("Consent")), _consents(found)),
        (say(_("Newest scores")), _scores(found)),
    )


def _contacts(found: PersonFound, *, reveal: bool) -> Rows:
    return [
        (
            each.customer_id,
            _open(each.name, reveal),
            _address(each.email, reveal),
            each.language or "",
            each.zone or "",
        )
        for each in found.contacts
    ]


def _identifiers(found: PersonFound, say: Callable[[str], str], *, reveal: bool) -> Rows:
    return [
        (
            each.customer_id,
            say(KIND_WORDS.get(each.kind, Term(each.kind))),
            _address(each.value, reveal) if each.kind == "email" else _open(each.value, reveal),
            say(ACTION_WORDS[each.state]) if each.state else "",
            say(JOINING.get(each.reason or "", "")) if each.reason else "",
        )
        for each in found.identifiers
    ]


def _joinings(found: PersonFound, say: Callable[[str], str]) -> Rows:
    return [
        (
            each.recorded_at.date().isoformat(),
            each.customer_id,
            say(KIND_WORDS.get(each.kind, Term(each.kind))),
            say(ACTION_WORDS[each.action]),
            ", ".join(each.with_),
            say(JOINING.get(each.reason, each.reason)),
        )
        for each in found.joinings
    ]


def _consents(found: PersonFound) -> Rows:
    said = found.ledger.get("consent_event", ())
    return [tuple(_told(row[name]) for name in WORDS) for row in said]


def _told(value: object) -> str:
    """A cell for people: moments to the minute."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return str(pipeline.plain_value(value) or "")


def _scores(found: PersonFound) -> Rows:
    known = found.scores | found.standing
    if known.get("own_tier") is None:  # tiers are the usual four
        known.pop("own_tier", None)
    return [(name, shown(pipeline.plain_value(known[name]))) for name in SHOWN if name in known]


def masked_tables(tables: Mapping[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """The tables of a document that hold something personal, masked."""
    texts = {"contacts": "name", "consent_event": "reference", "texts": "text"}
    hidden = {
        table: [row | {column: _open(_text(row[column]), reveal=False)} for row in tables.get(table, ())]
        for table, column in texts.items()
    }
    hidden["contacts"] = [
        row | {"email": _address(_text(row["email"]), reveal=False)} for row in hidden["contacts"]
    ]
    return hidden | {"identifiers": [_masked_identifier(row) for row in tables.get("identifiers", ())]}


def _masked_identifier(row: dict[str, object]) -> dict[str, object]:
    hide = _address if row["kind"] == "email" else _open
    return row | {"value": hide(_text(row["value"]), reveal=False)}


def _open(text: str | None, reveal: bool) -> str:
    return (text if reveal else masked(text)) if text else ""


def _address(text: str | None, reveal: bool) -> str:
    return (text if reveal else masked_address(text)) if text else ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
