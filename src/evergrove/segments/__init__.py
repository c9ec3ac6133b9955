"""Who stands where and what to do: tiers, stages, RFM groups, playbooks, each with the reason."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.segments.actions import MonthEnds, month_ends
from evergrove.segments.cells import Cell, cell, cells
from evergrove.segments.codes import (
    CODED_COLUMNS,
    Action,
    Axis,
    Cause,
    Criterion,
    RfmGroup,
    Stage,
    StageRule,
    Tier,
)
from evergrove.segments.explain import explain_stage, explain_tier
from evergrove.segments.lists import ListCell, list_cells, rows_of
from evergrove.segments.placement import Placement, Policy, Yardsticks, placement_of, policy_of, realise
from evergrove.segments.service import LEFT_BEFORE, PROSPECT, segment
from evergrove.segments.tables import stage_cuts
from evergrove.segments.tiers import decided_by
from evergrove.segments.types import Rhythm, Segments, StageCuts

if TYPE_CHECKING:
    from evergrove.segments.causes import Would
    from evergrove.segments.moves import explain_held, explain_move
    from evergrove.segments.placement import read_placement
    from evergrove.segments.roster import News, Roster, draw_up, heard
    from evergrove.segments.states import States, place, states_before
    from evergrove.segments.transitions import Transitions, transitions_between
    from evergrove.segments.would import Ruled, would_have

__all__ = [
    "CODED_COLUMNS",
    "LEFT_BEFORE",
    "PROSPECT",
    "Action",
    "Axis",
    "Cause",
    "Cell",
    "Criterion",
    "ListCell",
    "MonthEnds",
    "News",
    "Placement",
    "Policy",
    "RfmGroup",
    "Rhythm",
    "Roster",
    "Ruled",
    "Segments",
    "Stage",
    "StageCuts",
    "StageRule",
    "States",
    "Tier",
    "Transitions",
    "Would",
    "Yardsticks",
    "cell",
    "cells",
    "decided_by",
    "draw_up",
    "explain_held",
    "explain_move",
    "explain_stage",
    "explain_tier",
    "heard",
    "list_cells",
    "month_ends",
    "place",
    "placement_of",
    "policy_of",
    "read_placement",
    "realise",
    "rows_of",
    "segment",
    "stage_cuts",
    "states_before",
    "transitions_between",
    "would_have",
]

__getattr__ = loader(
    globals(),
    {
        "News": "evergrove.segments.roster",
        "Roster": "evergrove.segments.roster",
        "Ruled": "evergrove.segments.would",
        "States": "evergrove.segments.states",
        "Transitions": "evergrove.segments.transitions",
        "Would": "evergrove.segments.causes",
        "draw_up": "evergrove.segments.roster",
        "explain_held": "evergrove.segments.moves",
        "explain_move": "evergrove.segments.moves",
        "heard": "evergrove.segments.roster",
        "place": "evergrove.segments.states",
        "read_placement": "evergrove.segments.placement",
        "states_before": "evergrove.segments.states",
        "transitions_between": "evergrove.segments.transitions",
        "would_have": "evergrove.segments.would",
    },
)
