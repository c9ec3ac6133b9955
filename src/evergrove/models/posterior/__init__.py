"""What the data leave open of a fit's parameters: draws from their posterior, and the bootstrap beside it."""

from evergrove.models.posterior.bootstrap import bootstrap
from evergrove.models.posterior.draws import FewEffectiveDraws, OpenDirection, Posterior, draws
from evergrove.models.posterior.target import NoDraws, NotItsSummary

__all__ = [
    "FewEffectiveDraws",
    "NoDraws",
    "NotItsSummary",
    "OpenDirection",
    "Posterior",
    "bootstrap",
    "draws",
]
