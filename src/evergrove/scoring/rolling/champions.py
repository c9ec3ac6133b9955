"""Who is to be used for what: a challenger replaces the naive rule only where its gain is plain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.scoring.rolling.evidence import Champion, Followed, Standing
from evergrove.scoring.rolling.purposes import PURPOSES, gain
from evergrove.scoring.rolling.stacking import stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evergrove.scoring.rolling.evidence import Gain, Stack
    from evergrove.scoring.rolling.purposes import Loss, Losses
    from evergrove.scoring.rolling.types import Forecast, PurposeKey
    from evergrove.scoring.types import Split

STACK = "stack"


@dataclass(frozen=True, eq=False)
class Round:
    """One origin: what happened, and every contender's forecast that did not fail."""

    split: Split
    forecasts: Mapping[str, Forecast]


@dataclass(frozen=True, eq=False)
class Field:
    """
    Everybody who can be compared for one purpose, with losses by origin.

    Attributes:
        rounds: The origins compared, earliest first.
        losses: Contender -> loss at each of them.
        naive: Names of the naive rules.
    """

    rounds: tuple[Round, ...]
    losses: Mapping[str, tuple[Loss, ...]]
    naive: frozenset[str]

    def until(self, k: int) -> Field:
        """The first k origins."""
        cut = {name: losses[:k] for name, losses in self.losses.items()}
        return Field(self.rounds[:k], cut, self.naive)

    def standings(self) -> tuple[Standing, ...]:
        """Everybody, best first; of equals the one that came first."""
        means = [
            Standing(name, float(np.mean([one.value for one in each]))) for name, each in self.losses.items()
        ]
        # What differs in rounding only is equal: past spend is handed the last period's total.
        return tuple(sorted(means, key=lambda standing: round(standing.loss, 12)))

    def best(self, *, naive: bool) -> Standing | None:
        """The best of the naive rules, or of the others."""
        return next((one for one in self.standings() if (one.name in self.naive) is naive), None)

    def gain(self, name: str, over: str) -> Gain:
        """How much lower the losses of one are than those of another."""
        return gain(self.losses[name], self.losses[over])

    def as_good(self) -> tuple[Standing, ...]:
        """
        Of those whose gain over the naive rule is plain, who are not plainly worse than the best of these.

        They stand in the order of the contenders: simpler models do first, and those that are preferred elsewhere.
        """
        rule, others = self.best(naive=True), [s for s in self.standings() if s.name not in self.naive]
        able = [s for s in others if rule is None or self.gain(s.name, rule.name).is_plain]
        near = {s.name: s for s in able if not self.gain(able[0].name, s.name).is_plain}
        return tuple(near[name] for name in self.losses if name in near)

    def challenger(self) -> Standing | None:
        """Who may replace the naive rule: the first of those as good as the best; None where all are naive."""
        return next(iter(self.as_good()), self.best(naive=False))

    def chosen(self) -> Standing:
        """The challenger where its gain over the best naive rule is plain, else that rule."""
        rule, challenger = self.best(naive=True), self.challenger()
        if rule is None or challenger is None:
            return challenger or self.standings()[0]
        return challenger if self.gain(challenger.name, rule.name).is_plain else rule


def field_of(loss: Losses, rounds: Sequence[Round], naive: frozenset[str]) -> Field | None:
    """
    Whom one purpose can compare, and where.

    Origins count at which some naive rule says something, if there are any: elsewhere no gain over one can be
    shown. A contender has to have spoken at all of them.
    """
    spoken = [{name: loss(r.split, said) for name, said in r.forecasts.items()} for r in rounds]
    heard = [{name: one for name, one in each.items() if one is not None} for each in spoken]
    guarded = [k for k, each in enumerate(heard) if naive & set(each)]
    used = guarded or [k for k, each in enumerate(heard) if each]
    names = [name for name in (heard[used[-1]] if used else ()) if all(name in heard[k] for k in used)]
    if not names:
        return None
    losses = {name: tuple(heard[k][name] for k in used) for name in names}
    return Field(tuple(rounds[k] for k in used), losses, naive)


def crown(purpose: PurposeKey, rounds: Sequence[Round], naive: frozenset[str]) -> Champion | None:
    """
    Choose for one purpose by all origins, each of which is earlier than the use of the choice.

    Args:
        purpose: What for.
        rounds: The origins, earliest first.
        naive: Names of the naive rules.

    Returns:
        The champion with its evidence; None where nobody says anything of the kind.
    """
    loss = PURPOSES[purpose]
    field = field_of(loss, rounds, naive)
    if field is None:
        return None
    standings, chosen = field.standings(), field.chosen()
    rule, challenger = field.best(naive=True), field.challenger()
    champion = Champion(
        purpose=purpose,
        name=chosen.name,
        loss=chosen.loss,
        naive=rule,
        gain=None if rule is None or challenger is None else field.gain(challenger.name, rule.name),
        challenger=challenger,
        replaced=chosen.name not in naive,
        runner_up=next((one for one in standings if one.name != chosen.name), None),
        standings=standings,
        origins=tuple(r.split.origin for r in field.rounds),
        followed=_followed(field),
        stack=stacked(loss, field, chosen.name),
    )
    return _with_stack(champion, champion.stack)


def _with_stack(champion: Champion, stack: Stack | None) -> Champion:
    """A stack's losses are known on later origins only: so all beside it are given on these."""
    if stack is None or not stack.accepted:
        return champion
    later = {rival.name: rival for rival in stack.rivals}
    return replace(
        champion,
        name=STACK,
        loss=stack.loss,
        naive=champion.naive and later[champion.naive.name],
        gain=stack.gain,
        replaced=True,
        runner_up=later[champion.name],
        origins=stack.origins,
    )


def _followed(field: Field) -> tuple[Followed, ...]:
    """The rule at each origin but the first, from the origins before it."""
    found = []
    for k in range(1, len(field.rounds)):
        earlier = field.until(k)
        chosen, rule = earlier.chosen(), earlier.best(naive=True)
        if rule is not None:
            then = field.losses[chosen.name][k].value, field.losses[rule.name][k].value
            found.append(Followed(field.rounds[k].split.origin, chosen.name, then[0], rule.name, then[1]))
    return tuple(found)
