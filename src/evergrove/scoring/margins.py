"""Margin of each customer's own, where costs are known; the shop's setting where they are not."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from evergrove.core import EvergroveError, EvergroveWarning

if TYPE_CHECKING:
    from evergrove.customers import CustomerBase
    from evergrove.models.types import Floats
    from evergrove.scoring.terms import Terms


@dataclass(frozen=True, eq=False)
class Margins:
    """
    What customers' revenue is worth.

    Attributes:
        share: Expected margin share of a customer's future revenue. Shape (n,).
        earned: Margin realised so far. Shape (n,).
    """

    share: Floats
    earned: Floats


def with_known_costs(terms: Terms, base: CustomerBase) -> Terms:
    """
    The terms with each customer's own margin, where orders carry costs; else as they are.

    A customer's share is the mean of his days shrunk to that of all. Of revenue whose cost is not known, refunds
    among it, that share counts. With fewer than ten customers, or days beside their first, nothing is known.

    Args:
        terms: From the settings.
        base: The customers.
    """
    if base.costs is None:
        return terms
    from evergrove.models.spend import MarginShare  # noqa: PLC0415 -- only where costs are known

    costs = base.costs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EvergroveWarning)  # customers who do not differ are an answer too
            model = MarginShare.fit(costs.days, costs.share, costs.squares).model
    except EvergroveError:
        return terms
    share = model.expected_share(costs.days, costs.share)
    earned = costs.margin + share * (np.asarray(base.historic_value) - costs.revenue)
    basis = "margin" if terms.basis == "revenue" else terms.basis
    return replace(terms, margin=model.mean, basis=basis, own=Margins(share, earned))
