"""The surrogate: how what models expect of people has changed since they were assigned; it decides nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evergrove.core import EvergroveError, per_unit_rate
from evergrove.customers import summarise
from evergrove.measurement.types import PACKAGE
from evergrove.scoring import score_with
from evergrove.scoring.kept import kept_delays, read_kept
from evergrove.warehouse import open_engine, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from evergrove.settings import Settings, ValueSettings
    from evergrove.warehouse import Engine

BATCH = 100_000
"""Histories that are scored together: 4 KB each."""
MEMORY_MB = 1024
NEVER_LEAVE = "nbd"
"""A model whose customers never leave: it knows no residual CLV, only what it is at most."""

History = tuple[str, "date"]
"""A customer, and the last day of what is known of him."""


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
class SurrogateTerms:
    """
    By what the surrogate is told.

    Attributes:
        models_for: Of a day: the newest models that had seen nothing after it; where there are none, the first fitted
            since; None: nobody has fitted any that speak (see ``speaks``).
        settings: Discount rate, margin, and what scoring reads beside.
        unscored: Persons of whom nothing may be computed.
    """

    models_for: Callable[[date], FittedModels | None]
    settings: Settings
    unscored: AbstractSet[str] = frozenset()


@dataclass(frozen=True)
class Surrogates:
    """
    The surrogate of each spell.

    Attributes:
        values: In the order of the spells; None where nothing is told.
        fitted_on: By layer, the day of the fit whose models speak of all its arms.
    """

    values: Sequence[float | None]
    fitted_on: Mapping[str, date]


def surrogates(engine: Engine, spells: Sequence[Spell], as_of: date, by: SurrogateTerms) -> Surrogates:
    r"""
    Residual CLV at the end of each spell, discounted to its beginning, less that at its beginning.

    .. math::

        e^{-\delta (t_1 - t_0)} \, V(h_1) - V(h_0), \qquad V = DERT \times E[\text{spend}] \times \text{margin}

    with the history :math:`h` of the customer on either day, and one set of parameters for both arms of a layer, which
    had seen nothing after the beginning of any spell that is told. What was bought meanwhile is in the history alone,
    not in the sum. An order that was merely pulled forward raises the figure, which therefore decides nothing.

    Nothing is told of whoever had not bought when the spell began, of whom nothing may be computed, and where models
    cannot speak; none of this depends on the arm but a refusal to be computed upon, which may come after the assignment.

    Args:
        engine: Shows ``orders`` and ``refunds`` as known now.
        spells: Of any layers.
        as_of: Not before the end of any spell.
        by: By what it is told.
    """
    first: dict[str, date] = {}
    for spell in spells:
        first[spell.layer_key] = min(spell.begins, first.get(spell.layer_key, spell.begins))
    models = {key: found for key, day in first.items() if (found := by.models_for(day)) is not None}
    told = {
        nth: models[spell.layer_key].fitted_on
        for nth, spell in enumerate(spells)
        if spell.layer_key in models
        and models[spell.layer_key].fitted_on <= spell.begins < spell.ends
        and spell.customer_id not in by.unscored
    }
    documents = {each.fitted_on: each.document for each in models.values()}
    asked: dict[date, set[History]] = defaultdict(set)
    for nth, fitted_on in told.items():
        spell = spells[nth]
        asked[fitted_on].update(((spell.customer_id, spell.begins), (spell.customer_id, spell.ends)))
    values = {
        fitted_on: _values(engine, histories, as_of, documents[fitted_on], by.settings)
        for fitted_on, histories in asked.items()
    }
    changes: list[float | None] = [None] * len(spells)
    for nth, fitted_on in told.items():
        changes[nth] = _change(spells[nth], values[fitted_on], by.settings.value)
    spoken = {spell.layer_key for spell, change in zip(spells, changes, strict=True) if change is not None}
    return Surrogates(changes, {key: each.fitted_on for key, each in models.items() if key in spoken})


def speaks(document: Mapping[str, Any]) -> bool:
    """
    Whether kept models know the residual CLV of another day's customers.

    Not where none could be fitted, where nobody ever leaves, where a release cannot read what another has written, and
    where what scores take from the shop was not kept: it would be taken from what came after the assignment.
    """
    try:
        kept = read_kept(document)
    except EvergroveError:
        return False
    return kept.shop is not None and kept.process is not None and kept.fits.choice.name != NEVER_LEAVE


def _change(spell: Spell, values: Mapping[History, float], settings: ValueSettings) -> float | None:
    before = values.get((spell.customer_id, spell.begins))
    if before is None:
        return None
    # Whoever had bought, and whose orders have all been taken back since, is expected to bring nothing more.
    after = values.get((spell.customer_id, spell.ends), 0.0)
    days = (spell.ends - spell.begins).days
    return exp(-per_unit_rate(settings.discount_rate, "day") * days) * after - before


def _values(
    engine: Engine,
    histories: Iterable[History],
    as_of: date,
    document: Mapping[str, Any],
    settings: Settings,
) -> dict[History, float]:
    """Residual CLV of each history that holds an order; none at all on terms that mean nothing."""
    found: dict[History, float] = {}
    ordered = sorted(histories)
    for start in range(0, len(ordered), BATCH):
        try:
            found |= _scored(engine, ordered[start : start + BATCH], as_of, document, settings)
        except (
            EvergroveError
        ):  # what decides nothing must not keep a playbook that loses money from being stopped
            return {}
    return found


def _scored(
    engine: Engine, histories: Sequence[History], as_of: date, document: Mapping[str, Any], settings: Settings
) -> dict[History, float]:
    import pyarrow as pa  # noqa: PLC0415 - what only reads the value ledger does without

    names, days = zip(*histories, strict=True)
    units = [f"{nth:06d}" for nth in range(len(histories))]
    cuts = {"unit": pa.array(units), "customer_id": pa.array(names), "cut": pa.array(days, pa.date32())}
    engine.register("cuts", pa.table(cuts))
    try:
        orders, refunds = (
            engine.arrow(statement(PACKAGE, f"surrogate_{name}"), as_of=as_of)
            for name in ("orders", "refunds")
        )
    finally:
        engine.unregister("cuts")
    if not orders.num_rows:
        return {}
    with open_engine(memory_mb=MEMORY_MB) as own:
        own.register("orders", orders)
        own.register("refunds", refunds)
        base = summarise(own, as_of, settings.stages, kept=kept_delays(document))
        if not len(base) or not base.has_amounts:
            return {}
        rows = own.arrays("select customer_id from customer_summary order by customer_id")["customer_id"]
        scored = score_with(base, _alike(document), _terms(settings), settings.stages, intervals=False)
    values = zip(rows.astype(np.int64).tolist(), scored.scores.clv.tolist(), strict=True)
    return {histories[row]: value for row, value in values if value == value}  # noqa: PLR0124 - NaN differs from itself


def _alike(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The models without customers' own margins: what they have brought is counted by the one of the settings."""
    return {**document, "shop": {**document["shop"], "margin": None}}


def _terms(settings: Settings) -> ValueSettings:
    """What winning a customer cost is no matter of his future."""
    return replace(settings.value, cac=None)
