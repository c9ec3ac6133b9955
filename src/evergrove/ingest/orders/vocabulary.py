"""What the texts of a file mean: each distinct text that does not read plainly is read once, by our rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from evergrove.ingest.orders.errors import AmbiguousAmounts, AmbiguousDates, MixedDates
from evergrove.ingest.orders.staging import PACKAGE, VALUE_ROLES
from evergrove.ingest.sources.batches import arrow_table
from evergrove.ingest.values.amounts import (
    PLAIN_AMOUNT,
    PLAIN_FRACTION,
    PLAIN_WHOLE,
    read_amount,
    weigh_signs,
)
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
    total_words,
)
from evergrove.warehouse import identifier, statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evergrove.ingest.columns.mapped import MappedFile
    from evergrove.ingest.orders.context import Context
    from evergrove.ingest.values.amounts import Amount, DecimalSign
    from evergrove.ingest.values.dates import DateOrder
    from evergrove.warehouse import Engine

_ANY = "^$"  # no text reads plainly
_NO_DIGIT = "[0-9]"  # texts with a digit need no look
_LONGEST_TOTAL = 24
_RARE = 0.02


@dataclass
class Vocabulary:
    """The dictionaries of one file, as rows (kind, text, meaning, ..., fault); what is absent is empty."""

    ids: list[tuple[str, ...]] = field(default_factory=list)
    days: list[tuple[str, ...]] = field(default_factory=list)
    amounts: list[tuple[str, ...]] = field(default_factory=list)
    words: list[tuple[str, ...]] = field(default_factory=list)
    unknown_statuses: tuple[str, ...] = ()


def learn(engine: Engine, mapped: MappedFile, present: set[str], context: Context) -> Vocabulary:
    """
    Read every distinct text of the staged columns that does not read plainly.

    Args:
        engine: Holds the view ``ingest_texts``.
        mapped: The file.
        present: Names of the staged columns.
        context: What holds for the run.

    Raises:
        AmbiguousDates, MixedDates, AmbiguousAmounts: A column can be read in several ways.
    """
    found = Vocabulary()
    texts = {
        role: odd_texts(engine, f"{role}_text", PLAIN_ID, LONGEST)
        for role in ("customer", "order", "parent")
        if f"{role}_text" in present
    }
    for role, odd in texts.items():
        found.ids += [_id_entry(role, text) for text in odd]
    for role, column in (
        ("date", "date_key"),
        ("created", "created_text"),
        ("refund_date", "refund_date_text"),
    ):
        if f"{role}_text" in present:
            odd = odd_texts(engine, column)
            texts[role] = odd
            reading = _date_reading(mapped, role, odd, context)
            found.days += [_day_entry(role, text, reading) for text in odd]
    _learn_amounts(engine, mapped, present, context, found)
    if "first_text" in present:
        texts["first"] = odd_texts(engine, "first_text", _NO_DIGIT, _LONGEST_TOTAL)
    totals = {text for odd in texts.values() for text in odd if plain(text) in total_words()}
    found.words += [("total", text, "total", "") for text in totals]
    _learn_words(engine, mapped, present, context, found)
    return found


def odd_texts(engine: Engine, column: str, plain_pattern: str = _ANY, longest: int = 1 << 30) -> list[str]:
    """The distinct texts of a staged column that do not read plainly."""
    engine.view("ingest_column", f"select {identifier(column)} as text from ingest_texts")
    rows = engine.run(statement(PACKAGE, "odd_texts"), plain=plain_pattern, longest=longest)
    return [str(text) for (text,) in rows]


def _id_entry(role: str, text: str) -> tuple[str, ...]:
    found = read_id(text)
    kind = "order_id" if role == "order" else role
    codes = {"damaged": "ingest.damaged_id", "bad": f"ingest.bad_{kind}", "": ""}
    return role, text, found.value, codes[found.fault]


def _day_entry(role: str, text: str, reading: DateReading) -> tuple[str, ...]:
    day = read_day(text, reading)
    return role, text, "" if day.value is None else day.value.isoformat(), day.fault


def _date_reading(mapped: MappedFile, role: str, texts: Iterable[str], context: Context) -> DateReading:
    """How one column's dates are read: as the user says, as its dates prove, or not at all."""
    evidence = weigh_orders(texts, context.today)
    named = mapped.styles.get(role)
    order = cast("DateOrder", named or next(iter(evidence.proofs), "ymd"))
    place = {"file": mapped.file.name, "column": mapped.name_of(role), "role": role}
    if named is None and len(evidence.proofs) > 1:
        first, second, *_more = evidence.proofs.values()
        raise MixedDates(first=first, second=second, **place)
    if named is None and not evidence.proofs and evidence.open_example:
        raise AmbiguousDates(example=evidence.open_example, **place)
    zone = ZoneInfo(context.zone)
    return DateReading(order, zone, mapped.is_utc(role), evidence.is_roc, context.today)


def _learn_amounts(
    engine: Engine, mapped: MappedFile, present: set[str], context: Context, found: Vocabulary
) -> None:
    read: list[tuple[str, str, Amount]] = []
    for role in VALUE_ROLES:
        column = mapped.column(role)
        if column is None or f"{role}_text" not in present:
            continue
        if column.kind == "text":
            sign = _decimal_sign(engine, mapped, role)
            odd = odd_texts(engine, f"{role}_text", PLAIN_AMOUNT if sign == "." else PLAIN_WHOLE)
        else:
            sign, odd = ".", odd_texts(engine, f"{role}_text")
        read += [(role, text, read_amount(text, sign)) for text in odd]
    named = {context.currency, *(amount.currency for _role, _text, amount in read)}
    known = frozenset(named - currency_signs().keys() - {""}) | _column_currencies(engine, present)
    for role, text, amount in read:
        currency = amount.currency
        if currency in currency_signs():
            currency = resolved_sign(currency, known, mapped.file.script)
        value = "" if amount.value is None else str(amount.value)
        found.amounts.append((role, text, value, currency, amount.fault))


def _decimal_sign(engine: Engine, mapped: MappedFile, role: str) -> DecimalSign:
    named = mapped.styles.get(role)
    if named:
        return "," if named == "comma" else "."
    evidence = weigh_signs(odd_texts(engine, f"{role}_text", PLAIN_AMOUNT))
    if evidence.comma == 0 and not evidence.is_ambiguous:
        return "."
    count = "select count(distinct text) from ingest_column where regexp_matches(text, $plain)"
    dotted = int(engine.value(count, plain=PLAIN_FRACTION))
    if evidence.is_ambiguous and not dotted and role != "quantity":
        raise AmbiguousAmounts(
            file=mapped.file.name, column=mapped.name_of(role), role=role, example=evidence.dotted_thousand
        )
    return "," if evidence.comma > evidence.dot + dotted else "."


def _column_currencies(engine: Engine, present: set[str]) -> frozenset[str]:
    if "currency_text" not in present:
        return frozenset()
    codes = map(currency_code, odd_texts(engine, "currency_text"))
    return frozenset(code for code in codes if code and code not in currency_signs())


def _learn_words(
    engine: Engine, mapped: MappedFile, present: set[str], context: Context, found: Vocabulary
) -> None:
    unknown: list[str] = []
    for role in ("status", "after_sale"):
        for text in odd_texts(engine, f"{role}_text") if f"{role}_text" in present else ():
            state = "none" if is_blank(text) else status_state(text)
            found.words.append((role, text, state or "", ""))
            if state is None and role == "status":
                unknown.append(text)
    found.unknown_statuses = tuple(sorted(unknown))
    if "cancelled_text" in present:
        given = (text for text in odd_texts(engine, "cancelled_text") if not _says_no(text))
        found.words += [("cancelled", text, "given", "") for text in given]
    if "updated_text" in present:
        texts = odd_texts(engine, "updated_text")
        reading = _date_reading(mapped, "updated", texts, context)
        found.words += [("updated", text, read_moment(text, reading) or "", "") for text in texts]
    if "currency_text" in present:
        known = _column_currencies(engine, present) | ({context.currency} - {""})
        found.words += [
            _currency_entry(text, known, mapped.file.script) for text in odd_texts(engine, "currency_text")
        ]
    if "product_text" in present:
        found.words += [("product", text, "non_product", "") for text in _non_products(engine)]


def _says_no(text: str) -> bool:
    return is_blank(text) or text.strip().lower() in ("0", "false", "no", "否", "f", "n")


def _currency_entry(text: str, known: frozenset[str], script: str) -> tuple[str, ...]:
    if is_blank(text):
        return "currency", text, "", ""
    code = currency_code(text) or ""
    if code in currency_signs():
        code = resolved_sign(code, known, script)
    return "currency", text, code, "" if code else "ingest.bad_currency"


def _non_products(engine: Engine) -> list[str]:
    """Codes in the product column that are no product; single letters only where they are rare."""
    words = table("words")["non_product"]
    codes = [code.lower() for code in words["codes"] + words["letters"]]
    prefixes = "^(" + "|".join(map(re.escape, words["prefixes"])) + ")"
    engine.view("ingest_column", "select product_text as text from ingest_texts")
    engine.create("ingest_codes", "select unnest($codes) as code", codes=codes)
    rows = engine.run(statement(PACKAGE, "non_products"), prefixes=prefixes)
    total = int(engine.value("select count(text) from ingest_column"))
    letters = {letter.lower() for letter in words["letters"]}
    lettered = sum(count for text, count in rows if text.strip().lower() in letters)
    are_codes = lettered <= _RARE * max(total, 1)
    return [str(text) for text, _count in rows if are_codes or text.strip().lower() not in letters]


def publish(engine: Engine, vocabulary: Vocabulary) -> None:
    """Put the dictionaries where the statements look for them."""
    _table(engine, "ingest_ids", vocabulary.ids, {"id": "varchar"})
    _table(engine, "ingest_days", vocabulary.days, {"day": "date"})
    _table(engine, "ingest_amounts", vocabulary.amounts, {"value": "decimal(18, 4)", "currency": "varchar"})
    _table(engine, "ingest_words", vocabulary.words, {"word": "varchar"})


def _table(engine: Engine, name: str, rows: list[tuple[str, ...]], meaning: dict[str, str]) -> None:
    names = ["kind", "text", *meaning, "fault"]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    engine.register("ingest_dictionary", arrow_table(dict(zip(names, columns, strict=True))))
    typed = [f"cast(nullif({column}, '') as {kind}) as {column}" for column, kind in meaning.items()]
    listed = ", ".join(["kind", "text", *typed, "nullif(fault, '') as fault"])
    engine.create(name, f"select {listed} from ingest_dictionary")
    engine.unregister("ingest_dictionary")
