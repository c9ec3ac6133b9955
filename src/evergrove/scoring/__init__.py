"""Summary and models in, scores with intervals, back-test and lineage out."""

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

__all__ = [
    "BackTest",
    "Choice",
    "Extras",
    "Limit",
    "Readiness",
    "ReturnCut",
    "Scores",
    "StoredModel",
    "Terms",
    "Totals",
    "Tracking",
    "Valuation",
    "look_first",
    "model_document",
    "read_model",
    "terms_of",
    "value_at_risk",
    "value_customers",
    "value_if_alive",
]
