"""The surrogate: how what people are expected to bring has changed since they were assigned, by models fitted before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evergrove.core import per_unit_rate
from evergrove.customers import summarise
from evergrove.measurement.types import PACKAGE
from evergrove.scoring import score_with
from evergrove.scoring.kept import kept_delays
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from evergrove.settings import Settings
    from evergrove.warehouse import Engine


class FittedModels(NamedTuple):
    """
    Models of a fit.

    Attributes:
        fitted_on: The last day whose orders the fit saw.
        document: From ``scoring.kept_document``.
    """

    fitted_on: date
    document: Mapping[str, Any]


class Spell(NamedTuple):
    """
    Somebody's time in an arm.

    Attributes:
        layer_key: What the arms belong to.
        customer_id: Who.
        begins: The day from whose end on the assignment can act.
        ends: The last day that counts.
    """

    layer_key: str
    customer_id: str
    begins: date
    ends: date


@dataclass(frozen=True)
class Foretelling:
    """
    By what the surrogate is told.

    Attributes:
        models_before: The newest models that had seen no order after a day; None where there are none.
        settings: Discount rate, margin, and what scoring reads beside.
    """

    models_before: Callable[[date], FittedModels | None]
    settings: Settings


@dataclass(frozen=True)
class Residuals:
    """
    The surrogate of each spell.

    Attributes:
        changes: In the order of the spells; None for whoever had not bought when it began, and where no models say
            anything.
        fitted_on: By layer, the day of the fit whose models speak of all its arms.
    """

    changes: Sequence[float | None]
    fitted_on: Mapping[str, date]


def residual_changes(engine: Engine, spells: Sequence[Spell], as_of: date, by: Foretelling) -> Residuals:
    r"""
    Residual CLV at the end of each spell, discounted to its beginning, less that at its beginning.

    .. math::

        e^{-\delta (t_1 - t_0)} \, V(h_1) - V(h_0), \qquad V = DERT \times E[\text{spend}] \times \text{margin}

    with the history :math:`h` of the customer on either day, and one set of parameters for all of a layer: those of
    the last fit that had seen nothing after its first assignment. What was bought meanwhile is in the history alone,
    not in the sum. An order that was merely pulled forward raises the figure, which therefore decides nothing.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        spells: Of any layers.
        as_of: Not before the end of any spell.
        by: By what it is told.
    """
    first: dict[str, date] = {}
    for spell in spells:
        first[spell.layer_key] = min(spell.begins, first.get(spell.layer_key, spell.begins))
    models = {key: found for key, day in first.items() if (found := by.models_before(day)) is not None}
    together: dict[date, list[int]] = defaultdict(list)
    for nth, spell in enumerate(spells):
        if spell.layer_key in models:
            together[models[spell.layer_key].fitted_on].append(nth)
    changes: list[float | None] = [None] * len(spells)
    documents = {each.fitted_on: each.document for each in models.values()}
    for fitted_on, places in together.items():
        chosen = [spells[nth] for nth in places]
        told = _changes(engine, chosen, as_of, documents[fitted_on], by.settings)
        for nth, change in zip(places, told.tolist(), strict=True):
            changes[nth] = None if np.isnan(change) else change
    spoken = {
        key for key, change in zip((s.layer_key for s in spells), changes, strict=True) if change is not None
    }
    return Residuals(changes, {key: each.fitted_on for key, each in models.items() if key in spoken})


def _changes(
    engine: Engine, spells: Sequence[Spell], as_of: date, document: Mapping[str, Any], settings: Settings
) -> NDArray[Any]:
    """Of each spell, shape (n,); NaN where nothing can be said."""
    begins, ends = np.arange(0, 2 * len(spells), 2), np.arange(1, 2 * len(spells), 2)
    values = _values(engine, spells, as_of, document, settings)
    rate = per_unit_rate(settings.value.discount_rate, "day")
    kept = np.array([exp(-rate * (spell.ends - spell.begins).days) for spell in spells])
    # Whoever had bought, and whose orders have all been taken back since, is expected to bring nothing more.
    later = np.where(np.isnan(values[ends]) & ~np.isnan(values[begins]), 0.0, values[ends])
    change: NDArray[Any] = kept * later - values[begins]
    return change


def _values(
    engine: Engine, spells: Sequence[Spell], as_of: date, document: Mapping[str, Any], settings: Settings
) -> NDArray[Any]:
    """Residual CLV at the beginning and at the end of each spell, one after the other; NaN for who had not bought."""
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    days = [day for spell in spells for day in (spell.begins, spell.ends)]
    cuts = pa.table(
        {
            "unit": pa.array([f"{nth:09d}" for nth in range(len(days))]),
            "customer_id": pa.array([spell.customer_id for spell in spells for _day in range(2)]),
            "cut": pa.array(days, pa.date32()),
        }
    )
    engine.register("cuts", cuts)
    try:
        orders, refunds = (
            engine.arrow(statement(PACKAGE, f"residual_{name}"), as_of=as_of)
            for name in ("orders", "refunds")
        )
    finally:
        engine.unregister("cuts")
    values = np.full(len(days), np.nan)
    if not orders.num_rows:
        return values
    with open_engine() as own:
        own.register("orders", orders)
        own.register("refunds", refunds)
        base = summarise(own, as_of, settings.stages, kept=kept_delays(document))
        if len(base) and base.has_amounts:
            units = own.arrays("select customer_id from customer_summary order by customer_id")["customer_id"]
            scored = score_with(base, _alike(document), _terms(settings), settings.stages, intervals=False)
            values[units.astype(np.int64)] = scored.scores.clv
    return values


def _alike(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The models without customers' own margins: what they have brought is counted by the one of the settings."""
    shop = document.get("shop")
    return document if shop is None else {**document, "shop": {**shop, "margin": None}}


def _terms(settings: Settings) -> Any:
    """What winning a customer cost is no matter of his future."""
    return replace(settings.value, cac=None)
