"""Terms of a campaign from TOML or JSON: every entry checked, nothing unknown let through, amounts exact."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from evergrove.core import NotToml, read_toml, reason_of
from evergrove.programs.coupons.entries import MOST_LETTERS, Entries, places_of, plain
from evergrove.programs.coupons.errors import MissingTerm, UnknownTerm, UnknownTermsFormat, UnreadableTerms
from evergrove.programs.coupons.types import FORMAT, KINDS, ZERO, Kind, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
CURRENCY = re.compile(r"[A-Z]{3}")
PREFIX = re.compile(r"[A-Z0-9]{0,8}")
SHARED = re.compile(r"[A-Z0-9]{4,32}")
GROUP = "usual"
"""The group of campaigns that name none: their codes do not go together."""
MOST_DAYS = 3650
MOST_COUNT = 1_000_000_000


def read_terms(path: Path) -> dict[str, Any]:
    """
    A campaign's file as a document; ``terms_of`` checks it.

    Raises:
        UnreadableTerms: The file is missing or is not TOML.
    """
    try:
        return read_toml(path)[0]
    except FileNotFoundError as error:
        raise UnreadableTerms(origin=str(path), reason=reason_of(error)) from error
    except NotToml as error:
        raise UnreadableTerms(origin=str(path), reason=error.reason) from error


def terms_of(document: Mapping[str, Any], timezone: str = "UTC", origin: str = "") -> Terms:
    """
    The terms that a document describes.

    Args:
        document: As TOML, JSON or the ledger holds it.
        timezone: Whose days count where the document does not say.
        origin: Where it is from, as the reader knows it; empty: its key.

    Raises:
        UnknownTermsFormat: It is not of the format that this version reads.
        InvalidTerms: An entry cannot be used; the subclass says which and why.
    """
    origin = origin or str(document.get("key", ""))[:MOST_LETTERS]
    if document.get("format") != FORMAT:
        raise UnknownTermsFormat(origin=origin, found=str(document.get("format"))[:60], known=FORMAT)
    top = Entries(origin, document)
    top.text("format")
    kind = cast("Kind", top.word("kind", KINDS))
    top.kind = kind
    currency = top.shaped("currency", CURRENCY, "CNY, TWD, USD ...")
    top.places = places_of(currency)
    zone = top.zone(timezone)
    terms = Terms(
        key=top.shaped("key", KEY, "A-Z a-z 0-9 _ . -"),
        version=top.whole("version", MOST_COUNT),
        name=top.text("name"),
        kind=kind,
        currency=currency,
        places=top.places,
        timezone=zone,
        min_spend=top.money("min_spend") or ZERO,
        max_discount=top.money("max_discount") if kind in {"percent", "threshold"} else None,
        margin_floor=top.share("margin_floor"),
        valid_from=top.moment("valid_from", zone),
        valid_until=top.moment("valid_until", zone, is_end=True),
        valid_days=top.whole_or_none("valid_days", MOST_DAYS),
        limit_total=top.whole_or_none("limit_total", MOST_COUNT),
        limit_issued=top.whole_or_none("limit_issued", MOST_COUNT),
        limit_per_person=top.whole_or_none("limit_per_person", MOST_COUNT),
        stack_group=top.text("stack_group", GROUP),
        transferable=top.flag("transferable"),
        budget=top.money("budget"),
        redemption=_or(top.share("redemption"), Decimal(1)),
        **_code(top),
        **_offer(top, kind),
    )
    top.end()
    _check_days(top, terms)
    return terms


def _code(top: Entries) -> dict[str, Any]:
    """The code of everybody, or how those of their own begin."""
    if top.has("code"):
        return {"code": top.written("code", SHARED, "A-Z 0-9, 4-32")}
    if top.flag("stock"):
        return {"stock": True}
    return {"prefix": top.written("prefix", PREFIX, "A-Z 0-9, 0-8", "")}


def _offer(top: Entries, kind: Kind) -> dict[str, Any]:
    """What is given, and what a used code is expected to cost."""
    found: dict[str, Any]
    if kind == "threshold":
        steps = top.steps()
        found = {"steps": steps, "repeats": top.flag("repeats")}
        if found["repeats"] and len(steps) > 1:
            raise top.unusable("repeats", found["repeats"], "false")
        usual = steps[-1].off
    elif kind == "percent":
        found = {"value": top.percent()}
        usual = None
    else:
        found = {"value": top.money("value", needed=True)}
        usual = found["value"]
    if kind == "gift":
        found["gift"] = top.text("gift")
    expected = top.money("expected_discount") or top.peek("max_discount") or usual
    if expected is None and top.has("budget"):
        raise MissingTerm(origin=top.origin, name="expected_discount")
    return found | {"expected_discount": expected or ZERO}


def _check_days(top: Entries, terms: Terms) -> None:
    if terms.valid_from and terms.valid_until and terms.valid_from >= terms.valid_until:
        raise top.unusable("valid_until", terms.valid_until.isoformat(), f"> {terms.valid_from.isoformat()}")
    if terms.is_shared and terms.valid_days is not None:
        raise UnknownTerm(origin=top.origin, kind=terms.kind, name="valid_days", known="valid_until")


def _or(value: Decimal | None, usual: Decimal) -> Decimal:
    return usual if value is None else value


def document_of(terms: Terms) -> dict[str, Any]:
    """
    The same terms as a document that says everything: what the ledger keeps, and what two versions are compared by.

    ``terms_of`` reads it back; a change of the workspace's zone moves no day of it.
    """
    found: dict[str, Any] = {
        "format": FORMAT,
        "key": terms.key,
        "version": terms.version,
        "name": terms.name,
        "kind": terms.kind,
        "currency": terms.currency,
        "timezone": terms.timezone,
        "stack_group": terms.stack_group,
        "redemption": plain(terms.redemption),
    }
    amounts = ("value", "min_spend", "max_discount", "margin_floor", "budget", "expected_discount")
    found |= {name: plain(value) for name in amounts if (value := getattr(terms, name)) not in (None, ZERO)}
    if terms.margin_floor is not None:
        found["margin_floor"] = plain(terms.margin_floor)
    moments = ("valid_from", "valid_until")
    found |= {name: value.isoformat() for name in moments if (value := getattr(terms, name)) is not None}
    others = ("valid_days", "limit_total", "limit_issued", "limit_per_person", "gift", "code", "prefix")
    found |= {name: value for name in others if (value := getattr(terms, name))}
    found |= {name: True for name in ("transferable", "repeats", "stock") if getattr(terms, name)}
    if terms.steps:
        found["steps"] = [[plain(step.spend), plain(step.off)] for step in terms.steps]
    return found
