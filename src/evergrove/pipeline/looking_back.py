"""``eg.backtest``: an Arrow, pandas or polars table, or a file, is looked back on."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from evergrove.core import UNITS, Term, _, in_units
from evergrove.core.arguments import InvalidArgument, number, of_kind, one_of, whole
from evergrove.customers import base_of
from evergrove.pipeline.learned import check_ml
from evergrove.pipeline.tiers_then import BY_TIER, tiers_then
from evergrove.scoring.rolling import Options, rolling_back_test
from evergrove.scoring.rolling.words import FewJudged
from evergrove.settings import TierSettings
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from evergrove.core import Horizon, Unit
    from evergrove.scoring.rolling import Contender, RollingBackTest
    from evergrove.scoring.rolling.types import Labels

USUAL = Options()
WINDOW = Term(_('days, or a text such as "13 weeks"'))
CONTENDER = Term(_("objects with a name and forecast(split, earlier)"))
DIVISION = Term(_("functions of a split, by name"))


@runtime_checkable
class HasForecast(Protocol):
    """As much of a contender as can be seen before it is asked."""

    name: str

    def forecast(self, split: Any, earlier: Any) -> Any:
        """See ``Contender``."""


def backtest(
    orders: Any,
    *,
    origins: int = USUAL.origins,
    window: Horizon = USUAL.window_days,
    models: Sequence[str] | None = None,
    contenders: Sequence[Contender] = (),
    learned: bool = False,
    season: bool = True,
    divisions: Mapping[str, Labels] | None = None,
    currency: str = "",
    observation_end: dt.date | str | None = None,
    unit: Unit = "week",
    customer: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    seed: int = 1,
) -> RollingBackTest:
    """
    Let models and naive rules forecast several windows of the past, and judge what they said.

    Args:
        orders: As in ``summarize``: a table with one row per order, or the path of a file.
        origins: From how many days of the past to look ahead, at most; a window lies between two of them.
        window: How far to look ahead from each: days, or for example "13 weeks".
        models: Closed-form models to judge; default: those that ``auto`` tries, the regular one among them where
            purchases come more regularly than by chance.
        contenders: Further ones: anything with a ``name`` and ``forecast(split, earlier)``.
        learned: Judge a model learned from earlier windows too; it takes the extra ``ml``.
        season: Judge each model with a seasonal factor too, where the history shows one.
        divisions: Ways to divide customers into groups, by name, beside tier, cohort, past spend and past purchases.
        currency: Of the amounts; tiers have their usual bounds in "CNY", in any other currency those of the shop.
        observation_end: The last day whose orders count; default: the last order day.
        unit: Unit of the models' parameters.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: Likewise.
        amount: Without one, purchases are judged instead of money.
        seed: Of all draws.

    Warns:
        FewJudged: There are so few customers that the figures are chance.

    Returns:
        Every measure of every contender at every origin, and who is to be used for what. Printed, it is the
        verdict; ``.table`` is an Arrow table.

    Raises:
        InvalidArgument: An argument is none of those above.
        NoOrigin: The history is too short.
        NeedsMl: A learned model is to be judged and scikit-learn is not installed.
        InputError: Something given cannot be used.
    """
    _check(unit, contenders, divisions or {})
    wanted = Options(
        origins=whole("origins", origins),
        window_days=round(number("window", in_units(window, "day"), WINDOW)),
        models=None if models is None else tuple(models),
        season=season,
        seed=whole("seed", seed),
        also=(*contenders, *(_learned() if learned else ())),
        divisions=divisions or {},
    )
    with open_engine() as engine:
        named = {"customer": customer, "date": date, "amount": amount}
        base = base_of(engine, orders, observation_end, named)
        if base.has_amounts:
            tiers = {BY_TIER: tiers_then(TierSettings(), currency)}
            wanted = replace(wanted, divisions=tiers | dict(wanted.divisions))
        found = rolling_back_test(base, engine, wanted, unit=unit, currency=currency)
    for warning in found.warnings:
        # The others stand in .warnings: they say how far, not whether, to trust.
        if isinstance(warning, FewJudged):
            warnings.warn(warning, stacklevel=2)
    return found


def _check(unit: str, contenders: Sequence[Contender], divisions: Mapping[str, Labels]) -> None:
    """Refuse at once what would break after the fits."""
    one_of("unit", unit, UNITS)
    for contender in contenders:
        of_kind("contenders", contender, HasForecast, CONTENDER)
    for labels in divisions.values():
        if not callable(labels):
            raise InvalidArgument(name="divisions", value=labels, wanted=DIVISION)


def _learned() -> tuple[Contender, ...]:
    check_ml()
    from evergrove.scoring.learned import LearnedContender  # noqa: PLC0415 - who does not ask for it pays nothing

    return (LearnedContender(),)
