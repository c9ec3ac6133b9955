"""Why a customer stands where they stand: tier, stage and health, each with what decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evergrove.core import _
from evergrove.web.customer.words import COMPONENTS, HEALTH
from evergrove.web.frame import reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergrove.api.customers import Customer, Standing
    from evergrove.http import Call
    from evergrove.text import Formats

WHY_TIER, WHY_STAGE = _("Why this value tier?"), _("Why this stage?")
NO_NUMBERS = _("The numbers behind it are no longer kept; the next move will bring new ones.")
NOT_PLACED = _("No run has placed this customer yet.")
SINCE = _("Since {day}")
OF_DAY = _("numbers of {day}")
HEALTHY = _("Health {points} of 100. Nothing weighs on it.")
WEIGHED = _("Health {points} of 100. What weighs most: {reason}.")


@dataclass(frozen=True)
class Because:
    """
    An answer to a why.

    Attributes:
        question: What is asked.
        axis: tier or stage; empty: neither.
        code: Of the tier or the stage.
        answer: Why, with its numbers.
        note: Since when, and of which day the numbers are.
    """

    question: str
    axis: str
    code: str
    answer: str
    note: str


def reasons(call: Call, told: Customer) -> list[Because]:
    """Why this tier, and why this stage."""
    formats = reader_of(call).formats
    return [
        _because(formats, WHY_TIER, "tier", told.tier),
        _because(formats, WHY_STAGE, "stage", told.stage),
    ]


def _because(formats: Formats, question: str, axis: str, standing: Standing) -> Because:
    why = standing.because
    if standing.key is None:
        return Because(formats.say(question), axis, "", formats.say(NOT_PLACED), "")
    notes = [formats.say(SINCE, day=formats.day(standing.since))] if standing.since else []
    notes += [formats.say(OF_DAY, day=formats.day(why.as_of))] if why and why.as_of else []
    answer = why.sentence if why and why.sentence else formats.say(NO_NUMBERS)
    return Because(formats.say(question), axis, standing.key, answer, " · ".join(notes))


@dataclass(frozen=True)
class Part:
    """One part of health: its name, and its points from 0 to 100."""

    name: str
    points: float


def health(call: Call, told: Customer) -> tuple[str, list[Part]]:
    """How healthy in a sentence with the top reason, and the parts that are known; empty where health is not."""
    formats, figures = reader_of(call).formats, told.figures
    if told.health is None:
        return "", []
    points, reason = formats.number(told.health), figures.get("health_reason")
    if not reason:
        return formats.say(HEALTHY, points=points), _parts(formats, figures)
    word = formats.say(HEALTH.get(str(reason), str(reason)))
    return formats.say(WEIGHED, points=points, reason=word), _parts(formats, figures)


def _parts(formats: Formats, figures: Mapping[str, Any]) -> list[Part]:
    return [
        Part(formats.say(word), float(figures[name]))
        for name, word in COMPONENTS.items()
        if figures.get(name) is not None
    ]


DAYS = ("first_order_date", "last_order_date", "next_order_date")
SHARES = ("p_alive", "p_active_180d")
MONEY = frozenset(
    (
        *("spend_12m", "aov_12m", "monetary_value", "historic_value", "expected_spend"),
        *("clv_12m", "clv_12m_low", "clv_12m_high", "clv", "clv_total"),
    )
)


def written(name: str, value: Any, formats: Formats) -> str:
    """A published figure as the reader's language writes it."""
    if name in DAYS:
        return formats.day(value)
    if name in SHARES:
        return formats.percent(value)
    if name in MONEY:
        return formats.money(value)
    return formats.number(value, 0 if isinstance(value, int) else 2)
