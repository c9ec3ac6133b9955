"""Who stands where and what to do: tiers, stages, RFM groups, playbooks, each with the reason."""

from typing import TYPE_CHECKING

from evergrove.core.lazy import loader
from evergrove.segments.actions import MonthEnds, month_ends
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
from evergrove.segments.measures.tables import stage_cuts
from evergrove.segments.sentences.cells import Cell, cell, cells
from evergrove.segments.sentences.explain import explain_stage, explain_tier
from evergrove.segments.sentences.lists import ListCell, list_cells, rows_of
from evergrove.segments.service import LEFT_BEFORE, PROSPECT, segment
from evergrove.segments.states.placement import (
    Placement,
    Policy,
    Yardsticks,
    placement_of,
    policy_of,
    realise,
)
from evergrove.segments.tiers.assign import decided_by
from evergrove.segments.types import Rhythm, Segments, StageCuts

if TYPE_CHECKING:
    from evergrove.segments.sentences.moves import explain_held, explain_move
    from evergrove.segments.states.causes import Would
    from evergrove.segments.states.place import States, place, states_before
    from evergrove.segments.states.placement import read_placement
    from evergrove.segments.states.roster import News, Roster, draw_up, heard
    from evergrove.segments.states.transitions import Transitions, transitions_between
    from evergrove.segments.states.would import Ruled, would_have

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
        "News": "evergrove.segments.states.roster",
        "Roster": "evergrove.segments.states.roster",
        "Ruled": "evergrove.segments.states.would",
        "States": "evergrove.segments.states.place",
        "Transitions": "evergrove.segments.states.transitions",
        "Would": "evergrove.segments.states.causes",
        "draw_up": "evergrove.segments.states.roster",
        "explain_held": "evergrove.segments.sentences.moves",
        "explain_move": "evergrove.segments.sentences.moves",
        "heard": "evergrove.segments.states.roster",
        "place": "evergrove.segments.states.place",
        "read_placement": "evergrove.segments.states.placement",
        "states_before": "evergrove.segments.states.place",
        "transitions_between": "evergrove.segments.states.transitions",
        "would_have": "evergrove.segments.states.would",
    },
)
