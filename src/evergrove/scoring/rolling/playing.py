"""One contender at one origin: what it said, or why not, and what that cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, Sentence, _, memory_peak
from evergrove.scoring.rolling.groups import DIVISIONS, group_rows
from evergrove.scoring.rolling.measures import measure
from evergrove.scoring.rolling.pooling import pool
from evergrove.scoring.rolling.types import Failure, Record, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.scoring.rolling.types import Contender, Forecast, Kind, Labels
    from evergrove.scoring.types import Split

BREAKDOWNS = (ArithmeticError, LookupError, ValueError, MemoryError, np.linalg.LinAlgError)
"""What a contender may break down with and be recorded; anything else is a slip of the pen and is raised."""


class ContenderBroke(EvergroveError):
    """A contender broke down in arithmetic."""

    code = "scoring.contender_broke"
    message = _("It broke down ({reason}).")
    hint = _("Leave it out, or mend it.")


class WrongShape(EvergroveError):
    """A contender's forecast does not fit the customers."""

    code = "scoring.wrong_shape"
    message = _("It gave {name} in the shape {given} for {customers} {customers:customer|customers}.")
    hint = _("One value per customer is wanted, in the order of split.calibration.")


@dataclass(frozen=True, eq=False)
class Played:
    """
    A contender at an origin.

    Attributes:
        split: The origin.
        forecast: What it said; None where it failed.
        failure: Why.
        seconds: Time that it took.
        memory_mb: By how much it raised the peak of memory; None where the system does not tell.
    """

    split: Split
    forecast: Forecast | None
    failure: Failure | None
    seconds: float
    memory_mb: float | None


def play(contender: Contender, split: Split, earlier: tuple[Split, ...]) -> Played:
    """Ask a contender; a failure is recorded in its words, not raised."""
    said, failure = None, None
    with memory_peak() as risen:
        began = time.perf_counter()
        try:
            said = _checked(contender.forecast(split, earlier), len(split.purchases))
        except EvergroveError as error:
            failure = _failure(error)
        except BREAKDOWNS as error:
            failure = _failure(ContenderBroke(reason=f"{type(error).__name__}: {error}"))
        return Played(split, said, failure, time.perf_counter() - began, risen())


def _failure(error: EvergroveError) -> Failure:
    return Failure(error.code, Sentence(error.code, error.message, error.params))


def _checked(said: Forecast, customers: int) -> Forecast:
    """A forecast with one value per customer throughout."""
    for name, values in vars(said).items():
        if isinstance(values, np.ndarray) and values.shape != (customers,):
            raise WrongShape(name=name, given=str(values.shape), customers=customers)
    return said


def record_of(name: str, kind: Kind, played: Sequence[Played], divisions: Mapping[str, Labels]) -> Record:
    """
    Everything about one contender.

    Args:
        name: Its name.
        kind: What it is.
        played: Its origins, earliest first.
        divisions: Ways to divide customers into groups, beside the usual ones.
    """
    turns = tuple(map(_turn, played))
    measured = tuple(turn.measures for turn in turns if turn.measures is not None)
    judged = [(one.split, one.forecast) for one in played if one.forecast is not None]
    return Record(
        name=name,
        kind=kind,
        turns=turns,
        pooled=pool(measured) if measured else None,
        groups=group_rows(judged, DIVISIONS | dict(divisions)),
    )


def _turn(one: Played) -> Turn:
    said = one.forecast
    return Turn(
        origin=one.split.origin,
        measures=None if said is None else measure(one.split, said),
        failure=one.failure,
        notes=() if said is None else said.notes,
        seconds=one.seconds,
        memory_mb=one.memory_mb,
    )
