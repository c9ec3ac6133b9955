"""What the distinct texts of one column mean, by the column's type: a value in SQL's spelling, or a fault."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from evergrove.ingest.orders.errors import AmbiguousAmounts, AmbiguousDates, MixedDates
from evergrove.ingest.values.amounts import read_amount, weigh_signs
from evergrove.ingest.values.dates import DateReading, read_day, read_moment, weigh_orders
from evergrove.ingest.values.ids import LONGEST, PLAIN_ID, read_id
from evergrove.ingest.values.words import (
    currency_code,
    currency_signs,
    is_blank,
    plain,
    resolved_sign,
    status_state,
    table,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergrove.ingest.orders.context import Context
    from evergrove.ingest.tables.declared import TableColumn, Type
    from evergrove.ingest.values.dates import DateOrder

PLAIN_MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"
"""Times that read plainly as they stand: year first, without a zone."""
PLAIN_INSTANT = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
"""The same with a zone."""
_NOTHING = "^$"
_WORD = 200
_RATE = Decimal(10) ** 12


@dataclass(frozen=True)
class Meaning:
    """What one text means: a value as SQL casts it, a currency beside it, or why it is refused; all empty: blank."""

    text: str
    value: str = ""
    currency: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Place:
    """Where a column stands, for messages and for what its header says."""

    file: str
    header: str
    script: str
    style: str


def plain_pattern(type_: Type, *, is_local: bool) -> tuple[str, int]:
    """Texts of a type that SQL casts by itself, as a pattern, and the longest of them."""
    if type_ == "id":
        return PLAIN_ID, LONGEST
    if type_ in ("day", "moment"):
        return (f"{PLAIN_MOMENT}|{PLAIN_INSTANT}" if is_local else PLAIN_INSTANT), 40
    return _NOTHING, 0


def meanings(column: TableColumn, place: Place, texts: Sequence[str], context: Context) -> list[Meaning]:
    """
    What the texts of a column mean, each once.

    Args:
        column: Of the declared table.
        place: Of the file's column.
        texts: Its distinct texts that SQL does not cast by itself.
        context: Zone, clock and currency of the run.

    Raises:
        AmbiguousDates, MixedDates, AmbiguousAmounts: The column can be read in several ways.
    """
    if column.type in ("day", "moment"):
        return _times(column, place, texts, context)
    if column.type in ("amount", "number", "count"):
        return _numbers(column, place, texts, context)
    read: dict[str, Callable[[TableColumn, Place, str, Context], Meaning]] = {
        "id": _id,
        "rate": _rate,
        "currency": _currency,
        "choice": _choice,
        "flag": _flag,
        "state": _state,
        "page": _page,
    }
    reader = read.get(column.type, _text)
    return [reader(column, place, text, context) for text in texts]


def _times(column: TableColumn, place: Place, texts: Sequence[str], context: Context) -> list[Meaning]:
    evidence = weigh_orders(texts, context.today)
    where = {"file": place.file, "column": place.header, "role": column.name}
    if not place.style and len(evidence.proofs) > 1:
        first, second, *_more = evidence.proofs.values()
        raise MixedDates(first=first, second=second, **where)
    if not place.style and not evidence.proofs and evidence.open_example:
        raise AmbiguousDates(example=evidence.open_example, **where)
    order = cast("DateOrder", place.style or next(iter(evidence.proofs), "ymd"))
    is_utc = unit_of(place.header) in ("utc", "gmt")
    reading = DateReading(order, ZoneInfo(context.zone), is_utc, evidence.is_roc, context.today)
    return [_time(column, text, reading) for text in texts]


def _time(column: TableColumn, text: str, reading: DateReading) -> Meaning:
    day = read_day(text, reading)
    if day.value is None:
        return Meaning(text, fault=day.fault)
    moment = read_moment(text, reading) if column.type == "moment" else None
    return Meaning(text, moment or day.value.isoformat())


def _numbers(column: TableColumn, place: Place, texts: Sequence[str], context: Context) -> list[Meaning]:
    evidence = weigh_signs(texts)
    if not place.style and evidence.is_ambiguous and column.type == "amount":
        raise AmbiguousAmounts(
            file=place.file, column=place.header, role=column.name, example=evidence.dotted_thousand
        )
    sign = {"comma": ",", "dot": "."}.get(place.style) or evidence.sign
    return [_number(column, place, text, "," if sign == "," else ".", context) for text in texts]


def _number(column: TableColumn, place: Place, text: str, sign: str, context: Context) -> Meaning:
    amount = read_amount(text, "," if sign == "," else ".")
    if amount.value is None:
        return Meaning(text, fault=amount.fault)
    if column.type == "count" and (amount.value < 0 or amount.value % 1):
        return Meaning(text, fault="ingest.bad_number")
    currency = amount.currency
    if currency in currency_signs():
        currency = resolved_sign(currency, frozenset({context.currency} - {""}), place.script)
    value = int(amount.value) if column.type == "count" else amount.value
    return Meaning(text, str(value), currency if column.type == "amount" else "")


def _id(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    found = read_id(text)
    codes = {"damaged": "ingest.damaged_id", "bad": "ingest.bad_id", "": ""}
    return Meaning(text, found.value, fault=codes[found.fault])


def _rate(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    """More digits than an amount has, and never 0."""
    if is_blank(text):
        return Meaning(text)
    rate = _rate_of(text)
    return Meaning(text, fault="ingest.bad_number") if rate is None else Meaning(text, f"{rate:f}")


def is_rate(text: str) -> bool:
    """Whether a text is what one unit of a currency can be worth in another."""
    return _rate_of(text) is not None


def _rate_of(text: str) -> Decimal | None:
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not rate.is_finite() or not 0 < rate < _RATE:
        return None
    return round(rate, 10) or None


def _currency(_column: TableColumn, place: Place, text: str, context: Context) -> Meaning:
    if is_blank(text):
        return Meaning(text)
    code = currency_code(text) or ""
    if code in currency_signs():
        code = resolved_sign(code, frozenset({context.currency} - {""}), place.script)
    return Meaning(text, code, fault="" if code else "ingest.bad_currency")


def _choice(column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    """A known word, or the word itself."""
    bare = " ".join(text.split())
    if is_blank(bare) or len(bare) > _WORD:
        return Meaning(text, fault="" if is_blank(bare) else "ingest.bad_word")
    return Meaning(text, column.words.get(plain(bare), bare))


def _flag(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    said = _flags().get(plain(text) or text.strip())
    return Meaning(text, said or "", fault="" if said or is_blank(text) else "ingest.bad_word")


@cache
def _flags() -> dict[str, str]:
    words = table("words")["flag"]
    return {plain(w) or w: said for said, key in (("true", "yes"), ("false", "no")) for w in words[key]}


def _state(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    """What a status says; one that nobody has explained says nothing."""
    state = None if is_blank(text) else status_state(text)
    return Meaning(text, "" if state in (None, "none") else state or "")


def _page(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    """A page without what follows its question mark, where names and addresses stand."""
    bare = text.strip().partition("?")[0].partition("#")[0]
    return Meaning(text, "" if is_blank(bare) else bare)


def _text(_column: TableColumn, _place: Place, text: str, _context: Context) -> Meaning:
    bare = text.strip().removeprefix("'") if text.strip()[:2] in ("'+", "'0") else text.strip()
    return Meaning(text, "" if is_blank(bare) else bare)
