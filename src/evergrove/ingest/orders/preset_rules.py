"""What a preset knows better than the file alone can tell: its statuses, its guests, its units, its grain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evergrove.ingest.columns.guess import GUEST
from evergrove.ingest.orders.vocabulary import odd_texts
from evergrove.ingest.values.ids import LONGEST, PLAIN_ID, read_id
from evergrove.ingest.values.words import currency_digits
from evergrove.warehouse import identifier

if TYPE_CHECKING:
    from evergrove.ingest.orders.grain import GrainFound
    from evergrove.ingest.orders.vocabulary import Vocabulary
    from evergrove.ingest.presets.preset import Preset
    from evergrove.warehouse import Engine

_MONEY = ("amount", "price", "refund")


def as_preset_says(engine: Engine, preset: Preset, learned: Vocabulary, present: set[str]) -> Vocabulary:
    """
    The dictionaries of a file with what its preset says of statuses and of ids that mean nobody.

    Args:
        engine: Holds the view ``ingest_texts``.
        preset: Of the file.
        learned: As its texts read without it.
        present: Names of the staged columns.
    """
    words = [_status(preset, word) for word in learned.words]
    unknown = tuple(text for text in learned.unknown_statuses if preset.state_of(text) is None)
    ids = list(learned.ids)
    if f"{GUEST}_text" in present:
        odd = odd_texts(engine, f"{GUEST}_text", PLAIN_ID, LONGEST)
        ids += [(GUEST, text, read_id(text).value, "") for text in odd]
    nobody = [(role, text, "", "") for role in ("customer", GUEST) for text in preset.no_customer]
    known = {(role, text) for role, text, *_rest in nobody}
    ids = [entry for entry in ids if (entry[0], entry[1]) not in known]
    return replace(learned, words=words, unknown_statuses=unknown, ids=[*ids, *nobody])


def _status(preset: Preset, word: tuple[str, ...]) -> tuple[str, ...]:
    kind, text, state, *fault = word
    if kind != "status" or state == "none":
        return word
    return kind, text, preset.state_of(text) or state, *fault


def in_major_units(engine: Engine, table: str) -> str:
    """Rows of which the amounts are in the smallest unit of their currency, with amounts as they are written."""
    scaled = f"{table}_scaled"
    digits = currency_digits()
    cases = " ".join(
        f"when currency in ({', '.join(repr(code) for code in codes)}) then {10**places}"
        for places, codes in digits.items()
    )
    listed = ", ".join(
        f"cast({identifier(name)} / (case {cases} else 100 end) as decimal(18, 4)) as {identifier(name)}"
        for name in _MONEY
    )
    engine.create(scaled, f"select * replace ({listed}) from {identifier(table)}")
    return scaled


def as_preset_counts(preset: Preset | None, found: GrainFound) -> GrainFound:
    """The grain that a preset knows, and whose amount stands on a line; else as it was found."""
    if preset is None:
        return found
    known = found if not preset.grain else replace(found, grain=preset.grain)
    if known.grain == "order":
        return replace(known, amount_is_total=False, refund_is_total=False)
    return known if not preset.amount_of else replace(known, amount_is_total=preset.amount_of == "order")
