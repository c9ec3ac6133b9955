"""Summary and models in, scores with intervals, back-test and lineage out."""

from evergrove.scoring.lineage import StoredModel, model_document
from evergrove.scoring.service import Extras, value_customers
from evergrove.scoring.types import (
    BackTest,
    Candidate,
    Choice,
    Interval,
    Judged,
    Limit,
    Readiness,
    ReturnCut,
    Scores,
    Split,
    Totals,
    Tracking,
    Valuation,
)

__all__ = [
    "BackTest",
    "Candidate",
    "Choice",
    "Extras",
    "Interval",
    "Judged",
    "Limit",
    "Readiness",
    "ReturnCut",
    "Scores",
    "Split",
    "StoredModel",
    "Totals",
    "Tracking",
    "Valuation",
    "model_document",
    "value_customers",
]
