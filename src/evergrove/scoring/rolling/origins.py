"""Which days of the past are looked from, and what was known on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.scoring.splits import SHORTEST_CALIBRATION_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from evergrove.scoring.splits import Histories
    from evergrove.scoring.types import Split


class NoOrigin(InputError):
    """The history is too short for a single origin."""

    code = "scoring.no_origin"
    message = _(
        "The orders span {days} {days:day|days}; an origin needs {calibration} before it and a window of {window} after it."
    )
    hint = _("Choose a shorter --window, or give more history.")


class NoWindow(InputError):
    """A window or a number of origins that means nothing."""

    code = "scoring.no_window"
    message = _(
        "{origins} {origins:origin|origins} with a window of {window} {window:day|days} cannot be looked from."
    )
    hint = _("Give one origin at least, and a window of 7 days at least.")


SHORTEST_WINDOW_DAYS = 7


def origins_between(first: date, as_of: date, window_days: int, most: int) -> tuple[date, ...]:
    """
    Origins one window apart, earliest first; the last window ends with the data.

    Args:
        first: The first order day.
        as_of: The last day whose orders count.
        window_days: Length of every window.
        most: How many at most.

    Raises:
        NoWindow: No window or no origin is asked for.
        NoOrigin: Not even one has 13 weeks of history.
    """
    if most < 1 or window_days < SHORTEST_WINDOW_DAYS:
        raise NoWindow(origins=most, window=window_days)
    history = (as_of - first).days
    # The first day counts: 1 January to 1 April are 13 weeks.
    fitting = (history + 1 - SHORTEST_CALIBRATION_DAYS) // window_days
    if fitting < 1:
        raise NoOrigin(days=history + 1, calibration=SHORTEST_CALIBRATION_DAYS, window=window_days)
    count = min(most, fitting)
    return tuple(as_of - timedelta(days=window_days * k) for k in range(count, 0, -1))


@dataclass(frozen=True, eq=False)
class Views:
    """
    The customers as they stood on days of the past, each seen with nothing but what was known on it.

    Attributes:
        histories: Of the customers.
        complete_from: Day -> models are fitted on customers first seen from when on, as told on that day;
            None: on all.
    """

    histories: Histories
    complete_from: Callable[[date], date | None]

    def split(self, origin: date, until: date) -> Split:
        """The customers as known on a day, beside what came in (origin, until]."""
        return self._then.split(origin, until)

    def before(self, split: Split) -> Split | None:
        """The origin one window before another, whose window ends on it; None where it lacks 13 weeks of history."""
        return self._then.before(split)

    @property
    def _then(self) -> Histories:
        return replace(self.histories, complete_then=self.complete_from)
