"""Every attribute and figure held against everybody else, corrected for how many were asked: arrays in."""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING, Any

import numpy as np

from evergrove.core import InputError, _
from evergrove.segments.personas.types import Attribute, Persona, Shift
from evergrove.stats import (
    Proportion,
    benjamini_hochberg,
    cliffs_delta,
    risk_ratio,
    same_share_p,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from evergrove.models import Floats
    from evergrove.segments.personas.types import Counted
    from evergrove.segments.types import Bools

CHANCE = 0.05
"""Share of the told that may be chance."""
LEVEL = 0.8
LEAST_LIFT = 1.2
"""Less than a fifth more, or less, says nothing to anybody who acts by it."""
LEAST_DELTA = 0.147
"""Below this a shift is called negligible (Romano et al. 2006)."""
FEWEST = 20
"""A value that fewer customers have in all, and a group of fewer, tells of single people."""
MOST_VALUES = 40
"""Only the most frequent values of an attribute are asked about."""


class TooFewToTell(InputError):
    """The group, or the rest, is too small to be described."""

    code = "segments.too_few_to_tell"
    message = _(
        "{customers} {customers:customer is|customers are} in the group and {others} outside of it; it takes {fewest} on both sides."
    )
    hint = _("Take a larger group.")


def persona(values: Mapping[str, Counted], figures: Mapping[str, Floats], ours: Bools) -> Persona:
    """
    What sets a group apart.

    Attributes and figures of which something is known on one side only are passed over.

    Args:
        values: By attribute: how many have each of its values.
        figures: By name: NaN where not known. Shape (n,).
        ours: Who is in the group. Shape (n,).

    Raises:
        TooFewToTell: Fewer than ``FEWEST`` customers inside or outside.
    """
    inside, outside = int(ours.sum()), int((~ours).sum())
    if min(inside, outside) < FEWEST:
        raise TooFewToTell(customers=inside, others=outside, fewest=FEWEST)
    attributes = [each for name, counted in values.items() for each in _values(name, counted)]
    shifts = [each for name, column in figures.items() for each in _figure(name, column, ours)]
    corrected = benjamini_hochberg([*(each.p for each in attributes), *(each.p for each in shifts)])
    asked = len(corrected)
    told = [
        Attribute(a.name, a.value, a.ours, a.others, a.lift, a.p, float(q))
        for a, q in zip(attributes, corrected[: len(attributes)], strict=True)
        if q <= CHANCE and _distance(a) >= log(LEAST_LIFT)
    ]
    moved = [
        Shift(s.name, s.ours, s.others, s.delta, s.p, float(q))
        for s, q in zip(shifts, corrected[len(attributes) :], strict=True)
        if q <= CHANCE and abs(s.delta.value) >= LEAST_DELTA
    ]
    return Persona(
        inside,
        outside,
        asked,
        CHANCE,
        LEVEL,
        tuple(sorted(told, key=lambda a: -abs(a.ours - a.others))),
        tuple(sorted(moved, key=lambda s: -abs(s.delta.value))),
    )


def _values(name: str, counted: Counted) -> Iterator[Attribute]:
    """Every value of an attribute that enough customers have, against those of whom it is known."""
    if not counted.known or not counted.known_others:
        return
    whole = counted.known + counted.known_others
    frequent = sorted(counted.values.items(), key=lambda each: (-sum(each[1]), each[0]))
    for value, (inside, outside) in frequent[:MOST_VALUES]:
        if inside + outside < FEWEST or inside + outside == whole:
            continue
        here, there = Proportion(counted.known, inside), Proportion(counted.known_others, outside)
        p = same_share_p(here, there)
        yield Attribute(name, value, here.mean, there.mean, risk_ratio(here, there, LEVEL), p, p)


def _figure(name: str, column: Floats, ours: NDArray[Any]) -> Iterator[Shift]:
    known = np.isfinite(column)
    mine, theirs = column[known & ours], column[known & ~ours]
    if min(len(mine), len(theirs)) < FEWEST:
        return
    found = cliffs_delta(mine, theirs, LEVEL)
    yield Shift(name, float(np.median(mine)), float(np.median(theirs)), found.delta, found.p, found.p)


def _distance(attribute: Attribute) -> float:
    """How far the lift lies from 1, either way, on its logarithm."""
    lift = attribute.lift.value
    return abs(log(lift)) if lift > 0.0 and isfinite(lift) else float("inf")
