"""Margin and other costs of each customer's own, where they are known; the shop's settings where they are not."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning
from evergrove.customers.costs import Costs
from evergrove.scoring.terms import terms_of

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.models.spend import MarginShare
    from evergrove.models.types import Floats
    from evergrove.scoring.terms import Terms
    from evergrove.settings import ValueSettings


@dataclass(frozen=True, eq=False)
class Margins:
    """
    What customers' revenue is worth.

    Attributes:
        share: Expected share of a customer's future revenue that stays, on the basis. Shape (n,).
        earned: Margin realised so far. Shape (n,).
        won: What winning each customer cost. Shape (n,); None where ``Terms.cac`` holds for all.
        spent: What each customer cost so far beside goods, ``won`` included. Shape (n,); None likewise.
    """

    share: Floats
    earned: Floats
    won: Floats | None = None
    spent: Floats | None = None


@dataclass(frozen=True)
class Known:
    """
    On how much of the data the basis rests.

    Attributes:
        costs: Share of orders whose cost is known, 0..1; None: none is, the margin is a setting.
        acquisition: Share of customers whose acquisition cost is known; None: no table tells any.
        running_share: Service and contact per unit of revenue.
        unassigned: Amount of costs beside goods that no customer bears.
        waiting: Rows in other currencies that wait for a rate.
        share: How customers' margins differ; None where too few costs are known.
    """

    costs: float | None = None
    acquisition: float | None = None
    running_share: float = 0.0
    unassigned: float = 0.0
    waiting: int = 0
    share: MarginShare | None = None


def terms_for(settings: ValueSettings, base: CustomerBase, share: MarginShare | None = None) -> Terms:
    """
    The terms that settings and known costs make together.

    Known costs of orders make the basis margin; with a margin, known or set, costs beside goods make it net profit.
    Where no margin is known or set, the latter change nothing: revenue less a cost is not a profit.

    Args:
        settings: Of the workspace.
        base: The customers.
        share: As it was when models were fitted; None: as these customers tell it.

    Raises:
        InputError: As ``terms_of``; an acquisition cost may be set without a margin where margins are known.
    """
    if base.costs is None and base.spending is None and share is None:
        return terms_of(settings)
    needs_margin = settings.cac is not None and settings.margin is None
    stands_in = replace(settings, margin=1.0) if needs_margin else settings
    terms = with_known_costs(terms_of(stands_in), base, share)
    if needs_margin and terms.own is None:
        return terms_of(settings)  # says that a margin is needed
    return _net_of_spending(terms, base, settings.cac or 0.0)


def with_known_costs(terms: Terms, base: CustomerBase, share: MarginShare | None = None) -> Terms:
    """
    The terms with each customer's own margin, where orders carry costs; else as they are.

    A customer's share is the mean of his days shrunk to that of all. Of revenue whose cost is not known, refunds
    among it, that share counts. With fewer than ten customers, or days beside their first, nothing is known.

    Args:
        terms: From the settings.
        base: The customers.
        share: As for ``terms_for``.
    """
    model = _fitted(base.costs) if share is None else share
    if model is None:
        return terms
    revenue, unknown = np.asarray(base.historic_value), np.zeros(len(base))
    costs = base.costs or Costs(unknown, np.full(len(base), np.nan), unknown, unknown, unknown, 0.0)
    of_each = model.expected_share(costs.days, costs.share)
    earned = costs.margin + of_each * (revenue - costs.revenue)
    basis = "margin" if terms.basis == "revenue" else terms.basis
    known = Known(costs=costs.coverage, share=model)
    return replace(terms, margin=model.mean, basis=basis, own=Margins(of_each, earned), known=known)


def _fitted(costs: Costs | None) -> MarginShare | None:
    """How margins differ; None where too little is known."""
    if costs is None:
        return None
    from evergrove.models.spend import MarginShare  # noqa: PLC0415 -- only where costs are known

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # customers who do not differ are an answer too
            return MarginShare.fit(costs.days, costs.share, costs.squares).model
    except EvergroveError:
        return None


def _net_of_spending(terms: Terms, base: CustomerBase, cac: float) -> Terms:
    """With what customers cost beside goods deducted; of whom nothing is told, ``cac`` is."""
    if base.spending is None:
        return terms
    told, known = base.spending, terms.known or Known()
    is_told = np.isfinite(told.acquisition)
    known = replace(
        known,
        acquisition=float(is_told.mean()) if is_told.any() else None,
        running_share=told.running_share,
        unassigned=told.unassigned,
        waiting=told.waiting,
    )
    has_spending = bool(is_told.any() or told.service.any() or told.contact.any())
    if terms.basis == "revenue" or not has_spending:
        return replace(terms, known=known)
    revenue = np.asarray(base.historic_value, dtype=np.float64)
    own = terms.own or Margins(np.full(len(revenue), terms.margin), terms.margin * revenue)
    won = np.where(is_told, told.acquisition, cac)
    return replace(
        terms,
        cac=float(won.mean()),
        basis="net_profit",
        own=Margins(
            own.share - told.running_share, own.earned, won=won, spent=won + told.service + told.contact
        ),
        known=known,
    )
