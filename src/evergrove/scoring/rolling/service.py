"""The verb: a customer base in, every contender judged at several origins of its past."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from evergrove.core import InputError, _
from evergrove.customers import left_truncation
from evergrove.scoring.choose import PREFERRED, REGULAR, REPORTED, fit_if_regular, model_class, tried
from evergrove.scoring.readiness import FEWEST_CUSTOMERS, FEWEST_REPEATERS
from evergrove.scoring.rolling.baselines import BASELINES, NAIVE
from evergrove.scoring.rolling.champions import Round, crown
from evergrove.scoring.rolling.contenders import model_contenders
from evergrove.scoring.rolling.evidence import OriginFacts, RollingBackTest
from evergrove.scoring.rolling.live import live_of
from evergrove.scoring.rolling.origins import Views, origins_between
from evergrove.scoring.rolling.playing import play, record_of
from evergrove.scoring.rolling.purposes import PURPOSES
from evergrove.scoring.rolling.season import Seasons
from evergrove.scoring.rolling.words import FewJudged, OneOrigin, SeasonUnknown, Unspoken, title, verdict
from evergrove.scoring.sample import past_of
from evergrove.scoring.spend_fits import SpendFits
from evergrove.scoring.splits import Histories

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evergrove.core import EvergroveWarning, Unit
    from evergrove.customers import CustomerBase
    from evergrove.scoring.rolling.evidence import Champion
    from evergrove.scoring.rolling.playing import Played
    from evergrove.scoring.rolling.types import Contender, Kind, Labels, Record
    from evergrove.scoring.sample import Past
    from evergrove.scoring.types import SpendConvention, Split
    from evergrove.warehouse import Engine

    Announce = Callable[[str], None]

ORIGINS = 4
WINDOW_DAYS = 90
FURTHER_BACK = 4
"""So many origins before the first one judged are handed to contenders that learn from earlier ones."""


class SameName(InputError):
    """Two contenders go by one name."""

    code = "scoring.same_name"
    message = _("Two contenders are called {name}.")
    hint = _("Give each a name of its own; those of the models and of the naive rules are taken.")


@dataclass(frozen=True)
class Options:
    """
    How to look back.

    Attributes:
        origins: At how many origins, at most.
        window_days: Length of the window after each.
        models: Closed-form models to judge; None takes those that ``auto`` tries, the regular one among them where
            purchases come more regularly than by chance.
        season: Judge each of them with a seasonal factor too.
        convention: Which days the spend model reads.
        seed: Of all draws.
        also: Further contenders: learned ones, or the caller's own.
        divisions: Further ways to divide customers into groups, by name.
    """

    origins: int = ORIGINS
    window_days: int = WINDOW_DAYS
    models: tuple[str, ...] | None = None
    season: bool = True
    convention: SpendConvention = "all_days"
    seed: int = 1
    also: tuple[Contender, ...] = ()
    divisions: Mapping[str, Labels] = field(default_factory=dict)


def silence(_sentence: str) -> None:
    """Announce nothing."""


def rolling_back_test(
    base: CustomerBase,
    engine: Engine,
    options: Options | None = None,
    *,
    unit: Unit = "week",
    currency: str = "",
    announce: Announce = silence,
) -> RollingBackTest:
    """
    Let every contender forecast several windows of the past, and judge what it said.

    At each origin nothing is read that was not known on it: not the orders after it, not refunds dated later,
    not from when on histories are whole. A contender that fails at an origin is recorded there.

    Args:
        base: The customers; at least one.
        engine: Holds their orders and refunds (see ``summarise``); a large base is sampled through it.
        options: Origins, window, contenders; None takes the defaults.
        unit: Of the models' time.
        currency: Of amounts; "" if not declared.
        announce: Called with a sentence when a stage begins.

    Raises:
        NoOrigin: The history is too short for one.
        NoWindow: No window or no origin is asked for.
        UnknownModel: No model has a name asked for.
        SameName: Two contenders go by one name.
    """
    wanted = options or Options()
    for name in wanted.models or ():
        model_class(name)  # raises for a name without a model
    with past_of(base, engine) as past:
        histories = Histories(base, past, unit)
        views = Views(histories, lambda day: left_truncation(engine, base, day).fit_from)
        seasons = Seasons(histories.first_date, views.split)
        splits, before = _splits(views, wanted)
        contenders, money = _contenders(wanted, seasons, views, splits[-1])
        announce(_("Letting every contender forecast the past"))
        played = [_round(contenders, split, (*before, *splits[:k]), money) for k, split in enumerate(splits)]
    announce(_("Judging the forecasts by the past"))
    return _judged(contenders, played, seasons, past, wanted, histories, currency)


Contenders = tuple[tuple["Kind", "Contender"], ...]


def _contenders(wanted: Options, seasons: Seasons, views: Views, last: Split) -> tuple[Contenders, SpendFits]:
    """Naive rules, models, and those given; and the spend model that the models share."""
    money = SpendFits(wanted.convention, views.before)
    names = usual_models(last) if wanted.models is None else wanted.models
    models = model_contenders(names, seasons if wanted.season else None, wanted.seed, money)
    everybody: Contenders = (
        *(("naive", rule) for rule in BASELINES),
        *(("model", model) for model in models),
        *(("given", contender) for contender in wanted.also),
    )
    taken = [contender.name for _kind, contender in everybody]
    for name in taken:
        if taken.count(name) > 1:
            raise SameName(name=name)
    return everybody, money


def usual_models(last: Split) -> tuple[str, ...]:
    """
    Whom to judge where nobody says whom: what ``auto`` tries, in its order of preference.

    Args:
        last: The latest origin. Where nothing is more regular than chance on it, MBG/CNBD-k is MBG/NBD.
    """
    steady = tried("mbg-nbd", last.fitted).fit
    regular = steady is not None and fit_if_regular(last.fitted, steady) is not None
    return (*PREFERRED, *((REGULAR,) if regular else ()), *REPORTED)


def _splits(views: Views, wanted: Options) -> tuple[list[Split], list[Split]]:
    """The origins judged, and those before them that only learners need; earliest first."""
    histories, window = views.histories, timedelta(days=wanted.window_days)
    first, as_of = histories.first_date, histories.base.observation_end
    further = FURTHER_BACK if wanted.also else 0
    if wanted.origins < 1:
        further = 0  # refused below
    days = origins_between(first, as_of, wanted.window_days, wanted.origins + further)
    splits = [views.split(day, day + window) for day in days]
    judged = min(wanted.origins, len(splits))
    return splits[-judged:], splits[:-judged]


def _round(
    contenders: Contenders, split: Split, earlier: tuple[Split, ...], money: SpendFits
) -> tuple[Played, ...]:
    money.at(split)  # shared by all models: no one of them pays for it
    return tuple(play(contender, split, earlier) for _kind, contender in contenders)


def _judged(
    contenders: Contenders,
    played: Sequence[tuple[Played, ...]],
    seasons: Seasons,
    past: Past,
    wanted: Options,
    histories: Histories,
    currency: str,
) -> RollingBackTest:
    """What was said, measured; without seasonal twins that nowhere differ from their models."""
    identified = any(factor.identified for factor in seasons.found)
    shown = [
        (kind, one.name, [turn[k] for turn in played])
        for k, (kind, one) in enumerate(contenders)
        if identified or getattr(one, "seasons", None) is None
    ]
    records = tuple(record_of(name, kind, turns, wanted.divisions) for kind, name, turns in shown)
    rounds = [
        Round(
            played[k][0].split,
            {name: said for _kind, name, turns in shown if (said := turns[k].forecast) is not None},
        )
        for k in range(len(played))
    ]
    crowned = [crown(purpose, rounds, NAIVE) for purpose in PURPOSES]
    champions = tuple(champion for champion in crowned if champion is not None)
    facts = tuple(_facts(one.split) for one in rounds)
    return RollingBackTest(
        as_of=histories.base.observation_end,
        first_date=histories.first_date,
        unit=histories.unit,
        window_days=wanted.window_days,
        currency=currency,
        amounts=histories.base.has_amounts,
        every=past.every,
        origins=facts,
        records=records,
        seasons=seasons.found,
        champions=champions,
        verdict=verdict(champions, len(rounds), wanted.window_days),
        live=live_of(rounds, NAIVE),
        warnings=_warnings(records, champions, seasons, facts),
        seed=wanted.seed,
    )


def _facts(split: Split) -> OriginFacts:
    return OriginFacts(
        origin=split.origin,
        until=split.until,
        customers=len(split.purchases),
        fitted=len(split.fitted),
        returned=int((split.purchases > 0).sum()),
        purchases=float(split.purchases.sum()),
        spend=None if split.spend is None else float(split.spend.sum()),
    )


def _warnings(
    records: Sequence[Record],
    champions: Sequence[Champion],
    seasons: Seasons,
    facts: Sequence[OriginFacts],
) -> tuple[EvergroveWarning, ...]:
    """What a reader should know: silent contenders, an unknown season, a single origin, a handful of customers."""
    said: list[EvergroveWarning] = []
    for record in records:
        failures = [turn.failure for turn in record.turns if turn.failure is not None]
        if failures:
            said.append(
                Unspoken(
                    contender=title(record.name),
                    failed=len(failures),
                    origins=len(facts),
                    reason=failures[-1].sentence,
                )
            )
    if seasons.found and not any(factor.identified for factor in seasons.found):
        said.append(SeasonUnknown(reason=seasons.found[-1].reason))
    if champions and len(facts) == 1:
        said.append(OneOrigin())
    if facts[-1].customers < FEWEST_CUSTOMERS or facts[-1].returned < FEWEST_REPEATERS:
        last = facts[-1]
        said.append(FewJudged(customers=last.customers, returned=last.returned, needed=FEWEST_CUSTOMERS))
    return tuple(said)
