"""What a model's parameters say of a shop, in words that ask for no model to be known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from evergrove.core import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergrove.scoring.portrait import Portrait
    from evergrove.text import Formats

GAP = _(
    "While they are active, half of your customers order every {middle} or more often; the quickest quarter every {quick} or "
    "more often, the slowest quarter at most every {slow}."
)
ONCE = _("{share} of new customers leave with their first order and never come back.")
LEAVE = _("After each further order, on average {share} of customers leave for good.")
HALF = _("Half of all new customers have left after {days}; after a year {share} are still there.")
LASTING = _("After two years {share} of new customers are still there.")
NOBODY = _("This model lets nobody leave: it tells who buys how often, not who has gone.")
REGULAR = _("Orders come more evenly than by chance: a customer who is late is missed sooner.")
SPEND = _("A day with an order brings {mean} on average.")
SPREAD = _(
    "A day with an order brings {mean} on average; one and the same customer's days differ from each other by about {share}."
)
ALWAYS = 0.9999


class InWords(NamedTuple):
    """
    A sentence, and the parameters that it follows from.

    Attributes:
        sentence: In the reader's language.
        letters: As the literature writes them, such as "r, alpha".
    """

    sentence: str
    letters: str


def portrait_words(found: Portrait, formats: Formats) -> list[InWords]:
    """How often people buy and how long they stay, a sentence each."""
    return list(_words(found, formats))


def _words(found: Portrait, formats: Formats) -> Iterator[InWords]:
    quick, middle, slow = (formats.days(max(round(days), 1)) for days in found.gap_days)
    yield InWords(formats.say(GAP, quick=quick, middle=middle, slow=slow), "r, alpha")
    there, leaving = dict(found.still_there), "s, beta" if found.leave_chance is None else "a, b"
    if there[12] > ALWAYS:
        yield InWords(formats.say(NOBODY), "r, alpha")
        return
    if found.leave_at_once > 0:
        yield InWords(formats.say(ONCE, share=formats.percent(found.leave_at_once, 0)), leaving)
    elif found.leave_chance is not None:
        yield InWords(formats.say(LEAVE, share=formats.percent(found.leave_chance, 0)), leaving)
    if found.half_left_days is None:
        yield InWords(formats.say(LASTING, share=formats.percent(there[24], 0)), leaving)
    else:
        half = formats.days(max(round(found.half_left_days), 1))
        yield InWords(formats.say(HALF, days=half, share=formats.percent(there[12], 0)), leaving)
    if found.regular > 1:
        yield InWords(formats.say(REGULAR), "k")


def spend_words(mean: float | None, p: float | None, formats: Formats) -> list[InWords]:
    """
    What a purchase day brings.

    Args:
        mean: Over all customers; None: not known.
        p: Shape of a day's spend in Gamma-Gamma: 1 / sqrt(p) is its coefficient of variation. None: another model.
        formats: Of the reader.
    """
    if mean is None:
        return []
    if p is None:
        return [InWords(formats.say(SPEND, mean=formats.money(mean)), "")]
    share = formats.percent(p**-0.5, 0)
    return [InWords(formats.say(SPREAD, mean=formats.money(mean), share=share), "p")]
