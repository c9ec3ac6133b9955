"""Two forecasts together: a convex combination fitted on earlier origins, judged on later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.rolling.contenders import WITH_SEASON
from evergrove.scoring.rolling.evidence import Stack, Standing
from evergrove.scoring.rolling.purposes import gain
from evergrove.scoring.rolling.types import Forecast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergrove.models.types import Floats
    from evergrove.scoring.rolling.champions import Field, Round
    from evergrove.scoring.rolling.purposes import Loss, Losses

FEWEST_ORIGINS = 3
"""Two later origins at least: one would let chance decide."""
WEIGHTS = np.linspace(0.0, 1.0, 11)


def stacked(loss: Losses, field: Field, chosen: str) -> Stack | None:
    """
    Try the two best as one: at each origin their weights come from the origins before it.

    Args:
        loss: Of the purpose.
        field: Who can be compared.
        chosen: Who would be taken without a stack.

    Returns:
        What it gave; accepted where it beat each part, the choice without it and the best naive rule by more
        than one standard error on the later origins. None with fewer than three origins or two kinds of contenders.
    """
    parts = two_best(field)
    if len(field.rounds) < FEWEST_ORIGINS or parts is None:
        return None
    ours: list[Loss] = []
    for k in range(1, len(field.rounds)):
        then = two_best(field.until(k)) or parts
        weight = fitted_weight(loss, field.rounds[:k], then)
        found = loss(field.rounds[k].split, _of(field.rounds[k], then, weight))
        if found is None:
            return None
        ours.append(found)
    rule = field.best(naive=True)
    names = dict.fromkeys((*parts, chosen, *((rule.name,) if rule else ())))
    later = {name: field.losses[name][1:] for name in names}
    gains = [gain(ours, theirs) for theirs in later.values()]
    return Stack(
        parts=parts,
        weight=fitted_weight(loss, field.rounds, parts),
        loss=_mean(ours),
        rivals=tuple(Standing(name, _mean(theirs)) for name, theirs in later.items()),
        gain=min(gains, key=lambda one: one.mean),
        accepted=all(one.is_plain for one in gains),
        origins=tuple(r.split.origin for r in field.rounds[1:]),
    )


def _mean(losses: Sequence[Loss]) -> float:
    return float(np.mean([one.value for one in losses]))


def two_best(field: Field) -> tuple[str, str] | None:
    """The two best of different make: a model and its seasonal twin are one."""
    names = [standing.name for standing in field.standings()]
    first = names[0]
    second = next((n for n in names if n.removesuffix(WITH_SEASON) != first.removesuffix(WITH_SEASON)), None)
    return None if second is None else (first, second)


def fitted_weight(loss: Losses, rounds: Sequence[Round], parts: tuple[str, str]) -> float:
    """The weight of the first part with the least mean loss over some origins; of equals the largest."""
    best, found = np.inf, 1.0
    for weight in WEIGHTS[::-1]:
        losses = [loss(r.split, _of(r, parts, float(weight))) for r in rounds]
        mean = float(np.mean([np.inf if one is None else one.value for one in losses]))
        if mean < best:
            best, found = mean, float(weight)
    return found


def _of(one: Round, parts: tuple[str, str], weight: float) -> Forecast:
    return combined(one.forecasts[parts[0]], one.forecasts[parts[1]], weight)


def combined(first: Forecast, second: Forecast, weight: float) -> Forecast:
    """Weight x first + (1 - weight) x second, of everything that both say and that may be mixed so."""

    def mixed(a: Floats | None, b: Floats | None) -> Floats | None:
        return None if a is None or b is None else weight * a + (1 - weight) * b

    return Forecast(
        purchases=weight * first.purchases + (1 - weight) * second.purchases,
        spend=mixed(first.spend, second.spend),
        active=mixed(first.active, second.active),
        next_days=mixed(first.next_days, second.next_days),
    )
