"""A campaign's document, read entry by entry: what is missing, misspelt or out of range is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evergrove.core import Term, _
from evergrove.programs.coupons.codes import normal_code
from evergrove.programs.coupons.errors import MissingTerm, UnknownTerm, UnusableTerm
from evergrove.programs.coupons.types import MOST_AMOUNT, Step

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

LEDGER_PLACES = 4
MOST_LETTERS = 200
MOST_STEPS = 20
SHARE = Term(_("a share from 0 to 1"))
DAY = Term(_("a day, such as 2026-03-31"))
RISING = Term(_("steps of rising spend, each taking off more than the one before and less than its spend"))
AMOUNT = Term(_("an exact number above 0, such as 128.50, with no more decimals than the currency has"))


def places_of(currency: str) -> int:
    """Decimals of a currency by CLDR: 2 of CNY, 0 of JPY; never more than the ledger holds."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - a tenth of a second, here only

    return min(LEDGER_PLACES, int(get_currency_precision(currency)))


class Entries:
    """A document; whatever nobody took by ``end`` is unknown."""

    def __init__(self, origin: str, values: Mapping[str, Any]) -> None:
        self.origin, self._values, self._known = origin, values, list[str]()
        self.kind, self.places = "", LEDGER_PLACES

    def has(self, name: str) -> bool:
        """Whether there is such an entry."""
        return name in self._values

    def text(self, name: str, usual: str | None = None) -> str:
        """A text of one line, not empty and not endless."""
        value = self._taken(name, usual)
        if not isinstance(value, str) or not 0 < len(value) <= MOST_LETTERS or not value.isprintable():
            raise self.unusable(name, value, f"text, 1-{MOST_LETTERS}")
        return value

    def word(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self._taken(name)
        if value not in allowed:
            raise self.unusable(name, value, " | ".join(allowed))
        return str(value)

    def shaped(self, name: str, shape: re.Pattern[str], wanted: str, usual: str | None = None) -> str:
        """A text of a shape."""
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
        """A whole number from 1 on."""
        value = self._taken(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.unusable(name, value, f"1-{most}")
        return value

    def whole_or_none(self, name: str, most: int) -> int | None:
        """The same, where it is there."""
        self._known.append(name)
        return self.whole(name, most) if self.has(name) else None

    def flag(self, name: str) -> bool:
        """True or false; false where it is not there."""
        value = self._taken(name, usual=False)
        if not isinstance(value, bool):
            raise self.unusable(name, value, "true | false")
        return value

    def money(self, name: str, *, needed: bool = False) -> Decimal | None:
        """An amount in whole coins, above 0."""
        self._known.append(name)
        return self._money(name, self._taken(name)) if needed or self.has(name) else None

    def peek(self, name: str) -> Decimal | None:
        """An amount that is taken elsewhere."""
        return self._money(name, self._values[name]) if self.has(name) else None

    def percent(self) -> Decimal:
        """The value of a campaign that takes per cent off."""
        value = self._taken("value")
        found = _exact(value)
        if found is None or not 0 < found <= 100 or _places(found) > 2:
            raise self.unusable("value", value, "0.01-100")
        return found

    def share(self, name: str) -> Decimal | None:
        """A number from 0 to 1."""
        self._known.append(name)
        if not self.has(name):
            return None
        found = _exact(self._values[name])
        if found is None or not 0 <= found <= 1 or _places(found) > LEDGER_PLACES:
            raise self.unusable(name, self._values[name], SHARE)
        return found

    def steps(self) -> tuple[Step, ...]:
        """The steps of a threshold."""
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
        """Name of a time zone."""
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


def plain(amount: Decimal) -> str:
    """An amount without exponent, and without zeros that say nothing."""
    shown = f"{amount:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _places(value: Decimal) -> int:
    """Decimals that a number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
