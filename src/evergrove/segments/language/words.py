"""A condition in plain words, in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from evergrove.core import Term as Word
from evergrove.core import _, fill
from evergrove.segments.language.catalogue import Function
from evergrove.segments.language.checks import declared
from evergrove.segments.language.types import Compared, Every, FromToday, Holds, Not, Some, Unknown
from evergrove.segments.sentences.words import (
    DIRECTION_WORDS,
    PLAYBOOK_WORDS,
    RFM_WORDS,
    STAGE_WORDS,
    TIER_WORDS,
)
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.segments.language.catalogue import Catalogue, Words
    from evergrove.segments.language.types import Argument, Condition, Term, Value
    from evergrove.text import Language

COMPARISONS: Mapping[str, str] = {
    "=": _("{term} is {value}"),
    "!=": _("{term} is not {value}"),
    "<": _("{term} is less than {value}"),
    "<=": _("{term} is at most {value}"),
    ">": _("{term} is more than {value}"),
    ">=": _("{term} is at least {value}"),
    "in": _("{term} is one of {value}"),
    "not in": _("{term} is none of {value}"),
    "between": _("{term} is from {value} to {last}"),
    "not between": _("{term} is not from {value} to {last}"),
    "like": _("{term} looks like {value}"),
    "not like": _("{term} does not look like {value}"),
    "ilike": _("{term} looks like {value}, small letters or capitals"),
    "not ilike": _("{term} does not look like {value}, small letters or capitals"),
}
DAYS: Mapping[str, str] = {
    "<": _("{term} is before {value}"),
    "<=": _("{term} is {value} or before"),
    ">": _("{term} is after {value}"),
    ">=": _("{term} is {value} or after"),
}
"""Of days some comparisons are said in other words."""
AND, OR, NOT = _("{first}, and {next}"), _("{first}, or {next}"), _("not: {part}")
BRACKETS = _("({part})")
UNKNOWN, KNOWN = _("{term} is not known"), _("{term} is known")
TODAY, BEFORE, AHEAD = (
    _("the day of the figures"),
    _("{days} {days:day|days} before the day of the figures"),
    _("{days} {days:day|days} after the day of the figures"),
)
QUOTED = _('"{text}"')
_TIERS = {each.name.lower(): word for each, word in TIER_WORDS.items()}
_TRENDS = {each.name.lower(): word for each, word in DIRECTION_WORDS.items()}
VALUE_WORDS: Mapping[str, Mapping[str, Word]] = {
    "tier": _TIERS,
    "realised_tier": _TIERS,
    "own_tier": _TIERS,
    "stage": {each.name.lower(): word for each, word in STAGE_WORDS.items()},
    "rfm_group": {each.name.lower(): word for each, word in RFM_WORDS.items()},
    "action": {each.name: word for each, word in PLAYBOOK_WORDS.items()},
    "price_band": {"low": Word(_("low")), "middle": Word(_("middle")), "high": Word(_("high"))},
    "order_trend": _TRENDS,
    "spend_trend": _TRENDS,
    "health_reason": {
        "purchase_gap": Word(_("silence since the last order")),
        "login": Word(_("silence since the last visit")),
        "interaction": Word(_("fewer clicks and visits")),
        "complaints": Word(_("complaints")),
        "nps": Word(_("a poor answer")),
        "refunds": Word(_("refunds")),
    },
    "consent": {
        "granted": Word(_("given")),
        "pending": Word(_("not confirmed yet")),
        "expired": Word(_("expired")),
        "denied": Word(_("denied")),
        "revoked": Word(_("taken back")),
        "minor": Word(_("under age, without a guardian's yes")),
        "unknown": Word(_("nothing said")),
    },
    "what": {
        "product": Word(_("the product")),
        "category": Word(_("the category")),
        "brand": Word(_("the brand")),
    },
}
LANGUAGES: tuple[Language, ...] = ("en", "zh-Hans", "zh-Hant")


def said(condition: Condition, catalogue: Catalogue, language: Language) -> str:
    """A condition as a sentence without its full stop."""
    return _Speaker(catalogue, language).said(condition)


def in_language(words: Words, language: Language) -> str:
    """Of words in three languages those in one."""
    return words[LANGUAGES.index(language)]


class _Speaker:
    """A language, and the catalogue that has the words."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self._catalogue = catalogue
        self._language = language
        self._translate = translator(language)
        self._formats = Formats(language)

    def said(self, condition: Condition) -> str:
        if isinstance(condition, Every | Some):
            return self._joined(AND if isinstance(condition, Every) else OR, condition.parts)
        if isinstance(condition, Not):
            return self._fill(NOT, part=self._inner(condition.part))
        if isinstance(condition, Holds):
            return self.term(condition.term)
        if isinstance(condition, Unknown):
            return self._fill(UNKNOWN if condition.holds else KNOWN, term=self.term(condition.term))
        return self._compared(condition)

    def _joined(self, template: str, parts: tuple[Condition, ...]) -> str:
        found = self._inner(parts[0])
        for part in parts[1:]:
            found = self._fill(template, first=found, next=self._inner(part))
        return found

    def _inner(self, condition: Condition) -> str:
        text = self.said(condition)
        return self._fill(BRACKETS, part=text) if isinstance(condition, Every | Some) else text

    def _compared(self, condition: Compared) -> str:
        is_day = declared(self._catalogue, condition.term).type == "date"
        template = DAYS.get(condition.op) if is_day else None
        values = [self._value(condition.term, each) for each in condition.values]
        many = condition.op in ("in", "not in")
        value = self._formats.enumerated(values) if many else values[0]
        told = {"term": self.term(condition.term), "value": value, "last": values[-1]}
        return self._fill(template or COMPARISONS[condition.op], **told)

    def term(self, term: Term) -> str:
        """A field by its words, a function with its arguments."""
        about = declared(self._catalogue, term)
        if not isinstance(about, Function):
            return in_language(about.words, self._language)
        told = dict(zip((each.name for each in about.parameters), term.arguments or (), strict=False))
        is_short = len(told) < len(about.parameters)
        words = about.ever if is_short and about.ever is not None else about.words
        arguments = {name: self._argument(name, each) for name, each in told.items()}
        return fill(in_language(words, self._language), arguments)

    def _argument(self, name: str, argument: Argument) -> str:
        if isinstance(argument, int):
            return self._formats.number(argument)
        known = VALUE_WORDS.get(name, {}).get(argument)
        return self._fill(QUOTED, text=argument) if known is None else self._translate(known)

    def _value(self, term: Term, value: Value) -> str:
        if isinstance(value, FromToday):
            if value.days == 0:
                return self._translate(TODAY)
            return self._fill(AHEAD if value.days > 0 else BEFORE, days=abs(value.days))
        if isinstance(value, Decimal):
            return f"{value:,f}"
        if isinstance(value, date):
            return value.isoformat()
        known = VALUE_WORDS.get(term.name, {}).get(value)
        return self._fill(QUOTED, text=value) if known is None else self._translate(known)

    def _fill(self, template: str, **told: object) -> str:
        return fill(self._translate(template), told)
