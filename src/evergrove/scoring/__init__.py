"""Summary and models in, scores with intervals, back-test and lineage out."""

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
    "Interval",
    "Judged",
    "Limit",
    "Readiness",
    "ReturnCut",
    "Scores",
    "Split",
    "Totals",
    "Tracking",
    "Valuation",
]
