"""From tenures to a fit: starts at the data's own share of leavers, doubts put into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from evergrove.core import Term, _
from evergrove.core.arguments import of_kind
from evergrove.models.contractual.tenures import Tenures
from evergrove.models.estimate import Sample, concluded
from evergrove.models.maximise import NotConverged, in_the_words_of, maximise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from evergrove.models.contractual.retention_model import RetentionModel
    from evergrove.models.maximise import Objective
    from evergrove.models.types import Fit, Floats

TENURES = Term(_("tenures, as eg.Tenures.from_survivors gives them"))
Model = TypeVar("Model", bound="RetentionModel")


class ContractNotConverged(NotConverged):
    """A model of contracts has no maximum that Newton's method could find."""

    code = "models.contract_not_converged"
    hint = _(
        "In this order: look for a wrong period, or tenures that count days instead of renewals; leave out "
        "covariates that tell next to everybody's end; give more cohorts or more periods; take a simpler model "
        "(ShiftedBetaGeometric without covariates, or the shares that stayed)."
    )


@dataclass(frozen=True, eq=False)
class Renewals:
    """
    What a likelihood reads of tenures: how many were up for each renewal, and what they did.

    Attributes:
        t: Which renewal, 1, 2, ...; those nobody was observed at are left out. Shape (k,).
        lost: Customers who left at it. Shape (k,).
        stayed: Customers who renewed. Shape (k,).
    """

    t: Floats
    lost: Floats
    stayed: Floats

    @classmethod
    def of(cls, tenures: Tenures) -> Renewals:
        """Count the renewals of all cohorts together."""
        seen = tenures.at_risk > 0
        lost, at_risk = tenures.lost[seen], tenures.at_risk[seen]
        return cls(t=np.arange(1.0, tenures.last + 1)[seen], lost=lost, stayed=at_risk - lost)

    @property
    def share_lost(self) -> float:
        """Leavers per renewal, over all of them."""
        return float(self.lost.sum() / (self.lost.sum() + self.stayed.sum()))


def fitted(
    model: type[Model],
    tenures: Tenures,
    surface: Callable[[Renewals], Objective],
    starts: Iterable[tuple[float, ...]],
) -> Fit[Model]:
    """
    Fit a retention model by maximum likelihood, for its own ``fit``.

    Args:
        model: Its class; its first two parameters are the beta shapes.
        tenures: The data.
        surface: Renewals -> the log-likelihood over log parameters.
        starts: Where to climb from: alpha + beta, then the parameters after beta. The chance to leave starts
            at the share of leavers.

    Raises:
        NothingToLearn: Nobody has left, or nobody has ever renewed.
        ContractNotConverged: No start led to a maximum.
    """
    of_kind("tenures", tenures, Tenures, TENURES)
    tenures.check_learnable(model.title)
    renewals = Renewals.of(tenures)
    share = renewals.share_lost
    points = [np.log([share * total, (1 - share) * total, *rest]) for total, *rest in starts]
    with in_the_words_of(ContractNotConverged):
        found = maximise(surface(renewals), points, weight=tenures.customers, model=model.title)
    return concluded(
        lambda letters: model(**letters, period=tenures.period),
        found,
        Sample(model.title, tenures.customers),
        scales=dict.fromkeys(model.parameters, 1.0),
        log_likelihood=found.value,
        depth=3,
    )
