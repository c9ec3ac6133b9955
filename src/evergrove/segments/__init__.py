"""Who stands where and what to do: tiers, stages, RFM groups, playbooks, each with the reason."""

from evergrove.segments.actions import MonthEnds, month_ends
from evergrove.segments.cells import Cell, cell, cells
from evergrove.segments.codes import CODED_COLUMNS, Action, Criterion, RfmGroup, Stage, StageRule, Tier
from evergrove.segments.explain import explain_stage, explain_tier
from evergrove.segments.lists import ListCell, list_cells, rows_of
from evergrove.segments.service import LEFT_BEFORE, PROSPECT, segment
from evergrove.segments.tables import stage_cuts
from evergrove.segments.tiers import decided_by
from evergrove.segments.types import Rhythm, Segments, StageCuts

__all__ = [
    "CODED_COLUMNS",
    "LEFT_BEFORE",
    "PROSPECT",
    "Action",
    "Cell",
    "Criterion",
    "ListCell",
    "MonthEnds",
    "RfmGroup",
    "Rhythm",
    "Segments",
    "Stage",
    "StageCuts",
    "StageRule",
    "Tier",
    "cell",
    "cells",
    "decided_by",
    "explain_stage",
    "explain_tier",
    "list_cells",
    "month_ends",
    "rows_of",
    "segment",
    "stage_cuts",
]
