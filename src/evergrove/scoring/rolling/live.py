"""What today's scores take over from a back-test: the best closed form, and what past windows say of its money."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.accuracy import midranks
from evergrove.scoring.choose import PREFERRED, REGULAR
from evergrove.scoring.recalibration import GROUPS, Recalibration
from evergrove.scoring.rolling.champions import Round, field_of
from evergrove.scoring.rolling.purposes import PURPOSES, gain, missed_groups, missed_total
from evergrove.scoring.rolling.season import shrunk
from evergrove.scoring.rolling.stacking import FEWEST_ORIGINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.champions import Field
    from evergrove.scoring.rolling.evidence import Gain, Standing
    from evergrove.scoring.rolling.purposes import Loss
    from evergrove.scoring.rolling.types import PurposeKey

ABLE = (*PREFERRED, REGULAR)
"""Whom scores may come from: the models that ``auto`` may choose. Seasons, stacks and learned models may not."""

LEAST_DAYS = 350
"""Windows that cover less of the calendar tell no lasting error from a season; scores speak of twelve months."""

Window = tuple["Floats", "Floats"]
"""What was said of each customer, and what came. Shape (n,) each."""


@dataclass(frozen=True)
class Recalibrated:
    """
    One model's recalibration, fitted on all origins; accepted where it helped at later ones.

    Attributes:
        model: Whose.
        total: Factor on all money; 1 where nothing is changed.
        deciles: Factors by tenths of the forecast; empty where one factor is enough, or nothing is changed.
        gain: What it gained at later origins, each time fitted on earlier ones: of the total (in its logarithm),
            or of the tenths (as a share of all money). The best that was tried where nothing is changed; None
            with too few origins.
    """

    model: str
    total: float = 1.0
    deciles: tuple[float, ...] = ()
    gain: Gain | None = None


@dataclass(frozen=True)
class ClosedForms:
    """
    The models whom scores may come from, compared for one purpose.

    Attributes:
        purpose: What for.
        as_good: Whose gain over the best naive rule is plain, and who are not plainly worse than the best of these,
            in order of preference; none where the rule stays.
        losses: Of all that can be compared, best first.
    """

    purpose: PurposeKey
    as_good: tuple[str, ...]
    losses: tuple[Standing, ...]


@dataclass(frozen=True)
class Live:
    """
    What scores take over.

    Attributes:
        purposes: The closed forms, by purpose.
        recalibrations: Of each of them that spoke of money at all origins; none where these cover less than a year.
    """

    purposes: tuple[ClosedForms, ...] = ()
    recalibrations: tuple[Recalibrated, ...] = ()


def live_of(rounds: Sequence[Round], naive: frozenset[str]) -> Live:
    """
    Compare closed forms by the same rule as champions: a gain over the naive rule that is plain.

    Args:
        rounds: The origins, earliest first.
        naive: Names of the naive rules.
    """
    able = [
        Round(each.split, {n: said for n, said in each.forecasts.items() if n in naive or n in ABLE})
        for each in rounds
    ]
    fields = {purpose: field_of(loss, able, naive) for purpose, loss in PURPOSES.items()}
    days = sum(each.split.days for each in rounds)
    windows = {name: _windows(able, name) if days >= LEAST_DAYS else None for name in ABLE}
    return Live(
        purposes=tuple(_closed(purpose, field) for purpose, field in fields.items() if field is not None),
        recalibrations=tuple(recalibrated(name, each) for name, each in windows.items() if each is not None),
    )


def _closed(purpose: PurposeKey, field: Field) -> ClosedForms:
    losses = tuple(each for each in field.standings() if each.name not in field.naive)
    # Where no rule speaks, as of churn among few customers, nothing was beaten: that is no evidence.
    good = () if field.best(naive=True) is None else field.as_good()
    return ClosedForms(purpose, tuple(each.name for each in good), losses)


def _windows(rounds: Sequence[Round], name: str) -> list[Window] | None:
    """What a model said of money at every origin, and what came; None where it did not, or none came."""
    found = []
    for each in rounds:
        said = each.forecasts[name].spend if name in each.forecasts else None
        came = each.split.spend
        if said is None or came is None or not (float(said.sum()) > 0 and float(came.sum()) > 0):
            return None
        found.append((said, came))
    return found


def recalibrated(model: str, windows: Sequence[Window]) -> Recalibrated:
    """
    One factor, or ten, or none: whichever helped at later origins by more than one standard error.

    Args:
        model: Its name.
        windows: At each origin, earliest first.
    """
    if len(windows) < FEWEST_ORIGINS:
        return Recalibrated(model)
    plain_total, one_total, plain_tenths, one_tenths, ten_tenths = _judged_later(windows)
    whole = fitted(windows)
    helps, refines = gain(one_total, plain_total), gain(ten_tenths, plain_tenths)
    if refines.is_plain and gain(ten_tenths, one_tenths).is_plain:
        return Recalibrated(model, whole.total, whole.deciles, refines)
    return Recalibrated(model, whole.total if helps.is_plain else 1.0, (), helps)


def _judged_later(windows: Sequence[Window]) -> tuple[list[Loss], ...]:
    """Losses at each origin but the first: of the total as said and by one factor; of tenths, by ten as well."""
    losses: tuple[list[Loss], ...] = ([], [], [], [], [])
    for k in range(1, len(windows)):
        said, came = windows[k]
        by, tenth = fitted(windows[:k]), tenths(said)
        one = said * by.total
        for found, loss in zip(
            losses,
            (
                missed_total(said, came),
                missed_total(one, came),
                missed_groups(said, came, tenth),
                missed_groups(one, came, tenth),
                missed_groups(said * by.factors(said), came, tenth),
            ),
            strict=True,
        ):
            found.append(loss)
    return losses


def tenths(said: Floats) -> NDArray[np.intp]:
    """In which tenth of the forecast each customer stands, lowest first; equals stand together. Shape (n,)."""
    place = (midranks(said) - 0.5) / len(said)
    return np.minimum((place * GROUPS).astype(np.intp), GROUPS - 1)


def fitted(windows: Sequence[Window]) -> Recalibration:
    """
    One factor and ten, from some windows together, drawn to 1 (and to the one) by their own uncertainty.

    Args:
        windows: At one origin at least.
    """
    logs = np.array([log(float(came.sum() / said.sum())) for said, came in windows])
    within = [_error(said, came) for said, came in windows]
    between = float(logs.std(ddof=1)) / len(logs) ** 0.5 if len(logs) > 1 else 0.0
    sampling = float(np.sqrt(np.square(within).sum())) / len(logs)
    total = shrunk(exp(float(logs.mean())), max(sampling, between))
    said, came = (np.concatenate([each[k] for each in windows]) for k in (0, 1))
    tenth = np.concatenate([tenths(said) for said, _came in windows])
    return Recalibration(
        total, tuple(_of_tenth(said[tenth == k] * total, came[tenth == k], total) for k in range(GROUPS))
    )


def _of_tenth(said: Floats, came: Floats, total: float) -> float:
    """The factor of a tenth whose forecasts have the common one already; that alone where nothing can be told."""
    if not (float(said.sum()) > 0 and float(came.sum()) > 0):
        return total
    return total * shrunk(float(came.sum() / said.sum()), _error(said, came))


def _error(said: Floats, came: Floats) -> float:
    """Standard error of log(came / said) of totals by the sampling of customers."""
    ratio = float(came.sum() / said.sum())
    return float(np.sqrt(np.square(came - ratio * said).sum())) / (ratio * float(said.sum()))
