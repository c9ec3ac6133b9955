"""Terms of a campaign from TOML or JSON: every entry checked, nothing unknown let through, amounts exact."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evergrove.core import NotToml, Term, _, read_toml, reason_of
from evergrove.programs.coupons.codes import normal_code
from evergrove.programs.coupons.errors import (
    MissingTerm,
    UnknownTerm,
    UnknownTermsFormat,
    UnreadableTerms,
    UnusableTerm,
)
from evergrove.programs.coupons.types import FORMAT, KINDS, MOST_AMOUNT, ZERO, Kind, Step, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LEDGER_PLACES = 4
MOST_LETTERS = 200
MOST_STEPS = 20
MOST_DAYS = 3650
MOST_COUNT = 1_000_000_000
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
CURRENCY = re.compile(r"[A-Z]{3}")
PREFIX = re.compile(r"[A-Z0-9]{0,8}")
SHARED = re.compile(r"[A-Z0-9]{4,32}")
GROUP = "usual"
"""The group of campaigns that name none: their codes do not go together."""
SHARE = Term(_("a share from 0 to 1"))
DAY = Term(_("a day, such as 2026-03-31"))
RISING = Term(_("steps of rising spend, each taking off more than the one before and less than its spend"))
AMOUNT = Term(_("an exact number above 0, such as 128.50, with no more decimals than the currency has"))


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
    top = _Entries(origin, document)
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


def _code(top: _Entries) -> dict[str, Any]:
    """The code of everybody, or how those of their own begin."""
    if top.has("code"):
        return {"code": top.written("code", SHARED, "A-Z 0-9, 4-32")}
    return {"prefix": top.written("prefix", PREFIX, "A-Z 0-9, 0-8", "")}


def _offer(top: _Entries, kind: Kind) -> dict[str, Any]:
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


def _check_days(top: _Entries, terms: Terms) -> None:
    if terms.valid_from and terms.valid_until and terms.valid_from >= terms.valid_until:
        raise top.unusable("valid_until", terms.valid_until.isoformat(), f"> {terms.valid_from.isoformat()}")
    if terms.is_shared and terms.valid_days is not None:
        raise UnknownTerm(origin=top.origin, kind=terms.kind, name="valid_days", known="valid_until")


def _or(value: Decimal | None, usual: Decimal) -> Decimal:
    return usual if value is None else value


def places_of(currency: str) -> int:
    """Decimals of a currency by CLDR: 2 of CNY, 0 of JPY; never more than the ledger holds."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - a tenth of a second, here only

    return min(LEDGER_PLACES, int(get_currency_precision(currency)))


class _Entries:
    """A document; whatever nobody took by ``end`` is unknown."""

    def __init__(self, origin: str, values: Mapping[str, Any]) -> None:
        self.origin, self._values, self._known = origin, values, list[str]()
        self.kind, self.places = "", LEDGER_PLACES

    def has(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, usual: str | None = None) -> str:
        value = self._taken(name, usual)
        if not isinstance(value, str) or not 0 < len(value) <= MOST_LETTERS or not value.isprintable():
            raise self.unusable(name, value, f"text, 1-{MOST_LETTERS}")
        return value

    def word(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self._taken(name)
        if value not in allowed:
            raise self.unusable(name, value, " | ".join(allowed))
        return str(value)

    def shaped(self, name: str, shape: re.Pattern[str], wanted: str, usual: str | None = None) -> str:
        value = self._taken(name, usual)
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise self.unusable(name, value, wanted)
        return value

    def written(self, name: str, shape: re.Pattern[str], wanted: str, usual: str | None = None) -> str:
        """A code, or the beginning of one, in normal form."""
        value = self._taken(name, usual)
        normal = normal_code(value) if isinstance(value, str) else ""
        if not isinstance(value, str) or not shape.fullmatch(normal) or (value and not normal):
            raise self.unusable(name, value, wanted)
        return normal

    def whole(self, name: str, most: int) -> int:
        value = self._taken(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.unusable(name, value, f"1-{most}")
        return value

    def whole_or_none(self, name: str, most: int) -> int | None:
        self._known.append(name)
        return self.whole(name, most) if self.has(name) else None

    def flag(self, name: str) -> bool:
        value = self._taken(name, usual=False)
        if not isinstance(value, bool):
            raise self.unusable(name, value, "true | false")
        return value

    def money(self, name: str, *, needed: bool = False) -> Decimal | None:
        self._known.append(name)
        return self._money(name, self._taken(name)) if needed or self.has(name) else None

    def peek(self, name: str) -> Decimal | None:
        """An amount that is taken elsewhere."""
        return self._money(name, self._values[name]) if self.has(name) else None

    def percent(self) -> Decimal:
        value = self._taken("value")
        found = _exact(value)
        if found is None or not 0 < found <= 100 or _places(found) > 2:
            raise self.unusable("value", value, "0.01-100")
        return found

    def share(self, name: str) -> Decimal | None:
        self._known.append(name)
        if not self.has(name):
            return None
        found = _exact(self._values[name])
        if found is None or not 0 <= found <= 1 or _places(found) > LEDGER_PLACES:
            raise self.unusable(name, self._values[name], SHARE)
        return found

    def steps(self) -> tuple[Step, ...]:
        value = self._taken("steps")
        if not isinstance(value, list) or not 0 < len(value) <= MOST_STEPS:
            raise self.unusable("steps", value, f"[[300, 30], [500, 60]], 1-{MOST_STEPS}")
        found = tuple(self._step(each) for each in value)
        rising = all(one.spend < two.spend and one.off < two.off for one, two in pairwise(found))
        if not rising or any(step.off >= step.spend for step in found):
            raise self.unusable("steps", value, RISING)
        return found

    def _step(self, value: object) -> Step:
        if not isinstance(value, list) or len(value) != 2:
            raise self.unusable("steps", value, "[[300, 30], [500, 60]]")
        return Step(self._money("steps", value[0]), self._money("steps", value[1]))

    def zone(self, usual: str) -> str:
        value = self._taken("timezone", usual)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise self.unusable("timezone", value, "Asia/Shanghai, Asia/Taipei, UTC ...") from error
        return str(value)

    def moment(self, name: str, zone: str, *, is_end: bool = False) -> datetime | None:
        """A moment with its zone, or a day of the campaign's zone; an end is the end of that day."""
        self._known.append(name)
        if not self.has(name):
            return None
        value = self._values[name]
        found = _moment(value)
        if isinstance(found, datetime) and found.tzinfo is not None:
            return found.astimezone(UTC)
        if found is None or isinstance(found, datetime):
            raise self.unusable(name, value, DAY)
        return midnight(found + timedelta(days=is_end), zone)

    def end(self) -> None:
        """Refuse what is left."""
        for name in self._values:
            if name not in self._known:
                known = ", ".join(dict.fromkeys(self._known))
                raise UnknownTerm(origin=self.origin, kind=self.kind, name=name, known=known)

    def _money(self, name: str, value: object) -> Decimal:
        found = _exact(value)
        if found is None or not 0 < found < MOST_AMOUNT or _places(found) > self.places:
            raise self.unusable(name, value, AMOUNT)
        return found

    def _taken(self, name: str, usual: object = None) -> Any:
        self._known.append(name)
        value = self._values.get(name, usual)
        if value is None:
            raise MissingTerm(origin=self.origin, name=name)
        return value

    def unusable(self, name: str, value: object, wanted: str) -> UnusableTerm:
        """What to say of an entry that cannot have its value."""
        return UnusableTerm(origin=self.origin, name=name, value=repr(value)[:MOST_LETTERS], wanted=wanted)


def midnight(day: date, zone: str) -> datetime:
    """The moment at which a day of a zone begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _moment(value: object) -> date | datetime | None:
    if isinstance(value, date):  # datetimes are dates, too
        return value
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value) if len(value) == len("2026-03-31") else datetime.fromisoformat(value)
    except ValueError:
        return None


def _exact(value: object) -> Decimal | None:
    """A number by its shortest spelling: 0.1 is a tenth, and not what is nearest to it in binary."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _places(value: Decimal) -> int:
    """Decimals that a number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


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
        "redemption": str(terms.redemption),
    }
    amounts = ("value", "min_spend", "max_discount", "margin_floor", "budget", "expected_discount")
    found |= {name: f"{value:f}" for name in amounts if (value := getattr(terms, name)) not in (None, ZERO)}
    if terms.margin_floor is not None:
        found["margin_floor"] = f"{terms.margin_floor:f}"
    moments = ("valid_from", "valid_until")
    found |= {name: value.isoformat() for name in moments if (value := getattr(terms, name)) is not None}
    plain = ("valid_days", "limit_total", "limit_issued", "limit_per_person", "gift", "code", "prefix")
    found |= {name: value for name in plain if (value := getattr(terms, name))}
    found |= {name: True for name in ("transferable", "repeats") if getattr(terms, name)}
    if terms.steps:
        found["steps"] = [[f"{step.spend:f}", f"{step.off:f}"] for step in terms.steps]
    return found
