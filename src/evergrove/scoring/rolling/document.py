"""A back-test as a JSON document, and as rows of a table."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

from evergrove.core import EvergroveWarning, Sentence, Term, __version__
from evergrove.scoring.champions import KIND as CHAMPIONS
from evergrove.scoring.champions import NEWEST as CHAMPIONS_NEWEST
from evergrove.scoring.lineage import UnknownFormat
from evergrove.scoring.rolling.sentences_kept import kept_sentence, read_sentence
from evergrove.scoring.rolling.types import Deciles, Measures
from evergrove.scoring.rolling.words import said, title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evergrove.scoring.rolling.evidence import Champion, RollingBackTest
    from evergrove.scoring.rolling.types import Record

    Translate = Callable[[str], str]
    Spoken = str | Sentence | EvergroveWarning
    Tell = Callable[[Spoken], Any]

KIND = "evergrove.backtest"
NEWEST = 1
READ = (1,)
"""Formats that are read: the newest and the one before it."""
POOLED = "all"
"""What stands for the origin where all are taken together."""
SPOKEN = "spoken"
"""Key of a sentence that is not in anybody's language yet."""
NAMES = frozenset({"scoring.stacked", "scoring.seasonal"})
"""Codes of sentences that are names: no code stands beside them."""
NESTED = ("deciles", "pit", "reliability")
"""Measures that are no single number: they are in the document, not in the table."""


def document(found: RollingBackTest, translate: Translate = str) -> dict[str, Any]:
    """
    Everything as JSON knows it: days as ISO text, what is not known as null, sentences with their code.

    Args:
        found: The back-test.
        translate: English sentence -> sentence in the reader's language.
    """
    return _document(found, lambda spoken: _in_words(spoken, translate))


def evidence_document(found: RollingBackTest) -> dict[str, Any]:
    """The same for readers of any language: sentences as templates with their fields, see ``read_evidence``."""
    return _document(found, _for_later)


def _document(found: RollingBackTest, tell: Tell) -> dict[str, Any]:
    plain: dict[str, Any] = {
        each.name: _plain(getattr(found, each.name), tell) for each in fields(found) if each.name != "live"
    }
    contenders = [
        {"name": one.name, "title": tell(title(one.name))} | _plain(one, tell) for one in found.records
    ]
    del plain["records"]
    head = {"format": f"{KIND}/{NEWEST}", "code_version": __version__}
    return head | plain | {"contenders": contenders}


def champions_document(found: RollingBackTest) -> dict[str, Any]:
    """What scoring reads of a back-test: who is best for each purpose by what evidence, and what it takes over."""
    last = found.origins[-1]
    live = _plain(found.live, _unspoken)
    return {
        "format": f"{CHAMPIONS}/{CHAMPIONS_NEWEST}",
        "code_version": __version__,
        "as_of": found.as_of.isoformat(),
        "first_date": found.first_date.isoformat(),
        "window_days": found.window_days,
        "currency": found.currency,
        "origins": [each.origin.isoformat() for each in found.origins],
        "customers": last.customers * found.every,
        "champions": [_champion(each) for each in found.champions],
        "live": live,
    }


def _champion(champion: Champion) -> dict[str, Any]:
    """One purpose, without the standings of everybody."""
    stack = champion.stack
    names = ("purpose", "name", "loss", "naive", "gain", "challenger", "replaced", "runner_up")
    return {name: _plain(getattr(champion, name), _unspoken) for name in names} | {
        "parts": list(stack.parts) if stack is not None and stack.accepted else None
    }


def check_format(stored: Mapping[str, Any]) -> None:
    """
    Refuse a document that this version does not read.

    Raises:
        UnknownFormat: It has another format.
    """
    known = [f"{KIND}/{n}" for n in READ]
    if stored.get("format") not in known:
        raise UnknownFormat(found=repr(stored.get("format")), known=", ".join(known))


def measure_rows(found: RollingBackTest) -> list[dict[str, Any]]:
    """One row per contender and origin, and one of all origins; NaN and what was not said are None."""
    rows: list[dict[str, Any]] = []
    for record in found.records:
        rows += _rows(record)
    return rows


def _rows(record: Record) -> list[dict[str, Any]]:
    names = [each.name for each in fields(Measures) if each.name not in NESTED]
    measured: list[tuple[str, Measures | None, float, float | None]] = [
        (turn.origin.isoformat(), turn.measures, turn.seconds, turn.memory_mb) for turn in record.turns
    ]
    peaks = [turn.memory_mb for turn in record.turns if turn.memory_mb is not None]
    seconds = sum(turn.seconds for turn in record.turns)
    measured.append((POOLED, record.pooled, seconds, max(peaks, default=None)))
    return [
        {"contender": record.name, "kind": record.kind, "origin": origin}
        | {name: None if measures is None else _known(getattr(measures, name)) for name in names}
        | {"seconds": spent, "memory_mb": memory}
        for origin, measures, spent, memory in measured
    ]


def group_rows(found: RollingBackTest) -> list[dict[str, Any]]:
    """One row per contender and group."""
    return [
        {"contender": record.name} | {each.name: getattr(row, each.name) for each in fields(row)}
        for record in found.records
        for row in record.groups
    ]


def _plain(value: Any, tell: Tell) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, Sentence | EvergroveWarning):
        return tell(value)
    if isinstance(value, Deciles) and not value.actual:
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name), tell) for each in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part, tell) for part in value]
    return value.isoformat() if isinstance(value, date) else _known(value)


def _in_words(spoken: Spoken, translate: Translate) -> Any:
    """A name in a language; a sentence likewise, its code beside it."""
    says = said(spoken, translate)
    if isinstance(spoken, str) or spoken.code in NAMES:
        return says
    return {"code": spoken.code, "says": says}


def _unspoken(spoken: Spoken) -> Any:
    return _in_words(spoken, str)


def _for_later(spoken: Spoken) -> Any:
    """What ``_spoken_again`` puts into words; somebody's own name stays as it is."""
    if isinstance(spoken, Term) or not isinstance(spoken, str):
        return {SPOKEN: kept_sentence(spoken)}
    return spoken


def read_evidence(stored: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """
    The document of a back-test in a reader's language, from what ``evidence_document`` kept.

    Raises:
        UnknownFormat: It has another format.
    """
    check_format(stored)
    read: dict[str, Any] = _spoken_again(stored, translate)
    return read


def _spoken_again(value: Any, translate: Translate) -> Any:
    if isinstance(value, list):
        return [_spoken_again(part, translate) for part in value]
    if not isinstance(value, dict):
        return value
    if SPOKEN in value:
        return _in_words(read_sentence(value[SPOKEN]), translate)
    return {name: _spoken_again(part, translate) for name, part in value.items()}


def _known(value: Any) -> Any:
    """NaN and infinity are no numbers of JSON: nothing is known."""
    return None if isinstance(value, float) and not isfinite(value) else value
