"""Summary and models in, scores with intervals, back-test and lineage out."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.scoring.lineage import StoredModel, model_document, read_model
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.terms import Terms, terms_of
from evergrove.scoring.totals import look_first, value_at_risk, value_if_alive
from evergrove.scoring.types import (
    BackTest,
    Choice,
    Limit,
    Readiness,
    ReturnCut,
    Scores,
    Totals,
    Tracking,
    Valuation,
)

if TYPE_CHECKING:
    from evergrove.scoring.kept import kept_document, refit_due
    from evergrove.scoring.score import purchase_chance
    from evergrove.scoring.scored import Scored, score_then_bound, score_with, scored_by

__all__ = [
    "BackTest",
    "Choice",
    "Extras",
    "Limit",
    "Readiness",
    "ReturnCut",
    "Scored",
    "Scores",
    "StoredModel",
    "Terms",
    "Totals",
    "Tracking",
    "Valuation",
    "kept_document",
    "look_first",
    "model_document",
    "purchase_chance",
    "read_model",
    "refit_due",
    "score_then_bound",
    "score_with",
    "scored_by",
    "terms_of",
    "value_at_risk",
    "value_customers",
    "value_if_alive",
]

__getattr__ = loader(
    globals(),
    {
        "Scored": "evergrove.scoring.scored",
        "kept_document": "evergrove.scoring.kept",
        "purchase_chance": "evergrove.scoring.score",
        "refit_due": "evergrove.scoring.kept",
        "score_then_bound": "evergrove.scoring.scored",
        "score_with": "evergrove.scoring.scored",
        "scored_by": "evergrove.scoring.scored",
    },
)
