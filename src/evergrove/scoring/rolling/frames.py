"""The notebook's way in: an Arrow, pandas or polars table, or a file, is looked back on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evergrove.core import in_units
from evergrove.customers import base_of
from evergrove.scoring.rolling.service import ORIGINS, WINDOW_DAYS, Options, rolling_back_test
from evergrove.warehouse import open_engine

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from evergrove.core import Horizon, Unit
    from evergrove.scoring.rolling.evidence import RollingBackTest
    from evergrove.scoring.rolling.types import Contender, Labels


def backtest(
    orders: Any,
    *,
    origins: int = ORIGINS,
    window: Horizon = WINDOW_DAYS,
    models: Sequence[str] | None = None,
    contenders: Sequence[Contender] = (),
    season: bool = True,
    divisions: Mapping[str, Labels] | None = None,
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
        season: Judge each model with a seasonal factor too, where the history shows one.
        divisions: Further ways to divide customers into groups, by name.
        observation_end: The last day whose orders count; default: the last order day.
        unit: Unit of the models' parameters.
        customer: Name of the column; guessed from its header when not given, as are the next two.
        date: Likewise.
        amount: Without one, purchases are judged instead of money.
        seed: Of all draws.

    Returns:
        Every measure of every contender at every origin, and who is to be used for what. Printed, it is the
        verdict; ``.table`` is an Arrow table.

    Raises:
        NoOrigin: The history is too short.
        InputError: Something given cannot be used.
    """
    wanted = Options(
        origins=origins,
        window_days=round(in_units(window, "day")),
        models=None if models is None else tuple(models),
        season=season,
        seed=seed,
        also=tuple(contenders),
        divisions=divisions or {},
    )
    with open_engine() as engine:
        named = {"customer": customer, "date": date, "amount": amount}
        return rolling_back_test(base_of(engine, orders, observation_end, named), engine, wanted, unit=unit)
