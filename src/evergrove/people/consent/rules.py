"""What holds, from all that was said: the same in whatever order it came in. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergrove.people.consent.types import FILE, GUARDIAN, REFUSALS, Said

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from evergrove.people.types import ConsentState

_RANK = {"granted": 0, "pending": 1, "denied": 2, "revoked": 3}
RESTRICTIVE: tuple[ConsentState, ...] = (
    "minor",
    "revoked",
    "denied",
    "expired",
    "pending",
    "granted",
    "unknown",
)
"""From the most restrictive on. Silence stands last: it says nothing against the word of another id."""


def state_of(said: Iterable[Said], moment: datetime | None = None, *, is_minor: bool = False) -> ConsentState:
    """
    What one customer's words for one purpose and channel come to.

    Args:
        said: In any order, each once or more often.
        moment: Only what was said by then counts, and only a yes that has not expired by then. None: all of it,
            as if no yes ever expired.
        is_minor: Whether the person is under age: then only a guardian's yes counts, and everybody's no.
    """
    last = deciding(said, moment, is_minor=is_minor)
    if last is None:
        return "minor" if is_minor else "unknown"
    if last.status == "granted" and _is_over(last, moment):
        return "expired"
    return last.status


def deciding(said: Iterable[Said], moment: datetime | None = None, *, is_minor: bool = False) -> Said | None:
    """
    The word that holds: the newest by the moment at which it was said, of two of one moment the no.

    Two words do not count. A list's yes after the person's own no: whoever keeps the list may not have heard of it.
    A request that still waits to be confirmed, while a yes stands: anybody can type in anybody's address.
    """
    return _weighed(said, moment, is_minor=is_minor)[0]


def refuses(said: Iterable[Said], moment: datetime | None = None) -> bool:
    """Whether the person's own no stands, against which a list's yes does not count."""
    return _weighed(said, moment, is_minor=False)[1]


def _weighed(said: Iterable[Said], moment: datetime | None, *, is_minor: bool) -> tuple[Said | None, bool]:
    """The word that holds, and whether the person's own no stands since the last yes that counted."""
    last, is_firm = None, False
    for each in sorted(set(said), key=_order):
        if moment is not None and each.given_at > moment:
            break
        if each.status in REFUSALS:
            last, is_firm = each, is_firm or each.source != FILE
        elif is_minor and each.given_by != GUARDIAN:
            continue
        elif each.status == "granted":
            if each.source != FILE or not is_firm:
                last, is_firm = each, False
        elif last is None or last.status != "granted" or _is_over(last, each.given_at):
            last = each
    return last, is_firm


def most_restrictive(states: Iterable[ConsentState]) -> ConsentState:
    """What holds for one person of several ids, each of which has its own state."""
    return min(states, key=RESTRICTIVE.index, default="unknown")


def _is_over(word: Said, moment: datetime | None) -> bool:
    return moment is not None and word.expires_at is not None and word.expires_at <= moment


def _order(word: Said) -> tuple[datetime, int, float, str, str]:
    """By time; at one moment the no comes last, then the yes that ends first: the last one holds."""
    ends = -word.expires_at.timestamp() if word.expires_at else float("-inf")
    return word.given_at, _RANK[word.status], ends, word.source, word.given_by or ""
